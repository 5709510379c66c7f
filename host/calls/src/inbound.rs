//! Where calls and requests come in: who sends them, whether they may, and which task takes them.

use crate::{
    browsers, by_dialog,
    call::{self, Inbound, NewCall},
    completion,
    directory::Directory,
    diversion::Diversions,
    exchange::Exchange,
    notices::Notices,
    trunks::Trunk,
};
use jackfield_model::{Extension, Number, Offence, Party};
use jackfield_net::{Incoming, Leg};
use jackfield_sip::{
    Flow, HeaderName, IncomingInvite, IncomingRequest, LegCommand, Message, Method, Replaces, Reply,
    ServerTransactionId, SessionPolicy, SubscriptionCommand, SubscriptionId, Uri,
    digest::{Algorithm, Ha1, Verdict},
};
use std::{borrow::Cow, net::SocketAddr, sync::Arc, time::Instant};
use tokio::sync::mpsc;
use tracing::{debug, info};

/// Header fields of an INVITE that plugins may see.
const SHOWN_TO_PLUGINS: [(HeaderName, &str); 6] = [
    (HeaderName::UserAgent, "User-Agent"),
    (HeaderName::Subject, "Subject"),
    (HeaderName::Diversion, "Diversion"),
    (HeaderName::HistoryInfo, "History-Info"),
    (HeaderName::AlertInfo, "Alert-Info"),
    (HeaderName::CallInfo, "Call-Info"),
];
/// What an OPTIONS or a 405 tells the other side.
const ALLOW: &str =
    "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REFER, PRACK, SUBSCRIBE, PUBLISH, MESSAGE, REGISTER";

