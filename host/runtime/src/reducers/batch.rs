//! One batch of inputs after the other for one key: run, put on the disk, tell.

use super::{
    dead, dial,
    outcome::{self, Checked, Effect},
    run,
    states::{Input, Kept, Snapshot, States},
    told_name,
};
use crate::{
    bindings::reducer::exports::jackfield::reducer::reduce::{self as guest, Dialled, Event},
    instance::{self, Fault, Running, State},
    log::one_line,
    registry::{Host, Loaded},
    store::{Held, InputKind, KeptInput, Write},
};
use jackfield_calls::house::OrderEnd;
use jackfield_model::Level;
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc::error::TrySendError;

/// Inputs of one batch.
const BATCH: usize = 64;
/// How often a batch is offered to the disk, and how long between.
const TRIES: u32 = 3;
const AGAIN: Duration = Duration::from_secs(1);

/// Work on the queue of a key until it is empty.
pub(super) async fn work(host: Arc<Host>, id: String, states: Arc<States>, key: String) {
    loop {
        let (batch, now) = {
            let mut contents = states.lock();
            let batch = contents.take(&key, BATCH);
            let Some(cell) = contents.cells.get_mut(&key) else { return };
            if batch.is_empty() && cell.queue.is_empty() {
                contents.rest(&key);
                return;
            }
            (batch, cell.now.clone())
        };
        if batch.is_empty() {
            continue;
        }
        let Some(plugin) = host.plugin(&id).filter(|plugin| plugin.takes_inputs()) else {
            refuse(&states, &key, batch, &format!("“{id}” is switched off"));
            continue;
        };
        let job = Job { host: &host, plugin: &plugin, states: &states, key: &key };
        job.take(batch, now).await;
    }
}

/// What a batch is taken for.
struct Job<'a> {
    host: &'a Arc<Host>,
    plugin: &'a Arc<Loaded>,
    states: &'a Arc<States>,
    key: &'a str,
}

