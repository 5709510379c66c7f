//! `plugin.toml`: what a plugin says about itself.

use crate::{filter::Match, grants};
use semver::{Version, VersionReq};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What a plugin says about itself.
#[derive(Clone, Debug, Deserialize)]
pub struct Manifest {
    /// Reverse-DNS id: lower-case letters, digits and `-` in at least two parts, at most 100 characters.
    pub id: String,
    /// The name on its card, in English; at most 60 characters.
    pub name: String,
    /// Its version.
    pub version: Version,
    /// Who made it.
    pub publisher: String,
    /// One sentence, in English; at most 300 characters.
    pub description: String,
    /// Licence expression (SPDX).
    pub license: String,
    /// The versions of the contract it works with, e.g. `^0.1`.
    pub api: VersionReq,
    /// The language whose prompts are complete.
    #[serde(default = "english")]
    pub language: String,
    /// What it is asked about.
    #[serde(default)]
    pub hooks: Hooks,
    /// What it can talk about.
    pub script: Option<ScriptEntries>,
    /// Each capability that it needs, and what for.
    #[serde(default)]
    pub capabilities: BTreeMap<String, CapabilityUse>,
}

/// The `[hooks]` table.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Hooks {
    /// Set when it decides where calls go.
    pub router: Option<RouterHook>,
}

/// The `[hooks.router]` table.
#[derive(Clone, Debug, Deserialize)]
pub struct RouterHook {
    /// Its place among the routing plugins when first installed: smaller is asked earlier. The admin can change it.
    #[serde(default = "middle")]
    pub priority: u32,
    /// The calls it is asked about; absent means all.
    #[serde(rename = "match", default)]
    pub filter: Match,
    /// Whether it is also asked about calls to an extension that nobody took, whatever `match` says.
    #[serde(default)]
    pub unreached: bool,
}

/// The `[script]` table.
#[derive(Clone, Debug, Deserialize)]
pub struct ScriptEntries {
    /// The entries that decisions may name.
    pub entries: Vec<String>,
}

/// One line of the `[capabilities]` table.
#[derive(Clone, Debug, Deserialize)]
pub struct CapabilityUse {
    /// What the plugin needs it for, shown to the admin.
    pub reason: String,
    /// For `call.recording`: how much its recordings may take, 1 to 65,536 MiB; 64 when nothing is said.
    pub quota_mib: Option<u32>,
}

/// `plugin.toml` is not as it should be: what and where, with the next step.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("plugin.toml: {0}")]
pub struct ManifestError(String);

impl Manifest {
    /// Read `plugin.toml`. Unknown keys are refused, with the nearest known name.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let table: toml::Table = text.parse().map_err(|e: toml::de::Error| ManifestError(e.to_string()))?;
        check_keys("", &table)?;
        let manifest: Self = table.try_into().map_err(|e: toml::de::Error| ManifestError(e.message().to_owned()))?;
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), ManifestError> {
        let refuse = |text: String| Err(ManifestError(text));
        if !is_id(&self.id) {
            return refuse(format!("id “{}” is not a reverse-DNS name such as org.example.menu", self.id));
        }
        for (key, text, max) in [
            ("name", &self.name, 60),
            ("publisher", &self.publisher, 100),
            ("description", &self.description, 300),
            ("license", &self.license, 100),
        ] {
            if text.trim().is_empty() || text.chars().count() > max {
                return refuse(format!("{key} must have 1 to {max} characters"));
            }
        }
        if !is_language(&self.language) {
            return refuse(format!("language “{}” is not a code such as en or de-CH", self.language));
        }
        for (capability, used) in &self.capabilities {
            let sound = used.quota_mib.is_none_or(|quota| (1..=65_536).contains(&quota));
            if !sound || (used.quota_mib.is_some() && capability != grants::CALL_RECORDING) {
                let text = format!("capabilities.\"{capability}\".quota_mib is for call.recording, from 1 to 65536");
                return refuse(text);
            }
        }
        if let Some(script) = &self.script
            && (script.entries.is_empty() || script.entries.len() > 64 || !script.entries.iter().all(|e| is_name(e)))
        {
            return refuse("script.entries must list 1 to 64 names of lower-case letters, digits and -".into());
        }
        Ok(())
    }
}

