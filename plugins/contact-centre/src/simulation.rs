//! The centre under load, in virtual time: arrivals as chance has them, agents who talk as long as chance has it, and what must
//! hold whatever comes.

use crate::{
    centre::{AgentState, Centre, Contact, Place},
    events::{Act, Happened, take},
    settings::{AgentSettings, Binding, Queue, Settings, Skill, Step, Vip},
    words::{Ask, Missed, Wish, Word},
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
};

const DAY: &str = "2026-03-10";

/// Chance that is the same in every run (Marsaglia's xorshift).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, most: u64) -> u64 {
        self.next() % most
    }

    /// Exponentially distributed, in milliseconds.
    fn wait(&mut self, mean: f64) -> u64 {
        let uniform = ((self.next() >> 11) as f64 + 1.0) / (1_u64 << 53) as f64;
        (-mean * uniform.ln()) as u64
    }
}

fn queue(number: &str) -> Queue {
    Queue {
        number: number.into(),
        name: number.into(),
        ring_seconds: 20,
        wrap_up_seconds: 0,
        code_required: false,
        goal_percent: 80,
        goal_seconds: 20,
        short_seconds: 5,
        priority: 0,
        vip: Vec::new(),
        steps: Vec::new(),
        best_skill: true,
        preferred_days: 0,
        preferred_seconds: 20,
        most_waiting: 0,
        longest_wait_seconds: 0,
        overflow: String::new(),
        wait_without_agents: true,
        greeting: Vec::new(),
        comfort: Vec::new(),
        comfort_seconds: 30,
        say_position: true,
        say_wait: false,
        callback: true,
        callback_tries: 2,
        callback_minutes: 1,
        callback_prefixes: Vec::new(),
        alarm_waiting: 0,
        alarm_seconds: 0,
    }
}

fn binding(queue: &str, level: u32) -> Binding {
    Binding { queue: queue.into(), level, overflow: false, after_seconds: 0, after_calls: 0 }
}

fn agent(extension: &str, queues: Vec<Binding>) -> AgentSettings {
    AgentSettings { extension: extension.into(), name: extension.into(), skills: Vec::new(), queues }
}

/// A centre, its settings and its clock.
struct House {
    centre: Centre,
    settings: Settings,
    now: u64,
    /// Whether what must hold is looked at after every event.
    checked: bool,
}

impl House {
    fn new(queues: Vec<Queue>, agents: Vec<AgentSettings>) -> Self {
        let breaks = vec![crate::settings::Break { name: "Lunch".into(), minutes: 0 }];
        let codes = vec!["Order".into()];
        let settings = Settings { queues, agents, breaks, codes, ..Settings::default() };
        Self { centre: Centre::default(), settings, now: 1_000_000, checked: true }
    }

    fn happens(&mut self, happened: Happened) -> Vec<Act> {
        let acts = take(&mut self.centre, &self.settings, DAY, self.now, happened).acts;
        if self.checked {
            self.check();
        }
        acts
    }

    fn ask(&mut self, ask: Ask) -> Vec<Act> {
        self.happens(Happened::Asked(ask, None))
    }

    fn enters(&mut self, call: &str, queue: &str, number: &str) -> Vec<Act> {
        let ask = Ask::Enter { queue: queue.into(), number: number.into(), name: String::new() };
        self.happens(Happened::Asked(ask, Some(call.into())))
    }

    fn wish(&mut self, agent: &str, wish: Wish) -> Vec<Act> {
        self.ask(Ask::Agent { agent: agent.into(), wish })
    }

    fn log_in(&mut self, agent: &str) -> Vec<Act> {
        self.wish(agent, Wish::LogIn { phone: agent.into() })
    }

    fn later(&mut self, seconds: u64) -> Vec<Act> {
        self.now += seconds * 1_000;
        self.happens(Happened::TimerDue("look".into()))
    }

    fn answered(&mut self, call: &str) -> Vec<Act> {
        self.ask(Ask::Answered { contact: call.into() })
    }

    fn state(&self, agent: &str) -> &AgentState {
        &self.centre.agents[agent].state
    }

