//! Secrets among a plugin's settings: the plugin reads them, everybody else gets a word in their place.
//!
//! A setting is a secret when its schema says `"x-widget": "secret"`. The word that stands in for a secret is made of it with a
//! key of this process, so that the form can send it back for “as it was”, also from another place of a list that was
//! put in another order; it tells nothing of the secret, and means nothing after a restart.
//!
//! A secret with `"x-sealed": true` is not even the plugin's to read. It names it, and the host puts it in where a question to a web
//! service goes out.

use crate::settings::{FieldError, Schema};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// What stands in for a secret begins so.
const HIDDEN: &str = "••••••••";

/// Hides secrets and knows them again.
pub(crate) struct Secrets {
    key: [u8; 32],
}

impl Secrets {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// Settings as they are shown: with a word in the place of each secret that is set.
    pub(crate) fn hide(&self, schema: &Schema, mut settings: Value) -> Value {
        schema.visit_secrets(&mut settings, &mut |_, secret| {
            if !secret.is_empty() && !secret.starts_with(HIDDEN) {
                *secret = self.word(secret);
            }
        });
        settings
    }

    /// Settings that were sent back, with the secrets of `stored` in the place of their words; and which words stand for
    /// nothing that is stored.
    pub(crate) fn put_back(&self, schema: &Schema, mut sent: Value, stored: &Value) -> (Value, Vec<FieldError>) {
        let mut known = HashMap::new();
        schema.visit_secrets(&mut schema.effective(stored), &mut |_, secret| {
            known.insert(self.word(secret), secret.clone());
        });
        let mut stale = Vec::new();
        schema.visit_secrets(&mut sent, &mut |path, secret| {
            if !secret.starts_with(HIDDEN) {
                return;
            }
            match known.get(secret) {
                Some(kept) => secret.clone_from(kept),
                None => {
                    secret.clear();
                    let message = "it is not known any more what was set here: type it again".to_owned();
                    stale.push(FieldError { path: path.to_owned(), message });
                }
            }
        });
        (sent, stale)
    }

    fn word(&self, secret: &str) -> String {
        let digest = Sha256::new().chain_update(self.key).chain_update(secret).finalize();
        format!("{HIDDEN}{}", hex::encode(&digest[..8]))
    }
}

/// The secrets of one plugin that are set, by name: the setting's, or its place below one (`accounts/0/key`). They show themselves
/// nowhere.
#[derive(Default)]
pub(crate) struct PluginSecrets(BTreeMap<String, String>);

/// Settings as the plugin reads them, and what was taken out of them.
pub(crate) struct SealedSettings {
    pub(crate) settings: Value,
    pub(crate) secrets: Arc<PluginSecrets>,
}

impl SealedSettings {
    pub(crate) fn new(schema: &Schema, mut settings: Value) -> Self {
        let mut secrets = PluginSecrets::default();
        schema.visit_seals(&mut settings, &mut |path, sealed, text| {
            let name = path.strip_prefix('/').unwrap_or(path);
            if text.is_empty() {
                return;
            }
            // Where several branches of the schema know it, the first has taken it.
            secrets.0.entry(name.to_owned()).or_insert_with(|| text.clone());
            if sealed {
                *text = format!("{{{{secret:{name}}}}}");
            }
        });
        Self { settings, secrets: Arc::new(secrets) }
    }
}

impl PluginSecrets {
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Schema {
        Schema::new(json!({
            "type": "object",
            "properties": {
                "password": { "type": "string", "x-widget": "secret", "default": "" },
                "servers": { "type": "array", "default": [], "items": { "$ref": "#/$defs/server" } }
            },
            "$defs": { "server": { "oneOf": [
                { "type": "object", "properties": { "name": { "type": "string" }, "key": { "type": "string", "x-widget": "secret" } } },
                { "type": "string" }
            ] } }
        }))
        .unwrap()
    }

    #[test]
    fn a_secret_is_never_shown_and_comes_back_from_wherever_it_was_moved_to() {
        let secrets = Secrets::new([7; 32]);
        let stored = json!({
            "password": "open sesame",
            "servers": [{ "name": "a", "key": "first" }, { "name": "b", "key": "second" }, "x"]
        });
        let shown = secrets.hide(&schema(), stored.clone());
        for secret in ["open sesame", "first", "second"] {
            assert!(!shown.to_string().contains(secret), "{shown}");
        }
        assert_eq!(secrets.hide(&schema(), shown.clone()), shown, "once is enough");
        let mut sent = shown.clone();
        sent["servers"].as_array_mut().unwrap().swap(0, 1);
        sent["password"] = json!("new");
        let (taken, stale) = secrets.put_back(&schema(), sent, &stored);
        assert!(stale.is_empty());
        assert_eq!(
            taken,
            json!({ "password": "new", "servers": [{ "name": "b", "key": "second" }, { "name": "a", "key": "first" }, "x"] })
        );
    }

    #[test]
    fn what_is_not_set_is_shown_as_that_and_a_word_of_another_process_is_refused() {
        let secrets = Secrets::new([7; 32]);
        assert_eq!(secrets.hide(&schema(), json!({ "password": "" })), json!({ "password": "" }));
        let elsewhere = Secrets::new([8; 32]).hide(&schema(), json!({ "password": "open sesame" }));
        let (taken, stale) = secrets.put_back(&schema(), elsewhere, &json!({ "password": "open sesame" }));
        assert_eq!(taken, json!({ "password": "" }));
        assert_eq!(stale[0].path, "/password");
    }

    #[test]
    fn a_sealed_secret_is_named_in_its_place_and_the_others_are_read() {
        let schema = Schema::new(json!({
            "type": "object",
            "properties": {
                "key": { "type": "string", "x-widget": "secret", "x-sealed": true, "default": "" },
                "password": { "type": "string", "x-widget": "secret", "default": "" },
                "accounts": { "type": "array", "default": [], "items": {
                    "type": "object",
                    "properties": { "key": { "type": "string", "x-widget": "secret", "x-sealed": true, "default": "" } }
                } }
            }
        }))
        .unwrap();
        let set = json!({ "key": "one", "password": "two", "accounts": [{ "key": "" }, { "key": "three" }] });
        let sealed = SealedSettings::new(&schema, set);
        assert_eq!(
            sealed.settings,
            json!({
                "key": "{{secret:key}}", "password": "two",
                "accounts": [{ "key": "" }, { "key": "{{secret:accounts/1/key}}" }]
            })
        );
        assert_eq!(sealed.secrets.names().collect::<Vec<_>>(), ["accounts/1/key", "key", "password"]);
        assert_eq!(sealed.secrets.get("accounts/1/key"), Some("three"));
    }

    #[test]
    fn a_secret_that_the_schema_refuses_is_not_repeated() {
        let schema = Schema::new(json!({ "type": "object", "properties": {
            "pin": { "type": "string", "x-widget": "secret", "maxLength": 4, "default": "" },
            "name": { "type": "string", "maxLength": 4, "default": "" }
        } }))
        .unwrap();
        let errors = schema.validate(&json!({ "pin": "123456", "name": "Beatrix" }));
        let of = |path: &str| errors.iter().find(|error| error.path == path).unwrap().message.clone();
        assert!(!of("/pin").contains("123456"), "{}", of("/pin"));
        assert!(of("/name").contains("Beatrix"));
    }
}
