//! `jackfield:services/directory`, `presence` and `message-waiting`: what plugins may know of the house and tell it.

use crate::{
    bindings::imports::jackfield::{
        services::{
            directory::{self, Entry},
            message_waiting::{self, Counts},
            presence::{self, Availability, State as Where},
        },
        types::types::Error,
    },
    grants,
    instance::State,
    interfaces::arguments::shortened,
};
use jackfield_calls::{
    Messages,
    house::{self, House},
};
use jackfield_model::AvailabilityState;
use std::sync::Arc;

const MOST_FOUND: u32 = 100;
const LONGEST_QUERY: usize = 100;

impl State {
    pub(super) fn house(&self) -> Result<Arc<dyn House>, Error> {
        self.host.house.get().cloned().ok_or_else(|| Error::Failed("the house is not open yet: try again later".into()))
    }
}

impl directory::Host for State {
    fn extension(&mut self, number: String) -> Result<Option<Entry>, Error> {
        self.permit(grants::DIRECTORY)?;
        Ok(self.house()?.extension(&number).map(Into::into))
    }

    fn search(&mut self, query: String, limit: u32) -> Result<Vec<Entry>, Error> {
        self.permit(grants::DIRECTORY)?;
        if query.len() > LONGEST_QUERY {
            return Err(Error::Invalid(format!("a query has at most {LONGEST_QUERY} bytes")));
        }
        let found = self.house()?.search(&query, limit.min(MOST_FOUND) as usize);
        Ok(found.into_iter().map(Into::into).collect())
    }
}

impl presence::Host for State {
    fn get(&mut self, extension: String) -> Result<Option<Availability>, Error> {
        self.permit(grants::PRESENCE)?;
        Ok(self.house()?.availability(&extension).map(Into::into))
    }
}

impl message_waiting::Host for State {
    fn set(&mut self, extension: String, counts: Counts) -> Result<(), Error> {
        self.permit(grants::MESSAGE_WAITING)?;
        let Counts { new, old, urgent_new, urgent_old } = counts;
        if urgent_new > new || urgent_old > old {
            return Err(Error::Invalid("there are more urgent messages than messages".into()));
        }
        if !self.house()?.set_waiting(&extension, Messages { new, old, urgent_new, urgent_old }) {
            return Err(Error::Invalid(format!("there is no extension “{}”", shortened(&extension))));
        }
        Ok(())
    }
}

impl From<house::Entry> for Entry {
    fn from(entry: house::Entry) -> Self {
        Self {
            number: entry.number.as_str().to_owned(),
            name: entry.name,
            language: entry.language.as_str().to_owned(),
            owner: entry.owner.map(|owner| owner.0.to_string()),
        }
    }
}

impl From<jackfield_model::Availability> for Availability {
    fn from(availability: jackfield_model::Availability) -> Self {
        let told = !availability.hide_detail;
        Self {
            state: match availability.state {
                AvailabilityState::Office => Where::Office,
                AvailabilityState::Meeting => Where::Meeting,
                AvailabilityState::Sick => Where::Sick,
                AvailabilityState::Break => Where::Break,
                AvailabilityState::GoneOut => Where::GoneOut,
                AvailabilityState::Vacation => Where::Vacation,
                AvailabilityState::Lunch => Where::Lunch,
                AvailabilityState::GoneHome => Where::GoneHome,
                AvailabilityState::DoNotDisturb => Where::DoNotDisturb,
                AvailabilityState::CallMe => Where::CallMe,
            },
            note: if told { availability.note } else { String::new() },
            until: availability.until.filter(|_| told),
        }
    }
}
