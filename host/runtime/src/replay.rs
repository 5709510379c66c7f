//! Recorded decisions, and what a new version of a plugin would have made of them.
//!
//! Routing is pure over what it is asked, so a decision can be asked again. The last thousand questions are kept in memory; before
//! a package is installed they are put to the plugins as they are and as they would be with it, and the admin sees which calls
//! would have gone elsewhere. Both are asked anew, so that what has changed in the house meanwhile is not taken for a difference.

use crate::{
    hook::{self, Earnest},
    plugins::Plugins,
    registry::{Body, Life, Loaded, Roster},
    store::InstalledPlugin,
    trial::Versions,
};
use jackfield_calls::router::RouteRequest;
use jackfield_model::{Difference, Replay};
use serde_json::Value;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Questions that are kept.
const KEPT: usize = 1_000;
/// Differences that are told one by one.
const TOLD: usize = 100;
/// How long a replay may take: a plugin that uses up its time with each question would make the admin wait for a minute.
const PATIENCE: Duration = Duration::from_secs(5);

/// The last questions that routing plugins were asked.
#[derive(Default)]
pub(crate) struct Recent(Mutex<VecDeque<RouteRequest>>);

impl Recent {
    pub(crate) fn keep(&self, request: RouteRequest) {
        let mut kept = self.questions();
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(request);
    }

    fn newest_first(&self) -> Vec<RouteRequest> {
        self.questions().iter().rev().cloned().collect()
    }

    fn questions(&self) -> MutexGuard<'_, VecDeque<RouteRequest>> {
        // Held for a push or a copy, never across an await.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Plugins {
    /// What of the last calls would have gone elsewhere with this package; `None` when it decides nothing, or nothing was asked.
    pub(crate) async fn replay(&self, body: &Arc<Body>) -> Option<Replay> {
        let host = &self.0.host;
        let questions = host.recent.newest_first();
        let now = self.0.roster.load_full();
        let then = self.with(&now, body);
        if questions.is_empty()
            || !then.routers.iter().any(|router| router.plugin.record.id == body.package.manifest.id)
        {
            return None;
        }
        let began = Instant::now();
        let mut replay = Replay { asked: 0, differ: 0, differences: Vec::new() };
        for question in questions {
            if began.elapsed() >= PATIENCE {
                break;
            }
            let before = hook::route(host, &now, question.clone(), Earnest::Supposed, Versions::InUse).await;
            let after = hook::route(host, &then, question.clone(), Earnest::Supposed, Versions::InUse).await;
            replay.asked += 1;
            if before.decision == after.decision {
                continue;
            }
            replay.differ += 1;
            if replay.differences.len() < TOLD {
                replay.differences.push(Difference {
                    call: question.call,
                    at: question.now,
                    caller: question.caller,
                    callee: question.callee,
                    before: before.as_step(),
                    after: after.as_step(),
                });
            }
        }
        Some(replay)
    }

    /// All plugins as they would be with this package in place, approved and switched on. Nothing of it outlives the question.
    fn with(&self, roster: &Roster, body: &Arc<Body>) -> Roster {
        let manifest = &body.package.manifest;
        let before = roster.all.get(&manifest.id);
        let (settings, _) = body.package.schema.migrate(before.map_or(&Value::Null, |p| &p.record.settings));
        let priority = manifest.hooks.router.as_ref().map_or(u32::MAX, |router| router.priority);
        let record = InstalledPlugin {
            id: manifest.id.clone(),
            version: manifest.version.to_string(),
            enabled: true,
            order: before.map_or(priority, |p| p.record.order),
            grants: body.compiled.needs(),
            settings,
            installed: self.0.host.clock.now_ms(),
            trial: None,
        };
        // What it keeps is read as it is; a decision writes nothing.
        let life = before.map_or_else(|| Arc::new(Life::new(&manifest.id)), |p| Arc::clone(&p.life));
        let candidate = Loaded::new(&self.0.host, record, life, Arc::clone(body));
        let mut all = roster.all.clone();
        all.insert(manifest.id.clone(), Arc::new(candidate));
        // What is only supposed takes fresh instances.
        Roster::new(all, 0)
    }
}
