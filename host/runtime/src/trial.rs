//! A version of a routing plugin that is tried beside the one in use: first watched, then deciding some of the calls, then all.
//!
//! While it is watched, every call that has been decided is put to it as well, apart from the call and without effect, and the
//! admin sees which would have gone elsewhere. With a share it decides that many of a hundred calls in earnest; which calls those
//! are follows from their ids, so a call keeps its version from its decision to the end of its script. A version that fails too
//! often rests, and the one in use has its calls meanwhile.

use crate::{
    admin::{AdminError, Consent, InstallError},
    breaker::Standing,
    hook::{self, Earnest},
    plugins::{Plugins, off_the_call_path},
    registry::{Body, Host, Life, Loaded, Roster},
    store::{InstalledPlugin, TrialTerms},
    trust::{SignedBy, Trust},
};
use jackfield_calls::router::{RouteRequest, Routed};
use jackfield_model::{AskOutcome, CallId, Difference, Level, PluginStatus, PluginTrial, Replay, TrialFindings};
use std::{
    collections::VecDeque,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};
use tokio::{sync::mpsc, time::Instant};

/// Calls that wait to be compared; more are counted as skipped.
const MOST_WAITING: usize = 256;
/// Differences that are kept, the newest.
const TOLD: usize = 100;
/// The largest share; more is what putting it in place is for.
const LARGEST_SHARE: u8 = 50;

/// A version that is tried.
pub(crate) struct Trial {
    /// The version, with figures and breakers of its own and what the plugin keeps.
    pub(crate) plugin: Arc<Loaded>,
    terms: TrialTerms,
    findings: Arc<Findings>,
}

/// What it has shown.
#[derive(Default)]
pub(crate) struct Findings(Mutex<Found>);

#[derive(Default)]
struct Found {
    decided: u64,
    compared: u32,
    differ: u32,
    failed: u64,
    skipped: u64,
    /// The newest first.
    differences: VecDeque<Difference>,
}

/// Which version of a plugin that is on trial is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Versions<'a> {
    /// The one in use.
    InUse,
    /// The one whose turn it is with this call.
    Turn,
    /// Of this plugin the one whose turn it is not, of the others the one whose turn it is.
    Other(&'a str),
}

/// A call that was decided, to be compared.
pub(crate) struct Decided {
    roster: Arc<Roster>,
    request: RouteRequest,
    routed: Routed,
}

impl Loaded {
    /// The same plugin with a version beside it that is tried on these terms; without any, when there are none.
    pub(crate) fn trying(mut self, host: &Host, body: &Arc<Body>, going: Option<&Trial>) -> Self {
        let Some(terms) = self.record.trial.clone() else { return self };
        let manifest = &body.package.manifest;
        let (settings, _) = body.package.schema.migrate(&self.record.settings);
        let record = InstalledPlugin {
            version: manifest.version.to_string(),
            grants: body.compiled.needs(),
            settings,
            installed: terms.since,
            trial: None,
            ..self.record.clone()
        };
        let life =
            going.map_or_else(|| Arc::new(Life::on_trial(&self.life, &terms.version)), |t| Arc::clone(&t.plugin.life));
        let findings = going.map(|trial| Arc::clone(&trial.findings)).unwrap_or_default();
        let plugin = Arc::new(Self::new(host, record, life, Arc::clone(body)));
        self.trial = Some(Trial { plugin, terms, findings });
        self
    }

    /// The version of it that is asked about this call.
    pub(crate) fn version(self: &Arc<Self>, call: &CallId, versions: Versions<'_>) -> &Arc<Self> {
        let Some(trial) = &self.trial else { return self };
        let turn = trial.has_turn(call);
        let tried = match versions {
            Versions::InUse => false,
            Versions::Turn => turn,
            Versions::Other(id) => turn != (id == self.record.id),
        };
        if tried { &trial.plugin } else { self }
    }

