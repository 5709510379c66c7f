//! Telephones in the house's own web page. The web server knows who has signed in; the connection that it lets in is then who
//! they are: no request that comes by it is asked for a password, and it speaks for one extension alone.
//!
//! A page that is loaded anew, or whose network changes, connects again and takes the place of itself in its calls by INVITE
//! with Replaces (RFC 3891). It has a few seconds to do so.

use crate::exchange::Exchange;
use jackfield_model::Number;
use jackfield_sip::{ConnectionId, Flow, Transport};
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::sleep,
};
use tracing::info;

/// How long a call waits for a browser whose connection is gone.
const PATIENCE: Duration = Duration::from_secs(12);

/// Which extension speaks by which connection.
#[derive(Default)]
pub(crate) struct Browsers(Mutex<HashMap<ConnectionId, Number>>);

/// Between which addresses a browser is connected.
#[derive(Clone, Copy, Debug)]
pub struct BrowserWay {
    /// Where the browser can reach us; the sound of its calls comes here.
    pub local: SocketAddr,
    /// Where it is, or the proxy in between.
    pub remote: SocketAddr,
    /// Whether the browser has come by HTTPS.
    pub secure: bool,
}

/// There are too many connections.
#[derive(Debug, thiserror::Error)]
#[error("too many telephones are connected")]
pub struct NoRoom;

impl Exchange {
    /// Let somebody who is signed in speak SIP as this extension by a WebSocket that is up already, until it ends or `end`
    /// resolves. The future must not be dropped before.
    ///
    /// # Errors
    /// When there are too many connections, with that address or in all.
    pub async fn serve_browser(
        &self,
        number: Number,
        way: BrowserWay,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        end: impl Future<Output = ()>,
    ) -> Result<(), NoRoom> {
        let socket = self.sip.web_socket(way.local, way.remote, way.secure).ok_or(NoRoom)?;
        let connection = socket.connection();
        self.browsers.state().insert(connection, number);
        socket.serve(stream, end).await;
        self.browsers.state().remove(&connection);
        Ok(())
    }
}

impl Browsers {
    /// The extension that what comes by a connection speaks for.
    pub(crate) fn number(&self, flow: &Flow) -> Option<Number> {
        self.state().get(&flow.connection?).cloned()
    }

    fn state(&self) -> MutexGuard<'_, HashMap<ConnectionId, Number>> {
        // Held for a look-up or an insert, which cannot panic half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The connection of a browser is gone, which cannot be called back: calls that it does not return to are over.
pub(crate) fn disconnected(exchange: &Arc<Exchange>, flow: &Flow) {
    let (Transport::Ws | Transport::Wss, Some(connection)) = (flow.transport, flow.connection) else { return };
    if exchange.desk.legs_by(connection).is_empty() {
        return;
    }
    let exchange = Arc::clone(exchange);
    tokio::spawn(async move {
        sleep(PATIENCE).await;
        for leg in exchange.desk.legs_by(connection) {
            info!(leg = leg.0, "a browser has not come back to its call");
            exchange.sip.hang_up(leg).await;
        }
    });
}
