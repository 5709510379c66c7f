//! A call to a box: receive, keep, tell the owner.

use crate::{BOX, inbox, inbox::Received, letter, settings::Settings};
use jackfield_sdk::{fax::Outcome, prelude::*};

pub fn take(call: &Call) -> Result<()> {
    let settings: Settings = settings();
    let number = call.arg(BOX).unwrap_or_default().to_owned();
    let caller = call.caller();
    let report = call.receive_fax(&settings.fax())?;
    let from = if caller.number.is_empty() { "an unknown number" } else { &caller.number };
    log::info!("fax from {from} to {number}: {} pages, {:?}: {}", report.pages, report.outcome, report.explanation);
    if let Some(document) = report.document {
        let fax = Received {
            document,
            at: clock::now(),
            from: caller.number,
            name: caller.name,
            station: report.station,
            pages: report.pages,
            bit_rate: report.bit_rate,
            t38: report.t38,
            ecm: report.ecm,
            broken_off: (report.outcome != Outcome::Complete).then(|| word(report.outcome).to_owned()),
            read: false,
        };
        inbox::put(&number, &fax)?;
        if let Some(fax_box) = settings.of_number(&number).filter(|fax_box| fax_box.mail) {
            letter::received(fax_box, &fax, &settings);
        }
    }
    match call.hang_up() {
        Err(Error::Gone) => Ok(()),
        other => other,
    }
}

/// An outcome by the word that the page has a text for.
pub fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Complete => "complete",
        Outcome::NoFax => "no_fax",
        Outcome::LineDropped => "line_dropped",
        Outcome::NotTrained => "not_trained",
        Outcome::Incompatible => "incompatible",
        Outcome::Refused => "refused",
        Outcome::Document => "document",
        Outcome::Protocol => "protocol",
        Outcome::Failed => "failed",
    }
}
