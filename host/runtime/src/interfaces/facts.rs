//! `jackfield:services/facts`: what plugins tell about contacts and agents.

use crate::{
    bindings::imports::jackfield::{
        services::facts::{self as contract, Fact, Happening},
        types::types::Error,
    },
    grants,
    instance::{Running, State},
    interfaces::arguments::shortened,
};
use jackfield_model::{self as model, CallId};
use std::sync::Arc;

const MOST_FACTS: usize = 128;
/// Facts that a reducer tells of one batch.
const MOST_OF_BATCH: usize = 4_096;
const LONGEST_KEY: usize = 128;
const LONGEST_NAME: usize = 100;
const LONGEST_NOTE: usize = 1_000;
const MOST_NAMES: usize = 20;
/// 2000-01-01, before which there was no Jackfield whose clock was right.
const EARLIEST: u64 = 946_684_800_000;
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// How far ahead shifts are planned.
const TEN_YEARS_MS: u64 = 3_660 * DAY_MS;

impl contract::Host for State {
    async fn record_facts(&mut self, facts: Vec<Fact>) -> Result<(), Error> {
        self.permit(grants::FACTS)?;
        if facts.len() > MOST_FACTS {
            return Err(Error::Invalid(format!("{} facts: at most {MOST_FACTS} are possible at once", facts.len())));
        }
        if facts.is_empty() {
            return Ok(());
        }
        let now = self.host.clock.now_ms();
        let checked = facts.into_iter().map(|fact| {
            let key = shortened(&fact.key).to_owned();
            checked(fact, now).map_err(|why| Error::Invalid(format!("the fact “{key}”: {why}")))
        });
        let facts = checked.collect::<Result<Vec<_>, _>>()?;
        if self.running == Running::Reducer {
            // They go to the disk with what becomes of the batch; a reducer waits for nothing.
            if self.told.len() + facts.len() > MOST_OF_BATCH {
                return Err(Error::Invalid(format!("at most {MOST_OF_BATCH} facts are told of one batch of inputs")));
            }
            self.told.extend(facts);
            return Ok(());
        }
        let host = Arc::clone(&self.host);
        let recorded = host.facts.record(&self.plugin.record.id, facts).await;
        self.cpu.refill();
        recorded.map_err(Error::Failed)
    }
}

/// A fact that can be kept, or what is wrong with it.
fn checked(fact: Fact, now: u64) -> Result<model::Fact, String> {
    let Fact { key, at, call, visit, what } = fact;
    id("its key", &key)?;
    if let Some(visit) = &visit {
        id("its visit", visit)?;
    }
    if let Some(call) = &call {
        id("its call", call)?;
    }
    let what = happening(what, now)?;
    if !(EARLIEST..=now + DAY_MS).contains(&at) {
        return Err(format!("its time, {at}, is before the year 2000 or still to come"));
    }
    if visit.is_none() && what.needs_visit() {
        return Err(format!("“{}” belongs to a visit: say which", what.kind()));
    }
    Ok(model::Fact { key, at, call: call.map(CallId), visit, what })
}

