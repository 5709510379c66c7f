//! The task of a trunk: does what its upkeep says, and leaves the outcome where calls read it.

use super::{
    Ending, News, Trunk,
    upkeep::{Registered, Upkeep, Way, Work},
};
use crate::exchange::{Exchange, now_ms};
use jackfield_model::{TrunkFault, TrunkRegistration, TrunkServer, TrunkState};
use jackfield_net::{LocateError, Resolver};
use jackfield_sip::{Flow, HeaderName, Message, Method, OutOfDialog, Party as SipParty, Transport};
use std::{
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    sync::{oneshot, watch},
    task::{JoinError, JoinSet},
};

/// For how long a registration is ended.
const FAREWELL: Duration = Duration::from_millis(500);
/// For how long a server may think about OPTIONS.
const PING: Duration = Duration::from_secs(4);

/// What a REGISTER of one contact repeats (RFC 3261 §10.2).
struct Dialog {
    call_id: String,
    cseq: u32,
}

enum Done {
    LookedUp(Result<(Vec<Way>, Duration), TrunkFault>),
    Registered(Way, Registered, u32),
    Pinged(Way, bool),
}

/// Look after a trunk until it ends.
pub(super) async fn keep(
    exchange: Arc<Exchange>,
    trunk: Arc<Trunk>,
    resolver: Resolver,
    mut ending: watch::Receiver<Ending>,
) {
    let Some(mut news) = trunk.for_keeper.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
    let mut upkeep = Upkeep::new(Instant::now(), &trunk.config, rand::random_range(0.5..1.0));
    let mut dialog = Dialog { call_id: format!("{:032x}", rand::random::<u128>()), cseq: 1 };
    let (mut running, mut curious) = (JoinSet::new(), Vec::new());
    while *ending.borrow_and_update() == Ending::NotYet {
        let now = Instant::now();
        while let Some(work) = upkeep.next(now) {
            let (exchange, trunk, resolver) = (Arc::clone(&exchange), Arc::clone(&trunk), resolver.clone());
            match work {
                Work::LookUp => {
                    running.spawn(async move { Done::LookedUp(look_up(&exchange, &trunk, &resolver).await) });
                }
                Work::Register(way, expires) => {
                    let request = register(&trunk, way.flow, expires, &dialog);
                    running.spawn(async move {
                        let (outcome, cseq) = registered(&exchange, &trunk, request, expires).await;
                        Done::Registered(way, outcome, cseq)
                    });
                }
                Work::Ping(way) => {
                    running.spawn(async move {
                        let answers = ping(&exchange, &trunk, way.flow).await;
                        Done::Pinged(way, answers)
                    });
                }
            }
        }
        show(&trunk, &upkeep, now);
        if running.is_empty() {
            for who in curious.drain(..) {
                // Whoever has asked may have gone by now.
                let _ = oneshot::Sender::send(who, ());
            }
        }
        let due = upkeep.due().map(tokio::time::Instant::from_std);
        tokio::select! {
            Some(done) = running.join_next(), if !running.is_empty() => take(done, &trunk, &mut upkeep, &mut dialog),
            Some(heard) = news.recv() => match heard {
                News::CallFailed { way, retry_after } => upkeep.call_failed(Instant::now(), &way, retry_after),
                News::Check(who) => {
                    upkeep.check(Instant::now());
                    curious.push(who);
                }
            },
            () = sleep_until(due) => {}
            _ = ending.changed() => {}
        }
    }
    if *ending.borrow() == Ending::Unregister {
        let end = tokio::time::Instant::now() + FAREWELL;
        // What is asked for just now may be granted, and is then to be given back too.
        while let Ok(Some(done)) = tokio::time::timeout_at(end, running.join_next()).await {
            take(done, &trunk, &mut upkeep, &mut dialog);
        }
        if let Some((way, _)) = upkeep.held(Instant::now()) {
            let request = register(&trunk, way.flow, Duration::ZERO, &dialog);
            // A registrar that does not answer forgets us by itself.
            let _ = tokio::time::timeout(FAREWELL, exchange.sip.request(request)).await;
        }
    }
}

