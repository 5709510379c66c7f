//! What an administrator sets.

use jackfield_sdk::prelude::*;
use serde::Deserialize;

/// All settings; defaults come from the schema.
#[derive(Clone, Debug, Deserialize)]
pub struct Settings {
    pub boxes: Vec<FaxBox>,
    pub station: String,
    pub header: String,
    pub error_correction: bool,
    pub tries: u32,
    pub wait_minutes: u64,
    pub keep_days: u64,
    pub time_zone: String,
}

/// A number that takes faxes.
#[derive(Clone, Debug, Deserialize)]
pub struct FaxBox {
    pub number: String,
    pub owner: String,
    #[serde(default = "yes")]
    pub mail: bool,
}

fn yes() -> bool {
    true
}

impl Settings {
    pub fn of_number(&self, number: &str) -> Option<&FaxBox> {
        self.boxes.iter().find(|one| one.number == number)
    }

    pub fn of_owner<'a>(&'a self, extension: &'a str) -> impl Iterator<Item = &'a FaxBox> {
        self.boxes.iter().filter(move |one| one.owner == extension)
    }

    /// How faxes are carried.
    pub fn fax(&self) -> fax::Fax {
        fax::Fax::as_station(&self.station).ecm(self.error_correction).headed(&self.header)
    }

    /// What the schema cannot say.
    pub fn errors(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        for (index, one) in self.boxes.iter().enumerate() {
            if self.boxes[..index].iter().any(|other| other.number == one.number) {
                let text = format!("{} is the number of another box already", one.number);
                errors.push(FieldError::new(format!("/boxes/{index}/number"), text));
            }
        }
        if let Err(error) = clock::local(&self.time_zone, 0) {
            errors.push(FieldError::new("/time_zone", error));
        }
        errors
    }
}
