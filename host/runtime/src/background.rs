//! Work that no call waits for: a plugin begins, a timer is due, or something has happened.

use crate::{
    bindings::informed::exports::jackfield::hooks::events as guest,
    instance::{self, Fault, Running, State},
    reducers,
    registry::{Host, Loaded},
    store::{KeptEvent, Timer},
};
use jackfield_model::Level;
use std::{sync::Arc, time::Duration};
use wasmtime::Store;

/// What handles for recordings of other plugins begin with; ids of a plugin's own are hexadecimal.
pub(crate) const SHARED: &str = "shared:";

/// Let a plugin begin, if it is used and has something to do then. Returns at once.
pub(crate) fn start(host: &Arc<Host>, plugin: Arc<Loaded>) {
    // Before the house is open, nothing is known of it; then all begin.
    if !plugin.record.enabled || host.house.get().is_none() {
        return;
    }
    reducers::begin(host, &plugin);
    let Some(begin) = plugin.code.as_ref().ok().and_then(|code| code.start.clone()) else { return };
    let host = Arc::clone(host);
    tokio::spawn(async move {
        let outcome = run(&host, &plugin, host.limits.background_wall, async |store| {
            let instance = begin.instantiate_async(&mut *store).await?;
            instance.jackfield_hooks_start().call_started(store).await
        });
        if let Err(why) = outcome.await {
            host.find(&plugin.life, Level::Error, &format!("when it began: {why}"), None);
        }
    });
}

/// Tell a plugin that its timer is due.
pub(crate) async fn wake(host: &Arc<Host>, plugin: &Arc<Loaded>, timer: &Timer) -> Result<(), String> {
    let Some(woken) = plugin.code.as_ref().ok().and_then(|code| code.timer.clone()) else {
        return Err("it sets timers and does not export hooks/timer".into());
    };
    run(host, plugin, host.limits.background_wall, async |store| {
        let instance = woken.instantiate_async(&mut *store).await?;
        instance.jackfield_hooks_timer().call_on_timer(store, &timer.name, timer.due, &timer.payload).await
    })
    .await
}

/// Tell a plugin what has happened.
pub(crate) async fn tell(host: &Arc<Host>, plugin: &Arc<Loaded>, batch: &[Arc<KeptEvent>]) -> Result<(), String> {
    let Some(informed) = plugin.code.as_ref().ok().and_then(|code| code.events.clone()) else {
        return Err("it does not export hooks/events".into());
    };
    // Handles for recordings of others hold for this one instance, and for these events alone.
    let mut shared = Vec::new();
    let events: Vec<guest::Event> = batch
        .iter()
        .map(|event| {
            let handle = |recording: &String| {
                shared.push((event.publisher.clone(), recording.clone()));
                format!("{SHARED}{}", shared.len() - 1)
            };
            guest::Event {
                seq: event.seq,
                topic: event.topic.clone(),
                publisher: event.publisher.clone(),
                at: event.at,
                payload: event.payload.clone(),
                recordings: event.recordings.iter().map(handle).collect(),
            }
        })
        .collect();
    run(host, plugin, host.limits.background_wall, async |store| {
        store.data_mut().shared = shared;
        let instance = informed.instantiate_async(&mut *store).await?;
        instance.jackfield_hooks_events().call_on_events(store, &events).await
    })
    .await
}

/// Run a guest within the bounds of such work; the error is for the plugin's log.
pub(crate) async fn run<T>(
    host: &Arc<Host>,
    plugin: &Arc<Loaded>,
    wall: Duration,
    work: impl AsyncFnOnce(&mut Store<State>) -> wasmtime::Result<Result<T, String>>,
) -> Result<T, String> {
    let _place = host.aside.acquire().await.map_err(|_| "the host is ending".to_owned())?;
    let limits = &host.limits;
    let (memory, cpu) = (limits.background_memory, limits.background_cpu);
    let state = State::new(Running::Background, Arc::clone(plugin), Arc::clone(host), memory, cpu);
    let mut store = instance::store(&host.wasm, state);
    let mut used = Duration::ZERO;
    plugin.life.meter.begun();
    let guest = work(&mut store);
    let outcome = instance::within(wall, instance::metered(&host.wasm.heart, &mut used, guest)).await;
    plugin.life.meter.used(used, store.data().memory.peak);
    host.figures_changed(&plugin.life);
    let fault = match outcome {
        Some(Ok(said)) => return said,
        Some(Err(error)) => store.data_mut().fault(&error),
        None => Fault::Wall(wall),
    };
    plugin.life.meter.failed();
    Err(fault.to_string())
}
