//! Asking plugins about contacts that they have not handed over (`hooks/contacts`). Nothing waits for it that a caller waits for.

use crate::{
    background,
    bindings::knowing::exports::jackfield::hooks::contacts as guest,
    breaker::Change,
    code::Code,
    hook,
    interfaces::contacts::check,
    plugins::Plugins,
    registry::{Host, Loaded},
};
use jackfield_model::{Contact, Level};
use std::sync::Arc;
use tokio::{sync::Semaphore, time::Instant};

/// Most that are asked about at a time: whoever comes beyond goes without.
const AT_ONCE: usize = 2;
const LONGEST_TEXT: usize = 100;

/// What asking about a number has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookedUp {
    /// This is who has it.
    Somebody(Contact),
    /// Nobody whom a plugin knows.
    Nobody,
    /// It could not be asked about now.
    Failed,
}

/// Places for questions.
pub(crate) struct Questions(Semaphore);

impl Default for Questions {
    fn default() -> Self {
        Self(Semaphore::new(AT_ONCE))
    }
}

impl Plugins {
    /// Whether there is a plugin that can be asked about contacts.
    pub fn can_look_up(&self) -> bool {
        self.0.roster.load().all.values().any(|plugin| knowing(plugin).is_some())
    }

    /// Whose number this is, in E.164 with `+`: the first plugin that knows it counts.
    pub async fn look_up(&self, number: &str) -> LookedUp {
        let host = &self.0.host;
        let Ok(_place) = host.questions.0.try_acquire() else { return LookedUp::Failed };
        let mut outcome = LookedUp::Nobody;
        for plugin in self.asked() {
            let found = ask(host, &plugin, "lookup", async |store, code| {
                let Some(knowing) = &code.contacts else { return Ok(Ok(None)) };
                let instance = knowing.instantiate_async(&mut *store).await?;
                instance.jackfield_hooks_contacts().call_lookup(store, number).await
            });
            match found.await {
                Ok(Some(contact)) => match check(contact) {
                    Ok(contact) => return LookedUp::Somebody(contact),
                    Err(why) => host.find(&plugin.life, Level::Warn, &why, None),
                },
                Ok(None) => {}
                Err(()) => outcome = LookedUp::Failed,
            }
        }
        outcome
    }

    /// Contacts for whatever somebody types, by the plugin that knows them; at most `limit` of each.
    pub async fn search_contacts(&self, text: &str, limit: u32) -> Vec<(String, Contact)> {
        let host = &self.0.host;
        if text.len() > LONGEST_TEXT {
            return Vec::new();
        }
        let Ok(_place) = host.questions.0.try_acquire() else { return Vec::new() };
        let mut all = Vec::new();
        for plugin in self.asked() {
            let found = ask(host, &plugin, "search", async |store, code| {
                let Some(knowing) = &code.contacts else { return Ok(Ok(Vec::new())) };
                let instance = knowing.instantiate_async(&mut *store).await?;
                instance.jackfield_hooks_contacts().call_search(store, text, limit).await
            });
            let found: Vec<guest::Contact> = found.await.unwrap_or_default();
            let sound = found.into_iter().take(limit as usize).filter_map(|contact| check(contact).ok());
            all.extend(sound.map(|contact| (plugin.record.id.clone(), contact)));
        }
        all
    }

    fn asked(&self) -> Vec<Arc<Loaded>> {
        let roster = self.0.roster.load();
        roster.all.values().filter(|plugin| knowing(plugin).is_some()).cloned().collect()
    }
}

fn knowing(plugin: &Loaded) -> Option<&Code> {
    plugin.code.as_ref().ok().filter(|code| plugin.record.enabled && code.contacts.is_some())
}

/// Ask one plugin; what goes wrong is in its log.
async fn ask<T>(
    host: &Arc<Host>,
    plugin: &Arc<Loaded>,
    what: &str,
    question: impl AsyncFnOnce(&mut wasmtime::Store<crate::instance::State>, &Code) -> wasmtime::Result<Result<T, String>>,
) -> Result<T, ()> {
    let Some(code) = knowing(plugin) else { return Err(()) };
    let life = &plugin.life;
    let Some(ticket) = life.contacts.admit(Instant::now(), what) else {
        life.meter.skipped();
        host.figures_changed(life);
        return Err(());
    };
    let answer = background::run(host, plugin, host.limits.lookup_wall, async |store| question(store, code).await);
    match answer.await {
        Ok(answer) => {
            if ticket.succeeded(Instant::now()) == Change::Recovered {
                hook::recovered(host, life);
            }
            Ok(answer)
        }
        Err(why) => {
            let change = ticket.failed(Instant::now(), what, &why, rand::random());
            host.find(life, Level::Warn, &format!("{what}: {why}"), None);
            hook::rests(host, life, change, "contacts are not asked for meanwhile");
            Err(())
        }
    }
}
