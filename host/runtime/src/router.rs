//! A routing plugin in its place, with the instance that has decided and waits to decide again.
//!
//! An instance decides once and is dropped, unless its plugin says in `plugin.toml` that one may make several decisions
//! (`decisions`). Such an instance saves a call most of what a decision costs: being made and taken down, and parsing its settings.
//! It is dropped when it fails in any way, has made its decisions or holds much memory, and with the roster: so it never outlives
//! its settings, its grants or its version.

use crate::{
    config::Limits,
    instance::{self, State},
    registry::Loaded,
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wasmtime::{Store, component::Instance};

/// How many decisions a plugin may have one instance make.
pub(crate) const MOST_DECISIONS: u32 = 10_000;

/// A routing plugin, and its instance that waits.
pub(crate) struct Router {
    pub(crate) plugin: Arc<Loaded>,
    /// How many decisions one instance makes.
    decisions: u32,
    /// `None` while it decides, before the first call, and always when each decision takes a fresh one.
    waits: Mutex<Option<Decider>>,
}

/// An instance that has decided.
pub(crate) struct Decider {
    pub(crate) store: Store<State>,
    pub(crate) instance: Instance,
    /// How many decisions it has made.
    pub(crate) made: u32,
}

impl Router {
    /// In its place. `may_wait`: whether the pool has a place for an instance that waits.
    pub(crate) fn new(plugin: Arc<Loaded>, may_wait: bool) -> Self {
        let hook = plugin.body.as_ref().and_then(|body| body.package.manifest.hooks.router.as_ref());
        let decisions = hook.filter(|_| may_wait).map_or(1, |hook| hook.decisions);
        Self { plugin, decisions, waits: Mutex::default() }
    }

    /// The instance that waits, with its budgets whole again.
    pub(crate) fn take(&self) -> Option<Decider> {
        if self.decisions <= 1 {
            return None;
        }
        let mut decider = self.lock().take()?;
        instance::renew(&mut decider.store);
        Some(decider)
    }

    /// Have an instance that has answered wait for the next call. It is dropped when it has done its part, or another waits.
    pub(crate) fn keep(&self, decider: Decider, limits: &Limits) {
        // Rather a fresh one than a call that finds no memory left.
        if decider.made >= self.decisions || decider.store.data().memory.peak > limits.hook_memory / 2 {
            return;
        }
        let mut waits = self.lock();
        if waits.is_none() {
            *waits = Some(decider);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Decider>> {
        // Put in and taken out whole.
        self.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
