//! What would become of a call: decisions and the house's rules as for a real one, at any moment of time, without ringing
//! anybody.
//!
//! Routing decisions are pure, so asking them changes nothing. Who is registered, which trunk is up and who does not want to be
//! disturbed is as it is now, whatever moment is asked about; the answer says so by naming what it found.

use crate::{
    availability::holder_of,
    dial,
    exchange::Exchange,
    registrar::gruu::of_target,
    router::{Decision, RingTarget, RouteRequest, Unreached},
    trace::{clipped, decided, described},
};
use jackfield_model::{
    AvailabilityState, CallId, DecisionKind, Direction, Foreseen, HouseRule, Party, TimestampMs, TraceEvent,
};
use std::time::Instant;

/// How often a call may be sent on, as for a real one.
const MAX_HOPS: u8 = 10;

/// A call that nobody makes.
#[derive(Clone, Debug)]
pub struct Supposed {
    /// The number of who calls.
    pub from: String,
    /// The trunk that it would come in by; without one it is of the house.
    pub trunk: Option<String>,
    /// What would be dialled, or the number that would be called at the trunk.
    pub to: String,
    /// When.
    pub at: TimestampMs,
}

impl Exchange {
    /// What would become of this call; with what would follow when nobody answers.
    pub async fn foresee(&self, call: &Supposed) -> Foreseen {
        let mut steps = Vec::new();
        let (mut request, pays) = self.supposed(call);
        let reached = self.follow(&mut request, pays, &mut steps).await;
        let mut unanswered = Vec::new();
        // Nobody who is rung may answer: then whoever deals with such calls is asked.
        if reached == DecisionKind::Ring && request.callee.extension.is_some() {
            request.unreached = Some(Unreached::NoAnswer);
            request.hop += 1;
            self.follow(&mut request, pays, &mut unanswered).await;
        }
        Foreseen { steps, unanswered }
    }

    /// The request that routers would be asked, and whether somebody would answer for a call to the outside.
    fn supposed(&self, call: &Supposed) -> (RouteRequest, bool) {
        let directory = self.directory();
        let (caller, callee) = match &call.trunk {
            Some(trunk) => {
                let number = self.trunks.inside_of(trunk, &call.to).unwrap_or_else(|| call.to.clone());
                let caller = self.known(Party { number: call.from.clone(), ..Party::default() });
                (caller, directory.party(&number, ""))
            }
            None => (directory.party(&call.from, ""), directory.party(&call.to, "")),
        };
        let pays = caller.extension.is_some();
        let request = RouteRequest {
            call: CallId(String::from("supposed")),
            direction: if call.trunk.is_some() { Direction::Inbound } else { Direction::Internal },
            caller,
            callee,
            trunk: call.trunk.clone(),
            headers: Vec::new(),
            hop: 0,
            now: call.at,
            vars: call.trunk.iter().map(|_| (String::from("called-number"), call.to.clone())).collect(),
            unreached: None,
        };
        (request, pays)
    }

    /// Ask and follow where it leads; what the call comes to.
    async fn follow(&self, request: &mut RouteRequest, mut pays: bool, steps: &mut Vec<TraceEvent>) -> DecisionKind {
        let emergency = &self.config.emergency;
        if pays && emergency.contains(&request.callee.number) && !self.trunks.is_empty() {
            steps.push(rule(HouseRule::Emergency, &request.callee.number));
            self.would_ring(&format!("trunk:/{}", request.callee.number), steps);
            return DecisionKind::Ring;
        }
        loop {
            let began = Instant::now();
            let routed = self.router.foresee(request.clone()).await;
            steps.push(decided(&routed, began.elapsed(), request.unreached.is_some()));
            for (name, value) in routed.set_vars {
                request.vars.retain(|(known, _)| *known != name);
                request.vars.push((name, value));
            }
            request.hop += 1;
            let callee = request.callee.number.clone();
            let known = request.callee.extension.is_some();
            match routed.decision {
                Decision::Pass if request.unreached.is_some() => return DecisionKind::Pass,
                Decision::Redirect(to) if request.hop < MAX_HOPS => {
                    pays |= known;
                    request.unreached = None;
                    let to = to.strip_prefix("ext:").unwrap_or(&to);
                    steps.push(TraceEvent::SentOn { to: clipped(to) });
                    request.callee = self.party(to, "");
                }
                Decision::Redirect(to) => {
                    steps.push(rule(HouseRule::Circle, &to));
                    return DecisionKind::Reject;
                }
                Decision::Ring(groups) => {
                    groups.iter().flatten().for_each(|RingTarget { to, .. }| self.would_ring(to, steps));
                    return DecisionKind::Ring;
                }
                Decision::Pass if known => {
                    steps.push(rule(HouseRule::Extension, &callee));
                    self.would_ring(&format!("ext:{callee}"), steps);
                    return DecisionKind::Ring;
                }
                Decision::Pass => match self.trunks.own_number(&callee).filter(|inside| *inside != callee) {
                    Some(inside) if request.hop < MAX_HOPS => {
                        steps.push(rule(HouseRule::OwnNumber, &callee));
                        request.callee = self.directory().party(&inside, "");
                    }
                    _ if pays && self.trunks.serve(&callee) => {
                        steps.push(rule(HouseRule::Outside, &callee));
                        self.would_ring(&callee, steps);
                        return DecisionKind::Ring;
                    }
                    _ => {
                        steps.push(rule(HouseRule::Unknown, &callee));
                        return DecisionKind::Reject;
                    }
                },
                decided => return described(&decided).0,
            }
        }
    }

    /// Who would be rung for a target, as things stand now.
    fn would_ring(&self, to: &str, steps: &mut Vec<TraceEvent>) {
        let target = clipped(to);
        let (named, number) = match to.strip_prefix("trunk:").and_then(|named| named.split_once('/')) {
            Some((name, number)) => (Some(name).filter(|name| !name.is_empty()), number),
            None => (None, to),
        };
        let is_trunk = to.starts_with("trunk:");
        let directory = self.directory();
        let extension = directory.extension(of_target(number).0).filter(|_| !is_trunk);
        if let Some(extension) = extension
            && self.availability.of(&holder_of(extension)).state == AvailabilityState::DoNotDisturb
        {
            steps.push(TraceEvent::NotReached { status: 486, why: format!("{target} does not want to be disturbed") });
            return;
        }
        let phones = if is_trunk { Vec::new() } else { dial::contacts(self, to) };
        let ways = if phones.is_empty() && extension.is_none() && !to.starts_with("ext:") && !to.contains("sip:") {
            self.trunks.way_to(number, named).into_iter().collect()
        } else {
            phones
        };
        if ways.is_empty() {
            let why =
                if extension.is_some() { "no phone of it is registered" } else { "no phone and no trunk takes it" };
            steps.push(TraceEvent::NotReached { status: 480, why: format!("{target}: {why}") });
        }
        steps.extend(ways.into_iter().map(|way| TraceEvent::Rings {
            target: target.clone(),
            at: format!("{} {}", way.flow.transport.as_str(), way.flow.remote),
            trunk: way.trunk.as_ref().map(|trunk| trunk.config.name.clone()),
        }));
    }
}

fn rule(rule: HouseRule, number: &str) -> TraceEvent {
    TraceEvent::Rule { rule, number: clipped(number) }
}
