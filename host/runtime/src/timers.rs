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
use tokio::sync::{self, Notify};

/// Timers of one plugin.
const MOST: usize = 10_000;
/// How long after a failure a timer is due again.
const AGAIN: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(10), Duration::from_secs(60)];
/// The clock is looked at so often at least: somebody may have set it.
const LOOK: Duration = Duration::from_secs(30);

/// All timers of all plugins.
pub(crate) struct Alarms {
    store: Arc<dyn PluginStore>,
    /// Held by whoever changes the store, so that what is set while a timer is cancelled is not lost.
    writing: sync::Mutex<()>,
    set: Mutex<Set>,
    changed: Notify,
}

#[derive(Default)]
struct Set {
    /// By plugin and name.
    timers: BTreeMap<(String, String), Pending>,
    /// Plugins that are at work on a timer.
    busy: HashSet<String>,
    /// How many timers were set so far.
    count: u64,
}

#[derive(Clone)]
struct Pending {
    due: TimestampMs,
    payload: Vec<u8>,
    /// When it is tried next: `due`, or later after a failure.
    next: TimestampMs,
    failures: usize,
    /// Which setting it is: a timer that is set anew is another one, whatever it is set to.
    setting: u64,
}

impl Alarms {
    pub(crate) fn new(store: Arc<dyn PluginStore>, timers: Vec<Timer>) -> Self {
        let mut set = Set::default();
        timers.into_iter().for_each(|timer| set.put(timer));
        Self { store, writing: sync::Mutex::default(), set: Mutex::new(set), changed: Notify::new() }
    }

    /// Set a timer, in place of one of the same name. The error says why it is not set.
    pub(crate) async fn set(&self, timer: Timer) -> Result<(), String> {
        let _only = self.writing.lock().await;
        let key = (timer.plugin.clone(), timer.name.clone());
        let full = {
            let set = self.lock();
            !set.timers.contains_key(&key) && set.of(&timer.plugin, "").count() >= MOST
        };
        if full {
            return Err(format!("{MOST} timers are set already: cancel some"));
        }
        self.store.write(&[Write::SetTimer(timer.clone())]).await.map_err(|e| e.to_string())?;
        self.lock().put(timer);
        self.look();
        Ok(())
    }

    /// There is no such timer any more.
    pub(crate) async fn cancel(&self, plugin: &str, name: &str) -> Result<(), String> {
        let _only = self.writing.lock().await;
        self.remove(plugin, name).await
    }

    /// The rest of [`Alarms::cancel`], for whoever holds `writing`.
    async fn remove(&self, plugin: &str, name: &str) -> Result<(), String> {
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

    /// The timer that is due first of a plugin that may be woken, how long until then, and which setting it is.
    fn next(&self, now: TimestampMs, may_wake: impl Fn(&str) -> bool) -> Option<(Duration, Timer, u64)> {
        let set = self.lock();
        let open = set.timers.iter().filter(|((plugin, _), _)| !set.busy.contains(plugin) && may_wake(plugin));
        let ((plugin, name), pending) = open.min_by_key(|(_, pending)| pending.next)?;
        let wait = Duration::from_millis(pending.next.saturating_sub(now));
        let (due, payload) = (pending.due, pending.payload.clone());
        Some((wait, Timer { plugin: plugin.clone(), name: name.clone(), due, payload }, pending.setting))
    }

    /// What came of this setting of a timer. Gives the reason when it is given up.
    async fn done(&self, timer: &Timer, setting: u64, now: TimestampMs, outcome: Result<(), String>) -> Option<String> {
        let _only = self.writing.lock().await;
        let key = (timer.plugin.clone(), timer.name.clone());
        let given_up = {
            let mut set = self.lock();
            let pending = set.timers.get_mut(&key)?;
            // The plugin has set it anew meanwhile.
            if pending.setting != setting {
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
        match self.remove(&timer.plugin, &timer.name).await {
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
    fn put(&mut self, Timer { plugin, name, due, payload }: Timer) {
        self.count += 1;
        let pending = Pending { due, payload, next: due, failures: 0, setting: self.count };
        self.timers.insert((plugin, name), pending);
    }

    fn of<'a>(&'a self, plugin: &'a str, prefix: &'a str) -> impl Iterator<Item = (&'a String, &'a Pending)> {
        let from = (plugin.to_owned(), prefix.to_owned());
        let timers = self.timers.range((Bound::Included(from), Bound::Unbounded));
        timers
            .take_while(move |((of, name), _)| of == plugin && name.starts_with(prefix))
            .map(|((_, name), pending)| (name, pending))
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
            Some((wait, timer, setting)) if wait.is_zero() => {
                let Some(plugin) = woken(&timer.plugin).cloned() else { continue };
                host.alarms.lock().busy.insert(timer.plugin.clone());
                tokio::spawn(async move {
                    let outcome = background::wake(&host, &plugin, &timer).await;
                    if let Err(why) = &outcome {
                        host.find(&plugin.life, Level::Warn, &format!("timer “{}”: {why}", timer.name), None);
                    }
                    if let Some(why) = host.alarms.done(&timer, setting, host.clock.now_ms(), outcome).await {
                        let text = format!("timer “{}” is given up: {why}", timer.name);
                        host.find(&plugin.life, Level::Error, &text, None);
                    }
                    host.alarms.lock().busy.remove(&timer.plugin);
                    host.alarms.look();
                });
            }
            next => {
                let wait = next.map_or(LOOK, |(wait, ..)| wait.min(LOOK));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;

    fn timer(due: TimestampMs) -> Timer {
        Timer { plugin: "org.a".into(), name: "x".into(), due, payload: Vec::new() }
    }

    async fn setup() -> (Arc<MemoryStore>, Alarms, u64) {
        let store = Arc::new(MemoryStore::default());
        let alarms = Alarms::new(Arc::clone(&store) as Arc<dyn PluginStore>, Vec::new());
        alarms.set(timer(5)).await.unwrap();
        let (_, found, setting) = alarms.next(10, |_| true).unwrap();
        assert_eq!(found, timer(5));
        (store, alarms, setting)
    }

    #[tokio::test]
    async fn what_is_done_is_gone_from_the_store_too() {
        let (store, alarms, setting) = setup().await;
        assert_eq!(alarms.done(&timer(5), setting, 10, Ok(())).await, None);
        assert!(alarms.next(10, |_| true).is_none() && store.timers().await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_timer_that_is_set_anew_while_its_plugin_is_woken_stays_though_it_is_the_same() {
        let (store, alarms, setting) = setup().await;
        alarms.set(timer(5)).await.unwrap();
        assert_eq!(alarms.done(&timer(5), setting, 10, Ok(())).await, None);
        assert!(alarms.next(10, |_| true).is_some_and(|(_, found, again)| found == timer(5) && again != setting));
        assert_eq!(store.timers().await.unwrap(), [timer(5)]);
    }

    #[tokio::test]
    async fn after_three_more_tries_a_timer_is_given_up() {
        let (store, alarms, setting) = setup().await;
        let mut now = 10;
        for wait in AGAIN {
            assert_eq!(alarms.done(&timer(5), setting, now, Err("no".into())).await, None);
            assert_eq!(alarms.next(now, |_| true).unwrap().0, wait);
            now += wait.as_millis() as TimestampMs;
        }
        assert_eq!(alarms.done(&timer(5), setting, now, Err("no".into())).await.as_deref(), Some("no"));
        assert!(store.timers().await.unwrap().is_empty());
    }
}