    /// At whom a call is.
    fn agent_of(&self, call: &str) -> Option<&str> {
        match &self.centre.contacts.get(call)?.place {
            Place::Waiting => None,
            Place::Offered(agent, _) | Place::Talking(agent, _) => Some(agent),
        }
    }

    /// What must hold at every moment.
    fn check(&self) {
        let mut at: BTreeMap<&str, &str> = BTreeMap::new();
        for (id, contact) in &self.centre.contacts {
            if let Place::Offered(agent, _) | Place::Talking(agent, _) = &contact.place {
                assert!(at.insert(agent, id).is_none(), "{agent} has two contacts");
                let state = self.centre.agents.get(agent).map(|agent| &agent.state);
                let fits = matches!(state, Some(AgentState::Offered(of) | AgentState::Talking(of)) if of == id);
                assert!(fits, "{id} is at {agent}, who is {state:?}");
            }
        }
        for (extension, agent) in &self.centre.agents {
            if let AgentState::Offered(id) | AgentState::Talking(id) = &agent.state {
                assert_eq!(
                    at.get(extension.as_str()),
                    Some(&id.as_str()),
                    "{extension} has a contact that is elsewhere"
                );
            }
        }
        assert_eq!(self.stranded(), None, "somebody waits while an agent who may take it is free");
    }

    /// A contact that waits and an agent who is free for it, as the words of the settings have it and not as routing does.
    fn stranded(&self) -> Option<(&str, &str)> {
        let waits = |contact: &Contact| contact.place == Place::Waiting;
        self.centre.contacts.iter().filter(|(_, contact)| waits(contact)).find_map(|(id, contact)| {
            let queue = self.settings.queue(&contact.queue)?;
            let waited = self.now - contact.entered;
            if contact.callback.as_ref().is_some_and(|callback| callback.not_before > self.now)
                || contact.preferred.is_some() && waited < queue.preferred_seconds * 1_000
            {
                return None;
            }
            let beside = self.centre.contacts.values().filter(|other| waits(other) && other.queue == contact.queue);
            let many = beside.count();
            let free = self.centre.agents.iter().find(|(extension, agent)| {
                let set = self.settings.agent(extension);
                let skilled = queue.needs(waited).iter().all(|need| {
                    set.is_some_and(|set| set.skills.iter().any(|s| s.skill == need.skill && s.level >= need.level))
                });
                let binding = set.and_then(|set| set.queues.iter().find(|binding| binding.queue == contact.queue));
                let helps = binding.is_some_and(|b| {
                    !b.overflow
                        || b.after_calls > 0 && many >= b.after_calls
                        || b.after_seconds > 0 && waited >= b.after_seconds * 1_000
                });
                let passed = contact.passed.get(*extension).is_some_and(|until| *until > self.now);
                agent.state == AgentState::Ready && skilled && helps && !passed
            });
            free.map(|(extension, _)| (id.as_str(), extension.as_str()))
        })
    }
}

/// To whom calls were offered by these acts.
fn offers(acts: &[Act]) -> Vec<(&str, &str)> {
    acts.iter()
        .filter_map(|act| match act {
            Act::Send(call, Word::Offer { phone, .. }) => Some((call.as_str(), phone.as_str())),
            _ => None,
        })
        .collect()
}

/// What happens in a simulation.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    Arrives,
    Ends(String),
}

