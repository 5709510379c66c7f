//! What plugins tell each other, and what the house tells them: kept by the store until each subscriber has learnt of it.
//!
//! The work itself is done as that of timers is: in the background, one batch of a plugin after the other.

mod house;

pub(crate) use house::{TOPICS, listen};

use crate::{
    background, grants,
    manifest::is_name,
    plugins::Inner,
    registry::{Host, Loaded, Roster},
    store::{KeptEvent, Write},
};
use jackfield_model::{Level, TimestampMs};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};
use tokio::sync::{Notify, broadcast};

/// Events that wait for one plugin.
pub(crate) const MOST_WAITING: usize = 1_000;
/// Events of one plugin that are set aside; beyond it the oldest go.
const MOST_DEAD: usize = 200;
/// Events that a plugin is told at once.
const BATCH: usize = 64;
/// How long after a failure an event is told again; after that it is set aside.
const AGAIN: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(10)];
/// When the store does not take that an event was told.
const STORE_AGAIN: Duration = Duration::from_secs(60);
/// The clock is looked at so often at least: somebody may have set it.
const LOOK: Duration = Duration::from_secs(30);
/// How many events whoever watches may lag behind.
const BACKLOG: usize = 256;

/// All events of all plugins.
pub(crate) struct Events {
    queues: Mutex<Queues>,
    changed: Notify,
    /// What plugins publish, for whoever watches.
    published: broadcast::Sender<Arc<Published>>,
}

/// Something that a plugin has published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The topic, with the plugin's id.
    pub topic: String,
    /// JSON.
    pub payload: String,
    /// Recordings of the plugin.
    pub recordings: Vec<String>,
}

#[derive(Default)]
struct Queues {
    of: BTreeMap<String, Queue>,
    /// The highest number there was.
    last: u64,
}

#[derive(Default)]
struct Queue {
    waiting: BTreeMap<u64, Waiting>,
    dead: BTreeMap<u64, KeptEvent>,
    /// The plugin is being told.
    busy: bool,
}

struct Waiting {
    event: Arc<KeptEvent>,
    failures: usize,
    next: TimestampMs,
}

/// Whether this can be a topic: one of the house's, or a name of a plugin.
pub(crate) fn is_topic(topic: &str) -> bool {
    TOPICS.contains(&topic)
        || topic.split_once('/').is_some_and(|(plugin, name)| crate::manifest::is_id(plugin) && is_name(name))
}

impl Events {
    /// With what the store has.
    pub(crate) fn new(kept: Vec<KeptEvent>) -> Self {
        let mut queues = Queues::default();
        for event in kept {
            queues.last = queues.last.max(event.seq);
            let queue = queues.of.entry(event.plugin.clone()).or_default();
            match event.failed {
                Some(_) => drop(queue.dead.insert(event.seq, event)),
                None => queue.put(event),
            }
        }
        Self { queues: Mutex::new(queues), changed: Notify::new(), published: broadcast::Sender::new(BACKLOG) }
    }

    /// Everything that plugins publish from now on.
    pub(crate) fn watch(&self) -> broadcast::Receiver<Arc<Published>> {
        self.published.subscribe()
    }

    /// Something has changed: look at what is to be told.
    pub(crate) fn look(&self) {
        self.changed.notify_one();
    }

    /// A plugin's data is erased: nothing waits for it any more. The store forgets it by itself.
    pub(crate) fn forget(&self, plugin: &str) {
        self.lock().of.remove(plugin);
    }

    /// Events of a plugin that were set aside, newest first.
    pub(crate) fn dead(&self, plugin: &str) -> Vec<KeptEvent> {
        self.lock().of.get(plugin).map_or_else(Vec::new, |queue| queue.dead.values().rev().cloned().collect())
    }

    /// The batch that is to be told next of a plugin that may be told, or how long until there is one.
    fn next(
        &self,
        now: TimestampMs,
        may_tell: impl Fn(&str) -> bool,
    ) -> Result<(String, Vec<Arc<KeptEvent>>), Duration> {
        let mut queues = self.lock();
        let mut wait = LOOK;
        for (plugin, queue) in queues.of.iter_mut().filter(|(plugin, queue)| !queue.busy && may_tell(plugin)) {
            let due = queue.waiting.values().filter(|waiting| waiting.next <= now);
            let fresh: Vec<_> = due.clone().filter(|w| w.failures == 0).take(BATCH).map(|w| w.event.clone()).collect();
            // What has failed is told alone, so that it keeps nothing else from being told.
            let batch = match due.clone().find(|waiting| waiting.failures > 0) {
                Some(failed) => vec![Arc::clone(&failed.event)],
                None => fresh,
            };
            if !batch.is_empty() {
                queue.busy = true;
                return Ok((plugin.clone(), batch));
            }
            if let Some(next) = queue.waiting.values().map(|waiting| waiting.next).min() {
                wait = wait.min(Duration::from_millis(next.saturating_sub(now).max(1)));
            }
        }
        Err(wait)
    }