/// Take note of what has come of something.
fn take(done: Result<Done, JoinError>, trunk: &Trunk, upkeep: &mut Upkeep, dialog: &mut Dialog) {
    let now = Instant::now();
    match done {
        Ok(Done::LookedUp(found)) => upkeep.looked_up(now, found),
        Ok(Done::Registered(way, outcome, cseq)) => {
            dialog.cseq = cseq + 1;
            upkeep.registered(now, &way, outcome);
        }
        Ok(Done::Pinged(way, answers)) => upkeep.pinged(now, &way, answers),
        Err(error) => tracing::error!(trunk = trunk.config.name, %error, "upkeep of a trunk"),
    }
}

async fn sleep_until(due: Option<tokio::time::Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// Leave what is known where calls and screens read it.
fn show(trunk: &Trunk, upkeep: &Upkeep, now: Instant) {
    let (state, trouble) = upkeep.state(now);
    let ways = upkeep.ways(now);
    // Before the first look-up it has those that were known before.
    let known = state != TrunkState::Starting || !ways.is_empty();
    if known && **trunk.ways.load() != ways {
        trunk.ways.store(Arc::new(ways));
    }
    let server = |(way, answers): (&Way, bool)| TrunkServer {
        address: format!("{} {}", way.flow.transport.as_str(), way.flow.remote),
        host: way.host.clone(),
        answers,
    };
    let until = upkeep.held(now).map(|(_, until)| {
        // To the second, so that it does not seem to change.
        let seconds = until.saturating_duration_since(now).as_secs_f64().round();
        (now_ms() / 1_000 + seconds as u64) * 1_000
    });
    let known = trunk.status().registered_until;
    let until = match (until, known) {
        (Some(until), Some(known)) if until.abs_diff(known) <= 2_000 => Some(known),
        (until, _) => until,
    };
    trunk.shown.stands(state, trouble, until, upkeep.servers().map(server).collect());
}

async fn look_up(exchange: &Exchange, trunk: &Trunk, resolver: &Resolver) -> Result<(Vec<Way>, Duration), TrunkFault> {
    let speaks: Vec<Transport> = exchange.sip.listeners().map(|(transport, _)| transport).collect();
    let config = &trunk.config;
    let servers = config.outbound_proxy.as_ref().map_or(&config.servers[..], std::slice::from_ref);
    let (mut ways, mut valid, mut wrong) = (Vec::new(), Duration::from_secs(3_600), None);
    for uri in servers {
        match resolver.locate(uri, &speaks).await {
            Ok((located, good_for)) => {
                valid = valid.min(good_for);
                for at in located {
                    let flow = exchange.sip.flow_to_host(at.transport, at.remote, &at.host);
                    ways.extend(flow.map(|flow| Way { flow, host: at.host }));
                }
            }
            Err(error) => {
                tracing::debug!(trunk = config.name, %error, "a server cannot be located");
                wrong = Some(match error {
                    LocateError::NotAServer(_) => TrunkFault::UnusableAddress,
                    LocateError::NoAddress(_) => TrunkFault::NoAddress,
                    LocateError::NoAnswer(_) => TrunkFault::NameServerSilent,
                });
            }
        }
    }
    match wrong {
        Some(wrong) if ways.is_empty() => Err(wrong),
        _ => Ok((ways, valid)),
    }
}

fn register(trunk: &Trunk, flow: Flow, expires: Duration, dialog: &Dialog) -> OutOfDialog {
    let config = &trunk.config;
    let own =
        SipParty { display: None, uri: format!("sip:{}@{}", crate::dial::user_part(&config.user), config.domain) };
    let (local, transport) = (flow.local, flow.transport.as_str().to_ascii_lowercase());
    let mut headers = Vec::new();
    let mut add = |name: &str, value: String| headers.push((name.to_owned(), value));
    if let Some(route) = trunk.route() {
        add("Route", route);
    }
    match config.register {
        // RFC 6140 §4.2: no user part, which stands for all of our numbers.
        TrunkRegistration::Bulk => {
            add("Contact", format!("<sip:{local};transport={transport};bnc>"));
            add("Require", String::from("gin"));
            add("Proxy-Require", String::from("gin"));
            add("Supported", String::from("path, gin"));
        }
        TrunkRegistration::Single | TrunkRegistration::No => {
            let user = crate::dial::user_part(&config.user);
            add("Contact", format!("<sip:{user}@{local};transport={transport};line={}>", trunk.line));
            add("Supported", String::from("path"));
        }
    }
    add("Expires", expires.as_secs().to_string());
    OutOfDialog {
        method: Method::Register,
        target: format!("sip:{}", config.domain),
        flow,
        from: own.clone(),
        to: own,
        headers,
        body: None,
        call_id: Some(dialog.call_id.clone()),
        cseq: Some(dialog.cseq),
        account: config.account.clone(),
    }
}

/// What came of it, and the CSeq number that was used last.
async fn registered(exchange: &Exchange, trunk: &Trunk, request: OutOfDialog, asked: Duration) -> (Registered, u32) {
    let first = request.cseq.unwrap_or(1);
    let Ok(response) = exchange.sip.request(request).await else { return (Registered::Silent, first + 2) };
    let cseq = response.cseq().map_or(first, |cseq| cseq.number);
    let seconds = |name| response.text(name).and_then(|text| leading_number(&text)).map(Duration::from_secs);
    let outcome = match response.status().unwrap_or(500) {
        200..=299 => match granted(trunk, &response).unwrap_or(asked) {
            Duration::ZERO => Registered::Refused(200),
            granted => Registered::For(granted),
        },
        423 => Registered::TooBrief(seconds(HeaderName::MinExpires).unwrap_or_default()),
        status @ (408 | 480 | 500..=599) => Registered::Busy(status, seconds(HeaderName::RetryAfter)),
        status => Registered::Refused(status),
    };
    (outcome, cseq)
}

/// How long the registrar keeps our contact.
fn granted(trunk: &Trunk, response: &Message) -> Option<Duration> {
    let ours = |contact: &&jackfield_sip::NameAddr<'_>| {
        contact.uri().is_some_and(|uri| uri.params().value("line").is_some_and(|line| line == trunk.line))
    };
    let contacts: Vec<_> = response.contacts().collect();
    let contact = contacts.iter().find(ours).or_else(|| contacts.first().filter(|_| contacts.len() == 1));
    let expires = contact.and_then(|contact| contact.params.value("expires")).and_then(|text| leading_number(&text));
    expires.or_else(|| response.expires().map(u64::from)).map(Duration::from_secs)
}

