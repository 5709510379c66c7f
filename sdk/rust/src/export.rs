//! What the attributes expand to: the way from the contract to an author's function.

pub use crate::bindings::{configured, informed, knowing, pages, reducing, router, script, starting, woken};
use crate::{
    Call, Decision, FieldError, Request,
    bindings::{
        configured::exports::jackfield::hooks::lifecycle,
        imports::jackfield::{call::control, types::types},
        pages::exports::jackfield::hooks::web as contract,
        reducing::exports::jackfield::reducer::reduce,
        router::exports::jackfield::routing::decide::Answer,
    },
    log,
    reducer::{Effects, Input, Migrate},
    web::{self, IntoResponse},
};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    any::Any,
    cell::OnceCell,
    fmt::Display,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

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

thread_local! {
    /// The settings of a router that takes them, as it has parsed them. An instance never outlives its settings: the host makes
    /// another one when they change.
    static SETTINGS: OnceCell<Box<dyn Any>> = const { OnceCell::new() };
}

/// Decide, with settings that are parsed at the instance's first decision.
pub fn decide_by_settings<T: DeserializeOwned + 'static, A: IntoAnswer>(
    request: &Request,
    route: fn(&Request, &T) -> A,
) -> Result<Answer, String> {
    speak_before_dying();
    SETTINGS.with(|kept| {
        let kept = kept.get_or_init(|| Box::new(crate::settings::<T>()));
        // A component exports one router, so they are of one type.
        let settings = kept.downcast_ref().ok_or("the settings are of two types")?;
        route(request, settings).into_answer()
    })
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

/// Take inputs into a state.
pub fn reduce<S: Default + Serialize + DeserializeOwned>(
    key: &str,
    data: Option<Vec<u8>>,
    layout: u32,
    inputs: Vec<reduce::Input>,
    reduce: fn(&mut S, &Input<'_>, &mut Effects),
    own: u32,
    migrate: Option<Migrate>,
) -> Result<reduce::Outcome, String> {
    speak_before_dying();
    let unreadable = |error: serde_json::Error| format!("the state of “{key}” cannot be read: {error}");
    let mut state: S = match (data, migrate) {
        (None, _) => S::default(),
        (Some(data), Some(migrate)) if layout != own => {
            let new = migrate(layout, serde_json::from_slice(&data).map_err(unreadable)?)?;
            serde_json::from_value(new).map_err(|e| format!("the state of “{key}” cannot be brought over: {e}"))?
        }
        (Some(data), _) => serde_json::from_slice(&data).map_err(unreadable)?,
    };
    let mut effects = Effects::default();
    let mut replies = Vec::with_capacity(inputs.len());
    for raw in &inputs {
        reduce(&mut state, &Input::new(key, raw), &mut effects);
        replies.push(std::mem::take(&mut effects.reply));
    }
    let data = match effects.erased {
        true => None,
        false => Some(serde_json::to_vec(&state).map_err(|e| format!("the state of “{key}” cannot be written: {e}"))?),
    };
    Ok(reduce::Outcome { data, layout: own, replies, commands: effects.commands })
}

/// Something has happened.
pub fn inform(
    batch: Vec<crate::bindings::informed::exports::jackfield::hooks::events::Event>,
    informed: fn(&[crate::events::Event]) -> crate::Result<()>,
) -> Result<(), String> {
    speak_before_dying();
    let batch: Vec<_> = batch.into_iter().map(Into::into).collect();
    informed(&batch).map_err(|error| error.to_string())
}

/// Look a number up.
pub fn look_up(
    number: &str,
    look_up: fn(&str) -> crate::Result<Option<crate::contacts::Contact>>,
) -> Result<Option<crate::contacts::Contact>, String> {
    speak_before_dying();
    look_up(number).map_err(|error| error.to_string())
}

/// Search contacts.
pub fn search_contacts(
    text: &str,
    limit: u32,
    search: fn(&str, u32) -> crate::Result<Vec<crate::contacts::Contact>>,
) -> Result<Vec<crate::contacts::Contact>, String> {
    speak_before_dying();
    search(text, limit).map_err(|error| error.to_string())
}

/// Whether the instance has a panic hook already.
static SPEAKS: AtomicBool = AtomicBool::new(false);

/// A panic writes its message to the plugin's log before it becomes a trap.
fn speak_before_dying() {
    if SPEAKS.swap(true, Relaxed) {
        return;
    }
    std::panic::set_hook(Box::new(|panic| log::write(log::Level::Error, &panic.to_string())));
}
