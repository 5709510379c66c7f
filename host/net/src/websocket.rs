//! SIP over WebSocket (RFC 7118): the handshake that a browser makes, and one message per WebSocket message.

use crate::{
    connections::{FromStream, Ground, outbox},
    stream::WRITE,
};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use jackfield_sip::{Flow, Framed};
use std::time::{Duration, Instant};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
    time::{Sleep, sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async_with_config,
    tungstenite::{
        Error, Message as WsMessage, Utf8Bytes,
        handshake::server::{ErrorResponse, Request, Response},
        http::{HeaderMap, HeaderValue, StatusCode, header},
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};
use tracing::debug;

/// The name of SIP among the sub-protocols of WebSocket (RFC 7118 §4.1).
const SIP: &str = "sip";
/// A silent browser is asked whether it is still there after this time (RFC 6455 §5.5.2).
const PING: Duration = Duration::from_secs(30);
/// Pings in a row without a sign of life after which the connection is closed.
const PINGS: u32 = 2;
/// Messages in a row that are no SIP at all after which the connection is closed.
const MOST_HOPELESS: u32 = 8;

/// Go through the handshake with somebody who has connected, and serve the connection until it ends.
pub(crate) async fn welcome<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    flow: Flow,
    patience: Duration,
    ground: &Ground,
) {
    #[expect(clippy::result_large_err, reason = "the type of the refusal is the library's")]
    let asked = |request: &Request, response| agree(request, response, &ground.origins);
    let accepted = timeout(patience, accept_hdr_async_with_config(stream, asked, Some(config(ground)))).await;
    let socket = match accepted {
        Ok(Ok(socket)) => socket,
        failed => {
            ground.places.note_failure();
            let reason = failed.map_or_else(
                |_| String::from("not ended in time"),
                |failed| match failed {
                    Ok(_) => String::new(),
                    Err(error) => error.to_string(),
                },
            );
            debug!(peer = %flow.remote, reason, "WebSocket handshake failed");
            return;
        }
    };
    attend(socket, flow, ground, std::future::pending()).await;
}

/// Serve a connection whose handshake somebody else has gone through, until it ends or `end` resolves.
pub(crate) async fn take_over<S>(stream: S, flow: Flow, ground: &Ground, end: impl Future<Output = ()>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config(ground))).await;
    attend(socket, flow, ground, end).await;
}

fn config(ground: &Ground) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(16 * 1_024)
        .write_buffer_size(0)
        .max_write_buffer_size(4 * ground.limits.message)
        .max_message_size(Some(ground.limits.message))
        .max_frame_size(Some(ground.limits.message))
}

/// Make a connection known to the driver for as long as it lasts.
async fn attend<S>(socket: WebSocketStream<S>, flow: Flow, ground: &Ground, end: impl Future<Output = ()>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (outbox, inbox) = outbox();
    if ground.driver.send(FromStream::Open { flow, outbox, shown: Vec::new() }).await.is_err() {
        return;
    }
    let reason = serve(socket, flow, inbox, ground, end).await;
    debug!(peer = %flow.remote, transport = flow.transport.as_str(), reason, "connection closed");
    let _ = ground.driver.send(FromStream::Closed { flow }).await;
}

/// Whether a handshake asks for SIP, from a page that may.
#[expect(clippy::result_large_err, reason = "the type of the refusal is the library's")]
fn agree(request: &Request, mut response: Response, origins: &[String]) -> Result<Response, ErrorResponse> {
    if !offers_sip(request.headers()) {
        return Err(refuse(StatusCode::BAD_REQUEST, "offer the sub-protocol “sip” (RFC 7118)"));
    }
    let origin = request.headers().get(header::ORIGIN).map(HeaderValue::as_bytes);
    let known = |origin: &[u8]| origins.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(origin));
    if !origins.is_empty() && origin.is_some_and(|origin| !known(origin)) {
        return Err(refuse(StatusCode::FORBIDDEN, "telephones are not served to pages of this origin"));
    }
    response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SIP));
    Ok(response)
}

fn offers_sip(headers: &HeaderMap) -> bool {
    let offers = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL);
    let mut names = offers.iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    names.any(|name| name.trim().eq_ignore_ascii_case(SIP))
}