/// Service level in per cent and mean wait in seconds of so many agents, calls an hour and seconds a call.
fn simulate(agents: u64, an_hour: f64, seconds: f64, calls: u64, seed: u64) -> (f64, f64) {
    let staff = (0..agents).map(|n| agent(&format!("{n:03}"), vec![binding("800", 50)])).collect();
    let mut house = House::new(vec![queue("800")], staff);
    house.checked = false;
    (0..agents).for_each(|n| drop(house.log_in(&format!("{n:03}"))));
    let mut chance = Chance(seed);
    let mut due: BinaryHeap<Reverse<(u64, Next)>> = BinaryHeap::new();
    due.push(Reverse((house.now, Next::Arrives)));
    let (mut arrived, mut ended) = (0, 0);
    while ended < calls {
        let Some(Reverse((at, next))) = due.pop() else { break };
        house.now = at;
        let acts = match next {
            Next::Arrives => {
                arrived += 1;
                if arrived < calls {
                    due.push(Reverse((at + chance.wait(3_600_000.0 / an_hour), Next::Arrives)));
                }
                house.enters(&format!("call-{arrived}"), "800", "0123")
            }
            Next::Ends(call) => {
                ended += 1;
                house.ask(Ask::Ended { contact: call })
            }
        };
        for (call, _) in offers(&acts) {
            // Picked up at once, as the formula has it.
            house.answered(call);
            due.push(Reverse((at + chance.wait(seconds * 1_000.0), Next::Ends(call.to_owned()))));
        }
    }
    let tally = &house.centre.tallies["800"];
    assert_eq!((tally.answered, tally.ended), (calls, calls));
    let level = 100.0 * tally.answered_in_time as f64 / tally.answered as f64;
    (level, tally.waited as f64 / 1_000.0 / tally.answered as f64)
}

/// Erlang C: service level in per cent within so many seconds, and the mean wait in seconds.
fn erlang_c(agents: u64, an_hour: f64, seconds: f64, within: f64) -> (f64, f64) {
    let load = an_hour * seconds / 3_600.0;
    let blocked = (1..=agents).fold(1.0, |b, n| load * b / (n as f64 + load * b));
    let used = load / agents as f64;
    let waits = blocked / (1.0 - used * (1.0 - blocked));
    let spare = agents as f64 - load;
    (100.0 * (1.0 - waits * (-spare * within / seconds).exp()), waits * seconds / spare)
}

#[test]
fn the_formula_has_the_published_values() {
    for (calls, seconds, agents, level, wait) in [
        (200.0, 180.0, 11, 38.96, 122.78),
        (200.0, 180.0, 14, 88.84, 7.84),
        (500.0, 240.0, 38, 77.40, 17.15),
        (500.0, 180.0, 29, 78.13, 15.35),
        (500.0, 180.0, 30, 85.66, 9.00),
    ] {
        let (l, w) = erlang_c(agents, calls, seconds, 20.0);
        assert!((l - level).abs() < 0.01 && (w - wait).abs() < 0.01, "{agents} agents: {l:.2} % and {w:.2} s");
    }
}

#[test]
fn waits_are_those_of_erlang_c() {
    for agents in [29, 30] {
        let (level, wait) = simulate(agents, 500.0, 180.0, 100_000, 0x1234_5678_9abc_def1);
        let (expected, expected_wait) = erlang_c(agents, 500.0, 180.0, 20.0);
        println!(
            "{agents} agents: {level:.1} % and {wait:.1} s; {expected:.1} % and {expected_wait:.1} s by the formula"
        );
        assert!((level - expected).abs() < 3.0, "{agents} agents: {level:.1} % in place of {expected:.1} %");
        assert!((wait - expected_wait).abs() < 3.0, "{agents} agents: {wait:.1} s in place of {expected_wait:.1} s");
    }
}

#[test]
fn of_the_best_the_one_who_has_been_idle_longest_is_asked() {
    let mut house = House::new(
        vec![queue("800")],
        vec![
            agent("201", vec![binding("800", 90)]),
            agent("202", vec![binding("800", 90)]),
            agent("203", vec![binding("800", 50)]),
        ],
    );
    for who in ["203", "202", "201"] {
        house.log_in(who);
        house.now += 1_000;
    }
    assert_eq!(offers(&house.enters("a", "800", "1")), [("a", "202")]);
    assert_eq!(offers(&house.enters("b", "800", "1")), [("b", "201")]);
    assert_eq!(offers(&house.enters("c", "800", "1")), [("c", "203")]);
    assert!(offers(&house.enters("d", "800", "1")).is_empty());
    // Without skill, idle time alone.
    house.settings.queues[0].best_skill = false;
    for call in ["a", "b", "c"] {
        house.answered(call);
    }
    house.now += 1_000;
    assert_eq!(offers(&house.ask(Ask::Ended { contact: "c".into() })), [("d", "203")]);
}

