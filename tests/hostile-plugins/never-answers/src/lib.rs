//! Is always busy with the host: reads the clock for ever while deciding, and lets its callers wait unanswered.

use jackfield_sdk::prelude::*;

#[router]
fn route(_request: &Request) -> Decision {
    while clock::now() > 0 {}
    Decision::reject(500)
}

#[script]
fn main(call: Call) -> Result<()> {
    loop {
        call.wait(secs(600))?;
    }
}
