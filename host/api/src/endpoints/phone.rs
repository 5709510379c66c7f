//! `GET /phone`: the web page as a telephone of one's own extension, by a WebSocket that speaks SIP (RFC 7118); `GET /phone/relays`:
//! by which relays its sound may travel.
//!
//! The session is what lets a page in: it is told no password of the extension, and the telephone is gone when the session
//! is, or the extension belongs to somebody else.

use crate::{
    ApiState,
    auth::SignedIn,
    error::{Problem, ProblemKind},
    input::Query,
    live::Ends,
    server::{InTls, Local},
};
use axum::{
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use hyper_util::rt::TokioIo;
use jackfield_model::{Number, TimestampMs};
use serde::{Deserialize, Serialize};
use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};
use tokio::time::sleep;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use utoipa::{IntoParams, ToSchema};

/// How often it is looked whether the session still holds.
const LOOK: Duration = Duration::from_secs(20);
/// The name of SIP among the sub-protocols of WebSocket (RFC 7118 §4.1).
const SIP: HeaderValue = HeaderValue::from_static("sip");

/// Which telephone the page is.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// The extension, one of one's own; the first of them when it is left out.
    number: Option<String>,
}

/// Lets the page speak SIP as one's own extension, without a password. Each message of the WebSocket is one of SIP; the
/// sub-protocol is `sip`.
#[utoipa::path(get, path = "/phone", tag = "live", params(Which),
    responses((status = 101, description = "A WebSocket that speaks SIP follows.")))]
pub(crate) async fn connect(
    State(state): State<ApiState>,
    who: SignedIn,
    Query(which): Query<Which>,
    mut request: Request,
) -> Result<Response, Problem> {
    let own = state.store().numbers_of(who.user.id).await?;
    let number = match &which.number {
        Some(wanted) => own.iter().find(|number| number.as_str() == wanted),
        None => own.first(),
    };
    let number = number.cloned().ok_or_else(|| match &which.number {
        Some(number) => {
            let detail = format!("{number} is not your extension. An administrator can give it to you.");
            Problem::new(ProblemKind::NotAllowed, detail)
        }
        None => {
            let detail = "You have no extension. An administrator can give you one.";
            Problem::new(ProblemKind::Conflict, detail)
        }
    })?;
    let accept = agree(request.headers()).ok_or_else(|| {
        let detail = "This is for a telephone in a web page: open a WebSocket with the sub-protocol “sip”.";
        Problem::new(ProblemKind::Invalid, detail)
    })?;
    let ends = ends(&request);
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        // The browser may be gone before the answer has left.
        let Ok(pipe) = upgrade.await else { return };
        let end = let_in(state.clone(), who, number.clone());
        if !state.parts.telephony.serve_browser(number, ends, Box::new(TokioIo::new(pipe)), Box::pin(end)).await {
            tracing::info!(%ends.remote, "too many telephones are connected");
        }
    });
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_PROTOCOL, SIP);
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    Ok(response)
}

/// Relays for a telephone in a browser.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PhoneRelays {
    /// As `RTCPeerConnection` takes them; empty where the house has none.
    ice_servers: Vec<IceServer>,
    /// When their credentials end: ask again before. Without it they do not.
    until: Option<TimestampMs>,
}

/// One or more relays with the same credentials.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IceServer {
    /// Where they are, such as `turn:turn.example.org:3478?transport=udp`.
    urls: Vec<String>,
    /// Whom to name there; absent where they ask nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    /// What to show there.
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<String>,
}

/// The relays by which the page's sound may travel where its network lets nothing else out, with credentials of one's own that
/// hold for a while. Whoever has no extension is told none.
#[utoipa::path(get, path = "/phone/relays", tag = "live",
    responses((status = 200, description = "The relays.", body = PhoneRelays)))]
