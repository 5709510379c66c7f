//! Lamps: phones that watch something of the house by SUBSCRIBE (RFC 6665). What each package tells is in `packages/`.
//!
//! One NOTIFY is out per subscription; when it is answered the next one tells whatever is true then. So they stay in
//! order, a busy line costs no more than its watchers can take, and the last one told is never stale. A NOTIFY that would
//! say what the one before said is not sent.

use crate::{
    availability::{Viewer, holder_of},
    directory::Directory,
    exchange::{Exchange, now_ms},
    inbound::Watcher,
    lines::LineUse,
    packages::{
        ALLOW_EVENTS, Document, Package, dialog,
        list::{self, List, Member},
        presence, profile, registration, summary,
        watchers::{self, WatcherEntry},
    },
};
use bytes::Bytes;
use jackfield_model::Number;
use jackfield_sip::{HeaderName, IncomingRequest, SubscriptionCommand, SubscriptionEvent, SubscriptionId, Uri};
use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
    time::{Duration, Instant},
};

/// Longest subscription, in seconds.
const LONGEST: u32 = 3_600;
/// Subscriptions of one phone number; a side car of keys has a few dozen.
const MOST_PER_WATCHER: usize = 200;
/// After this long a NOTIFY counts as answered: its transaction is over.
const PATIENCE: Duration = Duration::from_secs(40);

/// Header fields.
type Fields = Vec<(String, String)>;

/// The phones that watch something.
#[derive(Default)]
pub(crate) struct Lamps {
    watches: HashMap<SubscriptionId, Watch>,
    by_number: HashMap<String, HashSet<SubscriptionId>>,
    by_watcher: HashMap<String, usize>,
}

struct Watch {
    package: Package,
    watcher: Watcher,
    /// What is watched: one thing, or the members of the list.
    things: Vec<Thing>,
    list: Option<ListState>,
    /// When the NOTIFY went that is not answered yet.
    told: Option<Instant>,
    due: Due,
}

/// What the next NOTIFY is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Nothing,
    /// Something may have changed.
    Change,
    /// All of it is to be told.
    Everything,
}

struct ListState {
    uri: String,
    version: u32,
}

/// One line, person or mailbox as one watcher knows it.
struct Thing {
    number: String,
    /// Its address as the watcher named it.
    entity: String,
    version: u32,
    known: Known,
}

/// What was told last.
enum Known {
    Nothing,
    Dialogs(Vec<LineUse>),
    /// The hash of a document.
    Document(u64),
}

impl Lamps {
    /// A phone wants to watch something.
    pub(crate) async fn subscribe(
        &mut self,
        exchange: &Exchange,
        id: SubscriptionId,
        watcher: Watcher,
        incoming: &IncomingRequest,
    ) {
        let (watch, headers) = match self.watch(exchange, watcher, incoming) {
            Ok(accepted) => accepted,
            Err((status, headers)) => {
                return exchange.sip.subscription(id, SubscriptionCommand::Refuse { status, headers }).await;
            }
        };
        *self.by_watcher.entry(watch.watcher.account.clone()).or_default() += 1;
        for thing in &watch.things {
            exchange.lines.watch(&thing.number);
            self.by_number.entry(thing.number.clone()).or_default().insert(id);
        }
        let of_presence = (watch.package == Package::Presence).then(|| numbers(&watch));
        self.watches.insert(id, watch);
        exchange.sip.subscription(id, SubscriptionCommand::Accept { expires: LONGEST, headers }).await;
        self.tell(exchange, id).await;
        self.watchers_changed(exchange, of_presence.unwrap_or_default()).await;
    }

    /// Something happened to a subscription.
    pub(crate) async fn handle(&mut self, exchange: &Exchange, id: SubscriptionId, event: SubscriptionEvent) {
        let Some(watch) = self.watches.get_mut(&id) else { return };
        match event {
            SubscriptionEvent::Refreshed => watch.due = Due::Everything,
            SubscriptionEvent::Notified => watch.told = None,
            SubscriptionEvent::Ended => {
                let of_presence = (watch.package == Package::Presence).then(|| numbers(watch));
                self.forget(exchange, id);
                return self.watchers_changed(exchange, of_presence.unwrap_or_default()).await;
            }
        }
        self.tell(exchange, id).await;
    }

    /// Something about these numbers has changed.
    pub(crate) async fn show(&mut self, exchange: &Exchange, numbers: HashSet<String>) {
        let of_number = |number| self.by_number.get(number).into_iter().flatten().copied();
        let due: HashSet<SubscriptionId> = numbers.iter().flat_map(of_number).collect();
        for id in due {
            if let Some(watch) = self.watches.get_mut(&id) {
                watch.due = watch.due.max(Due::Change);
            }
            self.tell(exchange, id).await;
        }
    }

