//! The data folder: the database, plugins, and the lock that keeps a second host out.

use crate::config::Config;
use anyhow::{Context, Result, bail};
use jackfield_store::Store;
use std::{
    fs::{File, TryLockError},
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
};

/// The file that a running host has locked, with its process id in it.
const LOCK: &str = "host.lock";

/// The data folder.
#[derive(Clone, Debug)]
pub struct DataDir(PathBuf);

/// Shows that this process is the one host of a data folder, for as long as it lives.
#[derive(Debug)]
pub struct Occupied(#[expect(dead_code, reason = "closing the file gives the lock back")] File);

impl DataDir {
    /// Take the folder, made when it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(path: &Path) -> Result<Self> {
        std::fs::create_dir_all(path).with_context(|| format!("cannot make the data folder {}", path.display()))?;
        Ok(Self(path.to_owned()))
    }

    /// A file or folder in it.
    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Keep other hosts out of it until the value is dropped.
    ///
    /// # Errors
    /// When another host works in it, or nothing can be written there.
    pub fn occupy(&self) -> Result<Occupied> {
        let path = self.join(LOCK);
        let unusable = || format!("cannot write to the data folder {}", self.0.display());
        let mut file =
            File::options().create(true).truncate(false).read(true).write(true).open(&path).with_context(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = self.host().map_or_else(String::new, |pid| format!(" (process {pid})"));
                bail!("another host{holder} works in {}: end it, or set data_dir to another folder", self.0.display());
            }
            Err(TryLockError::Error(error)) => return Err(error).with_context(unusable),
        }
        let written =
            file.set_len(0).and_then(|()| file.rewind()).and_then(|()| write!(file, "{}", std::process::id()));
        written.and_then(|()| file.sync_all()).with_context(unusable)?;
        Ok(Occupied(file))
    }

    /// The process id of the host that works in it, if one does.
    pub fn host(&self) -> Option<u32> {
        let mut file = File::open(self.join(LOCK)).ok()?;
        if file.try_lock_shared().is_ok() {
            return None;
        }
        let mut text = String::new();
        file.read_to_string(&mut text).ok()?;
        text.trim().parse().ok()
    }

    /// Open the database.
    ///
    /// # Errors
    /// When it cannot be opened, or the SIP passwords in it are bound to another realm than the configuration's.
    pub async fn store(&self, config: &Config) -> Result<Store> {
        let path = self.join("jackfield.db");
        let store = Store::open(&path).await.with_context(|| format!("cannot open the database {}", path.display()))?;
        let (kept, wanted) = (store.realm().await?, config.sip.realm.as_str());
        if kept != wanted {
            if store.extensions("", 0, 1).await?.total > 0 {
                bail!(
                    "sip.realm is “{wanted}”, but the SIP passwords in {} were made for the realm “{kept}” and work only \
                     there: set sip.realm to “{kept}”, or remove all extensions and add them again",
                    self.0.display()
                );
            }
            store.set_realm(wanted).await?;
        }
        Ok(store)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_store::NewExtension;

    #[test]
    fn a_folder_has_one_host_and_others_learn_its_process_id() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(&folder.path().join("new/data")).unwrap();
        assert_eq!(data.host(), None);
        let occupied = data.occupy().unwrap();
        assert_eq!(data.host(), Some(std::process::id()));
        let refused = data.occupy().unwrap_err().to_string();
        assert!(refused.contains(&format!("(process {})", std::process::id())), "{refused}");
        drop(occupied);
        assert_eq!(data.host(), None);
        data.occupy().unwrap();
    }

    #[test]
    fn a_folder_that_cannot_be_is_said_in_one_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let error = format!("{:#}", DataDir::open(&file.join("data")).unwrap_err());
        assert!(error.starts_with("cannot make the data folder") && !error.contains('\n'), "{error}");
    }

    #[tokio::test]
    async fn the_realm_follows_the_configuration_until_passwords_depend_on_it() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path()).unwrap();
        let realm = |name: &str| Config::parse(&format!("[sip]\nrealm = \"{name}\"")).unwrap();
        assert_eq!(data.store(&realm("one")).await.unwrap().realm().await.unwrap(), "one");
        let store = data.store(&realm("two")).await.unwrap();
        assert_eq!(store.realm().await.unwrap(), "two");
        store.create_extension(&NewExtension::new("100".parse().unwrap(), "A"), 0).await.unwrap();
        assert!(data.store(&realm("two")).await.is_ok());
        let refused = data.store(&realm("three")).await.unwrap_err().to_string();
        assert!(refused.contains("“two”"), "{refused}");
    }
}