/// Who a request comes from, or the challenge or refusal that it gets instead.
enum Sender {
    /// A phone of this extension, proven by digest.
    Extension(Arc<Extension>),
    /// A trusted peer.
    Trusted,
    /// A trunk.
    Trunk(Arc<Trunk>),
    /// Answer with this status and these header fields.
    Refused(u16, Vec<(Cow<'static, str>, String)>),
}

/// Somebody who subscribes or sends outside calls.
#[derive(Clone, Debug)]
pub(crate) struct Watcher {
    /// Whose subscriptions and messages are counted together: the extension, or the address of a trusted peer.
    pub account: String,
    /// The extension that it is, or that a trusted peer says it speaks for.
    pub number: Option<Number>,
    /// The user part of its address.
    pub user: String,
    /// Its name.
    pub name: String,
    /// Its address as it writes it.
    pub uri: String,
}

/// Take what comes in until signalling ends. One task; each call gets a task of its own.
pub async fn serve(exchange: Arc<Exchange>, mut incoming: mpsc::Receiver<Incoming>) {
    let mut next_end = None;
    tokio::spawn(completion::serve(Arc::clone(&exchange)));
    let mut notices = Notices::new(&exchange);
    loop {
        let sweep = next_end.map(tokio::time::Instant::from_std);
        let due = notices.due().map(tokio::time::Instant::from_std);
        tokio::select! {
            event = incoming.recv() => match event {
                Some(Incoming::Invite(leg, invite)) => new_call(&exchange, leg, invite).await,
                Some(Incoming::Request(id, request)) => {
                    let registers = request.request.method() == Some(Method::Register);
                    handle_request(&exchange, &mut notices, id, &request).await;
                    if registers && next_end.is_none() {
                        next_end = exchange.registrar.expire(Instant::now());
                    }
                }
                Some(Incoming::Subscribe(id, request)) => subscribe(&exchange, &mut notices, id, &request).await,
                Some(Incoming::Subscription(id, event)) => notices.lamps.handle(&exchange, id, event).await,
                Some(Incoming::Disconnected(flow)) => {
                    exchange.registrar.disconnected(&flow);
                    browsers::disconnected(&exchange, &flow);
                }
                None => return,
            },
            changed = exchange.lines.changed() => notices.lamps.show(&exchange, changed).await,
            moved = exchange.availability.changed() => notices.moved(&exchange, moved),
            () = sleep_until(due) => notices.wake(&exchange),
            () = sleep_until(sweep) => next_end = exchange.registrar.expire(Instant::now()),
        }
    }
}

async fn new_call(exchange: &Arc<Exchange>, mut leg: Leg, invite: Box<IncomingInvite>) {
    if let Some(status) = exchange.refusal(&invite.request, invite.flow) {
        return leg.command(LegCommand::Reject { status, headers: Vec::new() }).await;
    }
    let directory = exchange.directory();
    let now = Instant::now();
    let (caller, diversions) = match caller(exchange, &directory, now, &invite.request, invite.flow) {
        // A phone is the first to call: nobody has sent it on.
        Sender::Extension(extension) => {
            (directory.party(extension.number.as_str(), &extension.name), Diversions::default())
        }
        Sender::Trusted => {
            let diversions = Diversions::read(&invite.request, str::to_owned);
            (exchange.known(claimed_caller(&directory, &invite.request)), diversions)
        }
        Sender::Trunk(trunk) => return call_by_trunk(exchange, leg, invite, &trunk).await,
        Sender::Refused(status, headers) => {
            let headers = headers.into_iter().map(|(name, value)| (name.into_owned(), value)).collect();
            leg.command(LegCommand::Reject { status, headers }).await;
            return;
        }
    };
    let uri = invite.request.request_uri();
    let emergency = uri.as_ref().and_then(|uri| emergency_number(exchange, uri));
    let (dialled, phone) = match (emergency, uri.map_or(Err(404), |uri| exchange.registrar.addressee(&uri))) {
        (Some(number), _) => (number, None),
        (None, Ok(dialled)) => (dialled.number().to_owned(), dialled.target()),
        (None, Err(status)) => return leg.command(LegCommand::Reject { status, headers: Vec::new() }).await,
    };
    if let Some(value) = invite.request.header(HeaderName::Replaces) {
        return by_dialog::take_the_place(exchange, leg, &invite, caller, Replaces::parse(value)).await;
    }
    if diversions.go_in_circles() {
        info!("a call that was sent on too often is refused");
        return leg.command(LegCommand::Reject { status: 482, headers: Vec::new() }).await;
    }
    if let Some(value) = invite.request.header(HeaderName::Join) {
        return by_dialog::take_part(exchange, leg, &invite, caller, Replaces::parse(value)).await;
    }
    let callee = exchange.party(&dialled, "");
    start(exchange, leg, invite, Parties { caller, callee, phone, diversions }, None);
}

/// A call from outside: it goes to the extension that its number stands for, else a plugin must know what to do with it.
async fn call_by_trunk(exchange: &Arc<Exchange>, mut leg: Leg, invite: Box<IncomingInvite>, trunk: &Arc<Trunk>) {
    let refuse = |status| LegCommand::Reject { status, headers: Vec::new() };
    let Some(number) = trunk.config.called(&invite.request) else { return leg.command(refuse(404)).await };
    let Ok(channel) = trunk.open_channel(false) else {
        info!(trunk = trunk.config.name, "a call from outside finds all channels in use");
        return leg.command(refuse(486)).await;
    };
    let diversions = trunk.config.diversions(&invite.request);
    if diversions.go_in_circles() {
        info!(trunk = trunk.config.name, "a call that was sent on too often is refused");
        return leg.command(refuse(482)).await;
    }
    if matches!(trunk.config.session_timer, SessionPolicy::Required(_))
        && !invite.request.lists(HeaderName::Supported, "timer")
    {
        // RFC 4028 §9.
        let headers = vec![(String::from("Require"), String::from("timer"))];
        return leg.command(LegCommand::Reject { status: 421, headers }).await;
    }
    leg.command(LegCommand::SessionTimer(trunk.config.session_timer)).await;
    let caller = exchange.known(trunk.config.caller(&invite.request));
    let callee = match trunk.inside(&number) {
        Some(inside) => exchange.directory().party(&inside, ""),
        None => Party { number: number.clone(), ..Party::default() },
    };
    let (name, encryption) = (trunk.config.name.clone(), trunk.config.encryption);
    let by = Inbound { trunk: name, number, channel, encryption };
    start(exchange, leg, invite, Parties { caller, callee, phone: None, diversions }, Some(by));
}

/// Who calls whom.
struct Parties {
    caller: Party,
    callee: Party,
    /// The one phone of the callee that is asked for.
    phone: Option<String>,
    /// Who has sent the call on before.
    diversions: Diversions,
}

fn start(exchange: &Arc<Exchange>, leg: Leg, invite: Box<IncomingInvite>, parties: Parties, by: Option<Inbound>) {
    let Parties { caller, callee, phone, diversions } = parties;
    let shown = |(header, name): &(HeaderName, &str)| {
        invite.request.text(*header).map(|value| ((*name).to_owned(), value.into_owned()))
    };
    let headers = SHOWN_TO_PLUGINS.iter().filter_map(shown).collect();
    let max_forwards = invite.request.max_forwards().unwrap_or(70).saturating_sub(1);
    let new = NewCall { leg, invite, caller, callee, phone, headers, max_forwards, diversions, by };
    tokio::spawn(call::run(Arc::clone(exchange), new));
}

/// The number for all emergency services of the house's country, when a phone asks for one by its URN (RFC 5031).
fn emergency_number(exchange: &Exchange, uri: &Uri<'_>) -> Option<String> {
    let sos = uri.as_bytes().to_ascii_lowercase().starts_with(b"urn:service:sos");
    sos.then(|| exchange.config.emergency.first().cloned()).flatten()
}

async fn subscribe(exchange: &Exchange, notices: &mut Notices, id: SubscriptionId, incoming: &IncomingRequest) {
    let watcher = match exchange.refusal(&incoming.request, incoming.flow) {
        Some(status) => Err(Reply { status, ..Reply::default() }),
        None => watcher(exchange, incoming),
    };
    match watcher {
        Ok(watcher) => notices.lamps.subscribe(exchange, id, watcher, incoming).await,
        Err(Reply { status, headers, .. }) => {
            let headers = headers.into_iter().map(|(name, value)| (name.into_owned(), value)).collect();
            exchange.sip.subscription(id, SubscriptionCommand::Refuse { status, headers }).await;
        }
    }
}

async fn handle_request(
    exchange: &Arc<Exchange>,
    notices: &mut Notices,
    id: ServerTransactionId,
    incoming: &IncomingRequest,
) {
    if let Some(status) = exchange.refusal(&incoming.request, incoming.flow) {
        return exchange.sip.respond(id, Reply { status, ..Reply::default() }).await;
    }
    let reply = match incoming.request.method() {
        Some(Method::Register) => register(exchange, incoming),
        Some(Method::Publish) => publish(exchange, notices, incoming),
        Some(Method::Message) => match watcher(exchange, incoming) {
            Ok(sender) => return notices.messenger.deliver(Instant::now(), exchange, id, sender, incoming).await,
            Err(refused) => refused,
        },
        // The same for every name, so that a scan learns nothing.
        Some(Method::Options) => Reply { status: 200, ..Reply::default() },
        _ => Reply { status: 405, headers: vec![("Allow".into(), ALLOW.into())], ..Reply::default() },
    };
    exchange.sip.respond(id, reply).await;
}

fn publish(exchange: &Exchange, notices: &mut Notices, incoming: &IncomingRequest) -> Reply {
    let directory = exchange.directory();
    match watcher(exchange, incoming) {
        Ok(watcher) => match watcher.number.and_then(|number| directory.extension(number.as_str()).cloned()) {
            Some(own) => notices.publications.publish(Instant::now(), exchange, &own, &incoming.request),
            None => Reply { status: 403, ..Reply::default() },
        },
        Err(refused) => refused,
    }
}

/// Who subscribes or sends a message. A trusted peer may speak for any extension, as it may call for any.
fn watcher(exchange: &Exchange, incoming: &IncomingRequest) -> Result<Watcher, Reply> {
    let directory = exchange.directory();
    let request = &incoming.request;
    let uri = request.from().map(|from| String::from_utf8_lossy(from.uri_bytes()).into_owned()).unwrap_or_default();
    match sender(exchange, &directory, Instant::now(), request, incoming.flow) {
        Sender::Extension(extension) => Ok(Watcher {
            account: extension.number.as_str().to_owned(),
            number: Some(extension.number.clone()),
            user: extension.number.as_str().to_owned(),
            name: extension.name.clone(),
            uri,
        }),
        Sender::Trusted => {
            let Party { number, name, extension } = claimed_caller(&directory, request);
            let account = incoming.flow.remote.to_string();
            Ok(Watcher { account, number: extension, user: number, name, uri })
        }
        Sender::Refused(status, headers) => Err(Reply { status, headers, ..Reply::default() }),
        Sender::Trunk(_) => Err(Reply { status: 403, ..Reply::default() }),
    }
}

fn register(exchange: &Exchange, incoming: &IncomingRequest) -> Reply {
    if !exchange.config.takes_registrations(incoming.flow.local) {
        info!(source = %incoming.flow.remote, "tried to register at a listener that faces the outside");
        return Reply { status: 403, ..Reply::default() };
    }
    let directory = exchange.directory();
    let now = Instant::now();
    let request = &incoming.request;
    let extension = match sender(exchange, &directory, now, request, incoming.flow) {
        Sender::Extension(extension) => extension,
        // A trusted peer still proves whose phone it is when it registers.
        Sender::Trusted => match authenticate(exchange, &directory, now, request, incoming.flow.remote) {
            Sender::Extension(extension) => extension,
            Sender::Refused(status, headers) => return Reply { status, headers, ..Reply::default() },
            Sender::Trusted | Sender::Trunk(_) => return Reply { status: 403, ..Reply::default() },
        },
        Sender::Trunk(_) => return Reply { status: 403, ..Reply::default() },
        Sender::Refused(status, headers) => return Reply { status, headers, ..Reply::default() },
    };
    // One may register oneself only.
    let aor = request.to().and_then(|to| to.uri()).and_then(|uri| uri.user().map(|u| u.into_owned()));
    if aor.as_deref() != Some(extension.number.as_str()) {
        info!(extension = %extension.number, "tried to register another's number");
        return Reply { status: 403, ..Reply::default() };
    }
    exchange.registrar.register(now, &extension, incoming)
}

/// Who makes a call: a trunk, when it comes from one and bears no password of a phone, or whoever sends requests.
fn caller(exchange: &Exchange, directory: &Directory, now: Instant, invite: &Message, flow: Flow) -> Sender {
    use HeaderName::{Authorization, ProxyAuthorization};
    let bears_password = [Authorization, ProxyAuthorization].iter().any(|name| invite.header(*name).is_some());
    let is_somebody = bears_password || exchange.browsers.number(&flow).is_some();
    match exchange.trunks.of_call(invite, flow.remote) {
        Some(trunk) if !is_somebody => Sender::Trunk(trunk),
        _ => sender(exchange, directory, now, invite, flow),
    }
}

fn sender(exchange: &Exchange, directory: &Directory, now: Instant, request: &Message, flow: Flow) -> Sender {
    if let Some(number) = exchange.browsers.number(&flow) {
        // It may be gone since the page was let in.
        let extension = directory.extension(number.as_str()).cloned();
        return extension.map_or(Sender::Refused(403, Vec::new()), Sender::Extension);
    }
    if exchange.config.trusted_peers.contains(&flow.remote) {
        return Sender::Trusted;
    }
    authenticate(exchange, directory, now, request, flow.remote)
}

/// Digest authentication (RFC 8760). The answer is the same whether the name is unknown or the password is wrong.
fn authenticate(
    exchange: &Exchange,
    directory: &Directory,
    now: Instant,
    request: &Message,
    remote: SocketAddr,
) -> Sender {
    let on_offer = &exchange.config.digest;
    // What is not on offer proves nothing: no secret is as good as a wrong one.
    let kept = |algorithm, secret: &String| if on_offer.contains(&algorithm) { secret.clone() } else { String::new() };
    let secret = |user: &str| {
        let ha1 = directory.extension(user)?.ha1.as_ref()?;
        Some(Ha1 { md5: kept(Algorithm::Md5, &ha1.md5), sha256: kept(Algorithm::Sha256, &ha1.sha256) })
    };
    let challenged = |stale: bool| {
        let [sha256, md5] = exchange.authenticator.challenge(now, stale);
        let md5_alone = on_offer.contains(&Algorithm::Md5) && gives_up_on_sha256(request);
        let offered = on_offer.iter().filter(|algorithm| !md5_alone || **algorithm == Algorithm::Md5);
        let challenges = offered.map(|algorithm| match algorithm {
            Algorithm::Sha256 => sha256.clone(),
            Algorithm::Md5 => md5.clone(),
        });
        Sender::Refused(401, challenges.map(|c| (Cow::Borrowed("WWW-Authenticate"), c)).collect())
    };
    let offended = |offence| {
        // Who writes a carrier's address on datagrams must not be able to have it banned.
        if !exchange.trunks.knows(remote.ip()) {
            exchange.guard.note(now, remote, offence, || exchange.registrar.peers_at(remote.ip()));
        }
    };
    match exchange.authenticator.verify(now, request, secret) {
        Verdict::Ok { username } => match directory.extension(&username) {
            Some(extension) => {
                exchange.guard.proven(remote);
                Sender::Extension(Arc::clone(extension))
            }
            None => challenged(false),
        },
        Verdict::Missing => {
            // Every phone's first request is one of these; that the name is known is not told by the answer.
            offended(if is_known(directory, request) { Offence::NoPassword } else { Offence::UnknownName });
            challenged(false)
        }
        Verdict::Stale => challenged(true),
        Verdict::Bad => {
            debug!(%remote, "wrong credentials");
            offended(Offence::WrongPassword);
            challenged(false)
        }
    }
}

/// Whether the sender claims to be somebody of the house.
fn is_known(directory: &Directory, request: &Message) -> bool {
    let from = request.from().and_then(|from| from.uri());
    from.and_then(|uri| uri.user().map(|user| directory.extension(&user).is_some())).unwrap_or(false)
}

/// Whether the phone is one that fails on a challenge by an algorithm it does not know instead of passing it over, as
/// RFC 3261 §22.1 asks. Claiming to be one gains nothing: MD5 is on offer anyway.
fn gives_up_on_sha256(request: &Message) -> bool {
    let Some(agent) = request.header(HeaderName::UserAgent) else { return false };
    // Debian 12 ships baresip 1.0, whose libre returns ENOSYS.
    [&b"baresip v0."[..], b"baresip v1."].iter().any(|old| agent.starts_with(old))
}

/// Whom a trusted peer says it calls for.
fn claimed_caller(directory: &Directory, request: &Message) -> Party {
    let from = request.from();
    let number = from.and_then(|f| f.uri()).and_then(|uri| uri.user().map(|u| u.into_owned()));
    let name = from.and_then(|f| f.display()).unwrap_or_default();
    directory.party(number.as_deref().unwrap_or("anonymous"), &name)
}

async fn sleep_until(due: Option<tokio::time::Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}
