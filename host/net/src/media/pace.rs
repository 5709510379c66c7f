//! How a media thread waits: for the next packet while it is seldom woken, else for some time in which several come.
//!
//! Being woken costs more than passing a packet on, so a thread that is woken often looks at all its sockets at fixed times
//! instead. How long a packet may lie depends on who waits for it: somebody hears a relayed packet at once, while what is mixed
//! or recorded waits for the next tick anyway. What counts is how often there is something, not how many packets: many that
//! come at once wake the thread once. When a packet came is known no better than how long it lay.

use jackfield_media::FRAME_TIME;
use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, ppoll},
    sys::{eventfd::EventFd, time::TimeSpec},
};
use std::{
    os::fd::AsFd,
    time::{Duration, Instant},
};

/// How long a packet that is passed on may lie: the most that pacing adds to a call's delay.
const RELAYED: Duration = Duration::from_micros(200);
/// How long a packet may lie that nobody hears at once, which delays keys that are pressed too.
const COLLECTED: Duration = FRAME_TIME;
/// Over how long it is counted how often there is something.
const WINDOW: Duration = Duration::from_millis(100);
/// Below this a rest is not worth its system call.
const SHORTEST: Duration = Duration::from_micros(20);

/// The pace of one thread.
#[derive(Debug)]
pub(super) struct Pace {
    since: Instant,
    finds: u32,
    /// Time between two rounds in which there was something, as it was in the last window; `None` when there were none.
    between: Option<Duration>,
    /// There was something in the last round, so that more may be there.
    found: bool,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self { since: now, finds: 0, between: None, found: false }
    }

    /// A round is over; `found` says whether there was something on the sockets.
    pub(super) fn round(&mut self, now: Instant, found: bool) {
        self.found = found;
        self.finds += u32::from(found);
        let elapsed = now.saturating_duration_since(self.since);
        if elapsed >= WINDOW {
            self.between = elapsed.checked_div(self.finds);
            (self.since, self.finds) = (now, 0);
        }
    }

    /// How long to rest before looking at the sockets, zero for looking at once; `None`: wait for the next packet.
    ///
    /// `urgent` says whether somebody waits for what comes, `due` when something has to be sent.
    pub(super) fn rest(&self, now: Instant, urgent: bool, due: Option<Instant>) -> Option<Duration> {
        let patience = if urgent { RELAYED } else { COLLECTED };
        // Rests that mostly end with nothing cost more than they save.
        self.between.filter(|between| *between * 3 <= patience * 4)?;
        if self.found {
            return Some(Duration::ZERO);
        }
        let rest = due.map_or(patience, |due| patience.min(due.saturating_duration_since(now)));
        (rest >= SHORTEST).then_some(rest)
    }
}

/// Rest for so long, or until signalling wants something.
pub(super) fn rest(wake: &EventFd, time: Duration) -> Result<(), Errno> {
    let mut watched = [PollFd::new(wake.as_fd(), PollFlags::POLLIN)];
    match ppoll(&mut watched, Some(TimeSpec::from_duration(time)), None) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After a second in which so many rounds found something.
    fn paced(finds: u32, urgent: bool, due: Option<Duration>) -> Option<Duration> {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        for find in 1..=finds {
            pace.round(start + Duration::from_secs(1) * find / finds, true);
        }
        let end = start + Duration::from_secs(1);
        pace.round(end, false);
        pace.rest(end, urgent, due.map(|due| end + due))
    }

    #[test]
    fn what_comes_seldom_is_waited_for() {
        assert_eq!(paced(1, false, None), None);
        assert_eq!(paced(30, false, None), None);
        assert_eq!(paced(2_000, true, None), None, "fewer than one in each rest");
    }

    #[test]
    fn what_comes_often_is_taken_together() {
        assert_eq!(paced(8_000, true, None), Some(RELAYED));
        assert_eq!(paced(200, false, None), Some(COLLECTED));
    }

    #[test]
    fn what_is_to_be_sent_is_not_late() {
        assert_eq!(paced(1_000, false, Some(Duration::from_millis(3))), Some(Duration::from_millis(3)));
        assert_eq!(paced(1_000, false, Some(Duration::ZERO)), None);
    }

    #[test]
    fn all_is_taken_before_the_next_rest() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        (1..=200).for_each(|find| pace.round(start + Duration::from_millis(find), true));
        let end = start + Duration::from_millis(201);
        assert_eq!(pace.rest(end, false, None), Some(Duration::ZERO));
        pace.round(end, false);
        assert_eq!(pace.rest(end, false, None), Some(COLLECTED));
    }

    #[test]
    fn silence_after_a_busy_time_is_noticed() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        (1..=200).for_each(|find| pace.round(start + Duration::from_millis(find), true));
        pace.round(start + Duration::from_millis(300), false);
        pace.round(start + Duration::from_millis(400), false);
        assert_eq!(pace.rest(start + Duration::from_millis(400), false, None), None);
    }
}
