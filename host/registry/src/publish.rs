//! Putting a release into a registry's folder.

use crate::index::{Index, IndexError, Listing, Release};
use sha2::{Digest, Sha256};
use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

/// What came of publishing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// It is in the index now.
    Added,
    /// The same package was there already.
    AlreadyThere,
}

/// A release was not published; the registry is as it was.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The registry's index is damaged, or the release does not fit into one.
    #[error("{0}")]
    Index(#[from] IndexError),
    /// Hosts have this version already, and would never look at it again.
    #[error("version {0} is published already, with other content: give your changes a version of their own")]
    Again(semver::Version),
    /// Something cannot be read or written.
    #[error("{}: {}", .0.display(), .1)]
    File(PathBuf, io::Error),
}

/// SHA-256 in lower-case hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Put a package into the registry in `folder`, which is made when it is not there. `listing` says what the plugin is, with the
/// new release alone; its size and digest are filled in here. The package is in place before the index names it, and the index is
/// there whole or not at all, so that a host or a copy made meanwhile finds either state.
///
/// # Errors
/// When this version is published with other content, or something cannot be read or written.
pub fn publish(folder: &Path, mut listing: Listing, archive: &[u8]) -> Result<Published, PublishError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| PublishError::File(path, error)
    };
    fs::create_dir_all(folder).map_err(failed(folder))?;
    let path = folder.join("index.json");
    let mut index = match fs::read(&path) {
        Ok(text) => Index::parse(&text)?,
        Err(error) if error.kind() == ErrorKind::NotFound => Index::new(""),
        Err(error) => return Err(failed(&path)(error)),
    };
    for release in &mut listing.releases {
        (release.size, release.sha256) = (archive.len() as u64, sha256(archive));
    }
    let files: Vec<_> = listing.releases.iter().map(|release| release.file.clone()).collect();
    if add(&mut index, listing)? == Published::AlreadyThere {
        return Ok(Published::AlreadyThere);
    }
    let text = index.to_text()?;
    for file in files {
        write(&folder.join(file), archive)?;
    }
    write(&path, text.as_bytes())?;
    Ok(Published::Added)
}

fn add(index: &mut Index, listing: Listing) -> Result<Published, PublishError> {
    let Some(known) = index.plugins.iter_mut().find(|known| known.id == listing.id) else {
        index.plugins.push(listing);
        index.plugins.sort_by(|a, b| a.id.cmp(&b.id));
        return Ok(Published::Added);
    };
    let mut releases: Vec<Release> = known.releases.clone();
    for new in &listing.releases {
        match releases.iter().find(|release| release.version == new.version) {
            Some(same) if same.sha256 == new.sha256 => return Ok(Published::AlreadyThere),
            Some(_) => return Err(PublishError::Again(new.version.clone())),
            None => releases.push(new.clone()),
        }
    }
    releases.sort_by(|a, b| b.version.cmp(&a.version));
    // An older version that is published late does not say how the plugin is called today.
    let newest = releases[0] == listing.releases[0];
    *known = if newest { Listing { releases, ..listing } } else { Listing { releases, ..known.clone() } };
    Ok(Published::Added)
}

/// Whole or not at all.
fn write(path: &Path, bytes: &[u8]) -> Result<(), PublishError> {
    let incoming = path.with_added_extension("incoming");
    fs::write(&incoming, bytes)
        .and_then(|()| fs::rename(&incoming, path))
        .map_err(|error| PublishError::File(path.to_owned(), error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(version: &str, name: &str) -> Listing {
        Listing {
            id: "org.example.clock".into(),
            name: name.into(),
            publisher: "Example".into(),
            description: String::new(),
            license: "MIT".into(),
            releases: vec![Release {
                version: version.parse().unwrap(),
                file: format!("clock-{version}.jackfield"),
                size: 0,
                sha256: String::new(),
                key: "a".repeat(40),
                published: 1,
                changes: String::new(),
            }],
        }
    }

    #[test]
    fn a_version_is_published_once_and_the_newest_names_the_plugin() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("registry");
        assert_eq!(publish(&folder, listing("1.0.0", "Clock"), b"one").unwrap(), Published::Added);
        assert_eq!(publish(&folder, listing("1.0.0", "Clock"), b"one").unwrap(), Published::AlreadyThere);
        let again = publish(&folder, listing("1.0.0", "Clock"), b"other").unwrap_err().to_string();
        assert!(again.contains("version 1.0.0 is published already"), "{again}");
        assert_eq!(publish(&folder, listing("1.2.0", "Speaking clock"), b"two").unwrap(), Published::Added);
        assert_eq!(publish(&folder, listing("1.1.0", "Tick"), b"three").unwrap(), Published::Added);

        let index = Index::parse(&fs::read(folder.join("index.json")).unwrap()).unwrap();
        let [plugin] = index.plugins.as_slice() else { panic!("{index:?}") };
        assert_eq!(plugin.name, "Speaking clock");
        let versions: Vec<_> = plugin.releases.iter().map(|release| release.version.to_string()).collect();
        assert_eq!(versions, ["1.2.0", "1.1.0", "1.0.0"]);
        assert_eq!(plugin.releases[2].sha256, sha256(b"one"));
        assert_eq!(fs::read(folder.join("clock-1.0.0.jackfield")).unwrap(), b"one");
    }

    #[test]
    fn a_damaged_index_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("index.json"), "{").unwrap();
        assert!(publish(folder.path(), listing("1.0.0", "Clock"), b"one").is_err());
        assert_eq!(fs::read(folder.path().join("index.json")).unwrap(), b"{");
    }
}
