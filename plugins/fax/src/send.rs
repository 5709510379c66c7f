//! One call to one recipient, who has picked up.

use crate::{
    JOB, RECIPIENT,
    job::{self, Job, Told},
    receive::word,
    settings::Settings,
};
use jackfield_sdk::{prelude::*, reducer};

pub fn give(call: &Call) -> Result<()> {
    let settings: Settings = settings();
    let id = call.arg(JOB).unwrap_or_default().to_owned();
    let recipient: usize = call.arg(RECIPIENT).and_then(|index| index.parse().ok()).unwrap_or(usize::MAX);
    let key = job::key(&id);
    let Some(job) = reducer::look::<Job>(&key)? else { return call.hang_up() };
    let report = call.send_fax(&job.document, &settings.fax())?;
    log::info!("fax to {}: {} pages, {:?}: {}", call.callee().number, report.pages, report.outcome, report.explanation);
    let told = Told::Sent {
        recipient,
        outcome: word(report.outcome).to_owned(),
        pages: report.pages,
        station: report.station,
        bit_rate: report.bit_rate,
        t38: report.t38,
    };
    reducer::tell(&key, &told)?;
    match call.hang_up() {
        Err(Error::Gone) => Ok(()),
        other => other,
    }
}