/// Whether a server answers. Any answer will do, but that it cannot now.
async fn ping(exchange: &Exchange, trunk: &Trunk, flow: Flow) -> bool {
    let config = &trunk.config;
    let own =
        SipParty { display: None, uri: format!("sip:{}@{}", crate::dial::user_part(&config.user), config.domain) };
    let request = OutOfDialog {
        method: Method::Options,
        target: format!("sip:{}", config.domain),
        flow,
        from: own,
        to: SipParty { display: None, uri: format!("sip:{}", config.domain) },
        headers: trunk.route().map(|route| (String::from("Route"), route)).into_iter().collect(),
        body: None,
        call_id: None,
        cseq: None,
        account: None,
    };
    let answer = tokio::time::timeout(PING, exchange.sip.request(request)).await;
    answer.is_ok_and(|answer| answer.is_ok_and(|response| !matches!(response.status(), Some(408 | 500 | 503 | 504))))
}

impl Trunk {
    /// The Route header field of requests outside dialogs: the outbound proxy, when there is one (RFC 3261 §8.1.2).
    pub(crate) fn route(&self) -> Option<String> {
        let proxy = self.config.outbound_proxy.as_ref()?;
        let loose = if proxy.contains(";lr") { "" } else { ";lr" };
        Some(format!("<{proxy}{loose}>"))
    }
}

fn leading_number(text: &str) -> Option<u64> {
    let digits = text.trim().split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}
