//! Files that are sent in whole or in part (RFC 9110 §14): players of sound ask for parts in order to jump.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::stream;
use std::{
    io::{self, ErrorKind, SeekFrom},
    path::Path,
};
use tokio::io::{AsyncReadExt, AsyncSeekExt};

/// Bytes that are read at a time.
const CHUNK: u64 = 64 * 1024;

/// A file to be sent.
pub(crate) struct File {
    file: tokio::fs::File,
    size: u64,
    kind: &'static str,
}

/// What of a file is wanted.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    /// All of it.
    Whole,
    /// From the first of these bytes to the last.
    Part(u64, u64),
    /// Nothing that is in it.
    Beyond,
}

impl File {
    /// Open one; `None` when it is not there.
    pub(crate) async fn open(path: &Path, kind: &'static str) -> io::Result<Option<Self>> {
        let file = match tokio::fs::File::open(path).await {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        Self::of(file, kind).await.map(Some)
    }

    /// One that is open already.
    pub(crate) async fn of(file: tokio::fs::File, kind: &'static str) -> io::Result<Self> {
        let size = file.metadata().await?.len();
        Ok(Self { file, size, kind })
    }

    /// As many bytes from the beginning of one that is open; what they are, others say.
    pub(crate) fn beginning_of(file: tokio::fs::File, size: u64) -> Self {
        Self { file, size, kind: "application/octet-stream" }
    }

    /// Send what is asked for; says too whether that begins at the beginning.
    pub(crate) async fn answer(mut self, headers: &HeaderMap) -> io::Result<(Response, bool)> {
        let asked = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
        let (status, first, last) = match wanted(asked, self.size) {
            Wanted::Whole => (StatusCode::OK, 0, self.size.saturating_sub(1)),
            Wanted::Part(first, last) => (StatusCode::PARTIAL_CONTENT, first, last),
            Wanted::Beyond => {
                let all = [(header::CONTENT_RANGE, format!("bytes */{}", self.size))];
                return Ok(((StatusCode::RANGE_NOT_SATISFIABLE, all).into_response(), false));
            }
        };
        self.file.seek(SeekFrom::Start(first)).await?;
        let length = if self.size == 0 { 0 } else { last - first + 1 };
        let body = stream::try_unfold((self.file, length), async |(mut file, left)| {
            if left == 0 {
                return Ok(None);
            }
            let mut chunk = vec![0; left.min(CHUNK) as usize];
            let read = file.read(&mut chunk).await?;
            if read == 0 {
                return Err(io::Error::from(ErrorKind::UnexpectedEof));
            }
            chunk.truncate(read);
            Ok::<_, io::Error>(Some((Bytes::from(chunk), (file, left - read as u64))))
        });
        let mut response = (status, Body::from_stream(body)).into_response();
        let fields = response.headers_mut();
        fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        fields.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        fields.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        if status == StatusCode::PARTIAL_CONTENT
            && let Ok(range) = HeaderValue::from_str(&format!("bytes {first}-{last}/{}", self.size))
        {
            fields.insert(header::CONTENT_RANGE, range);
        }
        Ok((response, first == 0))
    }
}

/// What a `Range` header asks for. One part is given; what asks for several, or in other units, gets the whole.
fn wanted(range: Option<&str>, size: u64) -> Wanted {
    let Some((first, last)) = range.and_then(|range| range.trim().strip_prefix("bytes=")?.split_once('-')) else {
        return Wanted::Whole;
    };
    let (first, last) = match (first.trim(), last.trim()) {
        ("", suffix) => match suffix.parse::<u64>() {
            Ok(0) => return Wanted::Beyond,
            Ok(suffix) => (size.saturating_sub(suffix), u64::MAX),
            Err(_) => return Wanted::Whole,
        },
        (first, last) => match (first.parse(), if last.is_empty() { Ok(u64::MAX) } else { last.parse() }) {
            (Ok(first), Ok(last)) => (first, last),
            _ => return Wanted::Whole,
        },
    };
    if last < first {
        return Wanted::Whole;
    }
    if first >= size { Wanted::Beyond } else { Wanted::Part(first, last.min(size - 1)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read_as_rfc_9110_has_them() {
        let cases = [
            (None, Wanted::Whole),
            (Some("bytes=0-"), Wanted::Part(0, 99)),
            (Some("bytes=0-9"), Wanted::Part(0, 9)),
            (Some("bytes=90-500"), Wanted::Part(90, 99)),
            (Some("bytes=-10"), Wanted::Part(90, 99)),
            (Some("bytes=-500"), Wanted::Part(0, 99)),
            (Some("bytes=100-"), Wanted::Beyond),
            (Some("bytes=-0"), Wanted::Beyond),
            (Some("bytes=9-3"), Wanted::Whole),
            (Some("bytes=0-1,5-6"), Wanted::Whole),
            (Some("lines=0-1"), Wanted::Whole),
            (Some("bytes=a-b"), Wanted::Whole),
            (Some("bytes=99999999999999999999-"), Wanted::Whole),
        ];
        for (range, expected) in cases {
            assert_eq!(wanted(range, 100), expected, "{range:?}");
        }
        assert_eq!(wanted(Some("bytes=0-"), 0), Wanted::Beyond);
    }
}
