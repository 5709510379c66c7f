//! The rows of each dataset, made from the facts and records themselves.

use super::super::Row;
use jackfield_model::{
    AgentState, AlarmState, CallRecord, CallbackStep, Direction, EndCause, ExitReason, Fact, Happening, OfferResult,
    ServiceGoal, analytics::Datum,
};
use jackfield_store::sample::Office;
use jiff::{Timestamp, tz::TimeZone};
use std::collections::BTreeMap;

const WEEK: u64 = 7 * 86_400_000;

/// Every dataset's rows of a period.
pub struct Rows(BTreeMap<&'static str, Vec<Row>>);

impl Rows {
    pub fn of_dataset(&self, name: &str) -> &[Row] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    pub fn of(office: &Office, begins: u64, ends: u64) -> Self {
        let zone = TimeZone::get("Europe/Paris").expect("a zone");
        let house = House::of(office);
        let within = |at: u64| (begins..ends).contains(&at);
        let timed = |at: u64, row: Row| with_times(row, at, &zone);
        let mut all: BTreeMap<&'static str, Vec<Row>> = BTreeMap::new();
        let visits = house.visits.iter().filter(|visit| within(visit.entered));
        all.insert("visits", visits.map(|visit| timed(visit.entered, house.visit(visit))).collect());
        let calls = office.calls.iter().filter(|call| within(call.started));
        all.insert("calls", calls.map(|call| timed(call.started, house.call(call))).collect());
        let parts = office.calls.iter().filter(|call| within(call.started)).flat_map(|call| house.parts(call));
        all.insert("user_calls", parts.map(|(at, row)| timed(at, row)).collect());
        for fact in office.facts.iter().filter(|fact| within(fact.at)) {
            for (dataset, row) in house.fact(fact) {
                all.entry(dataset).or_default().push(timed(fact.at, row));
            }
        }
        let states = house.states(begins, ends).into_iter();
        all.insert("agent_states", states.map(|(since, row)| timed(since, row)).collect());
        let sessions = house.sessions().into_iter().filter(|(since, _)| within(*since));
        all.insert("sessions", sessions.map(|(since, row)| timed(since, row)).collect());
        let shifts = house.shifts().into_iter().filter(|(at, _)| within(*at));
        all.insert("shifts", shifts.map(|(at, row)| timed(at, row)).collect());
        Self(all)
    }
}

fn with_times(mut row: Row, at: u64, zone: &TimeZone) -> Row {
    let local = Timestamp::from_millisecond(at as i64).expect("a time").to_zoned(zone.clone());
    let date = local.date();
    let monday = date.checked_sub(jiff::Span::new().days(i64::from(local.weekday().to_monday_zero_offset())));
    let stretch = |minutes: u64| {
        // Paris is whole hours from UTC.
        number(at / (minutes * 60_000) * (minutes * 60_000))
    };
    row.insert("day", text(date));
    row.insert("week", text(monday.expect("a date")));
    row.insert("month", text(local.strftime("%Y-%m")));
    row.insert("hour", number(local.hour() as u64));
    row.insert("weekday", number(local.weekday().to_monday_zero_offset() as u64));
    row.insert("quarter-hour", stretch(15));
    row.insert("half-hour", stretch(30));
    row.insert("hour-begin", stretch(60));
    row.insert("#at", number(at));
    row
}

fn text(text: impl ToString) -> Datum {
    Datum::Text(text.to_string())
}

fn number(number: u64) -> Datum {
    Datum::Integer(number as i64)
}

fn flag(yes: bool) -> Datum {
    Datum::Integer(i64::from(yes))
}

fn maybe<T>(value: Option<T>, datum: impl Fn(T) -> Datum) -> Datum {
    value.map_or(Datum::None, datum)
}

/// A visit with its facts, in the order of their time.
struct Visit<'a> {
    id: &'a str,
    contact: &'a str,
    entered: u64,
    facts: Vec<&'a Fact>,
}