    /// The version of it that has a script of this name; the one in use when both or none have.
    pub(crate) fn version_with(self: &Arc<Self>, entry: &str) -> Arc<Self> {
        let tried = self.trial.as_ref().map(|trial| &trial.plugin);
        let other = tried.filter(|tried| !self.has_entry(entry) && tried.has_entry(entry));
        Arc::clone(other.unwrap_or(self))
    }
}

impl Trial {
    /// Whether it decides this call: as often as its share says, and always the same of one call.
    fn has_turn(&self, call: &CallId) -> bool {
        if self.terms.share == 0 || self.plugin.code.is_err() {
            return false;
        }
        let mut hasher = DefaultHasher::new();
        call.0.hash(&mut hasher);
        hasher.finish() % 100 < u64::from(self.terms.share) && self.may_be_asked()
    }

    /// Whether it was asked about a call in earnest.
    fn has_decided(&self, routed: &Routed) -> bool {
        let (id, version) = (&self.plugin.record.id, &self.terms.version);
        routed.asked.iter().any(|asked| asked.plugin.id == *id && asked.plugin.version == *version)
    }

    /// Whether it has not failed too often. Once it has rested, the next call that would be its turn tries it again.
    fn may_be_asked(&self) -> bool {
        self.standings().into_iter().all(|standing| match standing {
            Standing::Closed => true,
            Standing::Resting { until, .. } => Instant::now() >= until,
            Standing::Quarantined { .. } => false,
        })
    }

    /// Why it decides nothing for now.
    fn resting(&self) -> Option<String> {
        self.standings().into_iter().find_map(|standing| match standing {
            Standing::Closed => None,
            Standing::Resting { reason, .. } | Standing::Quarantined { reason } => Some(reason),
        })
    }

    fn standings(&self) -> [Standing; 2] {
        [self.plugin.life.router.standing(), self.plugin.life.script.standing()]
    }

    /// Everything for the plugin's card.
    pub(crate) fn status(&self) -> PluginTrial {
        let TrialTerms { version, share, since } = self.terms.clone();
        PluginTrial { version, share, since, resting: self.resting() }
    }
}

impl Findings {
    fn read(&self) -> TrialFindings {
        let found = self.found();
        let differences = found.differences.iter().cloned().collect();
        TrialFindings {
            decided: found.decided,
            replay: Replay { asked: found.compared, differ: found.differ, differences },
            failed: found.failed,
            skipped: found.skipped,
        }
    }

