//! A blob that is being written.

use super::{Blob, BlobFault, Blobs, failed, file_name, read_blob, seal::Seal, sync};
use cap_std::fs::{Dir, File, OpenOptions};
use sha2::{Digest, Sha256};
use std::{io::Write, sync::Arc};

/// A blob that is being written: dropped without [`Writing::commit`], it has never been. Both read or write files.
pub(crate) struct Writing {
    blobs: Blobs,
    folder: Arc<Dir>,
    /// The file's name until it is whole.
    unfinished: String,
    name: String,
    media_type: String,
    quota: u64,
    file: File,
    digest: Sha256,
    size: u64,
    /// The disk has not taken some of it.
    broken: bool,
}

impl Writing {
    /// A file for it, which nobody else has.
    pub(super) fn create(
        blobs: Blobs,
        folder: Arc<Dir>,
        unfinished: String,
        (name, media_type): (&str, &str),
        quota: u64,
    ) -> Result<Self, BlobFault> {
        let new = OpenOptions::new().write(true).create_new(true).clone();
        let file = folder.open_with(&unfinished, &new).map_err(|e| failed("begun", &e))?;
        let (name, media_type) = (name.to_owned(), media_type.to_owned());
        let digest = Sha256::new();
        Ok(Self { blobs, folder, unfinished, name, media_type, quota, file, digest, size: 0, broken: false })
    }

    /// More of it.
    pub(crate) fn append(&mut self, part: &[u8]) -> Result<(), BlobFault> {
        let length = part.len() as u64;
        {
            let mut state = self.blobs.lock();
            let taken = state.taken();
            if taken + length > self.quota {
                return Err(BlobFault::Failed(format!(
                    "the plugin’s blobs take {} kB of {} kB already: delete some",
                    taken >> 10,
                    self.quota >> 10
                )));
            }
            state.unfinished += length;
        }
        // Counted whether the disk takes it or not, until the whole is given up.
        self.size += length;
        self.file.write_all(part).map_err(|e| {
            self.broken = true;
            failed("written", &e)
        })?;
        self.digest.update(part);
        Ok(())
    }

    /// It is whole: it takes the place of whatever had its name.
    pub(crate) fn commit(mut self) -> Result<Blob, BlobFault> {
        if self.broken {
            return Err(BlobFault::Failed("some of the blob could not be written: begin anew".into()));
        }
        let seal = Seal::bytes(&self.media_type, std::mem::take(&mut self.digest).finalize().into());
        self.file.write_all(&seal).and_then(|()| self.file.sync_all()).map_err(|e| failed("written", &e))?;
        let mut state = self.blobs.lock();
        if state.folder.is_none() {
            return Err(BlobFault::Failed("the plugin’s data was erased meanwhile".into()));
        }
        // Others may have come first.
        state.admits(&self.name)?;
        let whole = self.folder.rename(&self.unfinished, &self.folder, file_name(&self.name));
        let blob = whole.and_then(|()| sync(&self.folder)).and_then(|()| read_blob(&self.folder, &self.name));
        let blob = blob.map_err(|e| failed("put in its place", &e))?.blob;
        state.known.insert(self.name.clone(), blob.clone());
        Ok(blob)
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        // Not there any more when it was committed; what cannot be removed now goes at the next start.
        let _ = self.folder.remove_file(&self.unfinished);
        let mut state = self.blobs.lock();
        state.unfinished = state.unfinished.saturating_sub(self.size);
        state.writers = state.writers.saturating_sub(1);
    }
}
