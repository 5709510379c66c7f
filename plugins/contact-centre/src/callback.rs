//! An agent has picked up to call somebody back.

use crate::{
    ABOUT, known,
    words::{Ask, ToCall, ask},
};
use jackfield_sdk::prelude::*;

/// How long the caller's telephone rings.
const RING: std::time::Duration = secs(40);

/// Say who it is, and call.
pub fn make(call: &Call) -> Result<()> {
    let contact = call.arg(ABOUT).unwrap_or_default().to_owned();
    call.answer()?;
    // From here on the centre is told when this script ends.
    let to_call: Option<ToCall> = ask(call, &Ask::CallBackBegins { contact: contact.clone() })?;
    let Some(ToCall { agent, number, recording }) = to_call else {
        return call.hang_up();
    };
    call.say(say("calling-back").digits(&number))?;
    if let Some(recording) = recording {
        // Without it the agent calls all the same.
        if let Err(error) = call.play(Prompt::recording(recording)) {
            if error == Error::Gone {
                return Err(error);
            }
            log::warn!("what the caller has said cannot be played: {error}");
        }
    }
    let () = ask(call, &Ask::CallBackDials { contact: contact.clone() })?;
    match call.dial(Dialling::to([number.clone()]).for_at_most(RING)) {
        Ok(leg) => {
            // Also when the agent hangs up first, which ends the script by `?`.
            let outcome = leg.bridge();
            known::remember(&number, &agent);
            let () = ask(call, &Ask::Ended { contact })?;
            outcome?;
        }
        Err(error) => {
            let () = ask(call, &Ask::CallBackFails { contact })?;
            if error == Error::Gone {
                return Err(error);
            }
            call.play("callback-failed")?;
        }
    }
    call.hang_up()
}
