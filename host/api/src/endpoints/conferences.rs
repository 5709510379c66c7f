//! Conferences in progress.

pub(crate) mod add;
pub(crate) mod end;
pub(crate) mod list;
pub(crate) mod member;
pub(crate) mod remove;
pub(crate) mod update;

use crate::{
    ApiState,
    error::{Problem, ProblemKind},
};
use jackfield_calls::conference::{Change, ChangeError};
use jackfield_model::Conference;

/// A conference, or the problem to answer with.
fn one(state: &ApiState, id: u64) -> Result<Conference, Problem> {
    let mut conferences = state.parts.telephony.conferences();
    conferences.retain(|conference| conference.id == id);
    conferences.pop().ok_or_else(|| Problem::not_found("conference", id))
}

fn change(state: &ApiState, id: u64, change: Change) -> Result<(), Problem> {
    state.parts.telephony.change_conference(id, change).map_err(|error| refused(id, &error))
}

fn refused(id: u64, error: &ChangeError) -> Problem {
    match error {
        ChangeError::NoRoom => Problem::not_found("conference", id),
        ChangeError::NoMember(member) => Problem::not_found("member", member),
        ChangeError::TooMany(_) => {
            Problem::new(ProblemKind::Busy, format!("{error}. Try again in a moment.")).retry_after(1)
        }
        ChangeError::Invalid(_) => Problem::new(ProblemKind::Conflict, format!("{error}.")),
    }
}
