//! Each missed call is told to a web service, with a key that this plugin never gets to know.

use jackfield_sdk::{http::Text, prelude::*};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Settings {
    url: String,
    /// `{{secret:key}}`, since the schema has it sealed; empty when none is set.
    key: String,
}

/// What the house tells of a missed call, as far as it matters here.
#[derive(Deserialize)]
struct Missed {
    caller: Party,
    callee: Party,
    started: u64,
}

#[derive(Deserialize)]
struct Party {
    number: String,
}

/// What the web service is told.
#[derive(Serialize)]
struct Told<'a> {
    from: &'a str,
    to: &'a str,
    at: u64,
}

#[on_events]
fn learn(batch: &[events::Event]) -> Result<()> {
    let settings: Settings = settings();
    if settings.url.is_empty() {
        return Ok(());
    }
    for event in batch {
        let missed: Missed = event.read()?;
        let told = Told { from: &missed.caller.number, to: &missed.callee.number, at: missed.started };
        // The event's number lets the service see that it has been told before.
        let mut question = http::post(&settings.url).header("idempotency-key", event.seq.to_string()).json(&told);
        if !settings.key.is_empty() {
            question = question.header("authorization", Text::template(&format!("Bearer {}", settings.key)));
        }
        let answer = question.send()?;
        // An error has the house tell of it again, three times in all.
        if !answer.is_success() {
            return Err(Error::Failed(format!("the web service has answered {}", answer.status)));
        }
    }
    Ok(())
}
