//! What of a fact stands in columns, so that it can be counted without reading its JSON.

use jackfield_model::Happening;

/// The columns beside kind and agent. What they mean depends on the kind; the migration says how.
#[derive(Default)]
pub(super) struct Columns<'a> {
    pub(super) queue: Option<&'a str>,
    pub(super) result: Option<&'a str>,
    pub(super) other: Option<&'a str>,
    pub(super) code: Option<&'a str>,
    pub(super) ms: Option<i64>,
    pub(super) value: Option<i64>,
}

impl<'a> Columns<'a> {
    pub(super) fn of(what: &'a Happening) -> Self {
        let none = Self::default();
        let ms = |ms: &u32| Some(i64::from(*ms));
        match what {
            Happening::QueueEnter { queue, media, contact, position, .. } => Self {
                queue: Some(queue),
                result: Some(media.word()),
                other: Some(contact),
                value: Some((*position).into()),
                ..none
            },
            Happening::QueueLevel { level, .. } => Self { value: Some((*level).into()), ..none },
            Happening::Offer { device, ring, outcome, .. } => {
                Self { result: Some(outcome.word()), other: Some(device), ms: ms(ring), ..none }
            }
            Happening::Answer { device, .. } | Happening::Login { device, .. } => Self { other: Some(device), ..none },
            Happening::AnswerEnd { by, .. } => Self { result: Some(by.word()), ..none },
            Happening::HoldStart | Happening::HoldStop | Happening::Logout { .. } => none,
            Happening::Transfer { kind, to, done, .. } => {
                Self { result: Some(kind.word()), other: Some(to), value: Some((*done).into()), ..none }
            }
            Happening::HelpRequest { supervisor, response, .. } => Self {
                other: supervisor.as_deref(),
                ms: ms(response),
                value: Some(supervisor.is_some().into()),
                ..none
            },
            Happening::Monitor { supervisor, mode, lasted, basis, .. } => {
                Self { result: Some(mode.word()), other: Some(supervisor), code: Some(basis), ms: ms(lasted), ..none }
            }
            Happening::AcwStart { allowed, .. } => Self { ms: allowed.map(i64::from), ..none },
            Happening::AcwStop { why, .. } => Self { result: Some(why.word()), ..none },
            Happening::WrapupCode { code, .. } => Self { result: Some(code), ..none },
            Happening::QueueExit { reason, to, told } => {
                Self { result: Some(reason.word()), other: Some(to), ms: told.map(i64::from), ..none }
            }
            Happening::Callback { step, number, attempt, .. } => {
                Self { result: Some(step.word()), other: Some(number), value: Some((*attempt).into()), ..none }
            }
            Happening::AgentState { state, reason, allowed, .. } => {
                Self { result: Some(state.word()), other: Some(reason), ms: allowed.map(i64::from), ..none }
            }
            Happening::Schedule { activity, planned, begins, ends, .. } => Self {
                result: Some(activity),
                ms: i64::try_from(ends.saturating_sub(*begins)).ok(),
                value: Some((*planned).into()),
                ..none
            },
            Happening::Survey { question, score, comment, .. } => {
                Self { result: Some(question), other: Some(comment), value: Some((*score).into()), ..none }
            }
            Happening::IvrStep { menu, key, outcome, took } => {
                Self { result: Some(outcome.word()), other: Some(menu), code: Some(key), ms: ms(took), ..none }
            }
            Happening::Alarm { name, queue, state, by } => {
                Self { queue: queue.as_deref(), result: Some(state.word()), other: Some(name), code: Some(by), ..none }
            }
        }
    }
}
