//! Erlang's formulas: how many agents or channels it takes.

/// The share of calls that find all of `channels` taken, with `traffic` in Erlang (Erlang B, by its stable recursion).
pub fn b(traffic: f64, channels: u32) -> f64 {
    let mut blocked = 1.0;
    for n in 1..=channels {
        blocked = traffic * blocked / (f64::from(n) + traffic * blocked);
    }
    blocked
}

/// The fewest channels at which at most `share` of calls are blocked.
pub fn channels(traffic: f64, share: f64) -> u32 {
    (0..10_000).find(|channels| b(traffic, *channels) <= share).unwrap_or(10_000)
}

/// A queue with so many agents, by Erlang C: nobody gives up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Staffed {
    /// The share of visits answered within the target, in percent.
    pub level: f64,
    /// The mean wait, in milliseconds.
    pub asa: f64,
    /// How busy agents are, in percent.
    pub occupancy: f64,
}

/// What it comes to, with `traffic` in Erlang and the handle time and the target in milliseconds; `None` when agents cannot
/// keep up.
pub fn c(traffic: f64, agents: u32, handle: f64, target: f64) -> Option<Staffed> {
    let load = traffic / f64::from(agents);
    if agents == 0 || load >= 1.0 {
        return None;
    }
    let blocked = b(traffic, agents);
    let waits = blocked / (1.0 - load * (1.0 - blocked));
    let spare = f64::from(agents) - traffic;
    Some(Staffed {
        level: 100.0 * (1.0 - waits * (-spare * target / handle).exp()),
        asa: waits * handle / spare,
        occupancy: 100.0 * load,
    })
}

/// Agents are not to be busier than this, in percent.
pub const BUSIEST: f64 = 85.0;

/// The fewest agents that reach the goal, in percent, and are not too busy.
pub fn agents(traffic: f64, handle: f64, target: f64, goal: f64) -> u32 {
    let enough = |agents: &u32| {
        c(traffic, *agents, handle, target).is_some_and(|queue| queue.level >= goal && queue.occupancy <= BUSIEST)
    };
    if traffic <= 0.0 { 0 } else { (1..10_000).find(enough).unwrap_or(10_000) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn erlang_c_agrees_with_published_values() {
        // Traffic in Erlang, handle time in s, agents, service level within 20 s in %, mean wait in s, occupancy in %.
        for (traffic, handle, n, level, asa, occupancy) in [
            (10.0, 180.0, 11, 38.96, 122.78, 90.9),
            (10.0, 180.0, 13, 79.56, 17.12, 76.9),
            (10.0, 180.0, 14, 88.84, 7.84, 71.4),
            (250.0 * 240.0 / 1800.0, 240.0, 38, 77.40, 17.15, 87.7),
            (250.0 * 240.0 / 1800.0, 240.0, 39, 84.16, 10.76, 85.5),
            (25.0, 180.0, 29, 78.13, 15.35, 86.2),
            (25.0, 180.0, 30, 85.66, 9.00, 83.3),
            (500.0 * 420.0 / 3600.0, 420.0, 64, 72.25, 26.94, 91.1),
            (200.0 * 150.0 / 3600.0, 150.0, 10, 60.96, 43.88, 83.3),
        ] {
            let queue = c(traffic, n, handle * 1_000.0, 20_000.0).unwrap();
            assert!((queue.level - level).abs() < 0.01, "{n}: {queue:?}");
            assert!((queue.asa / 1_000.0 - asa).abs() < 0.01, "{n}: {queue:?}");
            assert!((queue.occupancy - occupancy).abs() < 0.06, "{n}: {queue:?}");
        }
        assert_eq!(c(10.0, 10, 180_000.0, 20_000.0), None, "as many agents as Erlang is too few");
        assert_eq!(agents(10.0, 180_000.0, 20_000.0, 80.0), 14);
        assert_eq!(agents(0.0, 180_000.0, 20_000.0, 80.0), 0);
    }

    #[test]
    fn erlang_b_agrees_with_published_values() {
        assert!((b(10.0, 10) - 0.2146).abs() < 0.000_1);
        assert!((b(1.0, 1) - 0.5).abs() < f64::EPSILON);
        assert_eq!(channels(10.0, 0.01), 18);
        assert_eq!(channels(0.0, 0.01), 1, "without traffic one is enough, and none is none");
    }
}
