//! A registry behind a web server.

use crate::{Fault, place::may_be_asked};
use http_body_util::{BodyExt, Empty};
use hyper::{
    Request, Response, StatusCode, Uri,
    body::{Bytes, Incoming},
    header::{LOCATION, RANGE, USER_AGENT},
};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use jackfield_http::{reason, redirection};
use rustls::{ClientConfig, RootCertStore};
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;

/// How long an answer may keep one waiting, and each further piece of it.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often a server may point elsewhere.
const MOST_REDIRECTS: usize = 5;

/// What asks web servers.
#[derive(Clone)]
pub(crate) struct Asker(Client<HttpsConnector<HttpConnector>, Empty<Bytes>>);

/// What a server has.
pub(crate) struct Answer {
    /// 200, 206 and the like.
    pub status: StatusCode,
    body: Incoming,
}

impl Asker {
    /// Who trusts the authorities that this machine trusts, and `ours`.
    pub(crate) fn new(ours: &RootCertStore) -> Self {
        let mut roots = ours.clone();
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring speaks TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
        Self(Client::builder(TokioExecutor::new()).build(connector))
    }

    /// Ask for a file from byte `from` on, and follow where the server points.
    pub(crate) async fn get(&self, uri: &Uri, from: u64) -> Result<Answer, Fault> {
        let mut at = uri.clone();
        for _ in 0..=MOST_REDIRECTS {
            let mut request = Request::get(&at).header(USER_AGENT, concat!("Jackfield/", env!("CARGO_PKG_VERSION")));
            if from > 0 {
                request = request.header(RANGE, format!("bytes={from}-"));
            }
            let request = request.body(Empty::new()).map_err(|error| unreachable(uri, error))?;
            let answer = timeout(PATIENCE, self.0.request(request)).await;
            let answer = answer.map_err(|_| silent(uri))?.map_err(|error| unreachable(uri, reason(&error)))?;
            match elsewhere(&at, &answer) {
                Some(next) if may_be_asked(&next) => at = next,
                Some(next) => return Err(unreachable(uri, format!("it points to {next}, which is not HTTPS"))),
                None => return Ok(Answer { status: answer.status(), body: answer.into_body() }),
            }
        }
        Err(unreachable(uri, "it points in circles"))
    }

    /// A whole file of at most `most` bytes.
    pub(crate) async fn read(&self, uri: &Uri, most: usize) -> Result<Vec<u8>, Fault> {
        let mut answer = self.get(uri, 0).await?;
        if answer.status != StatusCode::OK {
            return Err(unreachable(uri, format!("it answers {}", answer.status)));
        }
        let mut file = Vec::new();
        while let Some(piece) = answer.next(uri).await? {
            if file.len() + piece.len() > most {
                return Err(unreachable(uri, format!("it sends more than {most} bytes")));
            }
            file.extend_from_slice(&piece);
        }
        Ok(file)
    }
}

impl Answer {
    /// The next piece; `None` at the end.
    pub(crate) async fn next(&mut self, uri: &Uri) -> Result<Option<Bytes>, Fault> {
        loop {
            let frame = timeout(PATIENCE, self.body.frame()).await.map_err(|_| silent(uri))?;
            match frame.transpose().map_err(|error| unreachable(uri, reason(&error)))? {
                None => return Ok(None),
                Some(frame) => {
                    if let Ok(piece) = frame.into_data() {
                        return Ok(Some(piece));
                    }
                }
            }
        }
    }
}

/// Where a server points.
fn elsewhere(at: &Uri, answer: &Response<Incoming>) -> Option<Uri> {
    let location = answer.headers().get(LOCATION).and_then(|location| location.to_str().ok());
    let at = at.to_string().parse().ok()?;
    redirection(&at, answer.status().as_u16(), location)?.as_str().parse().ok()
}

fn silent(uri: &Uri) -> Fault {
    unreachable(uri, format!("nothing comes for {} seconds", PATIENCE.as_secs()))
}

fn unreachable(uri: &Uri, reason: impl ToString) -> Fault {
    Fault::Unreachable { place: uri.to_string(), reason: reason.to_string() }
}
