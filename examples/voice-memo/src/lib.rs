//! Records the caller after a beep, until `#` or a minute is over, plays it back, and forgets it.

use jackfield_sdk::prelude::*;

#[router]
fn route(_request: &Request) -> Decision {
    Decision::run("memo").because("710 is the voice memo")
}

#[script]
fn memo(call: Call) -> Result<()> {
    call.answer()?.play(silence(millis(400)))?;
    let memo = call.record(Recording::up_to(secs(60)).until_silent_for(secs(5)))?;
    log::info!("recorded {} ms", memo.length);
    let played = call.play(Prompt::recording(&memo.id)).map(drop);
    // Whatever became of the caller, nothing is left behind.
    memo.erase()?;
    played?;
    call.hang_up()
}