    fn found(&self) -> MutexGuard<'_, Found> {
        // Held for some additions or a copy, never across an await.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Have a call that was decided compared, apart from it.
pub(crate) fn decided(host: &Host, roster: &Arc<Roster>, request: Option<RouteRequest>, routed: &Routed) {
    let Some(request) = request else { return };
    for trial in roster.trials().filter(|trial| trial.has_decided(routed)) {
        trial.findings.found().decided += 1;
    }
    let decided = Decided { roster: Arc::clone(roster), request, routed: routed.clone() };
    if let Err(mpsc::error::TrySendError::Full(decided)) = host.decided.try_send(decided) {
        decided.roster.trials().for_each(|trial| trial.findings.found().skipped += 1);
    }
}

/// Compare calls one after the other, for as long as there are plugins.
pub(crate) async fn compare(host: Weak<Host>, mut calls: mpsc::Receiver<Decided>) {
    while let Some(call) = calls.recv().await {
        let Some(host) = host.upgrade() else { return };
        for plugin in call.roster.routers.iter().map(|router| &router.plugin).filter(|plugin| plugin.trial.is_some()) {
            compare_one(&host, plugin, &call).await;
        }
    }
}

/// Places for calls that wait to be compared.
pub(crate) fn waiting() -> (mpsc::Sender<Decided>, mpsc::Receiver<Decided>) {
    mpsc::channel(MOST_WAITING)
}

async fn compare_one(host: &Arc<Host>, plugin: &Arc<Loaded>, call: &Decided) {
    let Some(trial) = &plugin.trial else { return };
    let (id, request) = (&plugin.record.id, &call.request);
    let was_decided = trial.has_decided(&call.routed);
    let other = hook::route(host, &call.roster, request.clone(), Earnest::Supposed, Versions::Other(id)).await;
    let (before, after) = if was_decided { (&other, &call.routed) } else { (&call.routed, &other) };
    let failure = after.asked.iter().find_map(|asked| match &asked.outcome {
        AskOutcome::Failed { why } if asked.plugin.id == *id => Some(why),
        _ => None,
    });
    if let (Some(why), false) = (failure, was_decided) {
        host.find(&trial.plugin.life, Level::Warn, &format!("it would have failed: {why}"), Some(&request.call));
    }
    let difference = (before.decision != after.decision).then(|| Difference {
        call: request.call.clone(),
        at: request.now,
        caller: request.caller.clone(),
        callee: request.callee.clone(),
        before: before.as_step(),
        after: after.as_step(),
    });
    let mut found = trial.findings.found();
    found.failed += u64::from(failure.is_some());
    found.compared = found.compared.saturating_add(1);
    if let Some(difference) = difference {
        found.differ = found.differ.saturating_add(1);
        found.differences.truncate(TOLD - 1);
        found.differences.push_front(difference);
    }
    drop(found);
    host.figures_changed(&plugin.life);
}

impl Plugins {
    /// Try a package beside the installed version of its plugin: it is watched, and decides nothing before
    /// [`Plugins::set_trial_share`]. A trial that goes on already ends.
    ///
    /// # Errors
    /// When the package could not be installed either, or there is nothing to try it beside; the text says what to do.
    pub async fn try_out(&self, archive: &[u8], consent: Consent) -> Result<PluginStatus, InstallError> {
        let _only = self.0.admin.lock().await;
        let body = Arc::new(self.read(archive).await?);
        let manifest = &body.package.manifest;
        let (id, version) = (manifest.id.clone(), manifest.version.to_string());
        let refused = |why: &str| Err(InstallError::Trust(why.to_owned()));
        let Some(plugin) = self.0.roster.load().all.get(&id).cloned() else {
            return refused("there is no version of this plugin to try it beside: install it");
        };
        if self.0.host.trusted.judge(&id, body.package.signer).trust == Trust::Unknown {
            return refused("its publisher’s key is not known yet: confirm the key among the publishers, then try it");
        }
        self.admit(&body, &SignedBy::Trusted)?;
        if !plugin.record.enabled || plugin.code.is_err() {
            return refused("the installed version does not run: switch it on, or install this one in its place");
        }
        if plugin.record.version == version {
            return refused("this version is in use already: give the one to be tried another version number");
        }
        let missing = body.compiled.needs().iter().any(|needed| !plugin.record.grants.contains(needed));
        if missing && !consent.permissions {
            return refused("it asks for more than was approved: approve it");
        }
        let terms = TrialTerms { version: version.clone(), share: 0, since: self.0.host.clock.now_ms() };
        let record = InstalledPlugin { trial: Some(terms), ..plugin.record.clone() };
        let loaded = self.rebuild(&plugin, record).trying(&self.0.host, &body, None);
        let Some(trial) = &loaded.trial else { return refused("it cannot be tried") };
        if !trial.plugin.routes() {
            return refused("it decides nothing about calls, so there is nothing to compare: install it");
        }
        self.self_check(Arc::clone(&trial.plugin)).await.map_err(InstallError::SelfCheck)?;

        let (packages, name, bytes) = (Arc::clone(&self.0.packages), archive_on_trial(&id), archive.to_vec());
        let kept = off_the_call_path(move || crate::versions::write_whole(&packages, &name, &bytes)).await;
        kept.map_err(|e| InstallError::Store(e.to_string()))?;
        self.0.store.save(&loaded.record).await.map_err(|e| InstallError::Store(e.to_string()))?;
        let text = format!("version {version} is tried beside {}", loaded.record.version);
        self.0.host.find(&loaded.life, Level::Info, &text, None);
        self.swap(Arc::new(loaded));
        self.status(&id).ok_or_else(|| InstallError::Store("it was removed meanwhile".into()))
    }

