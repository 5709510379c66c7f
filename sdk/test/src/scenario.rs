//! What a test call is: who calls whom, what the caller does, and how those behave who are dialled.

use jackfield_calls::router::{RouteRequest, Unreached};
use jackfield_fax::{Cause, Finished, Report, document::tiff};
use jackfield_model::{CallId, Conference, ConferenceMember, Direction, Party};
use std::{collections::BTreeMap, time::Duration};

/// A call to put to a plugin.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub(crate) request: RouteRequest,
    pub(crate) args: Vec<(String, String)>,
    pub(crate) actions: Vec<Action>,
    pub(crate) outcomes: BTreeMap<String, Outcome>,
    pub(crate) rooms: Vec<Conference>,
    pub(crate) wrong_pins: u32,
    pub(crate) faxes: Vec<TestFax>,
}

/// Something that the caller does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    pub(crate) deed: Deed,
    pub(crate) moment: Moment,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Press(String),
    HangUp,
    Removed,
    RoomEnds,
    ModeratorComes(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// So long after the previous action, or the beginning.
    After(Duration),
    /// So long after the beginning.
    At(Duration),
    /// So long after this prompt has begun.
    Hearing(String, Duration),
    /// So long after a recording has begun.
    Recording(Duration),
}

/// How somebody behaves who is dialled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub(crate) answer: Answer,
    /// How long it rings before that.
    pub(crate) ring: Duration,
    /// How long the one who answered stays.
    pub(crate) talk: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes,
    Busy,
    Never,
    Rejected,
    Unavailable,
}

/// A call from extension 101 to a number that is nobody's extension.
pub fn call_to(number: &str) -> Scenario {
    let caller = Party { number: "101".into(), name: "Maria".into(), extension: "101".parse().ok() };
    Scenario {
        request: RouteRequest {
            call: CallId::new(0, 1),
            direction: Direction::Internal,
            caller,
            callee: Party { number: number.into(), name: String::new(), extension: None },
            trunk: None,
            headers: Vec::new(),
            hop: 0,
            now: 0,
            vars: Vec::new(),
            unreached: None,
        },
        args: Vec::new(),
        actions: Vec::new(),
        outcomes: BTreeMap::new(),
        rooms: Vec::new(),
        wrong_pins: 0,
        faxes: Vec::new(),
    }
}

/// A call from extension 101 to another extension of the house.
pub fn call_to_extension(number: &str) -> Scenario {
    let mut scenario = call_to(number);
    scenario.request.callee.extension = number.parse().ok();
    scenario
}

/// The caller presses these keys, 100 ms apart; 1 s after the action before unless something else is said.
pub fn press(keys: &str) -> Action {
    Action { deed: Deed::Press(keys.into()), moment: Moment::After(Duration::from_secs(1)) }
}

/// The caller hangs up; 1 s after the action before unless something else is said.
pub fn hang_up() -> Action {
    Action { deed: Deed::HangUp, moment: Moment::After(Duration::from_secs(1)) }
}

/// Somebody removes the caller from the room that it is in; 1 s after the action before unless something else is said.
pub fn removed() -> Action {
    Action { deed: Deed::Removed, moment: Moment::After(Duration::from_secs(1)) }
}

/// The room that the caller is in ends; 1 s after the action before unless something else is said.
pub fn room_ends() -> Action {
    Action { deed: Deed::RoomEnds, moment: Moment::After(Duration::from_secs(1)) }
}

/// A moderator enters the room that the caller is in; 1 s after the action before unless something else is said.
pub fn moderator_comes(number: &str) -> Action {
    Action { deed: Deed::ModeratorComes(number.into()), moment: Moment::After(Duration::from_secs(1)) }
}

/// A room of the plugin, to be found by a caller: nobody is in it yet.
pub fn room(name: &str) -> TestRoom {
    TestRoom(empty_room(name))
}