struct House<'a> {
    office: &'a Office,
    visits: Vec<Visit<'a>>,
    /// When the first fact of each call was.
    first: BTreeMap<&'a str, u64>,
}

impl<'a> House<'a> {
    fn of(office: &'a Office) -> Self {
        let mut by_visit: BTreeMap<&str, Vec<&Fact>> = BTreeMap::new();
        for fact in &office.facts {
            if let Some(visit) = &fact.visit {
                by_visit.entry(visit).or_default().push(fact);
            }
        }
        let visit = |(id, mut facts): (&'a str, Vec<&'a Fact>)| {
            facts.sort_by_key(|fact| fact.at);
            let enters = |fact: &&&Fact| matches!(fact.what, Happening::QueueEnter { .. });
            let entered = facts.iter().find(enters).expect("a visit begins");
            let Happening::QueueEnter { contact, .. } = &entered.what else { unreachable!("it was looked for") };
            Visit { id, contact, entered: entered.at, facts }
        };
        let mut first = BTreeMap::new();
        for fact in &office.facts {
            if let Some(call) = &fact.call {
                let at = first.entry(call.0.as_str()).or_insert(fact.at);
                *at = fact.at.min(*at);
            }
        }
        Self { office, visits: by_visit.into_iter().map(visit).collect(), first }
    }

