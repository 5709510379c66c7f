//! Answers callers and says which version has done so. Built twice: the second version refuses callers whose number ends in 1, and
//! crashes over those whose number ends in 2.

use jackfield_sdk::prelude::*;

const VERSION: &str = env!("CARGO_PKG_VERSION_MAJOR");

#[router]
fn route(request: &Request) -> Decision {
    let number = &request.caller.number;
    if cfg!(feature = "second") && number.ends_with('1') {
        return Decision::reject(403);
    }
    assert!(!cfg!(feature = "second") || !number.ends_with('2'), "nobody calls from {number}");
    Decision::run("answer")
}

#[script]
fn answer(call: Call) -> Result<()> {
    log::info!("version {VERSION} answers {}", call.caller().number);
    call.answer()?;
    call.say(silence(secs(5)))?;
    call.hang_up()
}