#[test]
fn skills_are_asked_for_less_the_longer_somebody_waits() {
    let needs = |level| vec![Skill { skill: "fr".into(), level }];
    let mut french = queue("800");
    french.steps = vec![
        Step { after_seconds: 0, needs: needs(70) },
        Step { after_seconds: 20, needs: needs(40) },
        Step { after_seconds: 60, needs: Vec::new() },
    ];
    let mut speaks = agent("201", vec![binding("800", 50)]);
    speaks.skills = needs(50);
    let mut house = House::new(vec![french], vec![speaks, agent("202", vec![binding("800", 50)])]);
    house.log_in("202");
    let acts = house.enters("a", "800", "1");
    assert!(offers(&acts).is_empty());
    assert!(acts.contains(&Act::SetTimer("look".into(), house.now + 20_000)), "{acts:?}");
    house.log_in("201");
    assert!(offers(&house.later(19)).is_empty());
    assert_eq!(offers(&house.later(1)), [("a", "201")]);
    house.enters("b", "800", "1");
    assert!(offers(&house.later(59)).is_empty());
    assert_eq!(offers(&house.later(1)), [("b", "202")]);
}

#[test]
fn overflow_agents_help_after_a_while_or_when_many_wait() {
    let overflow = Binding { overflow: true, after_seconds: 30, after_calls: 2, ..binding("800", 50) };
    let mut house = House::new(vec![queue("800")], vec![agent("201", vec![overflow])]);
    house.log_in("201");
    assert!(offers(&house.enters("a", "800", "1")).is_empty());
    assert_eq!(offers(&house.enters("b", "800", "1")), [("a", "201")]);
    house.answered("a");
    house.ask(Ask::Ended { contact: "a".into() });
    assert!(house.agent_of("b").is_none());
    assert_eq!(offers(&house.later(30)), [("b", "201")]);
}

#[test]
fn a_known_caller_waits_for_the_own_agent_for_a_while() {
    let mut known = queue("800");
    (known.preferred_days, known.best_skill) = (7, false);
    let queues = || vec![binding("800", 50)];
    let mut house = House::new(vec![known], vec![agent("201", queues()), agent("202", queues())]);
    house.log_in("201");
    house.enters("a", "800", "0601");
    house.answered("a");
    house.now += 60_000;
    house.ask(Ask::Ended { contact: "a".into() });
    house.log_in("202");
    // The one who is preferred is asked although the other has been idle as long.
    assert_eq!(offers(&house.enters("b", "800", "0601")), [("b", "201")]);
    house.answered("b");
    assert!(offers(&house.enters("c", "800", "0601")).is_empty(), "waits, though 202 is free");
    assert_eq!(offers(&house.later(20)), [("c", "202")], "and not for ever");
    house.answered("c");
    // Nobody waits for an agent who is not there.
    house.happens(Happened::CallOver("b".into()));
    house.wish("201", Wish::LogOut);
    house.happens(Happened::CallOver("c".into()));
    house.now += 1_000;
    house.centre.remember("0601", "201", house.now);
    assert_eq!(offers(&house.enters("d", "800", "0601")), [("d", "202")]);
}

#[test]
fn important_callers_go_ahead_in_their_queue_and_starve_nobody() {
    let mut a = queue("800");
    a.vip = vec![Vip { number: "06xx".into(), minutes: 5 }];
    let both = || vec![binding("800", 50), binding("801", 50)];
    let mut house = House::new(vec![a, queue("801")], vec![agent("201", both())]);
    house.enters("plain", "800", "1");
    house.now += 60_000;
    house.enters("vip", "800", "0601");
    house.enters("other", "801", "0601");
    assert_eq!(house.centre.waiting("800").iter().map(|(id, _)| *id).collect::<Vec<_>>(), ["vip", "plain"]);
    // Somebody important who comes more than five minutes later waits longer than the plain one.
    house.now += 300_001;
    house.enters("vip-2", "800", "0602");
    house.log_in("201");
    let mut served = Vec::new();
    for _ in 0..4 {
        let call = ["plain", "vip", "other", "vip-2"].into_iter().find(|call| house.agent_of(call).is_some()).unwrap();
        served.push(call);
        house.answered(call);
        house.ask(Ask::Ended { contact: call.into() });
    }
    assert_eq!(served, ["vip", "plain", "other", "vip-2"]);
}

