//! What an admin decides about those who make plugins: which keys are trusted, which are not any more.

use crate::{
    admin::{AdminError, InstallError},
    plugins::Plugins,
    registry::Body,
    signature::{PublicKey, grouped, plain_fingerprint},
    trust::{PublisherKey, SignedBy, Signer, Trust},
};
use jackfield_model::{Level, PluginStatus};

impl Plugins {
    /// Whether a package may be put in place by whoever has signed it; the key that is trusted from now on.
    pub(crate) fn admit(&self, body: &Body, signed_by: &SignedBy) -> Result<Option<PublisherKey>, InstallError> {
        let Signer { key, trust, refusal, .. } =
            self.0.host.trusted.judge(&body.package.manifest.id, body.package.signer);
        let refuse = |text: String| Err(InstallError::Trust(text));
        if let Some(why) = refusal
            && (*signed_by != SignedBy::Anybody || trust == Trust::Revoked)
        {
            return refuse(why);
        }
        let known = key.and_then(|key| self.0.host.trusted.by_fingerprint(&key.fingerprint()));
        let (Some(key), None) = (key, known) else { return Ok(None) };
        let fingerprint = key.fingerprint();
        match signed_by {
            SignedBy::Fingerprint(seen) if *seen != fingerprint => {
                return refuse(
                    "it is not signed with the key whose fingerprint you have confirmed: look at it again".into(),
                );
            }
            SignedBy::Trusted => {
                return refuse(format!(
                    "it is signed with the key {}, which nobody here has confirmed: compare it with what the publisher says",
                    grouped(&fingerprint)
                ));
            }
            SignedBy::Fingerprint(_) | SignedBy::Anybody => {}
        }
        let name = body.package.manifest.publisher.clone();
        Ok(Some(PublisherKey { key, name, added: self.0.host.clock.now_ms(), revoked: None }))
    }

    /// Every publisher's key that is known.
    pub fn publisher_keys(&self) -> Vec<PublisherKey> {
        self.0.host.trusted.keys()
    }

    /// Trust a key before there is a package of it, or once more after it was revoked; `name` says whose it is.
    ///
    /// # Errors
    /// When that cannot be stored.
    pub async fn trust_key(&self, key: PublicKey, name: &str) -> Result<PublisherKey, AdminError> {
        let known = self.0.host.trusted.by_fingerprint(&key.fingerprint());
        let added = known.map_or_else(|| self.0.host.clock.now_ms(), |known| known.added);
        let key = PublisherKey { key, name: name.to_owned(), added, revoked: None };
        self.save_key(key).await
    }

    /// Take nothing any more that this key signs. Plugins that it has signed go on.
    ///
    /// # Errors
    /// When it is not known, or that cannot be stored.
    pub async fn revoke_key(&self, fingerprint: &str) -> Result<PublisherKey, AdminError> {
        let key = self.known_key(fingerprint)?;
        let now = self.0.host.clock.now_ms();
        self.save_key(PublisherKey { revoked: Some(key.revoked.unwrap_or(now)), ..key }).await
    }

    /// Forget a key: the next package that it signs is asked about again.
    ///
    /// # Errors
    /// When it is not known, a plugin is bound to it, or that cannot be stored.
    pub async fn forget_key(&self, fingerprint: &str) -> Result<(), AdminError> {
        let key = self.known_key(fingerprint)?;
        if let Some(plugin) = self.plugins_of(&key.key).first() {
            let text =
                format!("“{plugin}” is bound to this key: revoke it instead, or remove the plugin with its data first");
            return Err(AdminError::Refused(text));
        }
        self.0.host.trusted.forget_key(&key.key).await.map_err(|e| AdminError::Store(e.to_string()))
    }

    /// The installed plugins that are bound to a key, by id.
    pub fn plugins_of(&self, key: &PublicKey) -> Vec<String> {
        let roster = self.0.roster.load();
        let bound = |id: &&String| self.0.host.trusted.pinned(id).is_some_and(|(pinned, _)| pinned == *key);
        roster.all.keys().filter(bound).cloned().collect()
    }

    /// Release a plugin from the key that it is bound to: its next package may be signed by another one.
    ///
    /// # Errors
    /// When there is no such plugin, or that cannot be stored.
    pub async fn unpin(&self, id: &str) -> Result<PluginStatus, AdminError> {
        let _only = self.0.admin.lock().await;
        let unknown = || AdminError::Unknown(id.to_owned());
        let plugin = self.0.roster.load().all.get(id).cloned().ok_or_else(unknown)?;
        self.0.host.trusted.pin(id, None).await.map_err(|e| AdminError::Store(e.to_string()))?;
        self.0.host.find(&plugin.life, Level::Info, "an admin has released it from its publisher's key", None);
        self.0.host.announce(id);
        self.status(id).ok_or_else(unknown)
    }

    fn known_key(&self, fingerprint: &str) -> Result<PublisherKey, AdminError> {
        let known = self.0.host.trusted.by_fingerprint(&plain_fingerprint(fingerprint));
        known.ok_or_else(|| AdminError::Unknown(fingerprint.to_owned()))
    }

    async fn save_key(&self, key: PublisherKey) -> Result<PublisherKey, AdminError> {
        self.0.host.trusted.save_key(key.clone()).await.map_err(|e| AdminError::Store(e.to_string()))?;
        // Their cards say what has become of the key.
        self.plugins_of(&key.key).iter().for_each(|id| self.0.host.announce(id));
        Ok(key)
    }
}
