//! Panics: for everybody, or for one caller only.

use jackfield_sdk::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Settings {
    only_for: String,
}

#[router]
fn route(request: &Request) -> Decision {
    let settings: Settings = settings();
    if settings.only_for.is_empty() || settings.only_for == request.caller.number {
        panic!("no decision about {}", request.callee.number);
    }
    Decision::ring("ext:200").because("this caller is not the one")
}

#[script]
fn main(call: Call) -> Result<()> {
    call.answer()?;
    panic!("{} has come too far", call.caller().number);
}