impl Job<'_> {
    /// Take a batch; when it fails, one input after the other, so that one bad input takes no other with it.
    async fn take(&self, batch: Vec<Input>, now: Option<Arc<Snapshot>>) {
        match self.reduce(&batch, now.as_deref()).await {
            Ok(checked) => self.commit(batch, now.as_deref(), checked).await,
            Err(why) if batch.len() == 1 => self.set_aside(batch, &why).await,
            Err(_) => {
                for input in batch {
                    let now = self.states.lock().cells.get(self.key).and_then(|cell| cell.now.clone());
                    let one = vec![input];
                    match self.reduce(&one, now.as_deref()).await {
                        Ok(checked) => self.commit(one, now.as_deref(), checked).await,
                        Err(why) => self.set_aside(one, &why).await,
                    }
                }
            }
        }
    }

    /// What the plugin makes of it; the error is for whoever asked and for the log.
    async fn reduce(&self, batch: &[Input], now: Option<&Snapshot>) -> Result<Checked, String> {
        let Self { host, plugin, key, .. } = *self;
        let Some(pre) = plugin.code.as_ref().ok().and_then(|code| code.reduce.as_ref()) else {
            return Err("the plugin takes no inputs".into());
        };
        let Ok(_place) = host.reducing.acquire().await else { return Err("the host is ending".into()) };
        let limits = &host.limits;
        let (memory, cpu) = (limits.reducer_memory, limits.reducer_cpu);
        let state = State::new(Running::Reducer, Arc::clone(plugin), Arc::clone(host), memory, cpu);
        let mut store = instance::store(&host.wasm, state);
        let first = now.map_or(1, |now| now.seq + 1);
        let inputs: Vec<guest::Input> = batch.iter().zip(first..).map(|(input, seq)| to_guest(input, seq)).collect();
        let mut used = Duration::ZERO;
        plugin.life.meter.begun();
        let work = async {
            let instance = pre.instantiate_async(&mut store).await?;
            let (data, layout) = (now.map(|now| now.data.as_slice()), now.map_or(0, |now| now.layout));
            instance.jackfield_reducer_reduce().call_reduce(&mut store, key, data, layout, &inputs).await
        };
        let outcome = instance::within(limits.reducer_wall, instance::metered(&host.wasm.heart, &mut used, work)).await;
        plugin.life.meter.used(used, store.data().memory.peak);
        host.figures_changed(&plugin.life);
        let fault = match outcome {
            Some(Ok(Ok(outcome))) => match outcome::check(plugin, outcome, batch.len()) {
                Ok(checked) => {
                    let (news, cancelled) = self.news(batch, &checked.effects);
                    let room = self.states.lock().has_room_for(&news);
                    match room {
                        Ok(()) => return Ok(Checked { facts: store.into_data().told, news, cancelled, ..checked }),
                        Err(why) => Fault::Trapped(why),
                    }
                }
                Err(why) => Fault::Trapped(why),
            },
            Some(Ok(Err(why))) => Fault::Trapped(why),
            Some(Err(error)) => store.data_mut().fault(&error),
            None => Fault::Wall(limits.reducer_wall),
        };
        plugin.life.meter.failed();
        Err(fault.to_string())
    }

    /// Put it on the disk, then tell everybody.
    async fn commit(&self, batch: Vec<Input>, now: Option<&Snapshot>, checked: Checked) {
        let Self { host, plugin, states, key } = *self;
        let id = &plugin.record.id;
        let seq = now.map_or(0, |now| now.seq) + batch.len() as u64;
        let Checked { data, layout, replies, effects, news, cancelled, facts } = checked;
        // Before the state: a batch that is taken again tells the same facts again, which changes nothing.
        if !facts.is_empty()
            && let Err(why) = host.facts.record(id, facts).await
        {
            host.find(&plugin.life, Level::Error, &format!("reports will lack what “{key}” has told: {why}"), None);
        }
        let (plugin_id, own_key) = (id.clone(), key.to_owned());
        let mut writes = vec![match data.clone() {
            Some(data) => Write::Hold { plugin: plugin_id, held: Held { key: own_key, seq, layout, data } },
            None => Write::Release { plugin: plugin_id, key: own_key },
        }];
        writes.extend(batch.iter().filter_map(|input| self.taken(input)));
        writes.extend(cancelled.iter().map(|name| self.gone(InputKind::Timer, name)));
        writes.extend(news.iter().cloned().map(Write::KeepInput));
        if let Err(why) = self.write(writes).await {
            host.find(&plugin.life, Level::Error, &format!("“{key}” could not be kept: {why}"), None);
            return refuse(states, key, batch, &why);
        }
        let told = self.show(&batch, news, &cancelled, data.map(|data| Snapshot { seq, layout, data }));
        for (input, reply) in batch.into_iter().zip(replies) {
            if let Input::Asked { asker, .. } = input {
                // The script or the page may have gone meanwhile.
                drop(asker.send(Ok(reply)));
            }
        }
        for effect in effects {
            match effect {
                Effect::Send(call, word) => self.send(call, word),
                Effect::Dial(name, order) => dial(host, id, states, key, name, order),
                Effect::SetTimer(..) | Effect::CancelTimer(_) | Effect::Tell(..) => {}
            }
        }
        told.iter().filter(|to| *to != key).for_each(|to| run(host, id, states, to));
        host.reducers_changed.notify_one();
    }

    /// The inputs that are kept from now on, and the timers that are not any more.
    fn news(&self, batch: &[Input], effects: &[Effect]) -> (Vec<KeptInput>, Vec<String>) {
        let own = |kind, name: &str, due, payload: Vec<u8>| KeptInput {
            plugin: self.plugin.record.id.clone(),
            key: self.key.to_owned(),
            kind,
            name: name.to_owned(),
            due,
            payload,
            reason: String::new(),
        };
        let joined = batch.iter().filter_map(|input| match input {
            Input::Asked { call: Some(call), .. } => Some(own(InputKind::Call, call, 0, Vec::new())),
            _ => None,
        });
        let (mut news, mut cancelled): (Vec<_>, Vec<String>) = (joined.collect(), Vec::new());
        for effect in effects {
            match effect {
                Effect::SetTimer(name, due, payload) => news.push(own(InputKind::Timer, name, *due, payload.clone())),
                Effect::CancelTimer(name) => {
                    news.retain(|new| new.kind != InputKind::Timer || new.name != *name);
                    cancelled.push(name.clone());
                }
                Effect::Tell(to, payload) => {
                    let name = told_name(self.states.lock().count());
                    news.push(KeptInput { key: to.clone(), ..own(InputKind::Told, &name, 0, payload.clone()) });
                }
                Effect::Dial(name, _) => news.push(own(InputKind::Dial, name, 0, vec![OrderEnd::Failed as u8])),
                Effect::Send(..) => {}
            }
        }
        (news, cancelled)
    }

    /// It is on the disk: everybody may see it. Gives the keys that are told something.
    fn show(&self, batch: &[Input], news: Vec<KeptInput>, cancelled: &[String], now: Option<Snapshot>) -> Vec<String> {
        let mut contents = self.states.lock();
        for input in batch {
            if let Input::Kept { kind, name, .. } = input {
                contents.kept.remove(&(self.key.to_owned(), *kind, name.clone()));
            }
        }
        for name in cancelled {
            contents.kept.remove(&(self.key.to_owned(), InputKind::Timer, name.clone()));
        }
        let mut told = Vec::new();
        for KeptInput { key, kind, name, due, payload, .. } in news {
            let setting = contents.count();
            let place = (key.clone(), kind, name.clone());
            let kept = Kept { due, payload, setting, queued: false, reason: String::new() };
            contents.kept.insert(place.clone(), kept);
            match kind {
                InputKind::Told => {
                    contents.queue_kept(&place, self.host.clock.now_ms());
                    told.push(key);
                }
                InputKind::Dial => drop(contents.dialling.insert((key, name))),
                // It may have ended while this was written.
                InputKind::Call if !contents.mailboxes.contains_key(&(key, name)) => {
                    contents.queue_kept(&place, self.host.clock.now_ms());
                }
                InputKind::Timer | InputKind::Call | InputKind::Dead => {}
            }
        }
        if let Some(cell) = contents.cells.get_mut(self.key) {
            cell.now = now.map(Arc::new);
        }
        told
    }

    fn send(&self, call: String, word: Vec<u8>) {
        let mailbox = self.states.lock().mailboxes.get(&(self.key.to_owned(), call.clone())).cloned();
        if let Some(Err(TrySendError::Full(_))) = mailbox.map(|mailbox| mailbox.try_send(word)) {
            let text = format!("the call {call} reads no words; one is lost");
            self.host.find(&self.plugin.life, Level::Warn, &text, None);
        }
    }

    /// An input that cannot be taken: whoever asked is told, and what is kept is kept aside.
    async fn set_aside(&self, batch: Vec<Input>, why: &str) {
        let Self { host, plugin, states, key } = *self;
        for input in batch {
            let what = describe(&input);
            host.find(&plugin.life, Level::Error, &format!("“{key}” could not take {what}: {why}"), None);
            match input {
                Input::Asked { asker, .. } => drop(asker.send(Err(format!("the plugin failed: {why}")))),
                Input::Started { .. } => {}
                Input::Kept { at, kind, name, payload, .. } => {
                    let dead = dead::name(at, kind, &name);
                    let kept = KeptInput {
                        plugin: plugin.record.id.clone(),
                        key: key.to_owned(),
                        kind: InputKind::Dead,
                        name: dead.clone(),
                        due: at,
                        payload: payload.clone(),
                        reason: one_line(why),
                    };
                    let moved = self.write(vec![self.gone(kind, &name), Write::KeepInput(kept)]).await;
                    let surplus = {
                        let mut contents = states.lock();
                        if moved.is_err() {
                            continue;
                        }
                        contents.kept.remove(&(key.to_owned(), kind, name));
                        let kept = Kept { due: at, payload, setting: 0, queued: false, reason: one_line(why) };
                        contents.kept.insert((key.to_owned(), InputKind::Dead, dead), kept);
                        let surplus = contents.oldest_surplus();
                        surplus.inspect(|name| drop(contents.kept.remove(name)))
                    };
                    if let Some((key, kind, name)) = surplus {
                        let forgotten = Write::DropInput { plugin: plugin.record.id.clone(), key, kind, name };
                        // What stays on the disk is there again at the next start, and one is forgotten then.
                        drop(self.write(vec![forgotten]).await);
                    }
                }
            }
        }
    }

    /// What removes an input that has been taken.
    fn taken(&self, input: &Input) -> Option<Write> {
        match input {
            Input::Kept { kind, name, .. } => Some(self.gone(*kind, name)),
            Input::Asked { .. } | Input::Started { .. } => None,
        }
    }

    fn gone(&self, kind: InputKind, name: &str) -> Write {
        let (plugin, key) = (self.plugin.record.id.clone(), self.key.to_owned());
        Write::DropInput { plugin, key, kind, name: name.to_owned() }
    }

    async fn write(&self, writes: Vec<Write>) -> Result<(), String> {
        let mut tries = 1;
        loop {
            match self.host.clerk.write(writes.clone()).await {
                Ok(()) => return Ok(()),
                Err(why) if tries == TRIES => return Err(why),
                Err(_) => tokio::time::sleep(AGAIN).await,
            }
            tries += 1;
        }
    }
}