    /// Others watch these numbers' presence than before: whoever wants to know is told.
    async fn watchers_changed(&mut self, exchange: &Exchange, numbers: Vec<String>) {
        for number in numbers {
            let ids = self.by_number.get(&number).into_iter().flatten().copied();
            let wants = |id: &SubscriptionId| self.watches.get(id).is_some_and(|w| w.package == Package::Watchers);
            for id in ids.filter(wants).collect::<Vec<_>>() {
                if let Some(watch) = self.watches.get_mut(&id) {
                    watch.due = watch.due.max(Due::Change);
                }
                self.tell(exchange, id).await;
            }
        }
    }

    /// What a SUBSCRIBE asks for and the header fields of the 200, or how it is refused.
    fn watch(
        &self,
        exchange: &Exchange,
        watcher: Watcher,
        incoming: &IncomingRequest,
    ) -> Result<(Watch, Fields), (u16, Fields)> {
        let request = &incoming.request;
        let field = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        let package = Package::of(&request.text(HeaderName::Event).unwrap_or_default());
        let package = package.filter(|p| *p != Package::Profile || exchange.config.profile_url.is_some());
        let package = package.ok_or_else(|| (489, field("Allow-Events", ALLOW_EVENTS)))?;
        let uri = request.request_uri();
        // What a phone does is told of its whole line, by whichever address it is asked for.
        let addressee = uri.map_or(Err(404), |uri| exchange.registrar.addressee(&uri));
        let user = addressee.map_err(|status| (status, Vec::new()))?.number().to_owned();
        if self.by_watcher.get(&watcher.account).is_some_and(|count| *count >= MOST_PER_WATCHER) {
            return Err((403, Vec::new()));
        }
        let list = exchange.config.lists.iter().find(|list| list.name == user);
        let (things, list, headers) = match list.filter(|_| package.is_for_lists()) {
            // RFC 4662 §4.1.
            Some(_) if !request.lists(HeaderName::Supported, "eventlist") => {
                return Err((421, field("Require", "eventlist")));
            }
            Some(List { name, members }) => {
                let things = members.iter().map(|number| Thing::new(number, entity(uri.as_ref(), number))).collect();
                let list = ListState { uri: entity(uri.as_ref(), name), version: 0 };
                (things, Some(list), field("Require", "eventlist"))
            }
            // The same for a number that does not exist: a line on which nothing ever happens.
            None if user.len() > 64 => return Err((404, Vec::new())),
            // A temporary GRUU does not tell whose it is, and neither does the document.
            None => {
                let named = uri.and_then(|uri| uri.user()).unwrap_or_default();
                (vec![Thing::new(&user, entity(uri.as_ref(), &named))], None, Vec::new())
            }
        };
        if package.is_private() && viewer(&exchange.directory(), &watcher, &user) != Viewer::Trusted {
            return Err((403, Vec::new()));
        }
        Ok((Watch { package, watcher, things, list, told: None, due: Due::Everything }, headers))
    }

    async fn tell(&mut self, exchange: &Exchange, id: SubscriptionId) {
        let now = Instant::now();
        let of_presence = self.watchers_for(id);
        let Some(watch) = self.watches.get_mut(&id) else { return };
        let is_out = watch.told.is_some_and(|since| now - since < PATIENCE);
        if watch.due == Due::Nothing || is_out {
            return;
        }
        let all = std::mem::replace(&mut watch.due, Due::Nothing) == Due::Everything;
        let directory = exchange.directory();
        let Watch { package, watcher, things, list, told, .. } = watch;
        let mut documents = things.iter_mut().map(|thing| {
            let viewer = viewer(&directory, watcher, &thing.number);
            let own = watcher.number.as_ref().map(Number::as_str);
            let document = thing.document(exchange, &directory, (*package, viewer, own), &of_presence, all);
            Member { entity: thing.entity.clone(), document }
        });
        let (document, headers) = match list {
            None => (documents.next().and_then(|member| member.document), Vec::new()),
            Some(list) => {
                let members: Vec<Member> = documents.collect();
                let any = all || members.iter().any(|member| member.document.is_some());
                let document = any.then(|| list::document(&list.uri, list.version, all, &members));
                list.version += u32::from(any);
                (document, vec![(String::from("Require"), String::from("eventlist"))])
            }
        };
        let Some(Document { kind, text }) = document else { return };
        *told = Some(now);
        let body = Some((kind, Bytes::from(text)));
        exchange.sip.subscription(id, SubscriptionCommand::Notify { body, headers }).await;
    }

