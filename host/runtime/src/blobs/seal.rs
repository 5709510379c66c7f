//! What stands behind the content of a blob's file: its media type, its digest, and a mark that it is whole.

use std::{
    fs::File,
    io::{Error, ErrorKind, Read, Result, Seek, SeekFrom},
};

/// The end of a file that is whole.
const MARK: [u8; 8] = *b"JFBLOB1\n";
const DIGEST: usize = 32;
/// Digest, length of the media type in one byte, mark.
const FIXED: usize = DIGEST + 1 + MARK.len();

/// What is known of a blob besides its content: `media type · digest · length of the media type · mark`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seal {
    /// Bytes of content.
    pub(super) size: u64,
    /// At most 255 bytes.
    pub(super) media_type: String,
    pub(super) sha256: [u8; DIGEST],
}

impl Seal {
    /// As it stands in the file.
    pub(super) fn bytes(media_type: &str, sha256: [u8; DIGEST]) -> Vec<u8> {
        // Media types are checked to be shorter.
        let length = u8::try_from(media_type.len()).unwrap_or(u8::MAX);
        let media_type = media_type.bytes().take(usize::from(length));
        media_type.chain(sha256).chain([length]).chain(MARK).collect()
    }

    /// Read it from the end of a file.
    pub(super) fn read(file: &mut File) -> Result<Self> {
        let damaged = || Error::new(ErrorKind::InvalidData, "it is no whole blob");
        let length = file.metadata()?.len();
        let mut fixed = [0; FIXED];
        let Some(at) = length.checked_sub(FIXED as u64) else { return Err(damaged()) };
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut fixed)?;
        let (digest, rest) = fixed.split_at(DIGEST);
        let (Ok(sha256), Some((&named, mark))) = (digest.try_into(), rest.split_first()) else { return Err(damaged()) };
        let Some(size) = at.checked_sub(u64::from(named)).filter(|_| mark == MARK) else { return Err(damaged()) };
        let mut media_type = vec![0; usize::from(named)];
        file.seek(SeekFrom::Start(size))?;
        file.read_exact(&mut media_type)?;
        let media_type = String::from_utf8(media_type).map_err(|_| damaged())?;
        Ok(Self { size, media_type, sha256 })
    }
}
