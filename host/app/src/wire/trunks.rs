//! The trunks that calls go by: those of the configuration file, and those that were set up on the web page.

use jackfield_calls::TrunkConfig;
use jackfield_model::TrunkSettings;
use jackfield_store::{Store, StoreError};

/// Where the trunks come from.
pub struct TrunkSources {
    store: Store,
    file: Vec<TrunkSettings>,
}

impl TrunkSources {
    /// The database, and the trunks of the configuration file.
    pub fn new(store: Store, file: Vec<TrunkSettings>) -> Self {
        Self { store, file }
    }

    /// Those of the file.
    pub fn of_file(&self) -> &[TrunkSettings] {
        &self.file
    }

    /// Those that are switched on, in the order in which they are tried: the file's first. Where both have a name, the file
    /// counts.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn read(&self) -> Result<Vec<TrunkConfig>, StoreError> {
        let stored = self.store.trunks().await?;
        let of_file = |name: &str| self.file.iter().any(|trunk| trunk.name == name);
        let counts = |trunk: &&TrunkSettings| {
            let twice = of_file(&trunk.name);
            if twice {
                tracing::warn!(trunk = trunk.name, "the configuration file has a trunk of this name too, and counts");
            }
            !twice
        };
        let all = self.file.iter().chain(stored.iter().filter(counts)).filter(|trunk| trunk.enabled);
        let usable = |trunk: &TrunkSettings| match TrunkConfig::of(trunk) {
            Ok(config) => Some(config),
            Err(wrong) => {
                // It was right when it was saved: the rules have changed since.
                let why = wrong.first().map(ToString::to_string);
                tracing::error!(trunk = trunk.name, why, "a trunk cannot be used: save it again on the web page");
                None
            }
        };
        Ok(all.filter_map(usable).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trunk(name: &str) -> TrunkSettings {
        serde_json::from_str(&format!("{{\"name\": \"{name}\", \"servers\": [\"sip:{name}.example\"]}}")).unwrap()
    }

    #[tokio::test]
    async fn the_file_comes_first_and_counts() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("jackfield.db")).await.unwrap();
        for name in ["one", "two", "three"] {
            let settings = TrunkSettings { enabled: name != "three", country: "49".into(), ..trunk(name) };
            store.create_trunk(&settings, 1).await.unwrap();
        }
        let file = vec![trunk("two"), TrunkSettings { enabled: false, ..trunk("four") }];
        let read = TrunkSources::new(store, file).read().await.unwrap();
        let seen: Vec<_> = read.iter().map(|trunk| (trunk.name.as_str(), trunk.numbering.country.as_str())).collect();
        assert_eq!(seen, [("two", ""), ("one", "49")]);
    }
}
