//! Files of the plugin's own. Needs the capability `blobs`.
//!
//! ```no_run
//! use jackfield_sdk::prelude::*;
//!
//! fn export(rows: &[String]) -> Result<()> {
//!     let file = blobs::begin("export.csv", "text/csv; charset=utf-8")?;
//!     for row in rows {
//!         file.append(format!("{row}\r\n").as_bytes())?;
//!     }
//!     // Until here whoever reads export.csv gets the one before.
//!     file.commit().map(drop)
//! }
//! ```
//!
//! A page gets one with [`crate::web::Response::blob`].

use crate::{Result, bindings::imports::jackfield::services::blobs};
pub use blobs::{Blob, Room};

/// Bytes that the host takes or gives at once.
const AT_ONCE: usize = 1 << 20;
/// Blobs that the host lists at once.
const LISTED: u32 = 200;

/// A blob that is being written. Dropped without [`Writing::commit`], it has never been.
#[derive(Debug)]
pub struct Writing(blobs::Writing);

/// Begin to write a blob; the one of this name stays as it is until it is committed.
///
/// # Errors
/// When the name or the media type makes no sense, or there are too many blobs.
pub fn begin(name: &str, media_type: &str) -> Result<Writing> {
    Ok(Writing(blobs::begin(name, media_type)?))
}

/// Write a whole blob.
///
/// # Errors
/// As for [`begin`], and when there is no room.
pub fn write(name: &str, media_type: &str, content: &[u8]) -> Result<Blob> {
    let writing = begin(name, media_type)?;
    writing.append(content)?;
    writing.commit()
}

/// What is known of a blob; `None` when there is none.
///
/// # Errors
/// When it is not permitted, or the name makes no sense.
pub fn look(name: &str) -> Result<Option<Blob>> {
    Ok(blobs::look(name)?)
}

/// At most `most` bytes from the place `at`, 1 MiB at once; fewer at its end, none beyond it.
///
/// # Errors
/// When there is no such blob.
pub fn read(name: &str, at: u64, most: u32) -> Result<Vec<u8>> {
    Ok(blobs::read(name, at, most)?)
}

/// All whose names begin with `prefix`, by name.
///
/// # Errors
/// When it is not permitted.
pub fn scan(prefix: &str) -> Result<Vec<Blob>> {
    let mut found: Vec<Blob> = Vec::new();
    loop {
        let after = found.last().map(|blob| blob.name.clone());
        let next = blobs::scan(prefix, after.as_deref(), LISTED)?;
        let is_last = next.len() < LISTED as usize;
        found.extend(next);
        if is_last {
            return Ok(found);
        }
    }
}

/// Give a blob another name, in the place of whatever had that; `false` when there is none.
///
/// # Errors
/// When it is not permitted, or a name makes no sense.
pub fn rename(name: &str, to: &str) -> Result<bool> {
    Ok(blobs::rename(name, to)?)
}

/// Delete a blob; `false` when there is none.
///
/// # Errors
/// When it is not permitted, or the file cannot be removed.
pub fn delete(name: &str) -> Result<bool> {
    Ok(blobs::delete(name)?)
}

/// How much room there is.
///
/// # Errors
/// When it is not permitted.
pub fn usage() -> Result<Room> {
    Ok(blobs::usage()?)
}

impl Writing {
    /// More of it.
    ///
    /// # Errors
    /// When there is no room.
    pub fn append(&self, part: &[u8]) -> Result<()> {
        part.chunks(AT_ONCE).try_for_each(|part| Ok(self.0.append(part)?))
    }

    /// It is whole: it takes the place of whatever had its name, at once. On the disk when this returns.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn commit(self) -> Result<Blob> {
        Ok(self.0.commit()?)
    }
}
