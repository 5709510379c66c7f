//! `jackfield:services/blobs`.

use crate::{
    bindings::imports::jackfield::{
        services::blobs::{self, Blob, Room},
        types::types::Error,
    },
    blobs::{self as files, BlobFault, Blobs},
    grants,
    instance::{Running, State},
    registry::Loaded,
};
use cap_std::fs::Dir;
use std::sync::Arc;
use tokio::{runtime::Handle, task::spawn_blocking};
use wasmtime::component::Resource;

/// All blobs of one plugin, in MiB, when its manifest says nothing else.
const QUOTA_MIB: u32 = 64;
/// Bytes that are read or appended at once.
const MOST_AT_ONCE: usize = 1 << 20;
/// Blobs that are listed at once.
const MOST_LISTED: usize = 200;

/// What stands behind a guest's `writing`; none once it is committed or has failed.
pub struct BlobWriting(Option<files::Writing>);

impl blobs::Host for State {
    async fn begin(
        &mut self,
        name: String,
        media_type: String,
    ) -> wasmtime::Result<Result<Resource<BlobWriting>, Error>> {
        let quota = quota(&self.plugin);
        let begun = self.files(move |blobs, data, plugin| {
            blobs.begin(data, plugin, quota, &name, &media_type).map(|writing| BlobWriting(Some(writing)))
        });
        Ok(match begun.await {
            Ok(writing) => Ok(self.handles.push(writing)?),
            Err(error) => Err(error),
        })
    }

    async fn look(&mut self, name: String) -> wasmtime::Result<Result<Option<Blob>, Error>> {
        let found = self.files(move |blobs, data, plugin| blobs.look(data, plugin, &name));
        Ok(found.await.map(|blob| blob.map(Into::into)))
    }

    async fn read(&mut self, name: String, at: u64, most: u32) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        let most = u64::from(most).min(MOST_AT_ONCE as u64);
        Ok(self.files(move |blobs, data, plugin| blobs.read(data, plugin, &name, at, most)).await)
    }

    async fn scan(
        &mut self,
        prefix: String,
        after: Option<String>,
        limit: u32,
    ) -> wasmtime::Result<Result<Vec<Blob>, Error>> {
        let limit = MOST_LISTED.min(limit as usize);
        let found = self.files(move |blobs, data, plugin| blobs.scan(data, plugin, &prefix, after.as_deref(), limit));
        Ok(found.await.map(|found| found.into_iter().map(Into::into).collect()))
    }

    async fn rename(&mut self, name: String, to: String) -> wasmtime::Result<Result<bool, Error>> {
        Ok(self.files(move |blobs, data, plugin| blobs.rename(data, plugin, &name, &to)).await)
    }

    async fn delete(&mut self, name: String) -> wasmtime::Result<Result<bool, Error>> {
        Ok(self.files(move |blobs, data, plugin| blobs.delete(data, plugin, &name)).await)
    }

    async fn usage(&mut self) -> wasmtime::Result<Result<Room, Error>> {
        let quota = quota(&self.plugin);
        let room = self.files(move |blobs, data, plugin| blobs.room(data, plugin)).await;
        let blobs = |blobs| u32::try_from(blobs).unwrap_or(u32::MAX);
        Ok(room.map(|room| Room { taken: room.taken, quota, blobs: blobs(room.blobs) }))
    }

    async fn answer_with(&mut self, name: String) -> wasmtime::Result<Result<bool, Error>> {
        if self.running != Running::Web {
            let text = format!("there is nobody to answer {}", self.running.while_doing());
            return Ok(Err(Error::Denied(text)));
        }
        let found = self.files(move |blobs, data, plugin| blobs.file(data, plugin, &name)).await;
        Ok(found.map(|found| {
            let is_there = found.is_some();
            self.answers_with = found;
            is_there
        }))
    }
}

impl blobs::HostWriting for State {
    async fn append(&mut self, writing: Resource<BlobWriting>, part: Vec<u8>) -> wasmtime::Result<Result<(), Error>> {
        if part.len() > MOST_AT_ONCE {
            let text = format!("{} bytes: at most {MOST_AT_ONCE} are appended at once", part.len());
            return Ok(Err(Error::Invalid(text)));
        }
        let Some(mut inner) = self.handles.get_mut(&writing)?.0.take() else { return Ok(Err(over())) };
        let appended = self.files(move |_, _, _| Ok((inner.append(&part), inner))).await;
        Ok(match appended {
            Ok((appended, inner)) => {
                self.handles.get_mut(&writing)?.0 = Some(inner);
                appended.map_err(Into::into)
            }
            Err(error) => Err(error),
        })
    }

    async fn commit(&mut self, writing: Resource<BlobWriting>) -> wasmtime::Result<Result<Blob, Error>> {
        let Some(inner) = self.handles.get_mut(&writing)?.0.take() else { return Ok(Err(over())) };
        Ok(self.files(move |_, _, _| inner.commit()).await.map(Into::into))
    }

    async fn drop(&mut self, writing: Resource<BlobWriting>) -> wasmtime::Result<()> {
        self.handles.delete(writing)?;
        Ok(())
    }
}

impl State {
    /// Work on files, off the threads that carry calls.
    async fn files<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&Blobs, &Dir, &str) -> Result<T, BlobFault> + Send + 'static,
    ) -> Result<T, Error> {
        self.permit(grants::BLOBS)?;
        let (blobs, data) = (self.plugin.life.blobs.clone(), Arc::clone(&self.host.data));
        let plugin = self.plugin.record.id.clone();
        let done = spawn_blocking(move || work(&blobs, &data, &plugin)).await;
        self.cpu.refill();
        match done {
            Ok(done) => done.map_err(Into::into),
            Err(_) => Err(Error::Failed("the work was given up: the host is stopping".into())),
        }
    }
}

impl Drop for BlobWriting {
    fn drop(&mut self) {
        // An instance may end on a thread that carries calls.
        if let (Some(writing), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn_blocking(move || drop(writing));
        }
    }
}

/// How many bytes all blobs of a plugin may take.
pub(crate) fn quota(plugin: &Loaded) -> u64 {
    let manifest = plugin.body.as_ref().map(|body| &body.package.manifest);
    let named = manifest.and_then(|manifest| manifest.capabilities.get(grants::BLOBS)?.quota_mib);
    u64::from(named.unwrap_or(QUOTA_MIB)) << 20
}

fn over() -> Error {
    Error::Invalid("this blob is committed already, or could not be written".into())
}

impl From<BlobFault> for Error {
    fn from(fault: BlobFault) -> Self {
        match fault {
            BlobFault::Invalid(text) => Self::Invalid(text),
            BlobFault::Failed(text) => Self::Failed(text),
        }
    }
}

impl From<files::Blob> for Blob {
    fn from(blob: files::Blob) -> Self {
        let files::Blob { name, size, media_type, sha256, changed } = blob;
        Self { name, size, media_type, sha256, changed }
    }
}
