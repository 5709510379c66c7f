//! Keys by which a party of a conversation starts, stops and pauses its recording.

use super::{RecordingConfig, RecordingWish};
use jackfield_model::RecordingState;
use std::time::{Duration, Instant};

/// The keys of a code follow one another within this time.
const PATIENCE: Duration = Duration::from_secs(3);
/// Longest code.
const LONGEST: usize = 8;

/// The keys that one party pressed last.
#[derive(Debug, Default)]
pub(super) struct Codes {
    pressed: String,
    last: Option<Instant>,
}

impl Codes {
    /// A key was pressed; what its party wants, once a code is whole.
    pub(super) fn press(
        &mut self,
        now: Instant,
        key: char,
        config: &RecordingConfig,
        state: RecordingState,
    ) -> Option<RecordingWish> {
        if self.last.is_some_and(|last| now.saturating_duration_since(last) > PATIENCE) {
            self.pressed.clear();
        }
        self.last = Some(now);
        if self.pressed.len() == LONGEST {
            self.pressed.remove(0);
        }
        // Keys are ASCII.
        self.pressed.push(if key.is_ascii() { key } else { ' ' });
        let ends = |code: &str| !code.is_empty() && self.pressed.ends_with(code);
        let wish = match state {
            RecordingState::Off if ends(&config.start_key) => RecordingWish::Record,
            RecordingState::On | RecordingState::Paused if ends(&config.start_key) => RecordingWish::Stop,
            RecordingState::On if ends(&config.pause_key) => RecordingWish::Pause,
            RecordingState::Paused if ends(&config.pause_key) => RecordingWish::Record,
            _ => return None,
        };
        self.pressed.clear();
        Some(wish)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_heard_among_other_keys_and_not_across_a_pause() {
        let (config, now) = (RecordingConfig::default(), Instant::now());
        let mut codes = Codes::default();
        let mut press = |after: u64, keys: &str, state| {
            let now = now + Duration::from_secs(after);
            keys.chars().filter_map(|key| codes.press(now, key, &config, state)).collect::<Vec<_>>()
        };
        assert_eq!(press(0, "123*", RecordingState::Off), []);
        assert_eq!(press(1, "1", RecordingState::Off), [RecordingWish::Record]);
        assert_eq!(press(2, "1", RecordingState::On), [], "a code is over once it is heard");
        assert_eq!(press(3, "*2", RecordingState::On), [RecordingWish::Pause]);
        assert_eq!(press(4, "*2", RecordingState::Paused), [RecordingWish::Record]);
        assert_eq!(press(5, "*1", RecordingState::Paused), [RecordingWish::Stop]);
        assert_eq!(press(6, "*2", RecordingState::Off), [], "nothing to pause");
        assert_eq!(press(7, "*", RecordingState::Off), []);
        assert_eq!(press(11, "1", RecordingState::Off), []);
        assert_eq!(press(12, "**1", RecordingState::Off), [RecordingWish::Record]);
    }
}