fn refuse(status: StatusCode, why: &str) -> ErrorResponse {
    let mut refusal = ErrorResponse::new(Some(why.to_owned()));
    *refusal.status_mut() = status;
    refusal.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    refusal
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut socket: WebSocketStream<S>,
    flow: Flow,
    mut inbox: mpsc::Receiver<Bytes>,
    ground: &Ground,
    end: impl Future<Output = ()>,
) -> &'static str {
    let mut end = std::pin::pin!(end);
    let (mut unanswered, mut hopeless) = (0, 0);
    let mut quiet: std::pin::Pin<Box<Sleep>> = Box::pin(sleep(PING));
    loop {
        tokio::select! {
            came = socket.next() => {
                unanswered = 0;
                quiet.as_mut().reset(tokio::time::Instant::now() + PING);
                let bytes = match came {
                    Some(Ok(WsMessage::Text(text))) => Bytes::from(text),
                    Some(Ok(WsMessage::Binary(bytes))) => bytes,
                    // A ping is answered by the library with what is written next, or by this.
                    Some(Ok(_)) => match timeout(WRITE, socket.flush()).await {
                        Ok(Ok(())) => continue,
                        _ => return "closed by the peer",
                    },
                    Some(Err(Error::Capacity(_))) => return close(&mut socket, CloseCode::Size, "too large").await,
                    Some(Err(Error::Protocol(_) | Error::Utf8(_))) => {
                        return close(&mut socket, CloseCode::Protocol, "not WebSocket").await;
                    }
                    Some(Err(_)) | None => return "closed by the peer",
                };
                if bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
                    // RFC 7118 §6: the keep-alive of RFC 5626 §3.5.1 is good here too.
                    if &bytes[..] == b"\r\n\r\n" && !write(&mut socket, Bytes::from_static(b"\r\n")).await {
                        return "cannot be written to";
                    }
                    continue;
                }
                let message = Framed::whole(bytes, &ground.limits);
                hopeless = if message.is_hopeless() { hopeless + 1 } else { 0 };
                let message = Box::new(message);
                if ground.driver.send(FromStream::Message { now: Instant::now(), flow, message }).await.is_err() {
                    return "the driver is gone";
                }
                if hopeless == MOST_HOPELESS {
                    return close(&mut socket, CloseCode::Policy, "not SIP").await;
                }
            }
            bytes = inbox.recv() => {
                let Some(bytes) = bytes else { return close(&mut socket, CloseCode::Away, "closed here").await };
                if !write(&mut socket, bytes).await {
                    return "cannot be written to";
                }
            }
            () = &mut end => return close(&mut socket, CloseCode::Policy, "no longer let in").await,
            () = &mut quiet => {
                unanswered += 1;
                if unanswered > PINGS {
                    return "silent for too long";
                }
                quiet.as_mut().reset(tokio::time::Instant::now() + PING);
                if !matches!(timeout(WRITE, socket.send(WsMessage::Ping(Bytes::new()))).await, Ok(Ok(()))) {
                    return "cannot be written to";
                }
            }
        }
    }
}

/// Write one message: as text, which browsers hand on without a detour, where it is (RFC 7118 §4.2).
async fn write<S: AsyncRead + AsyncWrite + Unpin>(socket: &mut WebSocketStream<S>, bytes: Bytes) -> bool {
    let message = match Utf8Bytes::try_from(bytes.clone()) {
        Ok(text) => WsMessage::Text(text),
        Err(_) => WsMessage::Binary(bytes),
    };
    matches!(timeout(WRITE, socket.send(message)).await, Ok(Ok(())))
}

async fn close<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut WebSocketStream<S>,
    code: CloseCode,
    reason: &'static str,
) -> &'static str {
    let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
    let _ = timeout(Duration::from_secs(1), socket.close(Some(frame))).await;
    reason
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(protocol: &[&str], origin: Option<&str>) -> Request {
        let mut request = Request::new(());
        for line in protocol {
            request.headers_mut().append(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_str(line).unwrap());
        }
        if let Some(origin) = origin {
            request.headers_mut().insert(header::ORIGIN, HeaderValue::from_str(origin).unwrap());
        }
        request
    }

    fn status(protocol: &[&str], origin: Option<&str>, origins: &[&str]) -> Result<String, u16> {
        let origins: Vec<_> = origins.iter().map(|&origin| origin.to_owned()).collect();
        agree(&request(protocol, origin), Response::new(()), &origins)
            .map(|agreed| agreed.headers()[header::SEC_WEBSOCKET_PROTOCOL].to_str().unwrap().to_owned())
            .map_err(|refused| refused.status().as_u16())
    }

    #[test]
    fn sip_must_be_among_what_is_offered() {
        assert_eq!(status(&["sip"], None, &[]), Ok("sip".into()));
        assert_eq!(status(&["chat, SIP"], None, &[]), Ok("sip".into()));
        assert_eq!(status(&["chat", "x,sip"], None, &[]), Ok("sip".into()));
        assert_eq!(status(&[], None, &[]), Err(400));
        assert_eq!(status(&["sips, sip2"], None, &[]), Err(400));
    }

    #[test]
    fn a_page_from_elsewhere_is_refused_where_origins_are_listed() {
        let ours = ["https://pbx.example"];
        assert_eq!(status(&["sip"], Some("https://PBX.example"), &ours), Ok("sip".into()));
        assert_eq!(status(&["sip"], Some("https://other.example"), &ours), Err(403));
        // A telephone that is no page sends none.
        assert_eq!(status(&["sip"], None, &ours), Ok("sip".into()));
        assert_eq!(status(&["sip"], Some("https://other.example"), &[]), Ok("sip".into()));
    }
}
