//! Lamps: phones that watch the lines of others by SUBSCRIBE (RFC 6665), packages `dialog` (RFC 4235) and `presence`
//! (RFC 3856, RFC 3863, RFC 4480).
//!
//! One NOTIFY is out per subscription; when it is answered the next one tells whatever is true then. So they stay in
//! order, a busy line costs no more than its watchers can take, and the last one told is never stale.

use crate::{
    exchange::Exchange,
    lines::{LineState, LineUse, Role},
};
use bytes::Bytes;
use jackfield_sip::{HeaderName, IncomingRequest, SubscriptionCommand, SubscriptionEvent, SubscriptionId, Uri};
use std::{
    collections::{HashMap, HashSet},
    fmt::Write,
    time::{Duration, Instant},
};

/// Longest subscription, in seconds.
const LONGEST: u32 = 3_600;
/// Subscriptions of one phone number; a side car of keys has a few dozen.
const MOST_PER_WATCHER: usize = 200;
/// After this long a NOTIFY counts as answered: its transaction is over.
const PATIENCE: Duration = Duration::from_secs(40);

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Package {
    Dialog,
    Presence,
}

/// The phones that watch lines.
#[derive(Default)]
pub(crate) struct Lamps {
    watches: HashMap<SubscriptionId, Watch>,
    by_number: HashMap<String, HashSet<SubscriptionId>>,
    by_watcher: HashMap<String, usize>,
}

struct Watch {
    package: Package,
    /// The line that is watched.
    number: String,
    /// Its address as the watcher named it.
    entity: String,
    watcher: String,
    version: u32,
    /// When the NOTIFY went that is not answered yet.
    told: Option<Instant>,
    /// Something happened since.
    due: bool,
}

impl Lamps {
    /// A phone that has proved to be `watcher` wants to watch a line.
    pub(crate) async fn subscribe(
        &mut self,
        exchange: &Exchange,
        id: SubscriptionId,
        watcher: String,
        incoming: &IncomingRequest,
    ) {
        let package = match package_of(&incoming.request.text(HeaderName::Event).unwrap_or_default()) {
            Ok(package) => package,
            Err(headers) => return refuse(exchange, id, 489, headers).await,
        };
        let uri = incoming.request.request_uri();
        let number = uri.and_then(|uri| uri.user().map(|user| user.into_owned())).unwrap_or_default();
        // The same for a number that does not exist: a line on which nothing ever happens.
        if number.is_empty() || number.len() > 64 {
            return refuse(exchange, id, 404, Vec::new()).await;
        }
        let count = self.by_watcher.entry(watcher.clone()).or_default();
        if *count == MOST_PER_WATCHER {
            return refuse(exchange, id, 403, Vec::new()).await;
        }
        *count += 1;
        exchange.lines.watch(&number);
        exchange.sip.subscription(id, SubscriptionCommand::Accept { expires: LONGEST }).await;
        let entity = entity(uri.as_ref(), &number);
        let watch = Watch { package, number: number.clone(), entity, watcher, version: 0, told: None, due: true };
        self.by_number.entry(number).or_default().insert(id);
        self.watches.insert(id, watch);
        self.tell(exchange, id).await;
    }

    /// Something happened to a subscription.
    pub(crate) async fn handle(&mut self, exchange: &Exchange, id: SubscriptionId, event: SubscriptionEvent) {
        let Some(watch) = self.watches.get_mut(&id) else { return };
        match event {
            SubscriptionEvent::Refreshed => watch.due = true,
            SubscriptionEvent::Notified => watch.told = None,
            SubscriptionEvent::Ended => return self.forget(exchange, id),
        }
        self.tell(exchange, id).await;
    }

    /// These lines have changed.
    pub(crate) async fn show(&mut self, exchange: &Exchange, numbers: HashSet<String>) {
        let mut due = Vec::new();
        for number in &numbers {
            for id in self.by_number.get(number).into_iter().flatten() {
                if let Some(watch) = self.watches.get_mut(id) {
                    watch.due = true;
                    due.push(*id);
                }
            }
        }
        for id in due {
            self.tell(exchange, id).await;
        }
    }

    async fn tell(&mut self, exchange: &Exchange, id: SubscriptionId) {
        let Some(watch) = self.watches.get_mut(&id) else { return };
        let now = Instant::now();
        let is_out = watch.told.is_some_and(|since| now - since < PATIENCE);
        if !watch.due || is_out {
            return;
        }
        (watch.due, watch.told) = (false, Some(now));
        let uses = exchange.lines.uses(&watch.number);
        let body = match watch.package {
            Package::Dialog => {
                let document = dialog_info(&watch.entity, watch.version, &uses);
                watch.version += 1;
                ("application/dialog-info+xml", document)
            }
            Package::Presence => {
                let reachable = exchange.registrar.is_registered(&watch.number);
                ("application/pidf+xml", pidf(&watch.entity, reachable, !uses.is_empty()))
            }
        };
        let body = Some((body.0.to_owned(), Bytes::from(body.1)));
        exchange.sip.subscription(id, SubscriptionCommand::Notify { body, headers: Vec::new() }).await;
    }

    fn forget(&mut self, exchange: &Exchange, id: SubscriptionId) {
        let Some(watch) = self.watches.remove(&id) else { return };
        if let Some(count) = self.by_watcher.get_mut(&watch.watcher) {
            *count -= 1;
            if *count == 0 {
                self.by_watcher.remove(&watch.watcher);
            }
        }
        if let Some(of_number) = self.by_number.get_mut(&watch.number) {
            of_number.remove(&id);
            if of_number.is_empty() {
                self.by_number.remove(&watch.number);
                exchange.lines.unwatch(&watch.number);
            }
        }
    }
}

