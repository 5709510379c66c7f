//! Compiled code on the disk, so that a start need not compile.
//!
//! Loading it is the one thing that trusts a file with the whole process. So each file bears a seal (HMAC-SHA-256) over its
//! name and its code, made with a secret that lies in the database and not beside the files. The name stands for the
//! component, the version of the compiler, its settings and what the processor can do. A file without the right seal is
//! thrown away and compiled again.

use cap_std::fs::Dir;
use ring::hmac;
use sha2::{Digest, Sha256};
use std::{
    hash::{Hash, Hasher},
    io::{ErrorKind, Read, Write},
    time::SystemTime,
};
use wasmtime::Engine;

/// Bytes of a seal.
const SEAL: usize = 32;
/// Most files that are kept; the oldest go first.
const MOST_FILES: usize = 64;
/// Largest file that is read.
const LARGEST: u64 = 512 << 20;

/// Compiled code, by what it was compiled from and for.
pub(crate) struct Cache {
    folder: Option<Dir>,
    secret: hmac::Key,
}

/// What is in the cache does not bear the right seal.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Distrusted;

impl Cache {
    pub(crate) fn new(folder: Option<Dir>, secret: &[u8; 32]) -> Self {
        Self { folder, secret: hmac::Key::new(hmac::HMAC_SHA256, secret) }
    }

    /// What a component is called in the cache of a host with this engine.
    pub(crate) fn name(engine: &Engine, wasm: &[u8]) -> String {
        let mut hasher = Sha256Hasher(Sha256::new());
        Sha256::digest(wasm).as_slice().hash(&mut hasher);
        engine.precompile_compatibility_hash().hash(&mut hasher);
        hex::encode(hasher.0.finalize())
    }

    /// The code under this name; `None` when there is none.
    pub(crate) fn find(&self, name: &str) -> Result<Option<Vec<u8>>, Distrusted> {
        let Some(folder) = &self.folder else { return Ok(None) };
        let mut bytes = Vec::new();
        match folder.open(name).and_then(|file| file.take(LARGEST).read_to_end(&mut bytes)) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                tracing::warn!(%error, name, "compiled code cannot be read");
                return Ok(None);
            }
        }
        let Some((seal, code)) = bytes.split_at_checked(SEAL) else { return Err(self.distrust(folder, name)) };
        if hmac::verify(&self.secret, &message(name, code), seal).is_err() {
            return Err(self.distrust(folder, name));
        }
        bytes.drain(..SEAL);
        Ok(Some(bytes))
    }

    /// Keep code under this name. That it is not kept costs time at the next start and nothing else.
    pub(crate) fn keep(&self, name: &str, code: &[u8]) {
        let Some(folder) = &self.folder else { return };
        let seal = hmac::sign(&self.secret, &message(name, code));
        let incoming = format!(".{name}.incoming");
        let write = || {
            let mut file = folder.create(&incoming)?;
            file.write_all(seal.as_ref())?;
            file.write_all(code)?;
            folder.rename(&incoming, folder, name)?;
            prune(folder)
        };
        if let Err(error) = write() {
            tracing::warn!(%error, name, "compiled code cannot be kept; it is compiled again at the next start");
        }
    }

    fn distrust(&self, folder: &Dir, name: &str) -> Distrusted {
        tracing::warn!(name, "compiled code in the cache is damaged or forged: it is thrown away and compiled again");
        if let Err(error) = folder.remove_file(name) {
            tracing::warn!(%error, name, "it cannot be removed either");
        }
        Distrusted
    }
}

/// What is sealed: code under one name is worth nothing under another.
fn message(name: &str, code: &[u8]) -> Vec<u8> {
    [name.as_bytes(), b"\n", code].concat()
}

/// Remove the oldest files beyond [`MOST_FILES`].
fn prune(folder: &Dir) -> std::io::Result<()> {
    let mut files = Vec::new();
    for entry in folder.entries()? {
        let entry = entry?;
        let made = entry.metadata()?.modified().map_or(SystemTime::UNIX_EPOCH, |time| time.into_std());
        files.push((made, entry.file_name()));
    }
    files.sort_unstable();
    for (_, name) in files.iter().rev().skip(MOST_FILES) {
        folder.remove_file(name)?;
    }
    Ok(())
}

/// Feeds what wasmtime has to say about its compatibility into SHA-256.
struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        // Nobody asks: the whole hash is taken out instead.
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cap_std::ambient_authority;

    fn cache(folder: &std::path::Path, secret: u8) -> Cache {
        Cache::new(Some(Dir::open_ambient_dir(folder, ambient_authority()).unwrap()), &[secret; 32])
    }

    #[test]
    fn what_is_kept_is_found_by_whoever_has_the_secret() {
        let folder = tempfile::tempdir().unwrap();
        let mine = cache(folder.path(), 1);
        assert_eq!(mine.find("a"), Ok(None));
        mine.keep("a", b"code");
        assert_eq!(mine.find("a"), Ok(Some(b"code".to_vec())));
        assert_eq!(cache(folder.path(), 2).find("a"), Err(Distrusted));
        assert_eq!(mine.find("a"), Ok(None), "what is distrusted is thrown away");
    }

    #[test]
    fn a_forged_or_damaged_file_is_thrown_away() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(folder.path(), 1);
        cache.keep("a", b"code");
        let whole = std::fs::read(folder.path().join("a")).unwrap();
        let mut changed = whole.clone();
        changed[SEAL] ^= 1;
        // One that is changed, cut, empty, without a seal, and one that is fine under another name.
        for (name, bytes) in
            [("a", &changed[..]), ("a", &whole[..SEAL]), ("a", &[]), ("a", b"code without a seal"), ("b", &whole[..])]
        {
            std::fs::write(folder.path().join(name), bytes).unwrap();
            assert_eq!(cache.find(name), Err(Distrusted), "{name} {bytes:?}");
            assert!(!folder.path().join(name).exists());
        }
    }

    #[test]
    fn the_oldest_files_go_first() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(folder.path(), 1);
        for n in 0..MOST_FILES + 3 {
            cache.keep(&format!("{n}"), b"code");
            let file = std::fs::File::options().write(true).open(folder.path().join(n.to_string())).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(n as u64)).unwrap();
        }
        assert!(!folder.path().join("0").exists());
        assert!(folder.path().join("66").exists());
        assert!(std::fs::read_dir(folder.path()).unwrap().count() <= MOST_FILES + 1);
    }

    #[test]
    fn a_component_has_another_name_for_every_engine() {
        let engine = |speed| Engine::new(wasmtime::Config::new().cranelift_opt_level(speed)).unwrap();
        let (fast, plain) = (engine(wasmtime::OptLevel::Speed), engine(wasmtime::OptLevel::None));
        assert_eq!(Cache::name(&fast, b"x"), Cache::name(&fast, b"x"));
        assert_ne!(Cache::name(&fast, b"x"), Cache::name(&plain, b"x"));
        assert_ne!(Cache::name(&fast, b"x"), Cache::name(&fast, b"y"));
    }
}
