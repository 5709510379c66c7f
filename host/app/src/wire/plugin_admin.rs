//! The plugin runtime as the web page sees it.

use async_trait::async_trait;
use jackfield_api::{
    DeadEvent, DeadInput, DeadInputKind, FieldFault, InstallFault, KeptVersion, PackageSigner, Permission, PluginAdmin,
    PluginFault, PluginPreview, PluginPrompt, PluginSettings, PublisherKey, SettingsFault,
};
use jackfield_model::{Contact, Language, PluginLogLine, PluginMetric, PluginState, PluginStatus, TrialFindings};
use jackfield_runtime::{
    AdminError, Consent, InputKind, InstallError, KeptEvent, Plugins, SettingsError, SettleError, SignedBy, Trust,
    grants,
    signature::{PublicKey, plain_fingerprint},
};
use serde_json::Value;
use std::collections::BTreeMap;

/// The plugins, with what the configuration file switches off.
pub struct Administration {
    /// The plugins.
    pub plugins: Plugins,
    /// Plugins that stay off.
    pub kept_off: Vec<String>,
}

#[async_trait]
impl PluginAdmin for Administration {
    fn list(&self) -> Vec<PluginStatus> {
        self.plugins.list()
    }

    fn status(&self, id: &str) -> Option<PluginStatus> {
        self.plugins.status(id)
    }

    fn prompts(&self) -> Vec<PluginPrompt> {
        let of_plugin = |status: PluginStatus| {
            let mut names = BTreeMap::<String, Vec<String>>::new();
            for prompt in self.plugins.prompts(&status.id) {
                names.entry(prompt.name).or_default().push(prompt.language);
            }
            names.into_iter().map(move |(name, languages)| PluginPrompt { plugin: status.id.clone(), name, languages })
        };
        let languages = Vec::from(jackfield_prompts::Language::ALL.map(|language| language.code().to_owned()));
        let of_house = jackfield_prompts::names().map(|name| PluginPrompt {
            plugin: String::from(PluginPrompt::HOUSE),
            name,
            languages: languages.clone(),
        });
        self.plugins.list().into_iter().flat_map(of_plugin).chain(of_house).collect()
    }

    async fn inspect(&self, archive: &[u8]) -> Result<PluginPreview, InstallFault> {
        let (preview, replay) = self.plugins.inspect_and_replay(archive).await.map_err(not_installed)?;
        if let Some(why) = preview.signer.refusal {
            return Err(InstallFault::Invalid(format!("“{}” cannot be installed: {why}.", preview.name)));
        }
        Ok(PluginPreview {
            id: preview.id,
            name: preview.name,
            version: preview.version,
            publisher: preview.publisher,
            description: preview.description,
            license: preview.license,
            shapes: preview.shapes,
            size: preview.size,
            permissions: preview.permissions.into_iter().map(permission).collect(),
            replaces: preview.replaces,
            replay,
            dropped: preview.dropped.into_iter().map(permission).collect(),
            signer: PackageSigner {
                fingerprint: preview.signer.key.map(|key| key.fingerprint()),
                name: preview.signer.name,
                confirm: preview.signer.trust == Trust::Unknown,
            },
            changes: preview.changes,
        })
    }

    async fn install(
        &self,
        archive: &[u8],
        approve: bool,
        trust_key: Option<String>,
    ) -> Result<PluginStatus, InstallFault> {
        if !approve {
            let preview = self.plugins.inspect(archive).await.map_err(not_installed)?;
            let new = preview.permissions.into_iter().filter(|p| !p.granted).map(|p| p.capability).collect::<Vec<_>>();
            if !new.is_empty() {
                return Err(InstallFault::NeedsApproval(new));
            }
        }
        let signed_by = trust_key.map_or(SignedBy::Trusted, |seen| SignedBy::Fingerprint(plain_fingerprint(&seen)));
        self.plugins.install(archive, Consent { permissions: approve, signed_by }).await.map_err(not_installed)
    }

    async fn versions(&self, id: &str) -> Vec<KeptVersion> {
        let kept = self.plugins.kept_versions(id).await;
        kept.into_iter().map(|kept| KeptVersion { version: kept.version, current: kept.current }).collect()
    }

