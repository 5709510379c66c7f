//! `jackfield:services/documents`: pages as a fax carries them, kept as TIFF under the plugin's own folder.

use crate::{
    bindings::imports::jackfield::{
        services::documents::{self, Document},
        types::types::Error,
    },
    grants,
    instance::State,
    interfaces::{
        arguments::shortened,
        recording::{blocking, is_file_id},
    },
    registry::{Host, Loaded},
};
use cap_std::fs::Dir;
use jackfield_fax::document::{self, DocumentError, pdf, tiff};
use std::{io::Write, sync::Arc};

/// All documents of one plugin together, in MiB, when its manifest says nothing else.
const QUOTA_MIB: u32 = 256;
const FOLDER: &str = "documents";

impl documents::Host for State {
    async fn keep(&mut self, content: Vec<u8>) -> Result<Document, Error> {
        self.permit(grants::DOCUMENTS)?;
        let made = blocking(move || Ok(document::pages_of(&content))).await.map_err(Error::Failed)?;
        self.cpu.refill();
        let tiff = made.map_err(|error| match error {
            DocumentError::Unusable(text) => Error::Invalid(text),
            DocumentError::Raster(text) => Error::Failed(text),
        })?;
        self.keep_document(tiff).await.map_err(Error::Failed)
    }

    async fn look(&mut self, id: String) -> Result<Document, Error> {
        self.permit(grants::DOCUMENTS)?;
        let tiff = load(&self.host, &self.plugin.record.id, &id).await.map_err(Error::Failed)?;
        self.cpu.refill();
        described(id, &tiff).map_err(Error::Failed)
    }

    async fn copy(&mut self, id: String) -> Result<Document, Error> {
        self.permit(grants::DOCUMENTS)?;
        let tiff = load(&self.host, &self.plugin.record.id, &id).await.map_err(Error::Failed)?;
        self.keep_document(tiff).await.map_err(Error::Failed)
    }

    async fn erase(&mut self, id: String) -> Result<(), Error> {
        self.permit(grants::DOCUMENTS)?;
        erase_of(&self.host, &self.plugin.record.id, &id).await.map_err(Error::Failed)
    }
}

impl State {
    /// Keep pages as a document of this plugin. It is on the disk when this returns.
    pub(crate) async fn keep_document(&mut self, tiff: Vec<u8>) -> Result<Document, String> {
        let kept = keep_pages(&self.host, &self.plugin, tiff).await;
        self.cpu.refill();
        kept
    }
}

/// Make pages of what somebody has handed in, and keep them as a document of a plugin.
pub(crate) async fn keep_for(host: &Host, plugin: &Loaded, content: Vec<u8>) -> Result<Document, String> {
    let tiff = blocking(move || document::pages_of(&content).map_err(|error| error.to_string())).await?;
    keep_pages(host, plugin, tiff).await
}

async fn keep_pages(host: &Host, plugin: &Loaded, tiff: Vec<u8>) -> Result<Document, String> {
    let id = format!("{:x}-{:08x}", host.clock.now_ms(), rand::random::<u32>());
    let document = described(id.clone(), &tiff)?;
    let manifest = plugin.body.as_ref().map(|body| &body.package.manifest);
    let named = manifest.and_then(|manifest| manifest.capabilities.get(grants::DOCUMENTS)?.quota_mib);
    let quota = u64::from(named.unwrap_or(QUOTA_MIB)) << 20;
    let (data, plugin) = (Arc::clone(&host.data), plugin.record.id.clone());
    blocking(move || keep(&data, &plugin, &id, &tiff, quota)).await.map(|()| document)
}

/// Erase a document of a plugin; nothing happens when there is none of that id.
pub(crate) async fn erase_of(host: &Host, plugin: &str, id: &str) -> Result<(), String> {
    if !is_file_id(id) {
        return Ok(());
    }
    let (data, path) = (Arc::clone(&host.data), path(plugin, id));
    let erased = blocking(move || match data.remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(format!("the document could not be erased: {e}")),
        _ => Ok(()),
    });
    erased.await
}

/// The pages of a document, as TIFF.
pub(crate) async fn load(host: &Host, plugin: &str, id: &str) -> Result<Vec<u8>, String> {
    let missing = format!("there is no document “{}”", shortened(id));
    if !is_file_id(id) {
        return Err(missing);
    }
    let (data, path) = (Arc::clone(&host.data), path(plugin, id));
    blocking(move || data.read(path).map_err(|_| missing)).await
}

/// The pages of a document, as PDF.
pub(crate) async fn pdf(host: &Host, plugin: &str, id: &str) -> Result<Vec<u8>, String> {
    let tiff = load(host, plugin, id).await?;
    blocking(move || pdf::of_tiff(&tiff).map_err(|error| error.to_string())).await
}

fn described(id: String, tiff: &[u8]) -> Result<Document, String> {
    let pages = tiff::pages(tiff).map_err(|error| error.to_string())?.len();
    Ok(Document { id, pages: u32::try_from(pages).unwrap_or(u32::MAX), bytes: tiff.len() as u64 })
}

fn keep(data: &Dir, plugin: &str, id: &str, tiff: &[u8], quota: u64) -> Result<(), String> {
    let failed = |e: &dyn std::fmt::Display| format!("the document could not be kept: {e}");
    let folder = format!("{plugin}/{FOLDER}");
    data.create_dir_all(&folder).map_err(|e| failed(&e))?;
    let folder = data.open_dir(&folder).map_err(|e| failed(&e))?;
    let held: u64 =
        folder.entries().map_err(|e| failed(&e))?.filter_map(|entry| Some(entry.ok()?.metadata().ok()?.len())).sum();
    if held + tiff.len() as u64 > quota {
        return Err(format!("the plugin’s documents take {} MiB already: delete some", held >> 20));
    }
    let name = format!("{id}.tif");
    let mut file = folder.create(&name).map_err(|e| failed(&e))?;
    file.write_all(tiff).and_then(|()| file.sync_all()).map_err(|e| {
        // Half a document is none.
        drop(folder.remove_file(&name));
        failed(&e)
    })
}

fn path(plugin: &str, id: &str) -> String {
    format!("{plugin}/{FOLDER}/{id}.tif")
}