    fn of_call(&self, call: &CallRecord) -> Vec<&Visit<'a>> {
        let mut visits: Vec<_> = self.visits.iter().filter(|visit| visit.call() == Some(call.id.0.as_str())).collect();
        visits.sort_by_key(|visit| visit.entered);
        visits
    }

    fn visit(&self, visit: &Visit<'_>) -> Row {
        let (queue, media, contact, name, vip, position, skills, preferred, goal) = visit.entry();
        let ServiceGoal { percent, target, short } = goal;
        let (reason, exited) = visit.left();
        let wait = exited - visit.entered;
        let answered = reason == ExitReason::Answered;
        let (talk, hold, acw) = (visit.talk(), visit.hold(), visit.acw());
        let called_back = self.office.calls.iter().filter(|call| {
            call.direction == Direction::Outbound && call.callee.number == contact && call.started > visit.entered
        });
        let same = |other: &&Visit<'_>| other.contact == contact && other.id != visit.id;
        let before = self.visits.iter().filter(same).any(|other| {
            (visit.entered.saturating_sub(WEEK)..visit.entered).contains(&other.entered)
                && (other.call() != visit.call())
        });
        let again = self.visits.iter().filter(same).any(|other| {
            other.entered > visit.entered && other.entered < visit.entered + WEEK && other.code() == visit.code()
        });
        let late = wait > u64::from(target);
        let (asked, attempts, agent, over, step) = visit.callback();
        Row::from([
            ("visit", text(visit.id)),
            ("call", maybe(visit.call(), text)),
            ("queue", text(queue)),
            ("media", text(media)),
            ("contact", text(contact)),
            ("name", text(name)),
            ("vip", flag(vip)),
            ("position", number(position.into())),
            ("skills", text(skills)),
            ("preferred", maybe(preferred, text)),
            ("#level", flag(visit.any(|what| matches!(what, Happening::QueueLevel { .. })))),
            ("#percent", number(percent.into())),
            ("target", number(target.into())),
            ("entered", number(visit.entered)),
            ("reason", text(reason.word())),
            ("exit_to", text(visit.exit().1)),
            ("told", maybe(visit.exit().2, |ms| number(ms.into()))),
            ("wait", number(wait)),
            ("wait_band", number(wait / 5_000 * 5_000)),
            ("in_target", flag(answered && !late)),
            ("short", flag(reason == ExitReason::Abandoned && wait <= short.into())),
            ("late", flag((answered && late) || (reason == ExitReason::Abandoned && wait > short.into() && late))),
            ("offers", number(visit.offers(|_| true))),
            ("rona", number(visit.offers(|outcome| matches!(outcome, OfferResult::Rona | OfferResult::Rejected)))),
            ("agent", maybe(visit.agent(), text)),
            ("ring", maybe(visit.ring(), |ms| number(ms.into()))),
            ("talk", maybe(talk, number)),
            ("hold", number(hold)),
            ("acw", maybe(acw, number)),
            ("#acw_allowed", maybe(visit.acw_allowed(), |ms| number(ms.into()))),
            ("#acw_why", maybe(visit.acw_why(), text)),
            ("code", maybe(visit.code(), text)),
            ("#transfers", number(visit.count(|what| matches!(what, Happening::Transfer { done: true, .. })))),
            ("called_back_at", maybe(called_back.map(|call| call.started).min(), number)),
            ("callback_at", maybe(asked, number)),
            ("callback_number", maybe(asked, |_| text(contact))),
            ("callback_attempts", number(attempts.into())),
            ("callback_agent", maybe(agent, text)),
            ("callback_over", maybe(over, number)),
            ("callback_result", maybe(step, |step| text(step.word()))),
            ("#repeat", flag(before)),
            ("#again", flag(again)),
        ])
    }

    fn call(&self, call: &CallRecord) -> Row {
        let visits = self.of_call(call);
        let external = external(call);
        let reasons: Vec<_> = visits.iter().map(|visit| visit.left().0).collect();
        let in_script = call.answered_by.as_ref().is_some_and(|by| by.contains('/'));
        let lost = match call.direction {
            Direction::Inbound if call.answered.is_none() => Some("ring"),
            Direction::Inbound if reasons.contains(&ExitReason::Answered) => None,
            Direction::Inbound if reasons.contains(&ExitReason::Closed) => Some("closed"),
            Direction::Inbound if !visits.is_empty() => Some("queue"),
            Direction::Inbound if in_script => Some("ivr"),
            _ => None,
        };
        let in_target = visits.iter().any(|visit| {
            let (reason, at) = visit.left();
            reason == ExitReason::Answered && at - visit.entered <= u64::from(visit.entry().8.target)
        });
        let waited = visits.iter().map(|visit| visit.left().1 - visit.entered).reduce(|a, b| a + b);
        let mut row = base(call);
        row.extend([
            ("from", text(&call.caller.number)),
            ("from_name", text(&call.caller.name)),
            ("to", text(&call.callee.number)),
            ("to_name", text(&call.callee.name)),
            ("external", maybe(external, text)),
            ("external_name", maybe(external_name(call), text)),
            ("area", maybe(external, |number| text(number.chars().take(4).collect::<String>()))),
            ("pair", text(format!("{} → {}", call.caller.number, call.callee.number))),
            (
                "anonymous",
                flag(call.direction == Direction::Inbound && ["", "anonymous"].contains(&call.caller.number.as_str())),
            ),
            ("trunk", maybe(call.trunk.as_ref(), text)),
            ("answered_by", maybe(call.answered_by.as_ref(), text)),
            ("#by_people", flag(call.answered.is_some() && !in_script)),
            ("queue", maybe(visits.first(), |visit| text(visit.entry().0))),
            ("wait", maybe(waited, number)),
            ("agent", maybe(visits.iter().find_map(|visit| visit.agent()), text)),
            ("stints", number(visits.len() as u64)),
            ("reason", maybe(reasons.last(), |reason| text(reason.word()))),
            ("code", maybe(visits.iter().find_map(|visit| visit.code()), text)),
            ("lost_in", maybe(lost, text)),
            ("#queued", flag(!visits.is_empty())),
            ("#in_target", flag(in_target)),
        ]);
        row
    }

    /// A call's rows by extension: who made it, and who was to take it.
    fn parts(&self, call: &CallRecord) -> Vec<(u64, Row)> {
        let mut parts = Vec::new();
        let mut part = |user: &str, way: &str, other: &str, name: &str| {
            let mut row = base(call);
            row.extend([
                ("user", text(user)),
                ("user_name", Datum::None),
                ("way", text(way)),
                ("other", text(other)),
                ("other_name", text(name)),
            ]);
            let returned = self.office.calls.iter().filter(|later| {
                later.caller.extension.as_ref().is_some_and(|own| own.as_str() == user)
                    && later.callee.number == other
                    && later.started > call.ended
            });
            row.insert("returned", maybe(returned.map(|call| call.started).min(), number));
            parts.push((call.started, row));
        };
        if let Some(own) = &call.caller.extension {
            part(own.as_str(), "out", &call.callee.number, &call.callee.name);
        }
        if call.direction != Direction::Outbound {
            let person = call.answered_by.as_deref().filter(|by| !by.contains('/'));
            let called = call.callee.extension.as_ref().map(|number| number.as_str());
            if let Some(user) = person.or(called) {
                part(user, "in", &call.caller.number, &call.caller.name);
            }
        }
        parts
    }

    /// A fact as a row of whatever datasets it belongs to.
    fn fact(&self, fact: &Fact) -> Vec<(&'static str, Row)> {
        let visit = fact.visit.as_deref().map(|id| {
            // They are in the order of their names.
            let at = self.visits.binary_search_by(|visit| visit.id.cmp(id)).expect("every visit is known");
            &self.visits[at]
        });
        let queue = match &fact.what {
            Happening::Alarm { queue, .. } => queue.as_deref(),
            _ => visit.map(|visit| visit.entry().0),
        };
        let common = Row::from([
            ("at", number(fact.at)),
            ("call", maybe(fact.call.as_ref(), |call| text(&call.0))),
            ("visit", maybe(fact.visit.as_ref(), text)),
            ("queue", maybe(queue, text)),
            ("agent", maybe(fact.what.agent(), text)),
        ]);
        let with = |more: Vec<(&'static str, Datum)>| {
            let mut row = common.clone();
            row.extend(more);
            row
        };
        let mut rows = Vec::new();
        let mut event = vec![
            ("kind", text(fact.what.kind())),
            (
                "since_start",
                maybe(fact.call.as_ref().map(|call| self.first[call.0.as_str()]), |first| number(fact.at - first)),
            ),
            ("#ms", Datum::None),
        ];
        match &fact.what {
            Happening::Offer { device, ring, outcome, .. } => rows.push((
                "offers",
                with(vec![
                    ("device", text(device)),
                    ("ring", number((*ring).into())),
                    ("outcome", text(outcome.word())),
                    ("later", maybe(visit, |visit| text(visit.left().0.word()))),
                ]),
            )),
            Happening::Transfer { kind, to, done, .. } => {
                let back = self.visits.iter().any(|other| {
                    other.call().is_some()
                        && other.call() == fact.call.as_ref().map(|c| c.0.as_str())
                        && other.entered > fact.at
                });
                rows.push((
                    "transfers",
                    with(vec![
                        ("from", maybe(fact.what.agent(), text)),
                        ("to", text(to)),
                        ("kind", text(kind.word())),
                        ("done", flag(*done)),
                        ("returned", flag(back)),
                    ]),
                ));
            }
            Happening::HelpRequest { supervisor, response, .. } => rows.push((
                "help_requests",
                with(vec![
                    ("supervisor", maybe(supervisor.as_ref(), text)),
                    ("came", flag(supervisor.is_some())),
                    ("response", number((*response).into())),
                ]),
            )),
            Happening::Monitor { supervisor, mode, lasted, basis, .. } => rows.push((
                "monitors",
                with(vec![
                    ("supervisor", text(supervisor)),
                    ("mode", text(mode.word())),
                    ("lasted", number((*lasted).into())),
                    ("basis", text(basis)),
                ]),
            )),
            Happening::WrapupCode { code, .. } => {
                let handle = visit.and_then(|visit| Some(visit.talk()? + visit.hold() + visit.acw().unwrap_or(0)));
                rows.push((
                    "codes",
                    with(vec![
                        ("code", text(code)),
                        ("contact", maybe(visit, |visit| text(visit.entry().2))),
                        ("name", maybe(visit, |visit| text(visit.entry().3))),
                        ("#handle", maybe(handle, number)),
                    ]),
                ));
            }
            Happening::Survey { question, score, comment, .. } => rows.push((
                "surveys",
                with(vec![
                    ("question", text(question)),
                    ("score", number((*score).into())),
                    ("comment", text(comment)),
                ]),
            )),
            Happening::IvrStep { menu, key, outcome, took } => {
                let mut of_call: Vec<_> = self
                    .visits
                    .iter()
                    .filter(|visit| visit.call() == fact.call.as_ref().map(|c| c.0.as_str()))
                    .collect();
                of_call.sort_by_key(|visit| visit.entered);
                rows.push((
                    "ivr_steps",
                    with(vec![
                        ("menu", text(menu)),
                        ("key", text(key)),
                        ("outcome", text(outcome.word())),
                        ("took", number((*took).into())),
                        ("then", maybe(of_call.first(), |visit| text(visit.entry().0))),
                        ("in_the_end", maybe(of_call.last(), |visit| text(visit.left().0.word()))),
                    ]),
                ));
            }
            Happening::Alarm { name, state: AlarmState::Raised, .. } => {
                let next = |wanted| {
                    let later = self.office.facts.iter().filter(|later| later.at >= fact.at);
                    later
                        .filter_map(|later| match &later.what {
                            Happening::Alarm { name: other, queue: at, state, by }
                                if other == name && at.as_deref() == queue && *state == wanted =>
                            {
                                Some((later.at, by.clone()))
                            }
                            _ => None,
                        })
                        .min()
                };
                rows.push((
                    "alarms",
                    with(vec![
                        ("name", text(name)),
                        ("acknowledged", maybe(next(AlarmState::Acknowledged), |(at, _)| number(at))),
                        ("by", maybe(next(AlarmState::Acknowledged), |(_, by)| text(by))),
                        ("cleared", maybe(next(AlarmState::Cleared), |(at, _)| number(at))),
                    ]),
                ));
            }
            _ => {}
        }
        event.extend(generic(&fact.what));
        rows.push(("events", with(event)));
        rows
    }

    /// What agents did, cut at the bounds of the period.
    fn states(&self, begins: u64, ends: u64) -> Vec<(u64, Row)> {
        let mut rows = Vec::new();
        for agent in self.agents() {
            let marks = self.marks(&agent);
            for (at, (since, state, reason, allowed)) in marks.iter().enumerate() {
                let until = marks.get(at + 1).map_or(ends, |next| next.0);
                let (from, to) = ((*since).max(begins), until.min(ends));
                if state == "logged-out" || to <= from || *since + 86_400_000 < begins {
                    continue;
                }
                let length = to - from;
                rows.push((
                    from,
                    Row::from([
                        ("agent", text(&agent)),
                        ("state", text(state)),
                        ("reason", text(reason)),
                        ("since", number(from)),
                        ("until", number(to)),
                        ("duration", number(length)),
                        ("allowed", maybe(*allowed, |ms| number(ms.into()))),
                        ("over", maybe(*allowed, |ms| Datum::Integer(length as i64 - i64::from(ms)))),
                    ]),
                ));
            }
        }
        rows
    }

    fn agents(&self) -> Vec<String> {
        let mut agents: Vec<_> =
            self.office.facts.iter().filter_map(|fact| fact.what.agent()).map(str::to_owned).collect();
        agents.sort();
        agents.dedup();
        agents
    }

    /// From when on an agent is in which state. At one moment what is said of the state counts, not that somebody has logged in.
    fn marks(&self, agent: &str) -> Vec<(u64, String, String, Option<u32>)> {
        let mut marks: BTreeMap<u64, (String, String, Option<u32>)> = BTreeMap::new();
        for fact in self.office.facts.iter().filter(|fact| fact.what.agent() == Some(agent)) {
            match &fact.what {
                Happening::AgentState { state, reason, allowed, .. } => {
                    marks.insert(fact.at, (state.word().into(), reason.clone(), *allowed));
                }
                Happening::Logout { .. } => {
                    marks.insert(fact.at, ("logged-out".into(), String::new(), None));
                }
                Happening::Login { .. } => {
                    let word = AgentState::NotReady.word();
                    marks.entry(fact.at).or_insert((word.into(), String::new(), None));
                }
                _ => {}
            }
        }
        marks.into_iter().map(|(at, (state, reason, allowed))| (at, state, reason, allowed)).collect()
    }

    fn sessions(&self) -> Vec<(u64, Row)> {
        let mut rows = Vec::new();
        for agent in self.agents() {
            let marks = self.marks(&agent);
            for fact in self.office.facts.iter().filter(|fact| fact.what.agent() == Some(&agent)) {
                let Happening::Login { device, queues, .. } = &fact.what else { continue };
                let over = self.office.facts.iter().filter(|later| {
                    later.at > fact.at
                        && later.what.agent() == Some(&agent)
                        && matches!(later.what, Happening::Logout { .. } | Happening::Login { .. })
                });
                let until = over.map(|later| later.at).min().expect("everybody goes home");
                let pauses: Vec<u64> = marks
                    .iter()
                    .zip(marks.iter().skip(1))
                    .filter(|((since, state, ..), _)| state == "pause" && (fact.at..until).contains(since))
                    .map(|((since, ..), (next, ..))| next - since)
                    .collect();
                rows.push((
                    fact.at,
                    Row::from([
                        ("agent", text(&agent)),
                        ("login", number(fact.at)),
                        ("logout", number(until)),
                        ("device", text(device)),
                        ("queues", text(queues.join(", "))),
                        ("duration", number(until - fact.at)),
                        ("pauses", number(pauses.len() as u64)),
                        ("pause", if pauses.is_empty() { Datum::None } else { number(pauses.iter().sum()) }),
                    ]),
                ));
            }
        }
        rows
    }

    fn shifts(&self) -> Vec<(u64, Row)> {
        const WORKING: [&str; 5] = ["ready", "ringing", "talking", "acw", "not-ready"];
        let marks: BTreeMap<_, _> =
            self.agents().into_iter().map(|agent| (agent.clone(), self.marks(&agent))).collect();
        let shift = |fact: &Fact| {
            let Happening::Schedule { agent, activity, planned, begins, ends } = &fact.what else { return None };
            let marks = &marks[agent];
            let worked: u64 = marks
                .iter()
                .zip(marks.iter().skip(1))
                .filter(|((_, state, ..), _)| WORKING.contains(&state.as_str()))
                .map(|((since, ..), (until, ..))| (*until.min(ends)).saturating_sub(*since.max(begins)))
                .sum();
            Some((
                *begins,
                Row::from([
                    ("agent", text(agent)),
                    ("activity", text(activity)),
                    ("planned", flag(*planned)),
                    ("begins", number(*begins)),
                    ("ends", number(*ends)),
                    ("length", number(ends - begins)),
                    ("worked", number(worked)),
                ]),
            ))
        };
        self.office.facts.iter().filter_map(shift).collect()
    }
}

