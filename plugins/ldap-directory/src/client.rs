//! A connection to a directory server: signing in, and searching page by page.

use crate::{
    ber::{self, Malformed},
    protocol::{self, Entry, Outcome, Response, Search},
    settings::{Security, Settings},
};
use jackfield_sdk::{
    secs,
    tcp::{self, Connection},
};
use std::time::Duration;

/// How long a server may take for the next part of an answer.
const PATIENCE: Duration = secs(8);
/// Bytes that are read at once.
const CHUNK: u32 = 64 << 10;

/// A server that has let us in.
pub struct Client {
    connection: Connection,
    unread: Vec<u8>,
    last: i32,
}

/// What a search has found.
pub struct Found {
    pub entries: Vec<Entry>,
    /// Whether the server had more than it gave.
    pub cut: bool,
    /// Where the next page begins; empty at the end.
    pub cookie: Vec<u8>,
}

impl Client {
    /// Connect and sign in.
    ///
    /// # Errors
    /// Why not, for the administrator.
    pub fn open(settings: &Settings) -> Result<Self, String> {
        let (host, port) = settings.address();
        let security = match settings.security {
            Security::Ldaps => tcp::Security::Tls(&settings.authority),
            Security::StartTls | Security::None => tcp::Security::None,
        };
        let connection = Connection::connect(host, port, security).map_err(|failure| failure.text)?;
        let mut client = Self { connection, unread: Vec::new(), last: 0 };
        if settings.security == Security::StartTls {
            let outcome = client.ask(protocol::start_tls, |response| match response {
                Response::Extended(outcome) => Some(outcome),
                _ => None,
            })?;
            if outcome.code != Outcome::SUCCESS {
                return Err(format!("StartTLS: {}", outcome.explained()));
            }
            if !client.unread.is_empty() {
                // It would be taken for something that came encrypted (RFC 4511 §4.14.2).
                return Err("the server sends more before it is encrypted than it should".into());
            }
            client.connection.start_tls(&settings.authority).map_err(|failure| failure.text)?;
        }
        if !settings.user.is_empty() {
            let request = |id| protocol::bind(id, &settings.user, &settings.password);
            let outcome = client.ask(request, |response| match response {
                Response::Bound(outcome) => Some(outcome),
                _ => None,
            })?;
            if outcome.code != Outcome::SUCCESS {
                return Err(format!("signing in: {}", outcome.explained()));
            }
        }
        Ok(client)
    }

    /// Search, one page.
    ///
    /// # Errors
    /// Why it failed, for the administrator.
    pub fn search(&mut self, search: &Search<'_>, most: usize) -> Result<Found, String> {
        let id = self.send(|id| protocol::search(id, search))?;
        let (mut entries, mut cut) = (Vec::new(), false);
        loop {
            match self.receive(id)? {
                Response::Entry(entry) if entries.len() < most => entries.push(entry),
                // A server that does not keep to what was asked for.
                Response::Entry(_) => cut = true,
                Response::Reference => {}
                Response::Done(outcome) => {
                    let full = matches!(outcome.code, Outcome::SIZE_LIMIT | Outcome::TIME_LIMIT) && !entries.is_empty();
                    if outcome.code != Outcome::SUCCESS && !full {
                        return Err(outcome.explained());
                    }
                    let cookie = if full { Vec::new() } else { outcome.cookie };
                    return Ok(Found { entries, cut: cut || full, cookie });
                }
                Response::Bound(_) | Response::Extended(_) => {
                    return Err(Malformed("an answer to something else").to_string());
                }
            }
        }
    }

    /// Say good-bye.
    pub fn close(mut self) {
        self.last += 1;
        let _ = self.connection.write(&protocol::unbind(self.last));
    }

    fn ask(
        &mut self,
        request: impl FnOnce(i32) -> Vec<u8>,
        wanted: impl FnOnce(Response) -> Option<Outcome>,
    ) -> Result<Outcome, String> {
        let id = self.send(request)?;
        let response = self.receive(id)?;
        wanted(response).ok_or_else(|| Malformed("an answer to something else").to_string())
    }

    fn send(&mut self, request: impl FnOnce(i32) -> Vec<u8>) -> Result<i32, String> {
        self.last += 1;
        self.connection.write(&request(self.last)).map_err(|failure| failure.text)?;
        Ok(self.last)
    }

    /// The next answer to a request.
    fn receive(&mut self, id: i32) -> Result<Response, String> {
        loop {
            if let Some(length) = ber::message_length(&self.unread).map_err(|wrong| wrong.to_string())? {
                let answer = protocol::read(&self.unread[..length]).map_err(|wrong| wrong.to_string());
                self.unread.drain(..length);
                match answer? {
                    // Number 0 is a server that ends the connection (RFC 4511 §4.4.1).
                    Some((0, Response::Extended(outcome))) => return Err(outcome.explained()),
                    Some((of, response)) if of == id => return Ok(response),
                    _ => continue,
                }
            }
            let more = self.connection.read(CHUNK, PATIENCE).map_err(|failure| match failure.kind {
                tcp::Kind::TimedOut => format!("the server does not answer within {} s", PATIENCE.as_secs()),
                _ => failure.text,
            })?;
            if more.is_empty() {
                return Err("the server has closed the connection".into());
            }
            self.unread.extend_from_slice(&more);
        }
    }
}