/// Important callers come as fast as all agents together can take them, so that the queue grows all day: whoever else waits is
/// overtaken by those alone who come within the advance of these.
#[test]
fn a_flood_of_important_callers_keeps_nobody_out_for_longer_than_their_advance() {
    const ADVANCE: u64 = 10 * 60_000;
    for seed in 1..=2 {
        let mut chance = Chance(0x2545_f491_4f6c_dd1d ^ seed);
        let mut flooded = queue("800");
        flooded.vip = vec![Vip { number: "07xx".into(), minutes: ADVANCE / 60_000 }];
        let staff = (0..4).map(|n| agent(&format!("20{n}"), vec![binding("800", 50)])).collect();
        let mut house = House::new(vec![flooded], staff);
        house.checked = false;
        (0..4).for_each(|n| drop(house.log_in(&format!("20{n}"))));
        let mut due: BinaryHeap<Reverse<(u64, Next)>> = BinaryHeap::from([Reverse((house.now, Next::Arrives))]);
        let (mut came, mut served) = (BTreeMap::new(), Vec::new());
        while let Some(Reverse((at, next))) = due.pop() {
            house.now = at;
            let acts = match next {
                Next::Arrives if came.len() < 700 => {
                    // Four agents who talk for a minute each take one in 15 s.
                    due.push(Reverse((at + chance.wait(13_000.0), Next::Arrives)));
                    let important = chance.below(10) > 0;
                    let call = format!("call-{}", came.len());
                    came.insert(call.clone(), (at, important));
                    house.enters(&call, "800", if important { "0712" } else { "0612" })
                }
                Next::Arrives => continue,
                Next::Ends(call) => house.ask(Ask::Ended { contact: call }),
            };
            for (call, _) in offers(&acts) {
                house.answered(call);
                served.push(came[call]);
                due.push(Reverse((at + chance.wait(60_000.0), Next::Ends(call.to_owned()))));
            }
        }
        assert_eq!(served.len(), came.len(), "everybody is served");
        for (place, (entered, important)) in served.iter().enumerate() {
            let ahead = if *important { 0 } else { ADVANCE };
            let overtook = served[..place].iter().find(|(later, _)| *later > entered + ahead);
            assert_eq!(overtook, None, "somebody who came at {entered} is overtaken from too far behind");
        }
        let overtaken = |(place, (entered, important)): (usize, &(u64, bool))| {
            !important && served[..place].iter().any(|(later, _)| later > entered)
        };
        assert!(served.iter().enumerate().any(overtaken), "important callers do go ahead");
    }
}

#[test]
fn who_lets_it_ring_is_not_ready_and_the_caller_keeps_the_place() {
    let queues = || vec![binding("800", 50)];
    let mut house = House::new(vec![queue("800")], vec![agent("201", queues()), agent("202", queues())]);
    house.log_in("201");
    house.enters("a", "800", "1");
    house.now += 5_000;
    house.enters("b", "800", "1");
    house.now += 15_000;
    house.ask(Ask::NotAnswered { contact: "a".into(), why: Missed::NoAnswer });
    assert_eq!(house.state("201"), &AgentState::NotReady);
    assert_eq!(house.centre.position("a"), Some(1));
    assert_eq!(offers(&house.log_in("202")), [("a", "202")]);
    assert_eq!(house.centre.worked["201"].missed, 1);
    // Ready again, the other one is offered.
    assert_eq!(offers(&house.wish("201", Wish::Ready)), [("b", "201")]);
}

