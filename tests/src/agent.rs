//! A SIP client that makes single requests, answers what it is sent, and takes note of it: for all that phones do outside
//! calls.

use crate::{Loopback, eventually};
use anyhow::{Context, Result};
use std::{
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

/// A client. Name its address in [`HostConfig::trusted`](crate::HostConfig::trusted): it then speaks for whichever
/// extension it names.
pub struct Agent {
    socket: UdpSocket,
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
    ends: Arc<AtomicBool>,
    count: AtomicU32,
}

/// A request to make outside dialogs.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Such as `PUBLISH`.
    pub method: &'a str,
    /// The extension that it comes from.
    pub from: &'a str,
    /// The user part of the Request-URI.
    pub to: &'a str,
    /// Further header fields, each ending in a line break.
    pub headers: &'a str,
    /// The body; its type stands among the header fields.
    pub body: &'a str,
}

impl Agent {
    /// A client at an address of its own.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn new() -> Result<Self> {
        let address = Loopback::new().port(5060);
        let socket = UdpSocket::bind(address).with_context(|| format!("cannot bind {address}"))?;
        socket.set_read_timeout(Some(Duration::from_millis(100)))?;
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ends = Arc::new(AtomicBool::new(false));
        let (reader, sink, stop) = (socket.try_clone()?, Arc::clone(&heard), Arc::clone(&ends));
        std::thread::spawn(move || listen(&reader, &sink, &stop));
        Ok(Self { socket, address, heard, ends, count: AtomicU32::new(1) })
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Make a request; its final answer.
    ///
    /// # Errors
    /// When it cannot be sent.
    ///
    /// # Panics
    /// When no answer comes within ten seconds.
    pub fn ask(&self, host: SocketAddr, request: Request<'_>) -> Result<String> {
        let Request { method, from, to, headers, body } = request;
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let at = self.address;
        let text = format!(
            "{method} sip:{to}@{host} SIP/2.0\r\nVia: SIP/2.0/UDP {at};branch=z9hG4bKagent{count}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:{from}@{host}>;tag=agent{count}\r\nTo: <sip:{to}@{host}>\r\n\
             Call-ID: agent-{count}@{at}\r\nCSeq: {count} {method}\r\nContact: <sip:{from}@{at}>\r\n{headers}\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.socket.send_to(text.as_bytes(), host)?;
        let mark = format!("CSeq: {count} {method}\r\n");
        let answer = || {
            let heard = lock(&self.heard);
            heard
                .iter()
                .find(|t| t.starts_with("SIP/2.0 ") && !t.starts_with("SIP/2.0 1") && t.contains(&mark))
                .cloned()
        };
        eventually(&format!("{method} to {to} is answered"), || answer().is_some());
        answer().context("no answer")
    }

    /// Subscribe to a package for an hour; the answer. What is told then is [`Agent::told`].
    ///
    /// # Errors
    /// When it cannot be sent.
    pub fn subscribe(&self, host: SocketAddr, from: &str, to: &str, event: &str, more: &str) -> Result<String> {
        let headers = format!("Event: {event}\r\nExpires: 3600\r\n{more}");
        self.ask(host, Request { method: "SUBSCRIBE", from, to, headers: &headers, body: "" })
    }

    /// Every NOTIFY of a package for this extension, oldest first, head and body; one that came twice is there once.
    pub fn told(&self, to: &str, event: &str) -> Vec<String> {
        let (to, event) = (format!("NOTIFY sip:{to}@"), format!("Event: {event}\r\n"));
        lock(&self.heard).iter().filter(|text| text.starts_with(&to) && text.contains(&event)).cloned().collect()
    }

    /// Wait until the last NOTIFY of a package for this extension holds all of these words; that NOTIFY.
    ///
    /// # Panics
    /// When it does not within ten seconds.
    pub fn hears(&self, to: &str, event: &str, words: &[&str]) -> String {
        let last = || self.told(to, event).pop().unwrap_or_default();
        eventually(&format!("{to} hears {words:?} of {event}"), || {
            let last = last();
            words.iter().all(|word| last.contains(word))
        });
        last()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
    }
}

fn listen(socket: &UdpSocket, heard: &Mutex<Vec<String>>, ends: &AtomicBool) {
    let mut buffer = vec![0; 65_535];
    while !ends.load(Ordering::Relaxed) {
        let Ok((length, from)) = socket.recv_from(&mut buffer) else { continue };
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        if !text.starts_with("SIP/2.0 ") {
            let head = text.split("\r\n\r\n").next().unwrap_or_default();
            let kept =
                |line: &&str| ["Via:", "From:", "To:", "Call-ID:", "CSeq:"].iter().any(|name| line.starts_with(name));
            let lines: Vec<&str> = head.lines().filter(kept).collect();
            let answer = format!("SIP/2.0 200 OK\r\n{}\r\nContent-Length: 0\r\n\r\n", lines.join("\r\n"));
            let _ = socket.send_to(answer.as_bytes(), from);
        }
        let mut heard = lock(heard);
        if !heard.contains(&text) {
            heard.push(text);
        }
    }
}

fn lock(heard: &Mutex<Vec<String>>) -> MutexGuard<'_, Vec<String>> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}
