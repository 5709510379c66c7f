//! A plugin's log: the last lines, bounded in length, number and rate.

use jackfield_model::{CallId, Level, PluginLogLine, TimestampMs};
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How many lines are kept.
const KEPT: usize = 500;
/// How many lines a second are kept; the rest of that second is counted.
const PER_SECOND: u32 = 100;
/// How many characters of a line are kept.
const LENGTH: usize = 1_000;

#[derive(Default)]
pub(crate) struct Log(Mutex<Ring>);

#[derive(Default)]
struct Ring {
    lines: VecDeque<PluginLogLine>,
    second: u64,
    in_second: u32,
    dropped: u32,
}

/// What a plugin says, on one line: it must not be able to write lines of its own into the host's log, or to paint
/// there.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().take(LENGTH).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

impl Log {
    /// Keep one line.
    pub(crate) fn write(&self, at: TimestampMs, level: Level, message: &str, call: Option<CallId>) {
        let mut ring = self.ring();
        if ring.second != at / 1_000 {
            if ring.dropped > 0 {
                let message = format!("{} lines too many in one second were dropped", ring.dropped);
                ring.push(PluginLogLine { at, level: Level::Warn, message, call: None });
            }
            (ring.second, ring.in_second, ring.dropped) = (at / 1_000, 0, 0);
        }
        if ring.in_second == PER_SECOND {
            ring.dropped = ring.dropped.saturating_add(1);
            return;
        }
        ring.in_second += 1;
        ring.push(PluginLogLine { at, level, message: one_line(message), call });
    }

    /// The newest `limit` lines, oldest first.
    pub(crate) fn newest(&self, limit: usize) -> Vec<PluginLogLine> {
        let ring = self.ring();
        ring.lines.iter().skip(ring.lines.len().saturating_sub(limit)).cloned().collect()
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        // A line is pushed whole or not at all, so a poisoned lock still guards whole lines.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    fn push(&mut self, line: PluginLogLine) {
        if self.lines.len() == KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_and_escapes_do_not_leave_a_plugins_line() {
        assert_eq!(one_line("it fell\r\nINFO all is well\u{1b}[2J\t."), "it fell  INFO all is well [2J .");
    }

    #[test]
    fn a_flood_is_cut_and_counted() {
        let log = Log::default();
        for n in 0..1_000 {
            log.write(5_000, Level::Info, &format!("line {n}\n"), None);
        }
        assert_eq!(log.newest(usize::MAX).len(), PER_SECOND as usize);
        log.write(6_000, Level::Info, &"x".repeat(5_000), None);
        let last = log.newest(2);
        assert_eq!(last[0].message, "900 lines too many in one second were dropped");
        assert_eq!(last[1].message.len(), LENGTH);
    }
}