/// These are not taken now: whoever waits is told, and what is kept waits until the plugin begins again.
fn refuse(states: &States, key: &str, batch: Vec<Input>, why: &str) {
    for input in batch {
        match input {
            Input::Asked { asker, .. } => drop(asker.send(Err(why.to_owned()))),
            Input::Started { .. } => {}
            Input::Kept { kind, name, .. } => {
                if let Some(kept) = states.lock().kept.get_mut(&(key.to_owned(), kind, name)) {
                    kept.queued = false;
                }
            }
        }
    }
}

fn to_guest(input: &Input, seq: u64) -> guest::Input {
    let (at, event) = match input {
        Input::Started { at } => (*at, Event::Started),
        Input::Asked { at, call, payload, .. } => (*at, Event::Asked((call.clone(), payload.clone()))),
        Input::Kept { at, kind, name, payload, .. } => {
            let event = match kind {
                InputKind::Timer => Event::Timer((name.clone(), payload.clone())),
                InputKind::Call => Event::CallOver(name.clone()),
                InputKind::Dial => Event::Dialled((name.clone(), dialled(payload))),
                // Those that were set aside are given to nobody.
                InputKind::Told | InputKind::Dead => Event::Told(payload.clone()),
            };
            (*at, event)
        }
    };
    guest::Input { seq, at, event }
}

fn dialled(payload: &[u8]) -> Dialled {
    match payload.first().copied().and_then(OrderEnd::from_code) {
        Some(OrderEnd::Done) => Dialled::Done,
        Some(OrderEnd::Busy) => Dialled::Busy,
        Some(OrderEnd::NoAnswer) => Dialled::NoAnswer,
        Some(OrderEnd::Rejected) => Dialled::Rejected,
        Some(OrderEnd::Unavailable) => Dialled::Unavailable,
        Some(OrderEnd::Failed) | None => Dialled::Failed,
    }
}

fn describe(input: &Input) -> String {
    match input {
        Input::Asked { call: Some(_), .. } => "what a caller’s script asked".into(),
        Input::Asked { .. } => "what was asked".into(),
        Input::Started { .. } => "that the plugin begins".into(),
        Input::Kept { kind, name, .. } => format!("{} “{name}”", kind.word()),
    }
}
