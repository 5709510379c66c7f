//! Files of a plugin: written whole or not at all, within a quota.
//!
//! They lie in `data/<plugin>/blobs/`, one file each. A file's name is its blob's in hexadecimal, so that no name leads anywhere else;
//! behind its content stand its media type and its digest ([`seal`]), so that a file is a blob by itself: nothing else has to be
//! kept in step with it. What is being written has a name that is none of these until it is renamed.

mod seal;
mod writing;

pub(crate) use writing::Writing;

use crate::interfaces::arguments::shortened;
use cap_std::fs::Dir;
use jackfield_model::TimestampMs;
use seal::Seal;
use std::{
    collections::BTreeMap,
    fs::File,
    io::{Read, Seek, SeekFrom},
    ops::Bound,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::UNIX_EPOCH,
};

/// Blobs of one plugin.
const MOST: usize = 1_000;
/// Blobs of one plugin that are written at a time.
const MOST_WRITERS: usize = 16;
/// Longest name, in bytes: twice as many are the longest name of a file on most systems.
const LONGEST_NAME: usize = 120;
const FOLDER: &str = "blobs";
/// What the names of files begin with that are being written; no hexadecimal digits.
const UNFINISHED: &str = "writing-";

/// A blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Blob {
    pub(crate) name: String,
    pub(crate) size: u64,
    pub(crate) media_type: String,
    pub(crate) sha256: String,
    pub(crate) changed: TimestampMs,
}

/// A blob that is open: its file has `blob.size` bytes of it from the beginning. It can be read to its end whatever becomes of the blob.
#[derive(Debug)]
pub(crate) struct OpenBlob {
    pub(crate) blob: Blob,
    pub(crate) file: File,
}

/// How much there is.
pub(crate) struct Room {
    pub(crate) taken: u64,
    pub(crate) blobs: usize,
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BlobFault {
    /// It makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// There is no room, or the disk does not take it.
    #[error("{0}")]
    Failed(String),
}

/// All blobs of a plugin; cheap to clone. Every function reads or writes files: not for threads that carry calls.
#[derive(Clone, Default)]
pub(crate) struct Blobs(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// Opened when the first is asked for.
    folder: Option<Arc<Dir>>,
    known: BTreeMap<String, Blob>,
    /// Bytes of files that are being written.
    unfinished: u64,
    writers: usize,
}

impl Blobs {
    /// Begin to write a blob.
    pub(crate) fn begin(
        &self,
        data: &Dir,
        plugin: &str,
        quota: u64,
        name: &str,
        media_type: &str,
    ) -> Result<Writing, BlobFault> {
        check_name(name)?;
        check_media_type(media_type)?;
        let mut state = self.open(data, plugin)?;
        state.admits(name)?;
        if state.writers >= MOST_WRITERS {
            return Err(BlobFault::Failed(format!("{MOST_WRITERS} blobs are being written: wait for one of them")));
        }
        let folder = state.folder()?;
        let file = format!("{UNFINISHED}{:016x}", rand::random::<u64>());
        let writing = Writing::create(self.clone(), folder, file, (name, media_type), quota)?;
        state.writers += 1;
        Ok(writing)
    }

    /// What is known of a blob.
    pub(crate) fn look(&self, data: &Dir, plugin: &str, name: &str) -> Result<Option<Blob>, BlobFault> {
        check_name(name)?;
        Ok(self.open(data, plugin)?.known.get(name).cloned())
    }

    /// Open a blob; `None` when there is none.
    pub(crate) fn file(&self, data: &Dir, plugin: &str, name: &str) -> Result<Option<OpenBlob>, BlobFault> {
        check_name(name)?;
        let folder = {
            let state = self.open(data, plugin)?;
            if !state.known.contains_key(name) {
                return Ok(None);
            }
            state.folder()?
        };
        match read_blob(&folder, name) {
            Ok(open) => Ok(Some(open)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("read", &error)),
        }
    }

    /// At most `most` bytes from the place `at`.
    pub(crate) fn read(&self, data: &Dir, plugin: &str, name: &str, at: u64, most: u64) -> Result<Vec<u8>, BlobFault> {
        let Some(OpenBlob { blob, mut file }) = self.file(data, plugin, name)? else {
            return Err(BlobFault::Invalid(format!("there is no blob “{}”", shortened(name))));
        };
        let length = most.min(blob.size.saturating_sub(at));
        if length == 0 {
            return Ok(Vec::new());
        }
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(at))
            .and_then(|_| file.take(length).read_to_end(&mut bytes))
            .map_err(|e| failed("read", &e))?;
        Ok(bytes)
    }

