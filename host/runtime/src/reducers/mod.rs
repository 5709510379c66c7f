//! Reducers: state that the host holds for a plugin, and the inputs that change it.
//!
//! For each key one batch of inputs is taken at a time, in a fresh instance: [`batch`] runs it, and puts on the disk in one
//! transaction what becomes of it. Inputs that must not be lost (timers, what was told, calls that have joined, calls that
//! are made) are on the disk from when they come to be until that transaction, which removes them: so each is taken once,
//! however often the host is ended in between. Whoever asks and waits is told when it is done; if the host ends meanwhile,
//! nobody is left to be told.

mod batch;
mod dead;
mod outcome;
mod states;

pub use dead::{DeadInput, SettleError};
pub(crate) use dead::{all as dead_inputs, settle};
pub(crate) use outcome::{LARGEST_INPUT, check_key};
pub(crate) use states::States;

use crate::{
    plugins::Inner,
    registry::{Host, Loaded},
    store::{InputKind, KeptInput, Write},
};
use jackfield_calls::house::{CallOrder, OrderEnd};
use states::{Input, Kept, MOST_KEPT, MOST_WORDS};
use std::{
    sync::{Arc, Weak},
    time::Duration,
};
use tokio::sync::{mpsc, oneshot};

/// The clock is looked at so often at least: somebody may have set it.
const LOOK: Duration = Duration::from_secs(30);

/// A call that has joined a state: words for it, and that it is over when this is dropped.
pub(crate) struct Joined {
    host: Arc<Host>,
    plugin: Arc<Loaded>,
    key: String,
    call: String,
    pub(crate) words: mpsc::Receiver<Vec<u8>>,
}

/// Give an input and wait for the reply.
pub(crate) async fn ask(host: &Arc<Host>, plugin: &Loaded, key: &str, payload: Vec<u8>) -> Result<Vec<u8>, String> {
    let (asker, reply) = oneshot::channel();
    let input = Input::Asked { at: host.clock.now_ms(), call: None, payload, asker };
    plugin.life.states.lock().ask(key, input)?;
    run(host, &plugin.record.id, &plugin.life.states, key);
    reply.await.unwrap_or_else(|_| Err("it was erased meanwhile".into()))
}

/// Give an input in the name of a call, which has joined then.
pub(crate) async fn join(
    host: &Arc<Host>,
    plugin: &Arc<Loaded>,
    key: &str,
    call: String,
    payload: Vec<u8>,
) -> Result<(Joined, Vec<u8>), String> {
    let (mailbox, words) = mpsc::channel(MOST_WORDS);
    let (asker, reply) = oneshot::channel();
    {
        let mut contents = plugin.life.states.lock();
        let full = contents.kept.len() >= MOST_KEPT;
        if full {
            return Err(format!("{MOST_KEPT} inputs are kept already"));
        }
        // Before the answer: the first word may come with it.
        contents.mailboxes.insert((key.to_owned(), call.clone()), mailbox);
        let input = Input::Asked { at: host.clock.now_ms(), call: Some(call.clone()), payload, asker };
        if let Err(why) = contents.ask(key, input) {
            contents.mailboxes.remove(&(key.to_owned(), call));
            return Err(why);
        }
    }
    let joined = Joined { host: Arc::clone(host), plugin: Arc::clone(plugin), key: key.to_owned(), call, words };
    run(host, &plugin.record.id, &plugin.life.states, key);
    let reply = reply.await.unwrap_or_else(|_| Err("it was erased meanwhile".into()))?;
    Ok((joined, reply))
}

/// Keep an input until it is taken.
pub(crate) async fn tell(host: &Arc<Host>, plugin: &Loaded, key: &str, payload: Vec<u8>) -> Result<(), String> {
    let states = &plugin.life.states;
    let (name, setting) = {
        let mut contents = states.lock();
        if contents.kept.len() >= MOST_KEPT {
            return Err(format!("{MOST_KEPT} inputs are kept already"));
        }
        let setting = contents.count();
        (told_name(setting), setting)
    };
    let kept = KeptInput {
        plugin: plugin.record.id.clone(),
        key: key.to_owned(),
        kind: InputKind::Told,
        name: name.clone(),
        due: 0,
        payload: payload.clone(),
        reason: String::new(),
    };
    host.clerk.write(vec![Write::KeepInput(kept)]).await?;
    {
        let mut contents = states.lock();
        let name = (key.to_owned(), InputKind::Told, name);
        contents.kept.insert(name.clone(), Kept { due: 0, payload, setting, queued: false, reason: String::new() });
        contents.queue_kept(&name, host.clock.now_ms());
    }
    run(host, &plugin.record.id, states, key);
    Ok(())
}

