//! One question over one connection.

use http_body_util::{BodyExt, Full};
use hyper::{
    body::{Body, Bytes, Incoming},
    client::conn::http1,
    header::{HOST, HeaderValue, USER_AGENT},
};
use hyper_util::rt::TokioIo;
use std::iter;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::JoinSet,
};

/// Largest head of an answer, in bytes.
const LARGEST_HEAD: usize = 64 << 10;
const MOST_HEADERS: usize = 100;

/// A question. It shows itself nowhere, since it may hold secrets.
pub struct Request {
    /// `GET`, `POST` …
    pub method: String,
    /// Path and query, as the request line has them.
    pub target: String,
    /// The value of `Host`.
    pub host: String,
    /// The other header fields.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, perhaps empty.
    pub body: Vec<u8>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// 100 to 999.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// All of it.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The question cannot be written: which part of it, never what stands there.
    #[error("{0} cannot be sent by HTTP")]
    Unwritable(String),
    /// The answer is larger than it may be.
    #[error("the answer has more than {0} bytes")]
    TooLarge(usize),
    /// The connection has broken, or what came is no HTTP.
    #[error("{0}")]
    Broken(String),
}

/// Ask over a connection that serves for this one question. At most `most` bytes of a body are taken.
///
/// # Errors
/// When the question cannot be written, the answer is too large or none, or the connection breaks. It waits for as long as the
/// server takes: put a time-out around it.
pub async fn exchange<S>(stream: S, request: Request, most: usize) -> Result<Response, ExchangeError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let request = written(request)?;
    let mut builder = http1::Builder::new();
    builder.max_buf_size(LARGEST_HEAD).max_headers(MOST_HEADERS);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // Ends with this function, however that ends.
    let mut connections = JoinSet::new();
    connections.spawn(connection);
    let (head, body) = sender.send_request(request).await.map_err(broken)?.into_parts();
    let headers = head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()));
    Ok(Response { status: head.status.as_u16(), headers: headers.collect(), body: whole(body, most).await? })
}

/// An error with what caused it: hyper itself says “client error (Connect)” and no more.
pub fn reason(error: &dyn std::error::Error) -> String {
    let last = iter::successors(error.source(), |cause| cause.source()).last();
    last.map_or_else(|| error.to_string(), ToString::to_string)
}

fn written(request: Request) -> Result<hyper::Request<Full<Bytes>>, ExchangeError> {
    let unwritable = |part: &str| ExchangeError::Unwritable(part.to_owned());
    let host = HeaderValue::from_str(&request.host).map_err(|_| unwritable("the host"))?;
    let mut builder = hyper::Request::builder().method(request.method.as_str()).uri(&request.target).header(HOST, host);
    if !request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(USER_AGENT.as_str())) {
        builder = builder.header(USER_AGENT, concat!("Jackfield/", env!("CARGO_PKG_VERSION")));
    }
    for (name, value) in request.headers {
        let field = || unwritable(&format!("the header field “{}”", name.chars().take(64).collect::<String>()));
        let mut value = HeaderValue::from_bytes(&value).map_err(|_| field())?;
        value.set_sensitive(true);
        builder = builder.header(name.as_str(), value);
    }
    builder.body(Full::from(request.body)).map_err(|_| unwritable("the method, the path or the name of a header field"))
}

async fn whole(mut body: Incoming, most: usize) -> Result<Vec<u8>, ExchangeError> {
    if body.size_hint().lower() > most as u64 {
        return Err(ExchangeError::TooLarge(most));
    }
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(piece) = frame.map_err(broken)?.into_data() {
            if bytes.len() + piece.len() > most {
                return Err(ExchangeError::TooLarge(most));
            }
            bytes.extend_from_slice(&piece);
        }
    }
    Ok(bytes)
}