/// What a list of all events shows of a fact.
fn generic(what: &Happening) -> Vec<(&'static str, Datum)> {
    let (result, other, code, ms) = match what {
        Happening::QueueEnter { media, contact, .. } => (Some(media.word().into()), Some(contact.clone()), None, None),
        Happening::Offer { outcome, device, ring, .. } => {
            (Some(outcome.word().into()), Some(device.clone()), None, Some(*ring))
        }
        Happening::Answer { device, .. } | Happening::Login { device, .. } => (None, Some(device.clone()), None, None),
        Happening::AnswerEnd { by, .. } => (Some(by.word().into()), None, None, None),
        Happening::Transfer { kind, to, .. } => (Some(kind.word().into()), Some(to.clone()), None, None),
        Happening::HelpRequest { supervisor, response, .. } => (None, supervisor.clone(), None, Some(*response)),
        Happening::Monitor { mode, supervisor, basis, lasted, .. } => {
            (Some(mode.word().into()), Some(supervisor.clone()), Some(basis.clone()), Some(*lasted))
        }
        Happening::AcwStart { allowed, .. } => (None, None, None, *allowed),
        Happening::AcwStop { why, .. } => (Some(why.word().into()), None, None, None),
        Happening::WrapupCode { code, .. } => (Some(code.clone()), None, None, None),
        Happening::QueueExit { reason, to, told } => (Some(reason.word().into()), Some(to.clone()), None, *told),
        Happening::Callback { step, number, .. } => (Some(step.word().into()), Some(number.clone()), None, None),
        Happening::AgentState { state, reason, allowed, .. } => {
            (Some(state.word().into()), Some(reason.clone()), None, *allowed)
        }
        Happening::Schedule { activity, begins, ends, .. } => {
            (Some(activity.clone()), None, None, Some((ends - begins) as u32))
        }
        Happening::Survey { question, comment, .. } => (Some(question.clone()), Some(comment.clone()), None, None),
        Happening::IvrStep { menu, key, outcome, took } => {
            (Some(outcome.word().to_owned()), Some(menu.clone()), Some(key.clone()), Some(*took))
        }
        Happening::Alarm { name, state, by, .. } => {
            (Some(state.word().into()), Some(name.clone()), Some(by.clone()), None)
        }
        Happening::QueueLevel { .. } | Happening::HoldStart | Happening::HoldStop | Happening::Logout { .. } => {
            (None, None, None, None)
        }
    };
    vec![
        ("result", maybe(result, |word: String| text(word))),
        ("other", maybe(other, text)),
        ("code", maybe(code, text)),
        ("lasted", maybe(ms, |ms| number(ms.into()))),
    ]
}