#[test]
fn notes_take_their_time_and_codes_are_asked_for() {
    let mut notes = queue("800");
    (notes.wrap_up_seconds, notes.code_required) = (30, true);
    let mut house = House::new(vec![notes], vec![agent("201", vec![binding("800", 50)])]);
    house.log_in("201");
    house.enters("a", "800", "1");
    house.answered("a");
    house.now += 60_000;
    let acts = house.ask(Ask::Ended { contact: "a".into() });
    assert!(acts.contains(&Act::SetTimer("wrap/201".into(), house.now + 30_000)));
    house.enters("b", "800", "1");
    house.now += 30_000;
    let over = |house: &mut House| house.happens(Happened::TimerDue("wrap/201".into()));
    over(&mut house);
    assert_eq!(house.state("201"), &AgentState::WrapUp, "until a code is named");
    assert!(offers(&house.wish("201", Wish::Ready)).is_empty());
    assert_eq!(offers(&house.wish("201", Wish::Code { code: "Order".into() })), [("b", "201")]);
    let worked = &house.centre.worked["201"];
    assert_eq!((worked.talked, worked.wrapped), (60_000, 30_000));
    // A code in time leaves the rest of the time for notes; a break waits for the end.
    house.answered("b");
    house.ask(Ask::Ended { contact: "b".into() });
    house.wish("201", Wish::Code { code: "Order".into() });
    house.wish("201", Wish::Break { name: "Lunch".into() });
    assert_eq!(house.state("201"), &AgentState::WrapUp);
    house.now += 30_000;
    over(&mut house);
    assert_eq!(house.state("201"), &AgentState::Break("Lunch".into()));
}

#[test]
fn a_call_back_keeps_its_place_and_calls_once() {
    let mut house = House::new(vec![queue("800")], vec![agent("201", vec![binding("800", 50)])]);
    house.enters("a", "800", "0601");
    house.now += 1_000;
    house.enters("b", "800", "0602");
    let wish =
        |contact: &str, number: &str| Ask::CallBack { contact: contact.into(), number: number.into(), recording: None };
    assert_eq!(house.ask(wish("a", "0601"))[0], Act::Reply(true.into()));
    house.happens(Happened::CallOver("a".into()));
    // The same number again is the same wish.
    house.now += 1_000;
    house.enters("c", "800", "0601");
    house.ask(wish("c", "0601"));
    assert_eq!(house.centre.contacts.len(), 2);
    let rings = |acts: &[Act]| acts.iter().filter(|act| matches!(act, Act::Ring { .. })).count();
    assert_eq!(rings(&house.log_in("201")), 1, "the call back is first, as its caller was");
    let begins = Ask::CallBackBegins { contact: "callback-1".into() };
    assert!(matches!(&house.ask(begins)[0], Act::Reply(reply) if reply["number"] == "0601"));
    house.ask(Ask::CallBackDials { contact: "callback-1".into() });
    // In vain: later again, with its age.
    let acts = house.ask(Ask::CallBackFails { contact: "callback-1".into() });
    assert_eq!(offers(&acts), [("b", "201")]);
    house.answered("b");
    house.happens(Happened::Rung("callback-1".into(), None));
    house.ask(Ask::Ended { contact: "b".into() });
    assert_eq!(rings(&house.later(59)), 0);
    assert_eq!(rings(&house.later(1)), 1);
    // The house is ended while the caller is called: nobody calls again by accident.
    house.ask(Ask::CallBackBegins { contact: "callback-1".into() });
    house.ask(Ask::CallBackDials { contact: "callback-1".into() });
    house.happens(Happened::Rung("callback-1".into(), None));
    assert!(house.centre.contacts.is_empty());
    assert_eq!(house.centre.done.last().unwrap().end, crate::centre::CallbackEnd::Unknown);
}

