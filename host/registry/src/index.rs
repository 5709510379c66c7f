//! `index.json`: what a registry has.

use jackfield_model::TimestampMs;
use semver::Version;
use serde::{Deserialize, Serialize};

/// The form of the index that this version writes and reads.
const FORMAT: u32 = 1;
/// The most plugins of an index, and the most releases of a plugin.
const MOST: (usize, usize) = (5_000, 200);
/// The most characters of a name and the like, and of a description or of what has changed.
const LONGEST: (usize, usize) = (200, 20_000);
/// The largest package, in bytes: the same as hosts take.
pub(crate) const LARGEST_PACKAGE: u64 = 64 << 20;

/// What a registry has, by plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    format: u32,
    /// Whose registry it is, for people. May be empty.
    #[serde(default)]
    pub name: String,
    /// By id.
    pub plugins: Vec<Listing>,
}

/// A plugin and its releases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Its id in reverse DNS form.
    pub id: String,
    /// Its name, as its newest release has it; so are the next three.
    pub name: String,
    /// Who makes it.
    pub publisher: String,
    /// What it does.
    #[serde(default)]
    pub description: String,
    /// An SPDX expression.
    #[serde(default)]
    pub license: String,
    /// Newest first.
    pub releases: Vec<Release>,
}

/// One version of a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Its version.
    pub version: Version,
    /// The package's file beside the index.
    pub file: String,
    /// Its size in bytes.
    pub size: u64,
    /// SHA-256 of the package in lower-case hexadecimal.
    pub sha256: String,
    /// The fingerprint of the key that has signed it: 40 hexadecimal digits.
    pub key: String,
    /// When it was published.
    pub published: TimestampMs,
    /// What has changed in it, as its author says; Markdown, perhaps empty.
    #[serde(default)]
    pub changes: String,
}

/// It is no index; the text says why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct IndexError(pub String);

impl Index {
    /// Without plugins.
    pub fn new(name: &str) -> Self {
        Self { format: FORMAT, name: name.into(), plugins: Vec::new() }
    }

    /// Read an index that may be anybody's.
    ///
    /// # Errors
    /// When it is no index, of a later form than this one, or holds something that a host should not be led to.
    pub fn parse(text: &[u8]) -> Result<Self, IndexError> {
        /// What every form of the index has.
        #[derive(Deserialize)]
        struct Any {
            format: u32,
        }
        let no_index = |error: serde_json::Error| IndexError(format!("index.json is damaged: {error}"));
        let Any { format } = serde_json::from_slice(text).map_err(no_index)?;
        if format != FORMAT {
            return Err(IndexError(format!(
                "its index is of form {format}, and this version reads form {FORMAT}: update Jackfield"
            )));
        }
        let mut index: Self = serde_json::from_slice(text).map_err(no_index)?;
        index.check()?;
        for listing in &mut index.plugins {
            listing.releases.sort_by(|a, b| b.version.cmp(&a.version));
        }
        index.plugins.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(index)
    }

    /// The text of `index.json`.
    ///
    /// # Errors
    /// When it could not be read back.
    pub fn to_text(&self) -> Result<String, IndexError> {
        self.check()?;
        serde_json::to_string_pretty(self).map(|text| text + "\n").map_err(|error| IndexError(error.to_string()))
    }

    fn check(&self) -> Result<(), IndexError> {
        let bound = |what: &str, has: usize, most: usize| {
            if has > most { Err(IndexError(format!("{what} has {has}, and at most {most} are taken"))) } else { Ok(()) }
        };
        bound("the list of plugins", self.plugins.len(), MOST.0)?;
        bound("the registry’s name", self.name.chars().count(), LONGEST.0)?;
        let mut ids: Vec<_> = self.plugins.iter().map(|listing| &listing.id).collect();
        ids.sort_unstable();
        if let Some(twice) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(IndexError(format!("“{}” is listed twice", twice[0])));
        }
        for Listing { id, name, publisher, description, license, releases } in &self.plugins {
            for (what, text) in [("id", id), ("name", name), ("publisher", publisher), ("licence", license)] {
                bound(
                    &format!("the {what} of “{}”", id.chars().take(40).collect::<String>()),
                    text.chars().count(),
                    LONGEST.0,
                )?;
            }
            bound(&format!("the description of “{id}”"), description.chars().count(), LONGEST.1)?;
            bound(&format!("the releases of “{id}”"), releases.len(), MOST.1)?;
            for release in releases {
                release.check().map_err(|why| IndexError(format!("{} of “{id}”: {why}", release.version)))?;
            }
        }
        Ok(())
    }
}