/// Whether this may be a plugin's id, which is also the name of its folder.
pub(crate) fn is_id(id: &str) -> bool {
    id.len() <= 100 && id.split('.').count() >= 2 && id.split('.').all(is_name)
}

/// Lower-case letters, digits and inner hyphens.
pub(crate) fn is_name(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !name.is_empty() && name.len() <= 64 && name.chars().all(inner) && !name.starts_with('-') && !name.ends_with('-')
}

/// A language tag as far as folder names need it (RFC 5646): letters, digits and hyphens.
pub(crate) fn is_language(tag: &str) -> bool {
    (2..=16).contains(&tag.len()) && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') && !tag.starts_with('-')
}

/// The keys of each table; a table whose keys are the author's own is not listed.
const KEYS: [(&str, &[&str]); 6] = [
    (
        "",
        &[
            "id",
            "name",
            "version",
            "publisher",
            "description",
            "license",
            "api",
            "language",
            "hooks",
            "script",
            "capabilities",
        ],
    ),
    ("hooks", &["router"]),
    ("hooks.router", &["priority", "match", "unreached"]),
    ("hooks.router.match", &["callee", "caller", "direction"]),
    ("script", &["entries"]),
    ("capabilities.*", &["reason", "quota_mib"]),
];

fn check_keys(path: &str, table: &toml::Table) -> Result<(), ManifestError> {
    let rule = match path.strip_prefix("capabilities.") {
        Some(_) => "capabilities.*",
        None => path,
    };
    let known = KEYS.iter().find(|(at, _)| *at == rule).map(|(_, keys)| *keys);
    for (key, value) in table {
        let full = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        if let Some(known) = known
            && !known.contains(&key.as_str())
        {
            return Err(ManifestError(unknown(&full, key, known)));
        }
        // Below a capability's name there are no further tables, so dots in the name do no harm.
        if let toml::Value::Table(inner) = value
            && (known.is_some() || path == "capabilities")
        {
            check_keys(&full, inner)?;
        }
    }
    Ok(())
}

fn unknown(full: &str, key: &str, known: &[&str]) -> String {
    let nearest = known.iter().max_by(|a, b| strsim::jaro_winkler(a, key).total_cmp(&strsim::jaro_winkler(b, key)));
    match nearest {
        Some(nearest) if strsim::jaro_winkler(nearest, key) > 0.6 => {
            format!("unknown key “{full}”: did you mean “{nearest}”?")
        }
        _ => format!("unknown key “{full}”: there are {}", known.join(", ")),
    }
}

fn english() -> String {
    "en".to_owned()
}

fn middle() -> u32 {
    500
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"
        id = "org.example.menu"
        name = "Menu"
        version = "1.4.2"
        publisher = "Example"
        description = "Asks callers what they want."
        license = "MIT"
        api = "^0.1"
        [hooks.router]
        priority = 100
        match = { callee = { setting = "numbers" }, direction = ["inbound"] }
        [script]
        entries = ["menu"]
        [capabilities]
        "call.control" = { reason = "To play the menu." }
    "#;

    #[test]
    fn a_whole_manifest_is_read() {
        let manifest = Manifest::parse(WHOLE).unwrap();
        assert_eq!(manifest.hooks.router.map(|r| r.priority), Some(100));
        assert_eq!(manifest.capabilities["call.control"].reason, "To play the menu.");
        assert_eq!(manifest.language, "en");
    }

    #[test]
    fn a_misspelt_key_is_answered_with_the_nearest_one() {
        for (from, to, said) in [
            ("publisher", "publischer", "unknown key “publischer”: did you mean “publisher”?"),
            ("priority", "prio", "unknown key “hooks.router.prio”: did you mean “priority”?"),
            ("reason =", "reson =", "unknown key “capabilities.call.control.reson”: did you mean “reason”?"),
            ("callee", "zzz", "unknown key “hooks.router.match.zzz”: there are callee, caller, direction"),
        ] {
            let error = Manifest::parse(&WHOLE.replacen(from, to, 1)).unwrap_err();
            assert_eq!(error.0, said);
        }
    }

    #[test]
    fn ids_that_would_escape_their_folder_are_refused() {
        for id in ["menu", "../x.y", "org..menu", "Org.Example", "org.-x", "org.a/b", ""] {
            assert!(!is_id(id), "{id} was taken");
            assert!(Manifest::parse(&WHOLE.replace("org.example.menu", id)).is_err());
        }
    }
}
