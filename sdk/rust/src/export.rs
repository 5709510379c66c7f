//! What the attributes expand to: the way from the contract to an author's function.

pub use crate::bindings::{configured, pages, router, script, starting, woken};
use crate::{
    Call, Decision, FieldError, Request,
    bindings::{
        configured::exports::jackfield::hooks::lifecycle,
        imports::jackfield::{call::control, types::types},
        pages::exports::jackfield::hooks::web as contract,
        router::exports::jackfield::routing::decide::Answer,
    },
    log,
    web::{self, IntoResponse},
};
use serde::de::DeserializeOwned;
use std::fmt::Display;

/// What a `#[router]` function may give.
pub trait IntoAnswer {
    /// As the contract has it.
    fn into_answer(self) -> Result<Answer, String>;
}

impl IntoAnswer for Decision {
    fn into_answer(self) -> Result<Answer, String> {
        Ok(self.into())
    }
}

impl<E: Display> IntoAnswer for Result<Decision, E> {
    fn into_answer(self) -> Result<Answer, String> {
        self.map(Into::into).map_err(|error| error.to_string())
    }
}

/// Decide.
pub fn decide<A: IntoAnswer>(request: &Request, route: fn(&Request) -> A) -> Result<Answer, String> {
    speak_before_dying();
    route(request).into_answer()
}

/// A script's name and its code.
type Entry<'a> = (&'a str, fn(Call) -> crate::Result<()>);

/// Run the script that `entries` has under this name.
pub fn handle(
    entry: &str,
    call: control::Call,
    args: Vec<(String, String)>,
    entries: &[Entry<'_>],
) -> Result<(), types::Error> {
    speak_before_dying();
    match entries.iter().find(|(name, _)| *name == entry) {
        Some((_, script)) => script(Call::new(call, args)).map_err(Into::into),
        None => Err(types::Error::Invalid(format!("there is no script “{entry}”"))),
    }
}

/// Check settings.
pub fn check<T: DeserializeOwned>(
    json: &str,
    check: fn(&T) -> Vec<FieldError>,
) -> Result<(), Vec<lifecycle::FieldError>> {
    speak_before_dying();
    let errors = check(&crate::settings::parse(json));
    if errors.is_empty() {
        return Ok(());
    }
    Err(errors.into_iter().map(|e| lifecycle::FieldError { path: e.path, message: e.message }).collect())
}

/// Answer a request of a page.
pub fn answer<R: IntoResponse>(
    request: contract::Request,
    answer: fn(&web::Request) -> R,
) -> Result<contract::Response, String> {
    speak_before_dying();
    answer(&web::Request::new(request)).into_response()
}

/// Begin.
pub fn start(begin: fn() -> crate::Result<()>) -> Result<(), String> {
    speak_before_dying();
    begin().map_err(|error| error.to_string())
}

/// A timer is due.
pub fn wake(
    name: String,
    at: u64,
    payload: Vec<u8>,
    woken: fn(&crate::timers::Due) -> crate::Result<()>,
) -> Result<(), String> {
    speak_before_dying();
    woken(&crate::timers::Due { name, at, payload }).map_err(|error| error.to_string())
}

/// A panic writes its message to the plugin's log before it becomes a trap.
fn speak_before_dying() {
    std::panic::set_hook(Box::new(|panic| log::write(log::Level::Error, &panic.to_string())));
}