fn broken(error: hyper::Error) -> ExchangeError {
    if error.is_parse_too_large() {
        return ExchangeError::TooLarge(LARGEST_HEAD);
    }
    let what = if error.is_parse() { "what the server answers is no HTTP: " } else { "" };
    ExchangeError::Broken(format!("{what}{}", reason(&error)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    /// What comes of asking a server that answers so, and what it was asked.
    async fn asked(request: Request, answer: &'static [u8]) -> (Result<Response, ExchangeError>, String) {
        let (near, mut far) = duplex(64 << 10);
        let server = tokio::spawn(async move {
            let mut heard = vec![0; 16 << 10];
            let length = far.read(&mut heard).await.unwrap_or(0);
            // The other side may have seen enough.
            let _ = far.write_all(answer).await;
            String::from_utf8_lossy(&heard[..length]).into_owned()
        });
        let outcome = exchange(near, request, 10).await;
        (outcome, server.await.unwrap())
    }

    fn question() -> Request {
        Request {
            method: "POST".into(),
            target: "/v1?x=1".into(),
            host: "a.example:8080".into(),
            headers: vec![("x-key".into(), b"open sesame".to_vec())],
            body: b"hello".to_vec(),
        }
    }

    #[tokio::test]
    async fn a_question_goes_out_whole_and_an_answer_comes_back_whole() {
        let (answer, heard) = asked(question(), b"HTTP/1.1 201 Made\r\nX-Y: z\r\nContent-Length: 2\r\n\r\nok").await;
        let answer = answer.unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (201, &b"ok"[..]));
        assert!(answer.headers.contains(&("x-y".into(), b"z".to_vec())));
        assert!(heard.starts_with("POST /v1?x=1 HTTP/1.1\r\nhost: a.example:8080\r\n"), "{heard}");
        assert!(heard.contains("x-key: open sesame\r\n") && heard.contains("content-length: 5\r\n"), "{heard}");
        assert!(heard.ends_with("\r\n\r\nhello"), "{heard}");
    }

    #[tokio::test]
    async fn an_answer_that_is_too_large_or_none_is_an_error() {
        const ELEVEN: &[u8] = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n01234567890";
        for (answer, said) in [
            (&b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"[..], "more than 10 bytes"),
            (ELEVEN, "more than 10 bytes"),
            (
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n",
                "more than 10 bytes",
            ),
            (b"220 mail.example ESMTP\r\n", "is no HTTP"),
            (b"", ""),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", ""),
        ] {
            let (outcome, _) = asked(question(), answer).await;
            let error = outcome.unwrap_err().to_string();
            assert!(error.contains(said), "{}: {error}", String::from_utf8_lossy(answer));
        }
    }

    #[tokio::test]
    async fn a_head_without_end_is_cut_off() {
        let (near, mut far) = duplex(64 << 10);
        let server = tokio::spawn(async move {
            let _ = far.write_all(b"HTTP/1.1 200 OK\r\n").await;
            let line = [b"x: ".as_slice(), &[b'y'; 1_000], b"\r\n"].concat();
            let mut written = 0;
            while written < 10 << 20 && far.write_all(&line).await.is_ok() {
                written += line.len();
            }
            written
        });
        assert!(exchange(near, question(), 10).await.is_err());
        assert!(server.await.unwrap() < 1 << 20, "it was read on");
    }

    #[tokio::test]
    async fn what_would_end_a_line_is_refused_and_not_repeated() {
        let with = |change: fn(&mut Request)| {
            let mut request = question();
            change(&mut request);
            written(request).err().unwrap().to_string()
        };
        let error = with(|request| request.headers[0].1 = b"open sesame\r\nX: y".to_vec());
        assert_eq!(error, "the header field “x-key” cannot be sent by HTTP");
        assert!(with(|request| request.headers[0].0 = "x\r\ny".into()).contains("name of a header field"));
        assert!(with(|request| request.target = "/ HTTP/1.1\r\nX: y".into()).contains("the path"));
        assert!(with(|request| request.host = "a\r\nb".into()).contains("the host"));
    }
}