fn happening(what: Happening, now: u64) -> Result<model::Happening, String> {
    Ok(match what {
        Happening::QueueEnter(it) => model::Happening::QueueEnter {
            queue: name("queue", it.queue)?,
            media: media(it.media),
            contact: text("contact", it.contact)?,
            name: text("name", it.name)?,
            priority: it.priority,
            vip: it.vip,
            position: it.position,
            skills: names("skills", it.skills)?,
            preferred: it.preferred.map(|agent| name("preferred", agent)).transpose()?,
            goal: goal(&it.goal)?,
        },
        Happening::QueueLevel(it) => {
            model::Happening::QueueLevel { level: it.level, skills: names("skills", it.skills)? }
        }
        Happening::Offer(it) => model::Happening::Offer {
            agent: name("agent", it.agent)?,
            device: text("device", it.device)?,
            ring: it.ring,
            outcome: match it.outcome {
                contract::OfferResult::Answered => model::OfferResult::Answered,
                contract::OfferResult::Rona => model::OfferResult::Rona,
                contract::OfferResult::Rejected => model::OfferResult::Rejected,
                contract::OfferResult::CallerLeft => model::OfferResult::CallerLeft,
            },
        },
        Happening::Answer(it) => {
            model::Happening::Answer { agent: name("agent", it.agent)?, device: text("device", it.device)? }
        }
        Happening::AnswerEnd(it) => model::Happening::AnswerEnd {
            agent: name("agent", it.agent)?,
            by: match it.by {
                contract::EndedBy::Contact => model::EndedBy::Contact,
                contract::EndedBy::Agent => model::EndedBy::Agent,
                contract::EndedBy::Transfer => model::EndedBy::Transfer,
                contract::EndedBy::House => model::EndedBy::House,
            },
        },
        Happening::HoldStart => model::Happening::HoldStart,
        Happening::HoldStop => model::Happening::HoldStop,
        Happening::Transfer(it) => model::Happening::Transfer {
            kind: match it.kind {
                contract::TransferKind::Blind => model::TransferKind::Blind,
                contract::TransferKind::Attended => model::TransferKind::Attended,
            },
            agent: name("agent", it.agent)?,
            to: text("to", it.to)?,
            done: it.done,
        },
        Happening::HelpRequest(it) => model::Happening::HelpRequest {
            agent: name("agent", it.agent)?,
            supervisor: it.supervisor.map(|who| name("supervisor", who)).transpose()?,
            response: it.response,
        },
        Happening::Monitor(it) => model::Happening::Monitor {
            supervisor: name("supervisor", it.supervisor)?,
            agent: name("agent", it.agent)?,
            mode: match it.mode {
                contract::MonitorMode::Listen => model::MonitorMode::Listen,
                contract::MonitorMode::Whisper => model::MonitorMode::Whisper,
                contract::MonitorMode::Barge => model::MonitorMode::Barge,
            },
            lasted: it.lasted,
            basis: note("basis", it.basis)?,
        },
        Happening::AcwStart(it) => model::Happening::AcwStart { agent: name("agent", it.agent)?, allowed: it.allowed },
        Happening::AcwStop(it) => model::Happening::AcwStop {
            agent: name("agent", it.agent)?,
            why: match it.why {
                contract::AcwEnd::Done => model::AcwEnd::Done,
                contract::AcwEnd::Timeout => model::AcwEnd::Timeout,
                contract::AcwEnd::Extended => model::AcwEnd::Extended,
            },
        },
        Happening::WrapupCode(it) => {
            model::Happening::WrapupCode { agent: name("agent", it.agent)?, code: name("code", it.code)? }
        }
        Happening::QueueExit(it) => {
            model::Happening::QueueExit { reason: reason(it.reason), to: text("to", it.to)?, told: it.told }
        }
        Happening::Callback(it) => model::Happening::Callback {
            step: match it.step {
                contract::CallbackStep::Requested => model::CallbackStep::Requested,
                contract::CallbackStep::Offered => model::CallbackStep::Offered,
                contract::CallbackStep::Attempt => model::CallbackStep::Attempt,
                contract::CallbackStep::Done => model::CallbackStep::Done,
                contract::CallbackStep::Expired => model::CallbackStep::Expired,
            },
            number: text("number", it.number)?,
            attempt: it.attempt,
            agent: it.agent.map(|agent| name("agent", agent)).transpose()?,
        },
        Happening::AgentState(it) => model::Happening::AgentState {
            agent: name("agent", it.agent)?,
            state: match it.state {
                contract::AgentStateKind::Ready => model::AgentState::Ready,
                contract::AgentStateKind::Ringing => model::AgentState::Ringing,
                contract::AgentStateKind::Talking => model::AgentState::Talking,
                contract::AgentStateKind::Acw => model::AgentState::Acw,
                contract::AgentStateKind::Pause => model::AgentState::Pause,
                contract::AgentStateKind::NotReady => model::AgentState::NotReady,
            },
            reason: text("reason", it.reason)?,
            allowed: it.allowed,
        },
        Happening::Login(it) => model::Happening::Login {
            agent: name("agent", it.agent)?,
            device: text("device", it.device)?,
            queues: names("queues", it.queues)?,
        },
        Happening::Logout(it) => model::Happening::Logout { agent: name("agent", it.agent)? },
        Happening::Schedule(it) => {
            let latest = now + TEN_YEARS_MS;
            if !(EARLIEST..=latest).contains(&it.begins)
                || !(EARLIEST..=latest).contains(&it.ends)
                || it.ends <= it.begins
            {
                return Err("a shift ends after it begins, and within ten years".into());
            }
            model::Happening::Schedule {
                agent: name("agent", it.agent)?,
                activity: name("activity", it.activity)?,
                planned: it.planned,
                begins: it.begins,
                ends: it.ends,
            }
        }
        Happening::Survey(it) => model::Happening::Survey {
            question: name("question", it.question)?,
            score: it.score,
            comment: note("comment", it.comment)?,
            agent: it.agent.map(|agent| name("agent", agent)).transpose()?,
        },
        Happening::IvrStep(it) => model::Happening::IvrStep {
            menu: name("menu", it.menu)?,
            key: text("key", it.key)?,
            outcome: match it.outcome {
                contract::IvrResult::Chosen => model::IvrResult::Chosen,
                contract::IvrResult::Invalid => model::IvrResult::Invalid,
                contract::IvrResult::Timeout => model::IvrResult::Timeout,
                contract::IvrResult::HangUp => model::IvrResult::HangUp,
            },
            took: it.took,
        },
        Happening::Alarm(it) => model::Happening::Alarm {
            name: name("name", it.name)?,
            queue: it.queue.map(|queue| name("queue", queue)).transpose()?,
            state: match it.state {
                contract::AlarmState::Raised => model::AlarmState::Raised,
                contract::AlarmState::Acknowledged => model::AlarmState::Acknowledged,
                contract::AlarmState::Cleared => model::AlarmState::Cleared,
            },
            by: text("by", it.by)?,
        },
    })
}