/// A fax in a test: so many blank pages go over, at 14,400 bit/s with error correction, in 30 s each.
#[derive(Clone, Debug)]
pub struct TestFax {
    pub(crate) finished: Finished,
    pub(crate) takes: Duration,
}

/// A fax of so many pages, from a station of no name.
pub fn fax(pages: u32) -> TestFax {
    let report = Report { pages, bit_rate: 14_400, ecm: true, ..Report::failed(Cause::Complete, "OK") };
    let document = (pages > 0).then(|| fax_document(pages));
    TestFax { finished: Finished { report, document }, takes: Duration::from_secs(30) * pages.max(1) }
}

/// A TIFF of so many blank pages, for a plugin to keep and send.
pub fn fax_document(pages: u32) -> Vec<u8> {
    let page: (u32, u32, u16, &[u8]) = (1_728, 8, 1, &[0; 216 * 8]);
    tiff::written(&vec![page; pages as usize])
}

impl TestFax {
    /// At the other end there is a station that calls itself this.
    #[must_use]
    pub fn with_station(mut self, station: &str) -> Self {
        self.finished.report.station = station.into();
        self
    }

    /// The line is cut after these pages.
    #[must_use]
    pub fn cut(self) -> Self {
        self.ending(Cause::LineDropped)
    }

    /// It comes to this after these pages.
    #[must_use]
    pub fn ending(mut self, cause: Cause) -> Self {
        self.finished.report.cause = cause;
        self.finished.report.explanation = format!("{cause:?}");
        self
    }
}

/// A room in a test, made by [`room`].
#[derive(Clone, Debug)]
pub struct TestRoom(Conference);

impl TestRoom {
    /// With somebody in it.
    #[must_use]
    pub fn with(mut self, number: &str) -> Self {
        add_member(&mut self.0, party(number), false, false);
        self
    }

    /// With a moderator in it.
    #[must_use]
    pub fn with_moderator(mut self, number: &str) -> Self {
        add_member(&mut self.0, party(number), true, false);
        self
    }

    /// Locked.
    #[must_use]
    pub fn locked(mut self) -> Self {
        self.0.locked = true;
        self
    }

    /// Taking so many.
    #[must_use]
    pub fn for_at_most(mut self, members: u8) -> Self {
        self.0.max_members = members;
        self
    }
}

pub(crate) fn empty_room(name: &str) -> Conference {
    Conference {
        id: 1,
        title: name.into(),
        plugin: String::new(),
        name: name.into(),
        since: 0,
        ends: None,
        max_members: 32,
        locked: false,
        waiting: false,
        ringing: 0,
        speaker: None,
        members: Vec::new(),
    }
}

/// Gives the new member's number.
pub(crate) fn add_member(room: &mut Conference, who: Party, moderator: bool, muted: bool) -> u32 {
    let id = room.members.iter().map(|member| member.id).max().unwrap_or(0) + 1;
    let call = CallId::new(1, id.into());
    room.members.push(ConferenceMember { id, call, who, since: 0, moderator, muted, on_hold: false, gain: 100 });
    room.waiting &= !moderator;
    id
}

pub(crate) fn party(number: &str) -> Party {
    Party { number: number.into(), name: String::new(), extension: number.parse().ok() }
}

/// Rings for 2 s, answers, and stays for 30 s: what everybody does of whom nothing else is said.
pub fn answers() -> Outcome {
    Outcome { answer: Answer::Yes, ring: Duration::from_secs(2), talk: Duration::from_secs(30) }
}

/// Is busy.
pub fn busy() -> Outcome {
    Outcome { answer: Answer::Busy, ring: Duration::from_millis(200), ..answers() }
}

/// Rings and rings.
pub fn no_answer() -> Outcome {
    Outcome { answer: Answer::Never, ..answers() }
}

/// Rings for 2 s and refuses.
pub fn rejects() -> Outcome {
    Outcome { answer: Answer::Rejected, ..answers() }
}

