//! Running a script: one instance for one call, from its first verb to its end.

use crate::bindings::imports::jackfield::types::types::Error;
use crate::{
    breaker::Change,
    code::Code,
    hook,
    instance::{self, Fault, Running, State},
    interfaces::control::{OnCall, TakenUp},
    registry::{Blocked, Host, Loaded},
};
use jackfield_calls::{
    router::ScriptRef,
    scripts::{ScriptCall, ScriptEnd},
};
use jackfield_model::Level;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::time::Instant;

/// Run one script entry on a call.
pub(crate) async fn run(
    host: &Arc<Host>,
    plugin: Option<Arc<Loaded>>,
    script: ScriptRef,
    call: Box<dyn ScriptCall>,
) -> ScriptEnd {
    let Some(plugin) = plugin else {
        return ScriptEnd::Unavailable(format!("no plugin “{}” is installed", script.plugin));
    };
    let code = match ready(&plugin, &script.entry) {
        Ok(code) => code,
        Err(why) => return ScriptEnd::Unavailable(why),
    };
    let life = &plugin.life;
    let Some(_place) = Place::take(host) else {
        life.meter.skipped();
        host.figures_changed(life);
        return ScriptEnd::Unavailable(Fault::Full.to_string());
    };
    let key = call.caller().number;
    let Some(ticket) = life.script.admit(Instant::now(), &key) else {
        life.meter.skipped();
        host.figures_changed(life);
        return ScriptEnd::Unavailable(format!("“{}” rests after failures", plugin.record.id));
    };
    life.meter.begun();
    let live = life.meter.live();
    host.figures_changed(life);
    let id = call.id();

    let mut ticket = Some(ticket);
    let outcome = handle(host, &plugin, code, &script, call, || {
        if ticket.take().is_some_and(|ticket| ticket.succeeded(Instant::now()) == Change::Recovered) {
            hook::recovered(host, life);
        }
    })
    .await;

    drop(live);
    host.figures_changed(life);
    match outcome {
        // A caller who hangs up is no failure of the script.
        Ok(Ok(()) | Err(Error::Gone)) => ScriptEnd::Returned,
        Ok(Err(error)) => {
            let why = explain(&error);
            host.find(life, Level::Warn, &format!("script “{}” ended with an error: {why}", script.entry), Some(&id));
            ScriptEnd::Failed(why)
        }
        Err(Fault::Full) => ScriptEnd::Unavailable(Fault::Full.to_string()),
        Err(fault) => {
            let (now, why, jitter) = (Instant::now(), fault.to_string(), rand::random());
            let change = match ticket {
                Some(ticket) => ticket.failed(now, &key, &why, jitter),
                None => life.script.failed(now, &key, &why, jitter),
            };
            hook::failed(host, life, &fault, change, Some(&id));
            ScriptEnd::Failed(why)
        }
    }
}

/// What runs it, or why it cannot be started.
fn ready<'a>(plugin: &'a Loaded, entry: &str) -> Result<&'a Code, String> {
    let id = &plugin.record.id;
    if !plugin.record.enabled {
        return Err(format!("“{id}” is switched off"));
    }
    let code = match &plugin.code {
        Ok(code) => code,
        Err(Blocked::NeedsPermission(_)) => return Err(format!("“{id}” waits for an admin's approval")),
        Err(Blocked::Failed(why)) => return Err(format!("“{id}” is not loaded: {why}")),
    };
    let entries = plugin.body.as_ref().and_then(|body| body.package.manifest.script.as_ref());
    if !entries.is_some_and(|script| script.entries.iter().any(|known| known == entry)) {
        return Err(format!("“{id}” has no script “{entry}”"));
    }
    Ok(code)
}

/// The script from instantiation to its end; `taken_up` is called once it has done something for its caller.
async fn handle(
    host: &Arc<Host>,
    plugin: &Arc<Loaded>,
    code: &Code,
    script: &ScriptRef,
    call: Box<dyn ScriptCall>,
    taken_up: impl FnOnce(),
) -> Result<Result<(), Error>, Fault> {
    let Some(handler) = &code.handle else { return Err(Fault::Trapped("it exports no script".into())) };
    let limits = &host.limits;
    let mut state =
        State::new(Running::Script, Arc::clone(plugin), Arc::clone(host), limits.script_memory, limits.script_cpu);
    state.call = Some(call.id());
    let signal = Arc::new(TakenUp::default());
    let (on_call, caller) = OnCall::new(call, Arc::clone(&signal)).map_err(|e| Fault::Trapped(e.to_string()))?;
    state.on_call = Some(Box::new(on_call));
    let mut store = instance::store(&host.wasm, state);
    let mut cpu = Duration::ZERO;
    let guest = async {
        let instance = handler.instantiate_async(&mut store).await?;
        let handler = instance.jackfield_script_handler();
        handler.call_handle(&mut store, &script.entry, caller, &script.args).await
    };
    // Boxed, because it must end before the store can be asked what went wrong, and because it is large.
    let mut guest = Box::pin(instance::metered(&host.wasm.heart, &mut cpu, guest));
    let began = instance::within(limits.take_up, async {
        tokio::select! {
            biased;
            outcome = &mut guest => Some(outcome),
            () = signal.wait() => None,
        }
    });
    let outcome = match began.await {
        Some(Some(outcome)) => {
            if outcome.is_ok() {
                taken_up();
            }
            Some(outcome)
        }
        Some(None) => {
            taken_up();
            Some(guest.as_mut().await)
        }
        None => None,
    };
    drop(guest);
    plugin.life.meter.used(cpu, store.data().memory.peak);
    match outcome {
        Some(Ok(result)) => Ok(result),
        Some(Err(error)) => Err(store.data_mut().fault(&error)),
        None => Err(Fault::Wall(limits.take_up)),
    }
}

fn explain(error: &Error) -> String {
    match error {
        Error::Gone => "the caller has hung up".into(),
        Error::Invalid(text) | Error::Failed(text) => text.clone(),
        Error::Denied(text) => format!("not permitted: {text}"),
        Error::Other((code, text)) => format!("{code}: {text}"),
    }
}

/// A place of the pool, held while a script lives.
struct Place<'a>(&'a AtomicU32);

impl<'a> Place<'a> {
    fn take(host: &'a Host) -> Option<Self> {
        let most = host.wasm.most_scripts();
        let place = Self(&host.live_scripts);
        // Counted first and given back by drop when it was one too many.
        (host.live_scripts.fetch_add(1, Relaxed) < most).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}
