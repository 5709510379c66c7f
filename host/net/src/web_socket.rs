//! A WebSocket that the house's own web server has accepted: SIP by the port that the web page comes from.

use crate::{
    connections::{Ground, Place},
    sip::Sip,
    websocket,
};
use jackfield_sip::{ConnectionId, Flow, Transport};
use std::{net::SocketAddr, sync::Arc};
use tokio::io::{AsyncRead, AsyncWrite};

/// Room for one connection that the web server hands over once its handshake is done.
pub struct WebSocket {
    flow: Flow,
    number: ConnectionId,
    ground: Arc<Ground>,
    _place: Place,
}

impl Sip {
    /// Room for a WebSocket between these addresses; `None` when there are too many connections, with that address or in
    /// all. The sound of its calls is bound at `local`, which the browser must be able to reach.
    pub fn web_socket(&self, local: SocketAddr, remote: SocketAddr, secure: bool) -> Option<WebSocket> {
        let ground = Arc::clone(self.ground());
        let place = ground.places.take(remote.ip())?;
        let number = ground.places.number();
        let transport = if secure { Transport::Wss } else { Transport::Ws };
        let flow = Flow { transport, local, remote, connection: Some(number) };
        Some(WebSocket { flow, number, ground, _place: place })
    }
}

impl WebSocket {
    /// What its requests come by.
    pub fn connection(&self) -> ConnectionId {
        self.number
    }

    /// Speak SIP by it until it ends or `end` resolves. Must not be dropped before.
    pub async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin, end: impl Future<Output = ()>) {
        websocket::take_over(stream, self.flow, &self.ground, end).await;
    }
}
