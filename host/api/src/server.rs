//! The listeners: connections accepted, bounded, timed, and let go in good order.

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Path},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    time::{sleep, timeout},
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};
use tower::ServiceExt;

/// Most connections at a time; further ones wait in the listener's queue.
const CONNECTIONS: usize = 2_048;
/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long the head of a request may take to arrive.
const HEAD: Duration = Duration::from_secs(10);
/// How long requests in progress may take once the server is asked to end.
const FAREWELL: Duration = Duration::from_secs(5);

/// The address that a request has come to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Local(pub SocketAddr);

/// The request has come inside TLS.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InTls;

/// How a connection is secured; asked for each one, since certificates are renewed.
type Security = Arc<dyn Fn() -> Arc<ServerConfig> + Send + Sync>;

/// Serves `app` until `shutdown` resolves, then lets requests in progress end.
pub async fn serve(listener: TcpListener, app: Router, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    accept(listener, None, app, shutdown).await
}

/// The same inside TLS; `config` is asked for each connection how to take it.
pub async fn serve_tls(
    listener: TcpListener,
    config: impl Fn() -> Arc<ServerConfig> + Send + Sync + 'static,
    app: Router,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    accept(listener, Some(Arc::new(config)), app, shutdown).await
}

/// What is served at port 80 of a house that speaks HTTPS: `answer` to the tokens of an authority of certificates (RFC 8555
/// §8.3), and to everybody else the way to the same page inside TLS at this port.
pub fn doorway(answer: impl Fn(&str) -> Option<String> + Clone + Send + Sync + 'static, port: u16) -> Router {
    let proof = async move |Path(token): Path<String>| answer(&token).ok_or(StatusCode::NOT_FOUND);
    let elsewhere = async move |headers: HeaderMap, uri: Uri| redirect(&headers, &uri, port);
    Router::new().route("/.well-known/acme-challenge/{token}", get(proof)).fallback(elsewhere)
}

fn redirect(headers: &HeaderMap, uri: &Uri, port: u16) -> Response {
    let host =
        headers.get(header::HOST).and_then(|host| host.to_str().ok()?.parse::<axum::http::uri::Authority>().ok());
    let Some(host) = host else { return StatusCode::BAD_REQUEST.into_response() };
    let port = if port == 443 { String::new() } else { format!(":{port}") };
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    Redirect::permanent(&format!("https://{}{port}{path}", host.host())).into_response()
}

async fn accept(
    listener: TcpListener,
    security: Option<Security>,
    app: Router,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let mut shutdown = std::pin::pin!(shutdown);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let (ending, _) = watch::channel(false);
    loop {
        let place = tokio::select! {
            place = Arc::clone(&places).acquire_owned() => place.map_err(io::Error::other)?,
            () = &mut shutdown => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let acceptor = security.as_ref().map(|config| TlsAcceptor::from(config()));
                let (app, ending) = (app.clone(), ending.subscribe());
                tokio::spawn(async move {
                    let _place = place;
                    connection(stream, acceptor, peer, app, ending).await;
                });
            }
            // One connection that failed to come in, or no file descriptors left: neither ends the server.
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    ending.send_replace(true);
    let all = u32::try_from(CONNECTIONS).unwrap_or(u32::MAX);
    if timeout(FAREWELL, places.acquire_many(all)).await.is_err() {
        tracing::info!("connections that were still open are cut");
    }
    Ok(())
}

async fn connection(
    stream: TcpStream,
    acceptor: Option<TlsAcceptor>,
    peer: SocketAddr,
    app: Router,
    ending: watch::Receiver<bool>,
) {
    // Small answers and events must not wait for company.
    let _ = stream.set_nodelay(true);
    let local = stream.local_addr().ok();
    let Some(acceptor) = acceptor else { return exchange(stream, peer, local, false, app, ending).await };
    match timeout(HANDSHAKE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => exchange(stream, peer, local, true, app, ending).await,
        Ok(Err(error)) => tracing::debug!(%peer, %error, "no TLS was agreed on"),
        Err(_) => tracing::debug!(%peer, "a handshake took too long"),
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    local: Option<SocketAddr>,
    in_tls: bool,
    app: Router,
    mut ending: watch::Receiver<bool>,
) {
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        if let Some(local) = local {
            request.extensions_mut().insert(Local(local));
        }
        if in_tls {
            request.extensions_mut().insert(InTls);
        }
        app.clone().oneshot(request)
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(HEAD).max_concurrent_streams(100);
    let mut serving = std::pin::pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), service));
    let asked_to_end = async move {
        // An error means that the server itself is gone, which comes to the same.
        let _ = ending.wait_for(|ending| *ending).await;
    };
    let done = tokio::select! {
        done = serving.as_mut() => done,
        () = asked_to_end => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = done {
        tracing::debug!(%peer, error, "a connection ended early");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(host: &str, path: &str) -> (StatusCode, String, String) {
        let door = doorway(|token| (token == "known").then(|| String::from("known.thumb")), 8443);
        let request = hyper::Request::get(path).header(header::HOST, host).body(Body::empty()).unwrap();
        let answer = door.oneshot(request).await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = axum::body::to_bytes(answer.into_body(), 1_000).await.unwrap();
        let way = headers.get(header::LOCATION).map(|way| way.to_str().unwrap().to_owned()).unwrap_or_default();
        (status, way, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn an_authority_gets_its_proof_and_all_others_the_way_to_https() {
        let path = "/.well-known/acme-challenge/";
        assert_eq!(
            ask("a.example", &format!("{path}known")).await,
            (StatusCode::OK, String::new(), "known.thumb".into())
        );
        assert_eq!(ask("a.example", &format!("{path}other")).await.0, StatusCode::NOT_FOUND);
        let (status, way, _) = ask("a.example:80", "/phone?a=b").await;
        assert_eq!((status, way.as_str()), (StatusCode::PERMANENT_REDIRECT, "https://a.example:8443/phone?a=b"));
        assert_eq!(ask("[::1]", "/").await.1, "https://[::1]:8443/");
        assert_eq!(ask("a b", "/").await.0, StatusCode::BAD_REQUEST);
    }
}
