//! Has one instance make several decisions and counts them where no decision should look: in memory. Panics when asked about a
//! caller who withholds nothing but luck: +666.

use jackfield_sdk::prelude::*;
use serde::Deserialize;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

static DECISIONS: AtomicU32 = AtomicU32::new(0);

#[derive(Deserialize)]
struct Settings {
    word: String,
}

#[router]
fn route(request: &Request, settings: &Settings) -> Decision {
    if request.caller.number == "+666" {
        panic!("not this caller");
    }
    log::info!("{} {}", settings.word, 1 + DECISIONS.fetch_add(1, Relaxed));
    Decision::pass()
}
