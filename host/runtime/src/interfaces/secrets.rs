//! `jackfield:services/secrets`.

use crate::{bindings::imports::jackfield::services::secrets, instance::State};

impl secrets::Host for State {
    fn names(&mut self) -> Vec<String> {
        self.plugin.secrets.names().map(str::to_owned).collect()
    }
}