#[test]
fn who_cannot_wait_goes_elsewhere() {
    let mut small = queue("800");
    (small.most_waiting, small.longest_wait_seconds, small.overflow) = (1, 60, "900".into());
    let mut house = House::new(vec![small], vec![agent("201", vec![binding("800", 50)])]);
    house.enters("a", "800", "1");
    let full = house.enters("b", "800", "1");
    assert_eq!(full[0], Act::Reply(serde_json::json!({ "GoesTo": "900" })));
    assert!(house.later(60).contains(&Act::Send("a".into(), Word::GoTo("900".into()))));
    assert!(house.centre.contacts.is_empty());
    house.settings.queues[0].wait_without_agents = false;
    assert_eq!(house.enters("c", "800", "1")[0], Act::Reply(serde_json::json!({ "GoesTo": "900" })));
    let tally = &house.centre.tallies["800"];
    assert_eq!((tally.offered, tally.overflowed), (3, 3));
}

#[test]
fn an_alarm_goes_once_it_is_calm() {
    let mut loud = queue("800");
    loud.alarm_waiting = 4;
    let mut house = House::new(vec![loud], Vec::new());
    let raised = |house: &House| house.centre.alarms.contains_key("800");
    ["a", "b", "c"].iter().for_each(|call| drop(house.enters(call, "800", "1")));
    assert!(!raised(&house));
    house.enters("d", "800", "1");
    assert!(raised(&house));
    house.happens(Happened::CallOver("a".into()));
    assert!(raised(&house), "three are still many");
    house.happens(Happened::CallOver("b".into()));
    assert!(!raised(&house));
}

/// Sixty-four agents, fifty queues, and everything that can happen, in any order: nobody is lost, nobody has two calls,
/// nobody waits while somebody is free for it ([`House::check`]).
#[test]
fn whatever_happens_everybody_enters_and_leaves_once() {
    for seed in 1..=4 {
        let mut chance = Chance(0x9e37_79b9_7f4a_7c15 ^ seed);
        let queues: Vec<_> = (0..50).map(|n| queue(&format!("8{n:02}"))).collect();
        let staff = (0..64).map(|n| {
            let mut bindings: Vec<_> =
                (0..6).map(|k| binding(&format!("8{:02}", (n * 7 + k * 11) % 50), (n * k % 100) as u32)).collect();
            bindings[5].overflow = true;
            bindings[5].after_calls = 2;
            bindings.dedup_by(|a, b| a.queue == b.queue);
            agent(&format!("2{n:02}"), bindings)
        });
        let staff: Vec<_> = staff.collect();
        let mut house = House::new(queues, staff);
        let mut inside: Vec<String> = Vec::new();
        let mut entered = 0_u64;
        for step in 0..3_000 {
            house.now += chance.below(3_000);
            let who = format!("2{:02}", chance.below(64));
            let some = (!inside.is_empty()).then(|| inside[chance.below(inside.len() as u64) as usize].clone());
            match (chance.below(12), some) {
                (0..3, _) => {
                    let call = format!("call-{step}");
                    house.enters(&call, &format!("8{:02}", chance.below(50)), &format!("06{:02}", chance.below(99)));
                    inside.push(call);
                    entered += 1;
                }
                (3, _) => drop(house.log_in(&who)),
                (4, _) => drop(house.wish(&who, Wish::Ready)),
                (5, _) if chance.below(4) == 0 => drop(house.wish(&who, Wish::LogOut)),
                (6, _) if chance.below(4) == 0 => drop(house.wish(&who, Wish::Break { name: "Lunch".into() })),
                (7..9, Some(call)) => drop(house.answered(&call)),
                (9, Some(call)) => drop(house.ask(Ask::NotAnswered { contact: call, why: Missed::Busy })),
                (10, Some(call)) => {
                    house.happens(Happened::CallOver(call.clone()));
                    inside.retain(|other| *other != call);
                }
                (11, Some(call)) => drop(house.ask(Ask::Ended { contact: call })),
                _ => drop(house.later(0)),
            }
        }
        let tallies = house.centre.tallies.values();
        let (offered, left) = tallies.fold((0, 0), |(offered, left), tally| {
            (offered + tally.offered, left + tally.ended + tally.abandoned + tally.overflowed)
        });
        assert_eq!(offered, entered);
        assert_eq!(offered, left + house.centre.contacts.len() as u64, "everybody who came is here or has left once");
    }
}
