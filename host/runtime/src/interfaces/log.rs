//! `jackfield:services/log`.

use crate::{bindings::imports::jackfield::services::log, instance::State, log::one_line};
use jackfield_model::Level;

/// How much of the last error is remembered, to explain a trap that follows it.
const LAST_WORDS: usize = 300;

impl log::Host for State {
    fn write(&mut self, level: log::Level, message: String) {
        let message = one_line(&message);
        let level = match level {
            log::Level::Debug => Level::Debug,
            log::Level::Info => Level::Info,
            log::Level::Warn => Level::Warn,
            log::Level::Error => Level::Error,
        };
        // What plugins say goes to the host's log for authors only; it may hold what a caller typed.
        tracing::debug!(plugin = %self.plugin.life.id, ?level, "{message}");
        if self.supposed.is_none() {
            self.plugin.life.log.write(self.host.clock.now_ms(), level, &message, self.call.clone());
        }
        if level == Level::Error {
            self.last_words = Some(message.chars().take(LAST_WORDS).collect());
        }
    }
}