    /// Those whose names begin with `prefix`, after the name `after`.
    pub(crate) fn scan(
        &self,
        data: &Dir,
        plugin: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Blob>, BlobFault> {
        let state = self.open(data, plugin)?;
        let from = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let found = state.known.range::<str, _>((from, Bound::Unbounded));
        Ok(found.take_while(|(name, _)| name.starts_with(prefix)).take(limit).map(|(_, blob)| blob.clone()).collect())
    }

    /// Give a blob another name; `false` when there is none.
    pub(crate) fn rename(&self, data: &Dir, plugin: &str, name: &str, to: &str) -> Result<bool, BlobFault> {
        check_name(name)?;
        check_name(to)?;
        let mut state = self.open(data, plugin)?;
        if name == to || !state.known.contains_key(name) {
            return Ok(state.known.contains_key(name));
        }
        let folder = state.folder()?;
        folder
            .rename(file_name(name), &folder, file_name(to))
            .and_then(|()| sync(&folder))
            .map_err(|e| failed("renamed", &e))?;
        if let Some(blob) = state.known.remove(name) {
            state.known.insert(to.to_owned(), Blob { name: to.to_owned(), ..blob });
        }
        Ok(true)
    }

    /// Delete a blob; `false` when there is none.
    pub(crate) fn delete(&self, data: &Dir, plugin: &str, name: &str) -> Result<bool, BlobFault> {
        check_name(name)?;
        let mut state = self.open(data, plugin)?;
        if !state.known.contains_key(name) {
            return Ok(false);
        }
        match state.folder()?.remove_file(file_name(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed("deleted", &error)),
            _ => Ok(state.known.remove(name).is_some()),
        }
    }

    /// How much there is.
    pub(crate) fn room(&self, data: &Dir, plugin: &str) -> Result<Room, BlobFault> {
        let state = self.open(data, plugin)?;
        Ok(Room { taken: state.taken(), blobs: state.known.len() })
    }

    /// The plugin's data is erased.
    pub(crate) fn forget(&self) {
        let mut state = self.lock();
        state.folder = None;
        state.known.clear();
    }

    /// The state, with what is on the disk once it was looked at.
    fn open(&self, data: &Dir, plugin: &str) -> Result<MutexGuard<'_, State>, BlobFault> {
        let mut state = self.lock();
        if state.folder.is_none() {
            let path = format!("{plugin}/{FOLDER}");
            let folder = data.create_dir_all(&path).and_then(|()| data.open_dir(&path));
            let folder = folder.map_err(|e| failed("opened", &e))?;
            state.known = known(&folder).map_err(|e| failed("listed", &e))?;
            state.folder = Some(Arc::new(folder));
        }
        Ok(state)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A file is whole after every change, and so is what is known of it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn folder(&self) -> Result<Arc<Dir>, BlobFault> {
        self.folder.clone().ok_or_else(|| BlobFault::Failed("the plugin’s data was erased".into()))
    }

    fn taken(&self) -> u64 {
        self.known.values().map(|blob| blob.size).sum::<u64>() + self.unfinished
    }

    /// Whether there may be a blob of this name.
    fn admits(&self, name: &str) -> Result<(), BlobFault> {
        if self.known.len() < MOST || self.known.contains_key(name) {
            return Ok(());
        }
        Err(BlobFault::Failed(format!("there are {MOST} blobs already: delete some")))
    }
}

/// What is in the folder. What a host that was ended has left unfinished goes.
fn known(folder: &Dir) -> std::io::Result<BTreeMap<String, Blob>> {
    let mut known = BTreeMap::new();
    for entry in folder.entries()? {
        let file = entry?.file_name().to_string_lossy().into_owned();
        if file.starts_with(UNFINISHED) {
            folder.remove_file(&file)?;
            continue;
        }
        let name = hex::decode(&file).ok().and_then(|name| String::from_utf8(name).ok());
        // What is none of ours, or was damaged from outside, is left alone and counts for nothing.
        if let Some(name) = name.filter(|name| check_name(name).is_ok())
            && let Ok(open) = read_blob(folder, &name)
        {
            known.insert(name, open.blob);
        }
    }
    Ok(known)
}

fn read_blob(folder: &Dir, name: &str) -> std::io::Result<OpenBlob> {
    let mut file = folder.open(file_name(name))?.into_std();
    let Seal { size, media_type, sha256 } = Seal::read(&mut file)?;
    let changed = file.metadata()?.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    file.seek(SeekFrom::Start(0))?;
    let changed = TimestampMs::try_from(changed.as_millis()).unwrap_or(TimestampMs::MAX);
    let blob = Blob { name: name.to_owned(), size, media_type, sha256: hex::encode(sha256), changed };
    Ok(OpenBlob { blob, file })
}

fn file_name(name: &str) -> String {
    hex::encode(name)
}

/// That a file has another name is on the disk.
fn sync(folder: &Dir) -> std::io::Result<()> {
    folder.open(".")?.sync_all()
}

fn failed(what: &str, error: &std::io::Error) -> BlobFault {
    BlobFault::Failed(format!("the blob could not be {what}: {error}"))
}

fn check_name(name: &str) -> Result<(), BlobFault> {
    if (1..=LONGEST_NAME).contains(&name.len()) && !name.chars().any(char::is_control) {
        return Ok(());
    }
    Err(BlobFault::Invalid(format!(
        "“{}” is no name of a blob: 1 to {LONGEST_NAME} bytes without control characters are",
        shortened(&name.escape_debug().to_string())
    )))
}

fn check_media_type(text: &str) -> Result<(), BlobFault> {
    let word = |text: &str| {
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".+-".contains(c);
        !text.is_empty() && text.len() <= 60 && text.chars().all(inner)
    };
    let (kind, charset) = text.split_once("; charset=").map_or((text, None), |(kind, charset)| (kind, Some(charset)));
    let sound = kind.split_once('/').is_some_and(|(group, kind)| word(group) && word(kind)) && charset.is_none_or(word);
    if sound {
        return Ok(());
    }
    Err(BlobFault::Invalid(format!(
        "“{}” is no media type such as image/png or text/plain; charset=utf-8, in lower case",
        shortened(&text.escape_debug().to_string())
    )))
}

#[cfg(test)]
mod tests;
