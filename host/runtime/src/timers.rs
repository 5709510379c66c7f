//! When plugins want to be woken: kept by the store, watched by one task, one timer of a plugin after the other.

use crate::{
    background,
    plugins::Inner,
    registry::Loaded,
    store::{PluginStore, Timer, Write},
};
use jackfield_model::{Level, TimestampMs};
use std::{
    collections::{BTreeMap, HashSet},
    ops::Bound,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};
use tokio::sync::Notify;

/// Timers of one plugin.
const MOST: usize = 10_000;
/// How long after a failure a timer is due again.
const AGAIN: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(10), Duration::from_secs(60)];
/// The clock is looked at so often at least: somebody may have set it.
const LOOK: Duration = Duration::from_secs(30);

/// All timers of all plugins.
pub(crate) struct Alarms {
    store: Arc<dyn PluginStore>,
    set: Mutex<Set>,
    changed: Notify,
}

#[derive(Default)]
struct Set {
    /// By plugin and name.
    timers: BTreeMap<(String, String), Pending>,
    /// Plugins that are at work on a timer.
    busy: HashSet<String>,
}

#[derive(Clone)]
struct Pending {
    due: TimestampMs,
    payload: Vec<u8>,
    /// When it is tried next: `due`, or later after a failure.
    next: TimestampMs,
    failures: usize,
}

impl Alarms {
    pub(crate) fn new(store: Arc<dyn PluginStore>, timers: Vec<Timer>) -> Self {
        let timers =
            timers.into_iter().map(|timer| ((timer.plugin, timer.name), Pending::new(timer.due, timer.payload)));
        let set = Mutex::new(Set { timers: timers.collect(), busy: HashSet::new() });
        Self { store, set, changed: Notify::new() }
    }

    /// Set a timer, in place of one of the same name. The error says why it is not set.
    pub(crate) async fn set(&self, timer: Timer) -> Result<(), String> {
        let key = (timer.plugin.clone(), timer.name.clone());
        let full = {
            let set = self.lock();
            !set.timers.contains_key(&key) && set.of(&timer.plugin, "").count() >= MOST
        };
        if full {
            return Err(format!("{MOST} timers are set already: cancel some"));
        }
        self.store.write(&[Write::SetTimer(timer.clone())]).await.map_err(|e| e.to_string())?;
        self.lock().timers.insert(key, Pending::new(timer.due, timer.payload));
        self.look();
        Ok(())
    }

    /// There is no such timer any more.
    pub(crate) async fn cancel(&self, plugin: &str, name: &str) -> Result<(), String> {
        let key = (plugin.to_owned(), name.to_owned());
        if !self.lock().timers.contains_key(&key) {
            return Ok(());
        }
        let cancel = Write::CancelTimer { plugin: key.0.clone(), name: key.1.clone() };
        self.store.write(&[cancel]).await.map_err(|e| e.to_string())?;
        self.lock().timers.remove(&key);
        Ok(())
    }

    /// Names and times of a plugin's timers whose names begin with `prefix`.
    pub(crate) fn pending(&self, plugin: &str, prefix: &str, limit: usize) -> Vec<(String, TimestampMs)> {
        self.lock().of(plugin, prefix).take(limit).map(|(name, pending)| (name.clone(), pending.due)).collect()
    }

    /// A plugin's data is erased: it has no timers any more. The store forgets them by itself.
    pub(crate) fn forget(&self, plugin: &str) {
        self.lock().timers.retain(|(of, _), _| of != plugin);
    }

    /// Something has changed: look at what is due.
    pub(crate) fn look(&self) {
        self.changed.notify_one();
    }

    /// The timer that is due first of a plugin that may be woken, and how long until then.
    fn next(&self, now: TimestampMs, may_wake: impl Fn(&str) -> bool) -> Option<(Duration, Timer)> {
        let set = self.lock();
        let open = set.timers.iter().filter(|((plugin, _), _)| !set.busy.contains(plugin) && may_wake(plugin));
        let ((plugin, name), pending) = open.min_by_key(|(_, pending)| pending.next)?;
        let wait = Duration::from_millis(pending.next.saturating_sub(now));
        let (due, payload) = (pending.due, pending.payload.clone());
        Some((wait, Timer { plugin: plugin.clone(), name: name.clone(), due, payload }))
    }

