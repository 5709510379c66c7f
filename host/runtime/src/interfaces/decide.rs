//! `jackfield:routing/decide`, bound by hand, so that lowering a request copies from it and owns nothing.

use jackfield_calls::router::{self, Decision, Part, RingStyle, RingTarget, RouteRequest, ScriptRef};
use jackfield_model::{Number, Party};
use std::time::Duration;
use wasmtime::component::{ComponentType, Lift, Lower};

const MOST_GROUPS: usize = 16;
const MOST_LEGS: usize = 32;
const MOST_VARS: usize = 16;
const MOST_ARGS: usize = 32;
const LONGEST_TEXT: usize = 1_024;
const EXPLAIN: usize = 200;
const RING: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(600);

/// Parameters of `decide`.
pub(crate) type RequestTuple<'a> = (Request<'a>,);
/// Results of `decide`.
pub(crate) type AnswerTuple = (Result<Answer, String>,);

#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct Request<'a> {
    call: &'a str,
    direction: Direction,
    caller: PartyParam<'a>,
    callee: PartyParam<'a>,
    trunk: Option<&'a str>,
    headers: &'a [(String, String)],
    hop: u8,
    now: u64,
    vars: &'a [(String, String)],
    unreached: Option<Unreached>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct PartyParam<'a> {
    number: &'a str,
    name: &'a str,
    extension: Option<&'a str>,
}

#[derive(ComponentType, Lower, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
pub(crate) enum Direction {
    #[component(name = "internal")]
    Internal,
    #[component(name = "inbound")]
    Inbound,
    #[component(name = "outbound")]
    Outbound,
}