    /// Count a failure; gives those events that are given up.
    fn failed(&self, plugin: &str, batch: &[Arc<KeptEvent>], why: &str, now: TimestampMs) -> Vec<KeptEvent> {
        let mut queues = self.lock();
        let Some(queue) = queues.of.get_mut(plugin) else { return Vec::new() };
        let mut given_up = Vec::new();
        for event in batch {
            let Some(waiting) = queue.waiting.get_mut(&event.seq) else { continue };
            match AGAIN.get(waiting.failures) {
                Some(pause) => {
                    waiting.failures += 1;
                    waiting.next = now + millis(*pause);
                }
                None => {
                    let reason: String = why.chars().take(300).collect();
                    given_up.push(KeptEvent { failed: Some(now), reason: Some(reason), ..KeptEvent::clone(event) });
                }
            }
        }
        given_up
    }

    fn lock(&self) -> MutexGuard<'_, Queues> {
        // Held for map operations, which cannot panic half-way.
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn put(&mut self, event: KeptEvent) {
        self.waiting.insert(event.seq, Waiting { event: Arc::new(event), failures: 0, next: 0 });
    }
}

/// Keep an event for everybody who is on and subscribes to its topic; gives how many there are. `publisher` is empty for the
/// house.
pub(crate) async fn publish(
    host: &Host,
    roster: &Roster,
    publisher: &str,
    topic: &str,
    payload: &str,
    recordings: &[String],
) -> Result<u32, String> {
    let subscribers: Vec<&str> = roster
        .all
        .values()
        .filter(|plugin| subscribes(plugin, topic))
        .map(|plugin| plugin.record.id.as_str())
        .collect();
    if !publisher.is_empty() {
        let published =
            Published { topic: topic.to_owned(), payload: payload.to_owned(), recordings: recordings.to_vec() };
        // Nobody watches outside tests.
        let _ = host.events.published.send(Arc::new(published));
    }
    if subscribers.is_empty() {
        return Ok(0);
    }
    let now = host.clock.now_ms();
    let events: Vec<KeptEvent> = {
        let mut queues = host.events.lock();
        let full = |plugin: &&&str| queues.of.get(**plugin).is_some_and(|queue| queue.waiting.len() >= MOST_WAITING);
        if let Some(full) = subscribers.iter().find(full) {
            return Err(format!("{MOST_WAITING} events wait for {full} already: look at its log"));
        }
        // Numbers go by the time, so that they rise also when nothing is left of those before.
        queues.last = (queues.last + 1).max(now * 1_000);
        let seq = queues.last;
        let event = |plugin: &&str| KeptEvent {
            plugin: (*plugin).to_owned(),
            seq,
            topic: topic.to_owned(),
            publisher: publisher.to_owned(),
            at: now,
            payload: payload.to_owned(),
            recordings: recordings.to_vec(),
            failed: None,
            reason: None,
        };
        subscribers.iter().map(event).collect()
    };
    host.clerk.write(events.iter().cloned().map(Write::KeepEvent).collect()).await?;
    {
        let mut queues = host.events.lock();
        for event in events {
            queues.of.entry(event.plugin.clone()).or_default().put(event);
        }
    }
    host.events.look();
    Ok(subscribers.len() as u32)
}

/// Whether a plugin is on, subscribes to a topic, and was allowed to.
fn subscribes(plugin: &Loaded, topic: &str) -> bool {
    let listed = plugin.body.as_ref().is_some_and(|body| body.compiled.topics.iter().any(|known| known == topic));
    listed && can_be_told(plugin) && plugin.record.grants.contains(&grants::of_topic(topic))
}

fn can_be_told(plugin: &Loaded) -> bool {
    plugin.record.enabled && plugin.code.as_ref().is_ok_and(|code| code.events.is_some())
}

/// Tell plugins what waits for them, for as long as there are plugins. A plugin that is off is told once it is on again.
pub(crate) async fn watch(inner: Weak<Inner>) {
    loop {
        let Some(strong) = inner.upgrade() else { return };
        let host = Arc::clone(&strong.host);
        let roster = strong.roster.load_full();
        drop(strong);
        let told = |id: &str| roster.all.get(id).filter(|plugin| can_be_told(plugin));
        match host.events.next(host.clock.now_ms(), |id| told(id).is_some()) {
            Ok((id, batch)) => {
                let Some(plugin) = told(&id).cloned() else { continue };
                tokio::spawn(async move {
                    tell(&host, &plugin, &batch).await;
                    if let Some(queue) = host.events.lock().of.get_mut(&id) {
                        queue.busy = false;
                    }
                    host.events.look();
                });
            }
            Err(wait) => {
                drop(roster);
                tokio::select! {
                    () = host.events.changed.notified() => {}
                    () = tokio::time::sleep(wait) => {}
                }
            }
        }
    }
}