    /// What came of a timer. Gives the reason when it is given up.
    async fn done(&self, timer: &Timer, now: TimestampMs, outcome: Result<(), String>) -> Option<String> {
        let key = (timer.plugin.clone(), timer.name.clone());
        let given_up = {
            let mut set = self.lock();
            let pending = set.timers.get_mut(&key)?;
            // The plugin has set it anew meanwhile.
            if pending.due != timer.due || pending.payload != timer.payload {
                return None;
            }
            match outcome {
                Ok(()) => None,
                Err(why) => match AGAIN.get(pending.failures) {
                    Some(wait) => {
                        pending.failures += 1;
                        pending.next = now + wait.as_millis() as TimestampMs;
                        return None;
                    }
                    None => Some(why),
                },
            }
        };
        match self.cancel(&timer.plugin, &timer.name).await {
            Ok(()) => given_up,
            Err(why) => {
                // It would be due again at once, for ever: as long as the store does not take it, wait.
                if let Some(pending) = self.lock().timers.get_mut(&key) {
                    pending.next = now + AGAIN[2].as_millis() as TimestampMs;
                }
                Some(format!("it may be woken again, since that could not be stored: {why}"))
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Set> {
        // Held for map operations, which cannot panic half-way.
        self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Set {
    fn of<'a>(&'a self, plugin: &'a str, prefix: &'a str) -> impl Iterator<Item = (&'a String, &'a Pending)> {
        let from = (plugin.to_owned(), prefix.to_owned());
        let timers = self.timers.range((Bound::Included(from), Bound::Unbounded));
        timers
            .take_while(move |((of, name), _)| of == plugin && name.starts_with(prefix))
            .map(|((_, name), pending)| (name, pending))
    }
}

impl Pending {
    fn new(due: TimestampMs, payload: Vec<u8>) -> Self {
        Self { due, payload, next: due, failures: 0 }
    }
}

/// Wake plugins when their timers are due, for as long as there are plugins. A plugin that is switched off is woken once it
/// is on again.
pub(crate) async fn watch(inner: Weak<Inner>) {
    loop {
        let Some(strong) = inner.upgrade() else { return };
        let host = Arc::clone(&strong.host);
        let roster = strong.roster.load_full();
        drop(strong);
        let woken = |id: &str| roster.all.get(id).filter(|plugin| can_be_woken(plugin));
        match host.alarms.next(host.clock.now_ms(), |id| woken(id).is_some()) {
            Some((wait, timer)) if wait.is_zero() => {
                let Some(plugin) = woken(&timer.plugin).cloned() else { continue };
                host.alarms.lock().busy.insert(timer.plugin.clone());
                tokio::spawn(async move {
                    let outcome = background::wake(&host, &plugin, &timer).await;
                    if let Err(why) = &outcome {
                        host.find(&plugin.life, Level::Warn, &format!("timer “{}”: {why}", timer.name), None);
                    }
                    if let Some(why) = host.alarms.done(&timer, host.clock.now_ms(), outcome).await {
                        let text = format!("timer “{}” is given up: {why}", timer.name);
                        host.find(&plugin.life, Level::Error, &text, None);
                    }
                    host.alarms.lock().busy.remove(&timer.plugin);
                    host.alarms.look();
                });
            }
            next => {
                let wait = next.map_or(LOOK, |(wait, _)| wait.min(LOOK));
                tokio::select! {
                    () = host.alarms.changed.notified() => {}
                    () = tokio::time::sleep(wait) => {}
                }
            }
        }
    }
}

fn can_be_woken(plugin: &Loaded) -> bool {
    plugin.record.enabled && plugin.code.is_ok()
}