async fn refuse(exchange: &Exchange, id: SubscriptionId, status: u16, headers: Vec<(String, String)>) {
    exchange.sip.subscription(id, SubscriptionCommand::Refuse { status, headers }).await;
}

/// The package of an Event header field, or what a 489 says instead (RFC 6665 §4.2.1.1).
fn package_of(event: &str) -> Result<Package, Vec<(String, String)>> {
    match event.split(';').next().unwrap_or_default().trim() {
        "dialog" => Ok(Package::Dialog),
        "presence" => Ok(Package::Presence),
        _ => Err(vec![(String::from("Allow-Events"), String::from("dialog, presence"))]),
    }
}

/// The address of a line in the words of who watches it.
fn entity(uri: Option<&Uri<'_>>, number: &str) -> String {
    let host = uri.and_then(|uri| uri.host().map(|host| host.to_string())).unwrap_or_default();
    format!("sip:{number}@{host}")
}

/// A document of RFC 4235 with the full state. A dialog bears names of our own making, by which a phone can pick the call
/// up with Replaces and which tell it nothing about the other side.
fn dialog_info(entity: &str, version: u32, uses: &[LineUse]) -> String {
    let host = entity.split_once('@').map_or("", |(_, host)| host);
    let entity = escaped(entity);
    let mut text = format!(
        "<?xml version=\"1.0\"?>\r\n<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"{version}\" \
         state=\"full\" entity=\"{entity}\">\r\n"
    );
    for LineUse { leg, role, state, remote } in uses {
        let id = leg.0;
        let direction = match role {
            Role::Initiator => "initiator",
            Role::Recipient => "recipient",
        };
        let state = match state {
            LineState::Trying => "trying",
            LineState::Early => "early",
            LineState::Confirmed => "confirmed",
        };
        let (number, name) = (escaped(&remote.number), escaped(&remote.name));
        // Writing into a String cannot fail.
        let _ = write!(
            text,
            "<dialog id=\"{id:x}\" call-id=\"{LINE}{id:x}\" local-tag=\"{id:x}\" remote-tag=\"jackfield\" \
             direction=\"{direction}\"><state>{state}</state><local><identity>{entity}</identity><target \
             uri=\"{entity}\"/></local><remote><identity display=\"{name}\">sip:{number}@{host}</identity><target \
             uri=\"sip:{number}@{host}\"/></remote></dialog>\r\n"
        );
    }
    text + "</dialog-info>\r\n"
}

/// What the Call-ID in a dialog-info document begins with.
const LINE: &str = "line-";

/// The leg that such a Call-ID names.
pub(crate) fn leg_of_line(call_id: &[u8]) -> Option<jackfield_sip::LegId> {
    let id = std::str::from_utf8(call_id).ok()?.strip_prefix(LINE)?;
    u64::from_str_radix(id, 16).ok().map(jackfield_sip::LegId)
}

/// A presence document: open while a phone is registered, with `on-the-phone` while it is used.
fn pidf(entity: &str, reachable: bool, busy: bool) -> String {
    let entity = escaped(entity);
    let basic = if reachable { "open" } else { "closed" };
    let (activity, note) = match (reachable, busy) {
        (true, true) => ("<rpid:activities><rpid:on-the-phone/></rpid:activities>", "On the phone"),
        (true, false) => ("", "Available"),
        (false, _) => ("", "Not reachable"),
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" \
         xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" \
         entity=\"{entity}\">\r\n<tuple id=\"phone\"><status><basic>{basic}</basic></status><contact>{entity}</contact>\
         <note>{note}</note></tuple>\r\n<dm:person id=\"person\">{activity}<dm:note>{note}</dm:note></dm:person>\r\n\
         </presence>\r\n"
    )
}

/// Text inside XML, attributes included; control characters are no XML at all.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            control if control.is_control() => safe.push(' '),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_model::Party;
    use jackfield_sip::LegId;

    #[test]
    fn a_document_names_each_dialog_and_whom_it_is_with() {
        let remote = Party { number: "100".into(), name: "Ana \"A&B\" <x>".into(), extension: None };
        let used = LineUse { leg: LegId(0x2a), role: Role::Recipient, state: LineState::Early, remote };
        let text = dialog_info("sip:101@pbx.example", 3, &[used]);
        for part in [
            "version=\"3\" state=\"full\" entity=\"sip:101@pbx.example\"",
            "call-id=\"line-2a\"",
            "direction=\"recipient\"><state>early</state>",
            "display=\"Ana &quot;A&amp;B&quot; &lt;x&gt;\">sip:100@pbx.example<",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert_eq!(leg_of_line(b"line-2a"), Some(LegId(0x2a)));
        assert_eq!(leg_of_line(b"2a@phone"), None);
        assert!(!dialog_info("sip:1@h", 0, &[]).contains("<dialog "));
    }

    #[test]
    fn presence_is_what_the_line_is() {
        assert!(pidf("sip:1@h", true, false).contains("<basic>open</basic>"));
        assert!(pidf("sip:1@h", true, true).contains("on-the-phone"));
        assert!(pidf("sip:1@h", false, false).contains("<basic>closed</basic>"));
    }

    #[test]
    fn unknown_packages_are_told_which_ones_there_are() {
        assert_eq!(package_of("dialog;sla"), Ok(Package::Dialog));
        assert!(package_of("conference").is_err_and(|headers| headers[0].0 == "Allow-Events"));
    }
}