fn media(media: contract::Media) -> model::Media {
    match media {
        contract::Media::Voice => model::Media::Voice,
        contract::Media::Callback => model::Media::Callback,
        contract::Media::Mail => model::Media::Mail,
        contract::Media::Fax => model::Media::Fax,
        contract::Media::Chat => model::Media::Chat,
    }
}

fn reason(reason: contract::ExitReason) -> model::ExitReason {
    match reason {
        contract::ExitReason::Answered => model::ExitReason::Answered,
        contract::ExitReason::Abandoned => model::ExitReason::Abandoned,
        contract::ExitReason::Overflow => model::ExitReason::Overflow,
        contract::ExitReason::Timeout => model::ExitReason::Timeout,
        contract::ExitReason::Key => model::ExitReason::Key,
        contract::ExitReason::Callback => model::ExitReason::Callback,
        contract::ExitReason::Forced => model::ExitReason::Forced,
        contract::ExitReason::Closed => model::ExitReason::Closed,
        contract::ExitReason::FlowError => model::ExitReason::FlowError,
    }
}

fn goal(goal: &contract::ServiceGoal) -> Result<model::ServiceGoal, String> {
    let contract::ServiceGoal { percent, target, short } = *goal;
    if percent > 100 {
        return Err(format!("a goal of {percent} %: 0 to 100 are possible"));
    }
    Ok(model::ServiceGoal { percent, target, short })
}

fn id(what: &str, id: &str) -> Result<(), String> {
    if (1..=LONGEST_KEY).contains(&id.len()) {
        return Ok(());
    }
    Err(format!("{what} has {} bytes: 1 to {LONGEST_KEY} are possible", id.len()))
}

fn name(field: &str, name: String) -> Result<String, String> {
    if name.is_empty() {
        return Err(format!("`{field}` is empty"));
    }
    text(field, name)
}

fn names(field: &str, names: Vec<String>) -> Result<Vec<String>, String> {
    if names.len() > MOST_NAMES {
        return Err(format!("`{field}` has {} entries: at most {MOST_NAMES} are possible", names.len()));
    }
    names.into_iter().map(|one| name(field, one)).collect()
}

fn text(field: &str, text: String) -> Result<String, String> {
    bounded(field, text, LONGEST_NAME)
}

fn note(field: &str, text: String) -> Result<String, String> {
    bounded(field, text, LONGEST_NOTE)
}

fn bounded(field: &str, text: String, most: usize) -> Result<String, String> {
    if text.chars().any(char::is_control) {
        return Err(format!("`{field}` has control characters"));
    }
    match text.chars().count() {
        length if length > most => Err(format!("`{field}` has {length} characters: at most {most} are possible")),
        _ => Ok(text),
    }
}