    /// Who watches the presence of the number whose watchers this subscription watches.
    fn watchers_for(&self, id: SubscriptionId) -> Vec<WatcherEntry> {
        let Some(watch) = self.watches.get(&id).filter(|watch| watch.package == Package::Watchers) else {
            return Vec::new();
        };
        let ids = watch.things.iter().filter_map(|thing| self.by_number.get(&thing.number)).flatten();
        let entry = |id: &SubscriptionId| {
            let watch = self.watches.get(id).filter(|watch| watch.package == Package::Presence)?;
            Some(WatcherEntry { id: id.0, uri: watch.watcher.uri.clone() })
        };
        let mut entries: Vec<_> = ids.filter_map(entry).collect();
        entries.sort_by_key(|entry| entry.id);
        entries
    }

    fn forget(&mut self, exchange: &Exchange, id: SubscriptionId) {
        let Some(watch) = self.watches.remove(&id) else { return };
        if let Some(count) = self.by_watcher.get_mut(&watch.watcher.account) {
            *count -= 1;
            if *count == 0 {
                self.by_watcher.remove(&watch.watcher.account);
            }
        }
        for number in numbers(&watch) {
            let Some(of_number) = self.by_number.get_mut(&number) else { continue };
            of_number.remove(&id);
            if of_number.is_empty() {
                self.by_number.remove(&number);
                exchange.lines.unwatch(&number);
            }
        }
    }
}

impl Thing {
    fn new(number: &str, entity: String) -> Self {
        Self { number: number.to_owned(), entity, version: 0, known: Known::Nothing }
    }

    /// The next document, or nothing when it would say the same again and need not.
    fn document(
        &mut self,
        exchange: &Exchange,
        directory: &Directory,
        (package, viewer, own): (Package, Viewer, Option<&str>),
        watchers: &[WatcherEntry],
        all: bool,
    ) -> Option<Document> {
        let (entity, number) = (&self.entity, self.number.as_str());
        let availability = || {
            let extension = directory.extension(number);
            extension.map(|extension| exchange.availability.of(&holder_of(extension))).unwrap_or_default()
        };
        let document = match package {
            Package::Dialog => {
                let mut uses = exchange.lines.uses(number);
                uses.extend(exchange.key_lamps.shown(number, own));
                let names = viewer == Viewer::Trusted || !availability().hide_detail;
                let known = match &self.known {
                    Known::Dialogs(known) if !all => Some(&known[..]),
                    _ => None,
                };
                let document = dialog::document(entity, self.version, &uses, known, names)?;
                self.known = Known::Dialogs(uses);
                self.version += 1;
                return Some(document);
            }
            Package::Presence => {
                presence::document(entity, exchange.lines.phone(number), &viewer.sees(&availability()))
            }
            Package::Watchers => watchers::document(entity, self.version, watchers),
            Package::Summary => summary::document(entity, exchange.mailboxes.of(number)),
            Package::Registration => {
                registration::document(entity, self.version, &exchange.registrar.of(number), now_ms())
            }
            Package::Profile => profile::document(exchange.config.profile_url.as_deref().unwrap_or_default()),
        };
        let mut hasher = DefaultHasher::new();
        document.text.hash(&mut hasher);
        let hash = hasher.finish();
        // Those with a version in them are made only when something has happened.
        if !all && matches!(self.known, Known::Document(known) if known == hash) {
            return None;
        }
        self.known = Known::Document(hash);
        self.version += 1;
        Some(document)
    }
}

fn numbers(watch: &Watch) -> Vec<String> {
    watch.things.iter().map(|thing| thing.number.clone()).collect()
}

/// What somebody may see of the person at a number.
fn viewer(directory: &Directory, watcher: &Watcher, number: &str) -> Viewer {
    let Some(own) = watcher.number.as_ref().and_then(|own: &Number| directory.extension(own.as_str())) else {
        return Viewer::Stranger;
    };
    let same = directory.extension(number).is_some_and(|other| holder_of(other) == holder_of(own));
    if same || own.owner.is_some_and(|owner| directory.is_admin(owner)) { Viewer::Trusted } else { Viewer::Colleague }
}

/// The address of a line in the words of who watches it.
fn entity(uri: Option<&Uri<'_>>, number: &str) -> String {
    let host = uri.and_then(|uri| uri.host().map(|host| host.to_string())).unwrap_or_default();
    format!("sip:{number}@{host}")
}