    async fn roll_back(&self, id: &str, version: &str) -> Result<PluginStatus, InstallFault> {
        self.plugins.roll_back(id, version).await.map_err(not_installed)
    }

    async fn try_out(&self, archive: &[u8], approve: bool) -> Result<PluginStatus, InstallFault> {
        let consent = Consent { permissions: approve, signed_by: SignedBy::Trusted };
        self.plugins.try_out(archive, consent).await.map_err(not_installed)
    }

    async fn set_trial_share(&self, id: &str, share: u8) -> Result<(), PluginFault> {
        self.plugins.set_trial_share(id, share).await.map(drop).map_err(not_done)
    }

    async fn adopt_trial(&self, id: &str) -> Result<PluginStatus, InstallFault> {
        self.plugins.adopt_trial(id).await.map_err(not_installed)
    }

    async fn end_trial(&self, id: &str) -> Result<(), PluginFault> {
        self.plugins.end_trial(id).await.map(drop).map_err(not_done)
    }

    fn trial_findings(&self, id: &str) -> Option<TrialFindings> {
        self.plugins.trial_findings(id)
    }

    async fn unpin(&self, id: &str) -> Result<(), PluginFault> {
        self.plugins.unpin(id).await.map(drop).map_err(not_done)
    }

    fn publisher_keys(&self) -> Vec<PublisherKey> {
        self.plugins.publisher_keys().into_iter().map(|key| self.publisher(key)).collect()
    }

    async fn trust_key(&self, key: &str, name: &str) -> Result<PublisherKey, PluginFault> {
        let key: PublicKey = key.parse().map_err(|error| PluginFault::Refused(format!("{error}.")))?;
        self.plugins.trust_key(key, name).await.map(|key| self.publisher(key)).map_err(not_done)
    }

    async fn revoke_key(&self, fingerprint: &str) -> Result<PublisherKey, PluginFault> {
        self.plugins.revoke_key(fingerprint).await.map(|key| self.publisher(key)).map_err(not_done)
    }

    async fn forget_key(&self, fingerprint: &str) -> Result<(), PluginFault> {
        self.plugins.forget_key(fingerprint).await.map_err(not_done)
    }

    async fn enable(&self, id: &str) -> Result<(), PluginFault> {
        if self.kept_off.iter().any(|off| off == id) {
            return Err(PluginFault::Refused(
                "The configuration file keeps this plugin off: take it out of plugins.disabled and start the host again."
                    .into(),
            ));
        }
        self.plugins.enable(id).await.map(drop).map_err(not_done)
    }

    async fn disable(&self, id: &str) -> Result<(), PluginFault> {
        self.plugins.disable(id).await.map(drop).map_err(not_done)
    }

    async fn set_order(&self, ids: &[String]) -> Result<(), PluginFault> {
        let mut named: Vec<_> = ids.iter().collect();
        named.sort_unstable();
        let list = self.plugins.list();
        let mut routing: Vec<_> =
            list.iter().filter(|plugin| plugin.order.is_some()).map(|plugin| &plugin.id).collect();
        routing.sort_unstable();
        if named != routing {
            return Err(PluginFault::Refused(
                "Name every routing plugin once: the list has changed meanwhile, so look at it again.".into(),
            ));
        }
        self.plugins.set_order(ids).await.map_err(not_done)
    }

    async fn remove(&self, id: &str, erase_data: bool) -> Result<(), PluginFault> {
        self.plugins.remove(id, erase_data).await.map_err(not_done)
    }

    async fn approve(&self, id: &str) -> Result<(), PluginFault> {
        match self.plugins.status(id).map(|status| status.state) {
            Some(PluginState::Failed { reason }) => Err(PluginFault::Refused(reason)),
            _ => self.plugins.approve(id).await.map(drop).map_err(not_done),
        }
    }

    fn settings(&self, id: &str) -> Option<PluginSettings> {
        let settings = self.plugins.settings(id)?;
        Some(PluginSettings { schema: settings.schema, values: settings.values, locales: settings.locales })
    }

