//! The listener: connections accepted, bounded, timed, and let go in good order.

use axum::{Router, body::Body, extract::ConnectInfo};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    time::{sleep, timeout},
};
use tower::ServiceExt;

/// Most connections at a time; further ones wait in the listener's queue.
const CONNECTIONS: usize = 2_048;
/// How long the head of a request may take to arrive.
const HEAD: Duration = Duration::from_secs(10);
/// How long requests in progress may take once the server is asked to end.
const FAREWELL: Duration = Duration::from_secs(5);

/// The address that a request has come to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Local(pub SocketAddr);

/// Serves `app` until `shutdown` resolves, then lets requests in progress end.
pub async fn serve(listener: TcpListener, app: Router, shutdown: impl Future<Output = ()>) -> io::Result<()> {
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
                let connection = connection(stream, peer, app.clone(), ending.subscribe());
                tokio::spawn(async move {
                    let _place = place;
                    connection.await;
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

async fn connection(stream: TcpStream, peer: SocketAddr, app: Router, mut ending: watch::Receiver<bool>) {
    // Small answers and events must not wait for company.
    let _ = stream.set_nodelay(true);
    let local = stream.local_addr().ok();
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        if let Some(local) = local {
            request.extensions_mut().insert(Local(local));
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