/// Has no telephone that can be reached.
pub fn unavailable() -> Outcome {
    Outcome { answer: Answer::Unavailable, ring: Duration::from_millis(200), ..answers() }
}

impl Scenario {
    /// From this number outside, by a trunk.
    #[must_use]
    pub fn from_outside(mut self, number: &str) -> Self {
        self.request.caller = Party { number: number.into(), name: String::new(), extension: None };
        self.request.direction = Direction::Inbound;
        self.request.trunk = Some("provider".into());
        self
    }

    /// From this extension.
    #[must_use]
    pub fn from_extension(mut self, number: &str) -> Self {
        self.request.caller = Party { number: number.into(), name: String::new(), extension: number.parse().ok() };
        self
    }

    /// With this call variable set.
    #[must_use]
    pub fn with_var(mut self, name: &str, value: &str) -> Self {
        self.request.vars.push((name.into(), value.into()));
        self
    }

    /// With this header field in the INVITE.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.request.headers.push((name.into(), value.into()));
        self
    }

    /// With this argument for the script.
    #[must_use]
    pub fn with_arg(mut self, name: &str, value: &str) -> Self {
        self.args.push((name.into(), value.into()));
        self
    }

    /// Which nobody has taken, for that reason.
    #[must_use]
    pub fn unreached(mut self, why: Unreached) -> Self {
        self.request.unreached = Some(why);
        self
    }

    /// Routed so often before.
    #[must_use]
    pub fn hop(mut self, hop: u8) -> Self {
        self.request.hop = hop;
        self
    }

    /// There is this room already.
    #[must_use]
    pub fn finds(mut self, room: TestRoom) -> Self {
        self.rooms.push(room.0);
        self
    }

    /// After so many wrong PINs in calls before.
    #[must_use]
    pub fn after_wrong_pins(mut self, count: u32) -> Self {
        self.wrong_pins = count;
        self
    }

    /// What becomes of faxes on this call, in this order; there is no fax at the other end where nothing is said.
    #[must_use]
    pub fn faxes(mut self, faxes: impl IntoIterator<Item = TestFax>) -> Self {
        self.faxes.extend(faxes);
        self
    }

    /// What the caller does, in this order.
    #[must_use]
    pub fn does(mut self, actions: impl IntoIterator<Item = Action>) -> Self {
        self.actions.extend(actions);
        self
    }

    /// How this target behaves when it is dialled or transferred to.
    #[must_use]
    pub fn when_dialled(mut self, target: &str, outcome: Outcome) -> Self {
        self.outcomes.insert(target.into(), outcome);
        self
    }
}

impl Action {
    /// So long after the action before, or after the beginning.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self { moment: Moment::After(wait), ..self }
    }

    /// So long after the beginning.
    #[must_use]
    pub fn at(self, time: Duration) -> Self {
        Self { moment: Moment::At(time), ..self }
    }

    /// 500 ms after this prompt has begun: `welcome`, or `de/welcome` for one language.
    #[must_use]
    pub fn when_hearing(self, prompt: &str) -> Self {
        Self { moment: Moment::Hearing(prompt.into(), Duration::from_millis(500)), ..self }
    }

    /// The time that was named last after the next recording has begun: `hang_up().after(secs(5)).when_recording()`.
    #[must_use]
    pub fn when_recording(self) -> Self {
        let (Moment::After(wait) | Moment::At(wait) | Moment::Hearing(_, wait) | Moment::Recording(wait)) = self.moment;
        Self { moment: Moment::Recording(wait), ..self }
    }
}

impl Outcome {
    /// Rings for so long first.
    #[must_use]
    pub fn after(self, ring: Duration) -> Self {
        Self { ring, ..self }
    }

    /// Stays for so long once it has answered.
    #[must_use]
    pub fn staying(self, talk: Duration) -> Self {
        Self { talk, ..self }
    }
}
