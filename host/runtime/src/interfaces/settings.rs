//! `jackfield:services/settings`.

use crate::{bindings::imports::jackfield::services::settings, instance::State};

impl settings::Host for State {
    fn read(&mut self) -> String {
        self.plugin.settings.to_string()
    }
}