#[derive(ComponentType, Lower, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
pub(crate) enum Unreached {
    #[component(name = "busy")]
    Busy,
    #[component(name = "no-answer")]
    NoAnswer,
    #[component(name = "rejected")]
    Rejected,
    #[component(name = "unavailable")]
    Unavailable,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Answer {
    decision: GuestDecision,
    #[component(name = "set-vars")]
    set_vars: Vec<(String, String)>,
    explain: Option<String>,
}

#[derive(ComponentType, Lift)]
#[component(variant)]
pub(crate) enum GuestDecision {
    #[component(name = "pass")]
    Pass,
    #[component(name = "ring")]
    Ring(Vec<Vec<Leg>>),
    #[component(name = "run")]
    Run(GuestScript),
    #[component(name = "redirect")]
    Redirect(String),
    #[component(name = "pick-up")]
    PickUp(String),
    #[component(name = "park")]
    Park(String),
    #[component(name = "call-back")]
    CallBack(String),
    #[component(name = "join")]
    Join(GuestConversation),
    #[component(name = "reject")]
    Reject(u16),
    #[component(name = "other")]
    Other((String, String)),
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct GuestConversation {
    number: String,
    part: GuestPart,
}

#[derive(Clone, Copy, ComponentType, Lift)]
#[component(enum)]
#[repr(u8)]
#[expect(dead_code, reason = "lifted from the guest")]
pub(crate) enum GuestPart {
    #[component(name = "listen")]
    Listen,
    #[component(name = "whisper")]
    Whisper,
    #[component(name = "barge")]
    Barge,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Leg {
    to: String,
    ring: u32,
    #[component(name = "caller-id")]
    caller_id: Option<GuestParty>,
    style: GuestRingStyle,
}

#[derive(Clone, Copy, ComponentType, Lift)]
#[component(enum)]
#[repr(u8)]
#[expect(dead_code, reason = "lifted from the guest")]
pub(crate) enum GuestRingStyle {
    #[component(name = "usual")]
    Usual,
    #[component(name = "internal")]
    Internal,
    #[component(name = "external")]
    External,
    #[component(name = "priority")]
    Priority,
    #[component(name = "auto-answer")]
    AutoAnswer,
}

impl From<GuestRingStyle> for RingStyle {
    fn from(style: GuestRingStyle) -> Self {
        match style {
            GuestRingStyle::Usual => Self::Usual,
            GuestRingStyle::Internal => Self::Internal,
            GuestRingStyle::External => Self::External,
            GuestRingStyle::Priority => Self::Priority,
            GuestRingStyle::AutoAnswer => Self::AutoAnswer,
        }
    }
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct GuestParty {
    number: String,
    name: String,
    extension: Option<String>,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct GuestScript {
    plugin: String,
    entry: String,
    args: Vec<(String, String)>,
}

impl<'a> From<&'a RouteRequest> for Request<'a> {
    fn from(request: &'a RouteRequest) -> Self {
        Self {
            call: &request.call.0,
            direction: match request.direction {
                jackfield_model::Direction::Internal => Direction::Internal,
                jackfield_model::Direction::Inbound => Direction::Inbound,
                jackfield_model::Direction::Outbound => Direction::Outbound,
            },
            caller: (&request.caller).into(),
            callee: (&request.callee).into(),
            trunk: request.trunk.as_deref(),
            headers: &request.headers,
            hop: request.hop,
            now: request.now,
            vars: &request.vars,
            unreached: request.unreached.map(|why| match why {
                router::Unreached::Busy => Unreached::Busy,
                router::Unreached::NoAnswer => Unreached::NoAnswer,
                router::Unreached::Rejected => Unreached::Rejected,
                router::Unreached::Unavailable => Unreached::Unavailable,
            }),
        }
    }
}

impl<'a> From<&'a Party> for PartyParam<'a> {
    fn from(party: &'a Party) -> Self {
        Self { number: &party.number, name: &party.name, extension: party.extension.as_ref().map(Number::as_str) }
    }
}

/// An answer that has been looked over.
pub(crate) struct Checked {
    pub(crate) decision: Decision,
    pub(crate) set_vars: Vec<(String, String)>,
    pub(crate) explain: Option<String>,
}

impl Answer {
    /// What the guest said, within the bounds of the contract and in the words of `calls`. `own` is its plugin's id.
    pub(crate) fn check(self, own: &str) -> Result<Checked, String> {
        let decision = match self.decision {
            GuestDecision::Pass => Decision::Pass,
            GuestDecision::Ring(groups) => Decision::Ring(ring(groups)?),
            GuestDecision::Run(script) => {
                pairs(&script.args, MOST_ARGS)?;
                let plugin = if script.plugin.is_empty() { own.to_owned() } else { script.plugin };
                Decision::Run(ScriptRef { plugin: short(plugin)?, entry: short(script.entry)?, args: script.args })
            }
            GuestDecision::Redirect(to) if to.trim().is_empty() => return Err("it redirects to nowhere".into()),
            GuestDecision::Redirect(to) => Decision::Redirect(short(to)?),
            GuestDecision::PickUp(number) => Decision::PickUp(short(number)?),
            GuestDecision::Park(number) if number.trim().is_empty() => return Err("it parks a call nowhere".into()),
            GuestDecision::Park(number) => Decision::Park(short(number)?),
            GuestDecision::CallBack(number) => Decision::CallBack(short(number)?),
            GuestDecision::Join(conversation) => {
                let part = match conversation.part {
                    GuestPart::Listen => Part::Listen,
                    GuestPart::Whisper => Part::Whisper,
                    GuestPart::Barge => Part::Barge,
                };
                Decision::Join(short(conversation.number)?, part)
            }
            GuestDecision::Reject(status) if (300..=699).contains(&status) => Decision::Reject(status),
            GuestDecision::Reject(status) => {
                return Err(format!("it rejects with {status}, which is not from 300 to 699"));
            }
            GuestDecision::Other((kind, _)) => {
                return Err(format!("this host knows no decision “{}”", kind.chars().take(64).collect::<String>()));
            }
        };
        pairs(&self.set_vars, MOST_VARS)?;
        let explain = self.explain.map(|text| text.chars().filter(|c| !c.is_control()).take(EXPLAIN).collect());
        Ok(Checked { decision, set_vars: self.set_vars, explain })
    }
}

fn ring(groups: Vec<Vec<Leg>>) -> Result<Vec<Vec<RingTarget>>, String> {
    if groups.is_empty() || groups.len() > MOST_GROUPS || groups.iter().any(|g| g.is_empty() || g.len() > MOST_LEGS) {
        return Err(format!(
            "it rings {} groups: 1 to {MOST_GROUPS} of 1 to {MOST_LEGS} legs are possible",
            groups.len()
        ));
    }
    let target = |leg: Leg| {
        let ring = Duration::from_millis(leg.ring.into()).clamp(*RING.start(), *RING.end());
        if leg.to.trim().is_empty() {
            return Err("it rings a leg without a target".to_owned());
        }
        Ok(RingTarget {
            to: short(leg.to)?,
            ring,
            caller_id: leg.caller_id.map(party).transpose()?,
            style: leg.style.into(),
        })
    };
    groups.into_iter().map(|group| group.into_iter().map(target).collect()).collect()
}

fn party(party: GuestParty) -> Result<Party, String> {
    let extension = party.extension.map(|number| number.parse::<Number>()).transpose().map_err(|e| e.to_string())?;
    Ok(Party { number: short(party.number)?, name: short(party.name)?, extension })
}

fn short(text: String) -> Result<String, String> {
    if text.len() > LONGEST_TEXT || text.chars().any(char::is_control) {
        return Err(format!("a name, number or URI has more than {LONGEST_TEXT} bytes or control characters"));
    }
    Ok(text)
}

fn pairs(pairs: &[(String, String)], most: usize) -> Result<(), String> {
    let sound = pairs.iter().all(|(name, value)| (1..=64).contains(&name.len()) && value.len() <= LONGEST_TEXT);
    if pairs.len() > most || !sound {
        return Err(format!(
            "at most {most} names of 1 to 64 bytes with values of at most {LONGEST_TEXT} are possible"
        ));
    }
    Ok(())
}