fn external(call: &CallRecord) -> Option<&str> {
    match call.direction {
        Direction::Inbound => Some(&call.caller.number),
        Direction::Outbound => Some(&call.callee.number),
        Direction::Internal => None,
    }
}

fn external_name(call: &CallRecord) -> Option<&str> {
    match call.direction {
        Direction::Inbound => Some(&call.caller.name),
        Direction::Outbound => Some(&call.callee.name),
        Direction::Internal => None,
    }
}

fn base(call: &CallRecord) -> Row {
    let direction = match call.direction {
        Direction::Internal => "internal",
        Direction::Inbound => "inbound",
        Direction::Outbound => "outbound",
    };
    let cause = match call.cause {
        EndCause::Answered => "answered",
        EndCause::Cancelled => "cancelled",
        EndCause::NoAnswer => "no-answer",
        EndCause::Busy => "busy",
        EndCause::Rejected => "rejected",
        EndCause::NotFound => "not-found",
        EndCause::Unavailable => "unavailable",
        EndCause::Failed => "failed",
    };
    Row::from([
        ("call", text(&call.id.0)),
        ("direction", text(direction)),
        ("cause", text(cause)),
        ("started", number(call.started)),
        ("ended", number(call.ended)),
        ("answered_call", flag(call.answered.is_some())),
        ("ring", number(call.answered.unwrap_or(call.ended) - call.started)),
        ("duration", maybe(call.answered, |at| number(call.ended - at))),
    ])
}

