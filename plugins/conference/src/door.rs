//! Letting callers in.

use crate::settings::{Conference, Role};
use jackfield_sdk::prelude::*;

/// How often one call may try a PIN.
const TRIES: u32 = 3;
/// A wrong PIN costs so much time, so that guessing by one call after the other is slow.
const PENANCE: std::time::Duration = secs(2);

/// Ask for the PIN, if there is one; `None` for whoever does not get in.
pub fn ask(call: &Call, conference: &Conference) -> Result<Option<Role>> {
    // The first syllable is lost on telephones that open their sound late.
    call.play(silence(millis(400)))?;
    if let Some(role) = conference.without_pin(&call.caller()) {
        return Ok(Some(role));
    }
    let room = Room::named(&conference.number);
    let question = if conference.pin.is_empty() { "enter-moderator-pin" } else { "enter-pin" };
    for tried in 1..=TRIES {
        if !call.may_try(&room) {
            call.play("too-many-tries")?;
            return Ok(None);
        }
        let answer = call.collect(question, digits(12).within(secs(8)).between(secs(4)).ending_with("#"))?;
        // Silence is no PIN, not even the empty one.
        let typed_nothing = answer.digits.is_empty() && answer.terminator.is_none();
        match conference.role_of(&answer.digits).filter(|_| !typed_nothing || conference.pin.is_empty()) {
            Some(role) => return Ok(Some(role)),
            None if typed_nothing => {}
            None => {
                call.wrong_pin(&room)?;
                log::info!("wrong PIN for {} from {}", conference.number, call.caller().number);
                call.play(silence(PENANCE))?;
            }
        }
        if tried < TRIES {
            call.play("wrong-pin")?;
        }
    }
    Ok(None)
}

/// Whether a person is there who wants in, and not a machine.
pub fn wants_in(call: &Call) -> Result<bool> {
    call.play(silence(millis(400)))?;
    for _ in 0..2 {
        if call.ask("invited", digits(1).within(secs(5)))? == "1" {
            return Ok(true);
        }
    }
    Ok(false)
}
