//! What would become of a call: the same as of a real one, at another moment, and nobody is rung.

use crate::house;
use jackfield_calls::{
    CallsConfig, Router, Supposed,
    router::{Decision, RingTarget, RouteRequest, Routed},
    scripts::NoScripts,
};
use jackfield_model::{DecisionKind, HouseRule, TraceEvent};
use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

/// From this moment on nobody is in the office.
const CLOSING: u64 = 1_000_000;

/// Sends calls to 100 elsewhere once the office is closed; nobody's calls are its business else, but those that were not taken.
struct Hours;

impl Router for Hours {
    fn route(&self, request: RouteRequest) -> Pin<Box<dyn Future<Output = Routed> + Send + '_>> {
        let decision = match request.callee.number.as_str() {
            _ if request.unreached.is_some() => {
                Decision::Ring(vec![vec![RingTarget::new("ext:101".into(), Duration::from_secs(9))]])
            }
            "100" if request.now >= CLOSING => Decision::Redirect("ext:101".into()),
            "200" => Decision::Redirect("200".into()),
            _ => Decision::Pass,
        };
        let by = (decision != Decision::Pass).then(|| String::from("org.example.hours"));
        Box::pin(std::future::ready(Routed { decision, by, ..Routed::pass() }))
    }
}

async fn foreseen(to: &str, at: u64) -> jackfield_model::Foreseen {
    let (exchange, ..) = house::exchange_keeping(CallsConfig::default(), 41_000, Arc::new(Hours), Arc::new(NoScripts));
    let supposed = Supposed { from: "101".into(), trunk: None, to: to.into(), at };
    let foreseen = exchange.foresee(&supposed).await;
    assert_eq!(exchange.live.count(), 0, "nobody is called");
    foreseen
}

fn rules(steps: &[TraceEvent]) -> Vec<HouseRule> {
    let rule = |step: &TraceEvent| match step {
        TraceEvent::Rule { rule, .. } => Some(*rule),
        _ => None,
    };
    steps.iter().filter_map(rule).collect()
}

#[tokio::test]
async fn the_moment_that_is_asked_about_decides() {
    let open = foreseen("100", CLOSING - 1).await;
    assert!(!open.steps.iter().any(|step| matches!(step, TraceEvent::SentOn { .. })), "{open:?}");
    assert_eq!(rules(&open.steps), [HouseRule::Extension]);
    let decided =
        |step: &TraceEvent| matches!(step, TraceEvent::Decided { decision: DecisionKind::Ring, unreached: true, .. });
    assert!(open.unanswered.iter().any(decided), "{:?}", open.unanswered);

    let closed = foreseen("100", CLOSING).await;
    assert!(closed.steps.iter().any(|step| matches!(step, TraceEvent::SentOn { to } if to == "101")), "{closed:?}");
    // No phone of 101 is registered: that is told, and not that it rings.
    assert!(matches!(closed.steps.last(), Some(TraceEvent::NotReached { status: 480, .. })), "{closed:?}");
}

#[tokio::test]
async fn numbers_that_nobody_has_and_circles_come_to_an_end() {
    let unknown = foreseen("777", 0).await;
    assert_eq!((rules(&unknown.steps), unknown.unanswered.len()), (vec![HouseRule::Unknown], 0));
    let circle = foreseen("200", 0).await;
    assert_eq!(rules(&circle.steps), [HouseRule::Circle]);
}
