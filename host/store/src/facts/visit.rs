//! A visit: what the facts of one stay in a queue come to.

use crate::StoreError;
use jackfield_model::{CallbackStep, ExitReason, Happening, Media, OfferResult, ServiceGoal};
use sqlx::{Row, Sqlite, Transaction};

/// Make the row of a visit anew from all of its facts, in the order of their time. Nothing is there before it is known which
/// queue it is.
pub(super) async fn fold(tx: &mut Transaction<'_, Sqlite>, source: &str, visit: &str) -> Result<(), StoreError> {
    let select = "SELECT at, call, detail FROM facts WHERE source = ? AND visit = ? ORDER BY at, id";
    let rows = sqlx::query(select).bind(source).bind(visit).fetch_all(&mut **tx).await?;
    let mut folded = Visit::default();
    let mut call: Option<String> = None;
    for row in &rows {
        let detail: String = row.try_get("detail")?;
        let what = serde_json::from_str(&detail).map_err(|error| sqlx::Error::Decode(error.into()))?;
        call = call.or(row.try_get("call")?);
        folded.take(row.try_get("at")?, what);
    }
    let Some(entry) = &folded.entry else { return Ok(()) };
    let Entry { queue, media, contact, name, priority, vip, position, skills, preferred, goal, at: entered } = entry;
    let end = folded.end();
    let wait = folded.wait();
    let in_target =
        matches!(end, Some((_, ExitReason::Answered))) && wait.is_some_and(|wait| wait <= goal.target.into());
    let short = matches!(end, Some((_, ExitReason::Abandoned))) && wait.is_some_and(|wait| wait <= goal.short.into());
    let insert = "INSERT OR REPLACE INTO visits (source, visit, call, queue, media, contact, name, priority, vip, position,
                  skills, preferred, level, percent, target, short, entered, exited, reason, exit_to, told, wait, in_target,
                  short_ab, offers, rona, agent, device, ring, answered, ended, ended_by, talk, hold, holds, acw, acw_allowed,
                  acw_why, code, transfers, callback_at, callback_number, callback_attempts, callback_agent, callback_over,
                  callback_result) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
                  ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    sqlx::query(insert)
        .bind(source)
        .bind(visit)
        .bind(call)
        .bind(queue)
        .bind(media.word())
        .bind(contact)
        .bind(name)
        .bind(priority)
        .bind(vip)
        .bind(position)
        .bind(skills.join(", "))
        .bind(preferred)
        .bind(folded.level)
        .bind(goal.percent)
        .bind(goal.target)
        .bind(goal.short)
        .bind(entered)
        .bind(end.map(|(at, _)| at))
        .bind(end.map(|(_, reason)| reason.word()))
        .bind(&folded.exit_to)
        .bind(folded.told)
        .bind(wait)
        .bind(in_target)
        .bind(short)
        .bind(folded.offers)
        .bind(folded.rona)
        .bind(&folded.agent)
        .bind(&folded.device)
        .bind(folded.ring)
        .bind(folded.answered)
        .bind(folded.talk_end())
        .bind(folded.ended_by)
        .bind(folded.talk())
        .bind(folded.hold())
        .bind(folded.holds)
        .bind(folded.acw())
        .bind(folded.acw_allowed)
        .bind(folded.acw_why)
        .bind(&folded.code)
        .bind(folded.transfers)
        .bind(folded.callback.asked)
        .bind(&folded.callback.number)
        .bind(folded.callback.attempts)
        .bind(&folded.callback.agent)
        .bind(folded.callback.over)
        .bind(folded.callback.step.map(CallbackStep::word))
        .execute(&mut **tx)
        .await?;
    sqlx::query("UPDATE facts SET queue = ? WHERE source = ? AND visit = ? AND queue IS NULL")
        .bind(queue)
        .bind(source)
        .bind(visit)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

struct Entry {
    at: i64,
    queue: String,
    media: Media,
    contact: String,
    name: String,
    priority: i32,
    vip: bool,
    position: u32,
    skills: Vec<String>,
    preferred: Option<String>,
    goal: ServiceGoal,
}

/// What facts come to, taken in the order of their time.
#[derive(Default)]
struct Visit {
    entry: Option<Entry>,
    level: u32,
    offers: u32,
    rona: u32,
    ring: Option<u32>,
    agent: Option<String>,
    device: String,
    answered: Option<i64>,
    answer_end: Option<i64>,
    ended_by: Option<&'static str>,
    exit: Option<(i64, ExitReason)>,
    exit_to: String,
    told: Option<u32>,
    hold_since: Option<i64>,
    held: i64,
    holds: u32,
    acw_start: Option<i64>,
    acw_stop: Option<i64>,
    acw_allowed: Option<u32>,
    acw_why: Option<&'static str>,
    code: Option<String>,
    transfers: u32,
    callback: CallBack,
}