/// Tell a plugin, and keep what came of it.
async fn tell(host: &Arc<Host>, plugin: &Arc<Loaded>, batch: &[Arc<KeptEvent>]) {
    let id = plugin.record.id.as_str();
    let outcome = background::tell(host, plugin, batch).await;
    let now = host.clock.now_ms();
    let (gone, given_up) = match &outcome {
        Ok(()) => (batch.iter().map(|event| event.seq).collect(), Vec::new()),
        Err(why) => {
            host.find(&plugin.life, Level::Warn, &format!("{}: {why}", said(batch)), None);
            (Vec::new(), host.events.failed(id, batch, why, now))
        }
    };
    let mut writes: Vec<Write> = Vec::new();
    writes.extend(gone.iter().map(|seq| Write::DropEvent { plugin: id.to_owned(), seq: *seq }));
    writes.extend(given_up.iter().cloned().map(Write::KeepEvent));
    let surplus = {
        let queues = host.events.lock();
        let dead = queues.of.get(id).map(|queue| &queue.dead);
        let surplus = dead.map_or(0, |dead| (dead.len() + given_up.len()).saturating_sub(MOST_DEAD));
        dead.map_or_else(Vec::new, |dead| dead.keys().take(surplus).copied().collect::<Vec<_>>())
    };
    writes.extend(surplus.iter().map(|seq| Write::DropEvent { plugin: id.to_owned(), seq: *seq }));
    if writes.is_empty() {
        return;
    }
    let written = host.clerk.write(writes).await;
    let mut queues = host.events.lock();
    let Some(queue) = queues.of.get_mut(id) else { return };
    if let Err(why) = written {
        for event in batch {
            // It would be told again at once, for ever: as long as the store does not take it, wait.
            if let Some(waiting) = queue.waiting.get_mut(&event.seq) {
                waiting.next = now + millis(STORE_AGAIN);
            }
        }
        drop(queues);
        let text = format!("{} may come again, since that could not be stored: {why}", said(batch));
        return host.find(&plugin.life, Level::Error, &text, None);
    }
    for seq in gone.iter().chain(given_up.iter().map(|event| &event.seq)) {
        queue.waiting.remove(seq);
    }
    surplus.iter().for_each(|seq| drop(queue.dead.remove(seq)));
    for event in given_up {
        let text = format!("event “{}” is set aside: {}", event.topic, event.reason.as_deref().unwrap_or_default());
        host.find(&plugin.life, Level::Error, &text, None);
        queue.dead.insert(event.seq, event);
    }
}

/// Have an event told again that was set aside, or throw it away; `false` when there is none of this number.
pub(crate) async fn settle(host: &Host, plugin: &str, seq: u64, again: bool) -> Result<bool, String> {
    let Some(dead) = host.events.lock().of.get(plugin).and_then(|queue| queue.dead.get(&seq).cloned()) else {
        return Ok(false);
    };
    let event = KeptEvent { failed: None, reason: None, ..dead };
    let write = match again {
        true => Write::KeepEvent(event.clone()),
        false => Write::DropEvent { plugin: plugin.to_owned(), seq },
    };
    host.clerk.write(vec![write]).await?;
    {
        let mut queues = host.events.lock();
        let queue = queues.of.entry(plugin.to_owned()).or_default();
        queue.dead.remove(&seq);
        if again {
            queue.put(event);
        }
    }
    host.events.look();
    Ok(true)
}

fn said(batch: &[Arc<KeptEvent>]) -> String {
    match batch {
        [event] => format!("event “{}”", event.topic),
        _ => format!("{} events", batch.len()),
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(seq: u64) -> KeptEvent {
        KeptEvent {
            plugin: "org.a".into(),
            seq,
            topic: "calls/ended".into(),
            publisher: String::new(),
            at: 5,
            payload: "{}".into(),
            recordings: Vec::new(),
            failed: None,
            reason: None,
        }
    }

    fn seqs(batch: &[Arc<KeptEvent>]) -> Vec<u64> {
        batch.iter().map(|event| event.seq).collect()
    }

    #[test]
    fn what_has_failed_is_told_alone_and_keeps_nothing_else_waiting() {
        let events = Events::new((1..=100).map(event).collect());
        let again = |now| {
            events.lock().of.get_mut("org.a").unwrap().busy = false;
            events.next(now, |_| true)
        };
        let (_, batch) = again(10).unwrap();
        assert_eq!(batch.len(), BATCH);
        assert!(events.next(10, |_| true).is_err(), "one batch at a time");
        assert!(events.failed("org.a", &batch, "no", 10).is_empty());
        // The rest goes first, since the others rest for a second.
        assert_eq!(seqs(&again(11).unwrap().1), (65..=100).collect::<Vec<_>>());
        for (time, given_up) in [(1_010, 0), (11_010, 1)] {
            let (_, alone) = again(time).unwrap();
            assert_eq!(seqs(&alone), [1]);
            assert_eq!(events.failed("org.a", &alone, "no", time).len(), given_up);
        }
    }

    #[test]
    fn topics_are_the_houses_or_a_plugins_own() {
        for good in ["calls/missed", "org.jackfield.voicemail/left"] {
            assert!(is_topic(good), "{good}");
        }
        for bad in ["calls/began", "voicemail/left", "org.a/", "org.a/Left", "org.a/x/y", "org.a", "/x"] {
            assert!(!is_topic(bad), "{bad}");
        }
    }
}