impl Release {
    fn check(&self) -> Result<(), String> {
        let hex = |text: &str, digits: usize| {
            text.len() == digits && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        // The name becomes part of an address and of a path: nothing that could lead elsewhere.
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'+');
        if self.file.len() > LONGEST.0
            || self.file.starts_with('.')
            || !self.file.ends_with(".jackfield")
            || !self.file.bytes().all(plain)
        {
            return Err(format!("“{}” is no name of a package", self.file.chars().take(40).collect::<String>()));
        }
        if !hex(&self.sha256, 64) {
            return Err("its SHA-256 is not 64 hexadecimal digits".into());
        }
        if !hex(&self.key, 40) {
            return Err("the fingerprint of its key is not 40 hexadecimal digits".into());
        }
        if self.size == 0 || self.size > LARGEST_PACKAGE {
            return Err(format!("it has {} bytes, and 1 to {LARGEST_PACKAGE} are possible", self.size));
        }
        if self.changes.chars().count() > LONGEST.1 {
            return Err(format!("what has changed takes more than {} characters", LONGEST.1));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(version: &str) -> Release {
        Release {
            version: version.parse().unwrap(),
            file: format!("clock-{version}.jackfield"),
            size: 1_000,
            sha256: "0".repeat(64),
            key: "a".repeat(40),
            published: 1_764_000_000_000,
            changes: "- New.".into(),
        }
    }

    fn index() -> Index {
        let listing = |id: &str| Listing {
            id: id.into(),
            name: "Clock".into(),
            publisher: "Example".into(),
            description: String::new(),
            license: "MIT".into(),
            releases: vec![release("1.9.0"), release("1.10.0")],
        };
        Index { plugins: vec![listing("org.example.late"), listing("org.example.clock")], ..Index::new("Ours") }
    }

    fn refusal(change: impl FnOnce(&mut Index)) -> String {
        let mut index = index();
        change(&mut index);
        Index::parse(&serde_json::to_vec(&index).unwrap()).unwrap_err().0
    }

    #[test]
    fn plugins_go_by_id_and_releases_by_version() {
        let read = Index::parse(index().to_text().unwrap().as_bytes()).unwrap();
        assert_eq!(read.plugins[0].id, "org.example.clock");
        assert_eq!(read.plugins[0].releases[0].version, Version::new(1, 10, 0));
        assert_eq!(Index::parse(read.to_text().unwrap().as_bytes()).unwrap(), read);
    }

    #[test]
    fn what_a_later_version_adds_does_not_harm() {
        let text = r#"{"format": 1, "plugins": [], "stars": 5}"#;
        assert!(Index::parse(text.as_bytes()).unwrap().plugins.is_empty());
        let said = Index::parse(br#"{"format": 2, "things": 1}"#).unwrap_err().0;
        assert!(said.contains("form 2") && said.contains("update Jackfield"), "{said}");
    }

    #[test]
    fn what_would_lead_elsewhere_is_refused() {
        for file in ["../x.jackfield", "a/b.jackfield", ".x.jackfield", "http:x.jackfield", "x.zip", "x?y.jackfield"] {
            let said = refusal(|index| index.plugins[0].releases[0].file = file.into());
            assert!(said.contains("is no name of a package"), "{file}: {said}");
        }
        assert!(refusal(|index| index.plugins[0].releases[0].size = u64::MAX).contains("bytes"));
        assert!(refusal(|index| index.plugins[0].releases[0].sha256 = "g".repeat(64)).contains("SHA-256"));
        assert!(refusal(|index| index.plugins[0].releases[0].key = String::new()).contains("fingerprint"));
        assert!(refusal(|index| index.plugins[1].id = index.plugins[0].id.clone()).contains("listed twice"));
        assert!(refusal(|index| index.plugins[0].name = "x".repeat(201)).contains("at most 200"));
        assert!(Index::parse(b"<html>").unwrap_err().0.contains("damaged"));
    }
}