pub(crate) async fn relays(State(state): State<ApiState>, who: SignedIn) -> Result<axum::Json<PhoneRelays>, Problem> {
    let relays = &state.parts.relays;
    if relays.urls.is_empty() || state.store().numbers_of(who.user.id).await?.is_empty() {
        return Ok(axum::Json(PhoneRelays { ice_servers: Vec::new(), until: None }));
    }
    let made = relays.credentials(&who.user.login, state.now());
    let until = made.as_ref().map(|made| made.until);
    let (username, credential) = made.map(|made| (made.username, made.credential)).unzip();
    let server = IceServer { urls: relays.urls.clone(), username, credential };
    Ok(axum::Json(PhoneRelays { ice_servers: vec![server], until }))
}

/// The answer to the handshake of a WebSocket (RFC 6455 §4.2) that is to speak SIP; `None` when it is something else.
fn agree(headers: &HeaderMap) -> Option<HeaderValue> {
    let lists = |name, word: &str| {
        let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
        lines.flat_map(|line| line.split(',')).any(|entry| entry.trim().eq_ignore_ascii_case(word))
    };
    let is_handshake = lists(header::CONNECTION, "upgrade")
        && lists(header::UPGRADE, "websocket")
        && lists(header::SEC_WEBSOCKET_VERSION, "13")
        && lists(header::SEC_WEBSOCKET_PROTOCOL, "sip");
    let key = headers.get(header::SEC_WEBSOCKET_KEY).filter(|_| is_handshake)?;
    HeaderValue::from_str(&derive_accept_key(key.as_bytes())).ok()
}

fn ends(request: &Request) -> Ends {
    let extensions = request.extensions();
    let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
    let remote = extensions.get::<ConnectInfo<SocketAddr>>().map_or(nowhere, |ConnectInfo(peer)| *peer);
    let local = extensions.get::<Local>().map_or(nowhere, |Local(local)| *local);
    // Only what runs on this machine can be a proxy that the house has set up.
    let behind = if remote.ip().to_canonical().is_loopback() { last_forwarded(request.headers()) } else { None };
    let canonical = |end: SocketAddr| SocketAddr::new(end.ip().to_canonical(), end.port());
    let secured = extensions.get::<InTls>().is_some();
    Ends { local: canonical(local), remote: canonical(remote), behind, secured }
}

/// Whom the proxy in front of us has seen: each one appends to the list.
fn last_forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?;
    last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
}

/// Resolves when the session has ended or the extension belongs to somebody else.
async fn let_in(state: ApiState, who: SignedIn, number: Number) {
    loop {
        tokio::select! {
            () = sleep(LOOK) => {}
            () = state.signed_out.notified() => {}
        }
        let holds = match state.store().session(&who.token, state.now()).await {
            Ok(Some(session)) => state.store().numbers_of(session.user.id).await.map(|own| own.contains(&number)),
            Ok(None) => Ok(false),
            Err(error) => Err(error),
        };
        match holds {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::warn!(%error, "a session could not be checked"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(more: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in more {
            headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn only_a_websocket_that_offers_sip_is_agreed_to() {
        let handshake = [
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("sec-websocket-protocol", "chat, sip"),
        ];
        // RFC 6455 §1.3.
        assert_eq!(agree(&headers(&handshake)).unwrap(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        for left_out in 0..handshake.len() {
            let rest: Vec<_> =
                handshake.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, h)| *h).collect();
            assert!(agree(&headers(&rest)).is_none(), "without {}", handshake[left_out].0);
        }
    }

    #[test]
    fn the_nearest_proxy_is_believed_and_no_other() {
        let seen = |lines: &[&str]| {
            let lines: Vec<_> = lines.iter().map(|line| ("x-forwarded-for", *line)).collect();
            last_forwarded(&headers(&lines)).map(|address| address.to_string())
        };
        assert_eq!(seen(&["203.0.113.9, 192.0.2.7"]).as_deref(), Some("192.0.2.7"));
        assert_eq!(seen(&["203.0.113.9", "2001:db8::7"]).as_deref(), Some("2001:db8::7"));
        assert_eq!(seen(&["192.0.2.7, unknown"]), None);
        assert_eq!(seen(&[]), None);
    }
}
