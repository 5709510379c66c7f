//! Deciding where a call goes.

pub use crate::bindings::router::exports::jackfield::routing::decide::{Request, RingStyle, Unreached};
use crate::{
    Party,
    bindings::router::exports::jackfield::routing::decide::{self, Answer, Leg, Script},
    to_ms,
};
use std::time::Duration;

/// How long a leg rings when nothing else is said.
const RING: Duration = Duration::from_secs(30);

/// Where a call goes, with what goes along.
#[derive(Clone, Debug)]
pub struct Decision(Answer);

impl Decision {
    /// No opinion: the next plugin, then the built-in rule.
    pub fn pass() -> Self {
        Self::new(decide::Decision::Pass)
    }

    /// Ring one target for 30 s: `ext:100`, a number as a phone of the house would dial it, or a SIP URI.
    pub fn ring(to: impl Into<String>) -> Self {
        Self::ring_all([to])
    }

    /// Ring targets in parallel for 30 s; the first that answers has the call.
    pub fn ring_all<T: Into<String>>(targets: impl IntoIterator<Item = T>) -> Self {
        let leg = |to: T| Leg { to: to.into(), ring: to_ms(RING), caller_id: None, style: RingStyle::Usual };
        Self::new(decide::Decision::Ring(vec![targets.into_iter().map(leg).collect()]))
    }

    /// When nobody of these answers, ring those.
    #[must_use]
    pub fn then_ring<T: Into<String>>(mut self, targets: impl IntoIterator<Item = T>) -> Self {
        if let decide::Decision::Ring(groups) = &mut self.0.decision {
            let leg = |to: T| Leg { to: to.into(), ring: to_ms(RING), caller_id: None, style: RingStyle::Usual };
            groups.push(targets.into_iter().map(leg).collect());
        }
        self
    }

    /// Ring the targets named last for so long, 1 s to 10 min.
    #[must_use]
    pub fn for_at_most(mut self, ring: Duration) -> Self {
        self.legs_named_last(|leg| leg.ring = to_ms(ring));
        self
    }

    /// Show this caller to the targets named last.
    #[must_use]
    pub fn showing(mut self, caller: &Party) -> Self {
        self.legs_named_last(|leg| leg.caller_id = Some(caller.clone()));
        self
    }

    /// Let the targets named last ring in this way.
    #[must_use]
    pub fn ringing(mut self, style: RingStyle) -> Self {
        self.legs_named_last(|leg| leg.style = style);
        self
    }

    /// Give the caller to this plugin's own script.
    pub fn run(entry: impl Into<String>) -> Self {
        Self::run_of("", entry)
    }

    /// Give the caller to a script of the plugin with this id.
    pub fn run_of(plugin: impl Into<String>, entry: impl Into<String>) -> Self {
        let script = Script { plugin: plugin.into(), entry: entry.into(), args: Vec::new() };
        Self::new(decide::Decision::Run(script))
    }

    /// Tell the script something: it reads it with [`Call::arg`](crate::Call::arg).
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        if let decide::Decision::Run(script) = &mut self.0.decision {
            script.args.push((name.into(), value.into()));
        }
        self
    }

    /// Route again with this number or URI as the callee.
    pub fn redirect(to: impl Into<String>) -> Self {
        Self::new(decide::Decision::Redirect(to.into()))
    }

    /// Give the caller the call that has been ringing longest at this number.
    pub fn pick_up(number: impl Into<String>) -> Self {
        Self::new(decide::Decision::PickUp(number.into()))
    }

    /// Park a call that was transferred here at this number; whoever dials the number gets the call that is there.
    pub fn park(number: impl Into<String>) -> Self {
        Self::new(decide::Decision::Park(number.into()))
    }

    /// Call the caller back when this number of the house is free; `""` for the one that the caller found busy or silent last.
    pub fn call_back(number: impl Into<String>) -> Self {
        Self::new(decide::Decision::CallBack(number.into()))
    }

    /// Let the caller hear the conversation of this number, and be heard by neither of the two.
    pub fn listen(number: impl Into<String>) -> Self {
        Self::join(number, decide::Part::Listen)
    }

    /// Let the caller hear the conversation of this number, and be heard at this number alone.
    pub fn whisper(number: impl Into<String>) -> Self {
        Self::join(number, decide::Part::Whisper)
    }

    /// Let the caller talk with both parties of the conversation of this number.
    pub fn barge(number: impl Into<String>) -> Self {
        Self::join(number, decide::Part::Barge)
    }

    /// Refuse with this SIP status, 300 to 699 (RFC 3261 section 21): 404 not found, 486 busy, 603 declined.
    pub fn reject(status: u16) -> Self {
        Self::new(decide::Decision::Reject(status))
    }

    /// Set a variable on the call, for later decisions and scripts.
    #[must_use]
    pub fn set(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.set_vars.push((name.into(), value.into()));
        self
    }

    /// Why, in one sentence for the admin.
    #[must_use]
    pub fn because(mut self, why: impl Into<String>) -> Self {
        self.0.explain = Some(why.into());
        self
    }

    fn join(number: impl Into<String>, part: decide::Part) -> Self {
        Self::new(decide::Decision::Join(decide::Conversation { number: number.into(), part }))
    }

    fn new(decision: decide::Decision) -> Self {
        Self(Answer { decision, set_vars: Vec::new(), explain: None })
    }

    fn legs_named_last(&mut self, change: impl FnMut(&mut Leg)) {
        if let decide::Decision::Ring(groups) = &mut self.0.decision
            && let Some(group) = groups.last_mut()
        {
            group.iter_mut().for_each(change);
        }
    }
}

impl From<Decision> for Answer {
    fn from(decision: Decision) -> Self {
        decision.0
    }
}

/// For tests: decisions are equal when the host would do the same.
impl PartialEq for Decision {
    fn eq(&self, other: &Self) -> bool {
        // The generated types compare by their text, which holds everything that they hold.
        format!("{:?}", self.0) == format!("{:?}", other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ring_times_and_caller_ids_belong_to_the_targets_named_last() {
        let decision = Decision::ring("ext:100").for_at_most(Duration::from_secs(10)).then_ring(["ext:101", "ext:102"]);
        let decide::Decision::Ring(groups) = decision.0.decision else { panic!("it should ring") };
        let rings: Vec<Vec<u32>> = groups.iter().map(|g| g.iter().map(|leg| leg.ring).collect()).collect();
        assert_eq!(rings, [vec![10_000], vec![30_000, 30_000]]);
    }

    #[test]
    fn decisions_can_be_compared() {
        assert_eq!(Decision::reject(404), Decision::reject(404));
        assert_ne!(Decision::reject(404), Decision::reject(486));
        assert_ne!(Decision::pass(), Decision::pass().because("of a reason"));
    }
}
