//! Supervisors take part in what agents speak with callers: they call a number that says how, and with whom.

use crate::{
    centre::AgentState,
    now,
    settings::{Settings, Supervision},
    words::{Ask, CENTRE, Part, TookPart},
};
use jackfield_sdk::{events::Event, prelude::*, reducer};
use serde::Deserialize;

/// The topic of calls that are over.
pub const CALLS: &str = "calls/ended";

/// A call that is over, as the house tells of it.
#[derive(Deserialize)]
struct Call {
    call: String,
    caller: Caller,
    callee: Callee,
    started: u64,
    answered: Option<u64>,
    ended: u64,
    cause: String,
}

#[derive(Deserialize)]
struct Caller {
    extension: Option<String>,
}

#[derive(Deserialize)]
struct Callee {
    number: String,
}

/// What a number means: how to take part, and the agent's extension; `None` when it is another number.
fn read<'a>(settings: &Settings, number: &'a str) -> Option<(Part, &'a str)> {
    let wanted = Some(settings.supervision_number.as_str()).filter(|number| !number.is_empty())?;
    let rest = number.strip_prefix(wanted)?;
    let part = match rest.get(..1)? {
        "1" => Part::Listen,
        "2" => Part::Whisper,
        "3" => Part::Join,
        _ => return None,
    };
    Some((part, &rest[1..]))
}

/// Let a supervisor take part; `None` when something else was dialled.
pub fn decide(request: &Request, settings: &Settings) -> Option<Result<Decision>> {
    let (part, agent) = read(settings, &request.callee.number)?;
    Some(take_part(request, settings, part, agent))
}

fn take_part(request: &Request, settings: &Settings, part: Part, extension: &str) -> Result<Decision> {
    let refused = |status: u16, why: &str| Ok(Decision::reject(status).because(why));
    if !request.caller.extension.as_ref().is_some_and(|own| settings.supervisors.contains(own)) {
        return refused(403, "not one of the supervisors of the contact centre");
    }
    if settings.supervision == Supervision::Off {
        return refused(403, "the contact centre does not let supervisors take part");
    }
    let centre = now()?;
    let Some(agent) = centre.agents.get(extension) else { return refused(404, "no agent is logged in there") };
    // What agents speak with others than callers of queues is nobody's business.
    if !matches!(agent.state, AgentState::Talking(_)) {
        return refused(404, "the agent speaks with no caller of a queue");
    }
    if settings.supervision == Supervision::Help && agent.help.is_none() && agent.helper.is_none() {
        return refused(403, "the agent has not asked for help");
    }
    let decision = match part {
        Part::Listen => Decision::listen(&agent.phone),
        Part::Whisper => Decision::whisper(&agent.phone),
        Part::Join => Decision::barge(&agent.phone),
    };
    Ok(decision.because(format!("supervises the agent {extension}")))
}

/// Calls are over: those by which supervisors took part are told to the centre.
pub fn learn(batch: &[Event], settings: &Settings) -> Result<()> {
    for event in batch.iter().filter(|event| event.topic == CALLS) {
        let call: Call = event.read()?;
        let Some((part, agent)) = read(settings, &call.callee.number) else { continue };
        let Some(supervisor) = call.caller.extension.filter(|_| call.cause == "answered") else { continue };
        let (agent, from) = (agent.to_owned(), call.answered.unwrap_or(call.started));
        let took_part = TookPart { call: call.call, supervisor, agent, part, from, until: call.ended };
        reducer::tell(CENTRE, &Ask::TookPart(took_part))?;
    }
    Ok(())
}
