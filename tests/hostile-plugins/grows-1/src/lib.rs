//! Keeps callers until it is told to let them go, and counts them by the version that has begun and ended with each. Built twice:
//! the second version holds its counts in another layout, and each brings over what the other has written.

use jackfield_sdk::{
    prelude::*,
    reducer::{self, Effects, Event, Input},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const VERSION: &str = env!("CARGO_PKG_VERSION_MAJOR");
/// The key of the only state.
const BOOK: &str = "book";

/// Calls by version.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Counts {
    begun: BTreeMap<String, u64>,
    ended: BTreeMap<String, u64>,
}

#[derive(Serialize, Deserialize)]
enum Word {
    Begun(String),
    Ended(String),
}

#[router]
fn route(_: &Request) -> Decision {
    Decision::run("keep").because(&format!("version {VERSION}"))
}

#[script]
fn keep(call: Call) -> Result<()> {
    reducer::ask::<()>(BOOK, &Word::Begun(VERSION.into()))?;
    call.answer()?;
    while kv::get::<bool>("go")?.is_none() {
        call.wait(secs(1))?;
    }
    reducer::ask::<()>(BOOK, &Word::Ended(VERSION.into()))?;
    call.hang_up()
}

fn count(counts: &mut Counts, input: &Input<'_>, effects: &mut Effects) {
    let Event::Asked { what, .. } = &input.event else { return };
    match what.read() {
        Ok(Word::Begun(version)) => *counts.begun.entry(version).or_default() += 1,
        Ok(Word::Ended(version)) => *counts.ended.entry(version).or_default() += 1,
        Err(_) => {}
    }
    effects.reply(&());
}

#[cfg(not(feature = "second"))]
mod layout {
    use super::*;

    /// The first layout: nothing but the counts.
    pub type Book = Counts;

    #[reducer(layout = 1, migrate = bring_over)]
    fn reduce(book: &mut Book, input: &Input<'_>, effects: &mut Effects) {
        count(book, input, effects);
    }

    fn bring_over(_: u32, mut written: Value) -> std::result::Result<Value, String> {
        Ok(written["counts"].take())
    }

    pub fn shown(book: &Book) -> Value {
        json!({"layout": 1, "counts": book})
    }
}

#[cfg(feature = "second")]
mod layout {
    use super::*;

    /// The second layout: how often it was brought over, too.
    #[derive(Default, Serialize, Deserialize)]
    pub struct Book {
        counts: Counts,
        came_from: u32,
    }

    #[reducer(layout = 2, migrate = bring_over)]
    fn reduce(book: &mut Book, input: &Input<'_>, effects: &mut Effects) {
        count(&mut book.counts, input, effects);
    }

    fn bring_over(layout: u32, written: Value) -> std::result::Result<Value, String> {
        Ok(json!({"counts": written, "came_from": layout}))
    }

    pub fn shown(book: &Book) -> Value {
        json!({"layout": 2, "counts": book.counts, "came_from": book.came_from})
    }
}

#[web]
fn answer(request: &web::Request) -> Result<web::Response> {
    match request.route()[..] {
        ["GET", "book"] => {
            let book = reducer::look::<layout::Book>(BOOK)?;
            web::Response::json(&book.as_ref().map(layout::shown))
        }
        ["POST", "go"] => {
            kv::put("go", &true)?;
            Ok(web::Response::done())
        }
        _ => Ok(web::Response::not_found()),
    }
}