/// The plugin begins to be used: every key is told, and is given what has waited.
pub(crate) fn begin(host: &Arc<Host>, plugin: &Arc<Loaded>) {
    if !plugin.code.as_ref().is_ok_and(|code| code.reduce.is_some()) {
        return;
    }
    let now = host.clock.now_ms();
    {
        let mut contents = plugin.life.states.lock();
        for cell in contents.cells.values_mut().filter(|cell| cell.now.is_some()) {
            cell.queue.push_back(Input::Started { at: now });
        }
        contents.queue_due(now);
    }
    run_all(host, plugin);
}

/// Give reducers the timers that are due, for as long as there are plugins. Those of a plugin that is off wait until it is on.
pub(crate) async fn watch(inner: Weak<Inner>) {
    loop {
        let Some(strong) = inner.upgrade() else { return };
        let host = Arc::clone(&strong.host);
        let roster = strong.roster.load_full();
        drop(strong);
        let now = host.clock.now_ms();
        let mut wait = LOOK;
        for plugin in roster.all.values().filter(|plugin| plugin.record.enabled && plugin.code.is_ok()) {
            if plugin.life.states.next_due().is_some_and(|due| due <= now) {
                plugin.life.states.lock().queue_due(now);
                run_all(&host, plugin);
            }
            if let Some(due) = plugin.life.states.next_due() {
                wait = wait.min(Duration::from_millis(due.saturating_sub(now).max(1)));
            }
        }
        drop(roster);
        tokio::select! {
            () = host.reducers_changed.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

fn run_all(host: &Arc<Host>, plugin: &Loaded) {
    let states = &plugin.life.states;
    let keys: Vec<String> =
        states.lock().cells.iter().filter(|(_, cell)| !cell.queue.is_empty()).map(|(key, _)| key.clone()).collect();
    keys.iter().for_each(|key| run(host, &plugin.record.id, states, key));
}

/// Have somebody work on the queue of a key, unless somebody does.
fn run(host: &Arc<Host>, plugin: &str, states: &Arc<States>, key: &str) {
    let free = {
        let mut contents = states.lock();
        contents.cells.get_mut(key).is_some_and(|cell| !std::mem::replace(&mut cell.busy, true))
    };
    if free {
        host.workers.spawn(batch::work(Arc::clone(host), plugin.to_owned(), Arc::clone(states), key.to_owned()));
    }
}

/// Make a call that a state wants, and tell it how that came out.
fn dial(host: &Arc<Host>, plugin: &str, states: &Arc<States>, key: &str, name: String, order: CallOrder) {
    let workers = host.workers.clone();
    let (host, plugin, states, key) = (Arc::clone(host), plugin.to_owned(), Arc::clone(states), key.to_owned());
    workers.spawn(async move {
        let end = match host.house.get() {
            Some(house) => house.call(order).await,
            None => OrderEnd::Failed,
        };
        {
            let mut contents = states.lock();
            contents.dialling.remove(&(key.clone(), name.clone()));
            let name = (key.clone(), InputKind::Dial, name);
            if let Some(kept) = contents.kept.get_mut(&name) {
                kept.payload = vec![end as u8];
            }
            contents.queue_kept(&name, host.clock.now_ms());
        }
        run(&host, &plugin, &states, &key);
    });
}

/// Names of told inputs sort as they were told.
fn told_name(count: u64) -> String {
    format!("{count:020}")
}

impl Drop for Joined {
    fn drop(&mut self) {
        let states = &self.plugin.life.states;
        {
            let mut contents = states.lock();
            contents.mailboxes.remove(&(self.key.clone(), self.call.clone()));
            let name = (self.key.clone(), InputKind::Call, self.call.clone());
            contents.queue_kept(&name, self.host.clock.now_ms());
        }
        // When the host is ending, nobody takes it any more: the call is over when the host begins again.
        run(&self.host, &self.plugin.record.id, states, &self.key);
    }
}