#[derive(Default)]
struct CallBack {
    asked: Option<i64>,
    number: Option<String>,
    attempts: u32,
    agent: Option<String>,
    over: Option<i64>,
    step: Option<CallbackStep>,
}

impl Visit {
    fn take(&mut self, at: i64, what: Happening) {
        match what {
            Happening::QueueEnter { queue, media, contact, name, priority, vip, position, skills, preferred, goal } => {
                self.entry.get_or_insert(Entry {
                    at,
                    queue,
                    media,
                    contact,
                    name,
                    priority,
                    vip,
                    position,
                    skills,
                    preferred,
                    goal,
                });
            }
            Happening::QueueLevel { level, .. } => self.level = self.level.max(level),
            Happening::Offer { ring, outcome, .. } => {
                self.offers += 1;
                match outcome {
                    OfferResult::Answered => self.ring = Some(ring),
                    OfferResult::Rona | OfferResult::Rejected => self.rona += 1,
                    OfferResult::CallerLeft => {}
                }
            }
            Happening::Answer { agent, device } => {
                if self.answered.is_none() {
                    (self.answered, self.agent, self.device) = (Some(at), Some(agent), device);
                }
            }
            Happening::AnswerEnd { by, .. } => (self.answer_end, self.ended_by) = (Some(at), Some(by.word())),
            Happening::HoldStart => {
                self.hold_since.get_or_insert(at);
                self.holds += 1;
            }
            Happening::HoldStop => self.held += self.hold_since.take().map_or(0, |since| at - since),
            Happening::Transfer { done, .. } => self.transfers += u32::from(done),
            Happening::AcwStart { allowed, .. } => (self.acw_start, self.acw_allowed) = (Some(at), allowed),
            Happening::AcwStop { why, .. } => (self.acw_stop, self.acw_why) = (Some(at), Some(why.word())),
            Happening::WrapupCode { code, .. } => {
                self.code.get_or_insert(code);
            }
            Happening::QueueExit { reason, to, told } => {
                if self.exit.is_none() {
                    (self.exit, self.exit_to, self.told) = (Some((at, reason)), to, told);
                }
            }
            Happening::Callback { step, number, attempt, agent } => {
                let callback = &mut self.callback;
                callback.asked.get_or_insert(at);
                callback.number = Some(number);
                callback.attempts = callback.attempts.max(attempt);
                callback.agent = agent.or(callback.agent.take());
                callback.step = Some(step);
                if matches!(step, CallbackStep::Done | CallbackStep::Expired) {
                    callback.over = Some(at);
                }
            }
            Happening::HelpRequest { .. }
            | Happening::Monitor { .. }
            | Happening::AgentState { .. }
            | Happening::Login { .. }
            | Happening::Logout { .. }
            | Happening::Schedule { .. }
            | Happening::Survey { .. }
            | Happening::IvrStep { .. }
            | Happening::Alarm { .. } => {}
        }
    }

    /// When and why it left the queue. Who was answered has left it, even if that was not told.
    fn end(&self) -> Option<(i64, ExitReason)> {
        self.exit.or(self.answered.map(|at| (at, ExitReason::Answered)))
    }

    /// From entering to the answer, or to leaving.
    fn wait(&self) -> Option<i64> {
        let entered = self.entry.as_ref()?.at;
        let (left, reason) = self.end()?;
        let until = if reason == ExitReason::Answered { self.answered.unwrap_or(left) } else { left };
        Some((until - entered).max(0))
    }

    /// When the conversation was over: told so, or because wrap-up began.
    fn talk_end(&self) -> Option<i64> {
        self.answered?;
        self.answer_end.or(self.acw_start)
    }

    /// On hold, up to the end of the conversation.
    fn hold(&self) -> i64 {
        let open = self.hold_since.zip(self.talk_end()).map_or(0, |(since, end)| (end - since).max(0));
        self.held + open
    }

    /// Connected with the agent, without hold.
    fn talk(&self) -> Option<i64> {
        Some((self.talk_end()? - self.answered? - self.hold()).max(0))
    }

    fn acw(&self) -> Option<i64> {
        Some((self.acw_stop? - self.acw_start?).max(0))
    }
}