    async fn set_settings(&self, id: &str, values: Value) -> Result<(), SettingsFault> {
        self.plugins.set_settings(id, values).await.map_err(|error| match error {
            SettingsError::Unknown(_) => SettingsFault::Unknown,
            SettingsError::Invalid { fields } => SettingsFault::Invalid(
                fields.into_iter().map(|field| FieldFault { path: field.path, message: field.message }).collect(),
            ),
            other => SettingsFault::Failed(other.to_string()),
        })
    }

    fn log(&self, id: &str, limit: usize) -> Vec<PluginLogLine> {
        self.plugins.log(id, limit)
    }

    fn metrics(&self, id: &str) -> Vec<PluginMetric> {
        self.plugins.metrics(id)
    }

    fn dead_events(&self, id: &str) -> Vec<DeadEvent> {
        let event = |event: KeptEvent| DeadEvent {
            seq: event.seq,
            topic: event.topic,
            publisher: event.publisher,
            at: event.at,
            payload: event.payload,
            failed: event.failed.unwrap_or(event.at),
            reason: event.reason.unwrap_or_default(),
        };
        self.plugins.dead_events(id).into_iter().map(event).collect()
    }

    async fn settle_event(&self, id: &str, seq: u64, again: bool) -> Result<bool, PluginFault> {
        self.plugins.settle_event(id, seq, again).await.map_err(PluginFault::Failed)
    }

    fn dead_inputs(&self, id: &str) -> Vec<DeadInput> {
        let input = |input: jackfield_runtime::DeadInput| DeadInput {
            key: input.key,
            name: input.name,
            kind: match input.kind {
                InputKind::Timer => DeadInputKind::Timer,
                InputKind::Told | InputKind::Dead => DeadInputKind::Told,
                InputKind::Call => DeadInputKind::CallOver,
                InputKind::Dial => DeadInputKind::Dialled,
            },
            of: input.of,
            at: input.at,
            payload: String::from_utf8(input.payload)
                .unwrap_or_else(|error| format!("{} bytes", error.as_bytes().len())),
            reason: input.reason,
        };
        self.plugins.dead_inputs(id).into_iter().map(input).collect()
    }

    async fn settle_input(&self, id: &str, key: &str, name: &str, again: bool) -> Result<bool, PluginFault> {
        self.plugins.settle_input(id, key, name, again).await.map_err(|error| match error {
            SettleError::Taken => PluginFault::Refused(error.to_string()),
            SettleError::Store(why) => PluginFault::Failed(why),
        })
    }

    fn permissions(&self, id: &str) -> Vec<Permission> {
        self.plugins.permissions(id).into_iter().map(permission).collect()
    }

    async fn search_contacts(&self, text: &str, limit: u32) -> Vec<(String, Contact)> {
        self.plugins.search_contacts(text, limit).await
    }

    fn sentence(&self, permission: &Permission, language: Language) -> String {
        grants::sentence_for(&permission.capability, &permission.hosts, language)
    }
}

impl Administration {
    fn publisher(&self, known: jackfield_runtime::PublisherKey) -> PublisherKey {
        PublisherKey {
            fingerprint: known.key.fingerprint(),
            plugins: self.plugins.plugins_of(&known.key),
            key: known.key.to_string(),
            name: known.name,
            added: known.added,
            revoked: known.revoked,
        }
    }
}

fn permission(permission: jackfield_runtime::Permission) -> Permission {
    let jackfield_runtime::Permission { capability, granted, hosts, .. } = permission;
    Permission { capability, granted, hosts }
}

fn not_installed(error: InstallError) -> InstallFault {
    match error {
        InstallError::Store(_) => InstallFault::Failed(error.to_string()),
        InstallError::Package(_) | InstallError::Trust(_) | InstallError::Code(_) | InstallError::SelfCheck(_) => {
            InstallFault::Invalid(error.to_string())
        }
    }
}

fn not_done(error: AdminError) -> PluginFault {
    match error {
        AdminError::Unknown(_) => PluginFault::Unknown,
        AdminError::Refused(why) => PluginFault::Refused(why),
        AdminError::Store(_) => PluginFault::Failed(error.to_string()),
    }
}