/// What the facts of a visit say, each asked by itself.
impl Visit<'_> {
    fn call(&self) -> Option<&str> {
        self.facts.iter().find_map(|fact| fact.call.as_ref()).map(|call| call.0.as_str())
    }

    fn entry(&self) -> (&str, &str, &str, &str, bool, u32, String, Option<&str>, ServiceGoal) {
        self.facts
            .iter()
            .find_map(|fact| match &fact.what {
                Happening::QueueEnter {
                    queue, media, contact, name, vip, position, skills, preferred, goal, ..
                } => Some((
                    queue.as_str(),
                    media.word(),
                    contact.as_str(),
                    name.as_str(),
                    *vip,
                    *position,
                    skills.join(", "),
                    preferred.as_deref(),
                    *goal,
                )),
                _ => None,
            })
            .expect("a visit begins")
    }

    fn when(&self, wanted: impl Fn(&Happening) -> bool) -> Option<u64> {
        self.facts.iter().find(|fact| wanted(&fact.what)).map(|fact| fact.at)
    }

    fn any(&self, wanted: impl Fn(&Happening) -> bool) -> bool {
        self.when(wanted).is_some()
    }

    fn count(&self, wanted: impl Fn(&Happening) -> bool) -> u64 {
        self.facts.iter().filter(|fact| wanted(&fact.what)).count() as u64
    }

    fn exit(&self) -> (ExitReason, &str, Option<u32>) {
        let exit = self.facts.iter().find_map(|fact| match &fact.what {
            Happening::QueueExit { reason, to, told } => Some((*reason, to.as_str(), *told)),
            _ => None,
        });
        exit.expect("in the made-up office every visit ends")
    }

    /// Why it left, and when its wait was over.
    fn left(&self) -> (ExitReason, u64) {
        let reason = self.exit().0;
        let at = match reason {
            ExitReason::Answered => self.answered(),
            _ => self.when(|what| matches!(what, Happening::QueueExit { .. })),
        };
        (reason, at.expect("it has a time"))
    }

    fn answered(&self) -> Option<u64> {
        self.when(|what| matches!(what, Happening::Answer { .. }))
    }

    fn agent(&self) -> Option<&str> {
        self.facts.iter().find_map(|fact| match &fact.what {
            Happening::Answer { agent, .. } => Some(agent.as_str()),
            _ => None,
        })
    }

    fn offers(&self, wanted: impl Fn(OfferResult) -> bool) -> u64 {
        self.count(|what| matches!(what, Happening::Offer { outcome, .. } if wanted(*outcome)))
    }

    fn ring(&self) -> Option<u32> {
        self.facts.iter().find_map(|fact| match fact.what {
            Happening::Offer { ring, outcome: OfferResult::Answered, .. } => Some(ring),
            _ => None,
        })
    }

    fn hold(&self) -> u64 {
        let from = self.when(|what| matches!(what, Happening::HoldStart));
        let until = self.when(|what| matches!(what, Happening::HoldStop));
        from.zip(until).map_or(0, |(from, until)| until - from)
    }

    fn talk(&self) -> Option<u64> {
        let end = self.when(|what| matches!(what, Happening::AnswerEnd { .. }))?;
        Some(end - self.answered()? - self.hold())
    }

    fn acw(&self) -> Option<u64> {
        let from = self.when(|what| matches!(what, Happening::AcwStart { .. }))?;
        Some(self.when(|what| matches!(what, Happening::AcwStop { .. }))? - from)
    }

    fn acw_allowed(&self) -> Option<u32> {
        self.facts.iter().find_map(|fact| match fact.what {
            Happening::AcwStart { allowed, .. } => allowed,
            _ => None,
        })
    }

    fn acw_why(&self) -> Option<&'static str> {
        self.facts.iter().find_map(|fact| match fact.what {
            Happening::AcwStop { why, .. } => Some(why.word()),
            _ => None,
        })
    }

    fn code(&self) -> Option<&str> {
        self.facts.iter().find_map(|fact| match &fact.what {
            Happening::WrapupCode { code, .. } => Some(code.as_str()),
            _ => None,
        })
    }

    /// When a call-back was asked for, tries, the agent, when it was over, how far it is.
    fn callback(&self) -> (Option<u64>, u32, Option<&str>, Option<u64>, Option<CallbackStep>) {
        let steps: Vec<_> = self
            .facts
            .iter()
            .filter_map(|fact| match &fact.what {
                Happening::Callback { step, attempt, agent, .. } => Some((fact.at, *step, *attempt, agent.as_deref())),
                _ => None,
            })
            .collect();
        let over = steps.iter().find(|(_, step, ..)| matches!(step, CallbackStep::Done | CallbackStep::Expired));
        (
            steps.first().map(|(at, ..)| *at),
            steps.iter().map(|(_, _, attempt, _)| *attempt).max().unwrap_or(0),
            steps.iter().rev().find_map(|(.., agent)| *agent),
            over.map(|(at, ..)| *at),
            steps.last().map(|(_, step, ..)| *step),
        )
    }
}