    /// Have the version that is tried decide this many of a hundred calls from now on: 0 to 50.
    ///
    /// # Errors
    /// When there is no trial, so many are not possible, or it cannot be kept.
    pub async fn set_trial_share(&self, id: &str, share: u8) -> Result<PluginStatus, AdminError> {
        if share > LARGEST_SHARE {
            let text = format!(
                "A version that is tried decides at most {LARGEST_SHARE} of a hundred calls: put it in place for all."
            );
            return Err(AdminError::Refused(text));
        }
        let _only = self.0.admin.lock().await;
        {
            let roster = self.0.roster.load();
            let plugin = roster.all.get(id).ok_or_else(|| AdminError::Unknown(id.to_owned()))?;
            let trial = plugin.trial.as_ref().ok_or_else(no_trial)?;
            let reduces = |plugin: &Loaded| plugin.code.as_ref().is_ok_and(|code| code.reduce.is_some());
            if share > 0 && (reduces(plugin) || reduces(&trial.plugin)) {
                let text =
                    "It holds state that only one version can change: watch it, then put it in place for all calls.";
                return Err(AdminError::Refused(text.into()));
            }
            trial.plugin.life.router.reset();
            trial.plugin.life.script.reset();
        }
        let said = format!("the version that is tried decides {share} of a hundred calls");
        self.alter(id, &said, |_, record| {
            if let Some(terms) = &mut record.trial {
                terms.share = share;
            }
        })
        .await
    }

    /// Put the version that is tried in place for all calls.
    ///
    /// # Errors
    /// When there is no trial, or it cannot be installed.
    pub async fn adopt_trial(&self, id: &str) -> Result<PluginStatus, InstallError> {
        let _only = self.0.admin.lock().await;
        let none = || InstallError::Trust(no_trial().to_string());
        if self.0.roster.load().all.get(id).is_none_or(|plugin| plugin.trial.is_none()) {
            return Err(none());
        }
        let (packages, name) = (Arc::clone(&self.0.packages), archive_on_trial(id));
        let archive = off_the_call_path(move || packages.read(name)).await.map_err(|_| none())?;
        // Its permissions were approved when the trial began.
        self.put(&archive, Consent { permissions: true, signed_by: SignedBy::Trusted }).await
    }

    /// End a trial; the version in use has all calls.
    ///
    /// # Errors
    /// When there is none, or that cannot be kept.
    pub async fn end_trial(&self, id: &str) -> Result<PluginStatus, AdminError> {
        let _only = self.0.admin.lock().await;
        if self.0.roster.load().all.get(id).is_some_and(|plugin| plugin.trial.is_none()) {
            return Err(no_trial());
        }
        let status = self.alter(id, "the trial of another version has ended", |_, record| record.trial = None).await?;
        self.forget_trial(id).await;
        Ok(status)
    }

    /// What a trial has shown since it began or the host started; `None` when there is none.
    pub fn trial_findings(&self, id: &str) -> Option<TrialFindings> {
        self.0.roster.load().all.get(id)?.trial.as_ref().map(|trial| trial.findings.read())
    }

    /// Remove the package of a trial that is over.
    pub(crate) async fn forget_trial(&self, id: &str) {
        let (packages, name) = (Arc::clone(&self.0.packages), archive_on_trial(id));
        // When it stays, the next trial writes over it, and removing the plugin tries again.
        let _ = off_the_call_path(move || packages.remove_file(name)).await;
    }
}

/// The archive of the version of a plugin that is tried.
pub(crate) fn archive_on_trial(id: &str) -> String {
    format!("{id}.trial")
}

fn no_trial() -> AdminError {
    AdminError::Refused("No other version of it is tried: choose “Try it first” when you install one.".into())
}
