//! The lamp key of a phone: watches the line of another by SUBSCRIBE, package `dialog` (RFC 4235), and takes note of all it
//! is told.

use crate::{Loopback, eventually};
use anyhow::{Context, Result};
use std::{
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// A lamp. Name its address in [`HostConfig::trusted`](crate::HostConfig::trusted).
pub struct Lamp {
    socket: UdpSocket,
    address: SocketAddr,
    told: Arc<Mutex<Vec<String>>>,
    ends: Arc<AtomicBool>,
}

impl Lamp {
    /// A lamp at an address of its own, dark until it watches something.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn new() -> Result<Self> {
        let address = Loopback::new().port(5060);
        let socket = UdpSocket::bind(address).with_context(|| format!("cannot bind {address}"))?;
        socket.set_read_timeout(Some(Duration::from_millis(100)))?;
        let told = Arc::new(Mutex::new(Vec::new()));
        let ends = Arc::new(AtomicBool::new(false));
        let (reader, sink, stop) = (socket.try_clone()?, Arc::clone(&told), Arc::clone(&ends));
        std::thread::spawn(move || listen(&reader, &sink, &stop));
        Ok(Self { socket, address, told, ends })
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Watch a line of this host.
    ///
    /// # Errors
    /// When the SUBSCRIBE cannot be sent.
    pub fn watch(&self, host: SocketAddr, number: &str) -> Result<()> {
        let at = self.address;
        let subscribe = format!(
            "SUBSCRIBE sip:{number}@{host} SIP/2.0\r\nVia: SIP/2.0/UDP {at};branch=z9hG4bKlamp{number}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:lamp@{host}>;tag=lamp{number}\r\nTo: <sip:{number}@{host}>\r\n\
             Call-ID: lamp-{number}@{at}\r\nCSeq: 1 SUBSCRIBE\r\nContact: <sip:lamp@{at}>\r\nEvent: dialog\r\n\
             Accept: application/dialog-info+xml\r\nExpires: 600\r\nContent-Length: 0\r\n\r\n"
        );
        self.socket.send_to(subscribe.as_bytes(), host)?;
        Ok(())
    }

    /// Everything that it has been told about a line so far: the states of its dialogs, joined by commas; `idle` for none.
    /// Twice the same is told once.
    pub fn history(&self, number: &str) -> Vec<String> {
        let mut states: Vec<String> = self.documents(number).iter().map(|text| state(text)).collect();
        states.dedup();
        states
    }

    /// Wait until a line is shown in this state.
    ///
    /// # Panics
    /// When it is not within ten seconds.
    pub fn shows(&self, number: &str, wanted: &str) {
        eventually(&format!("{number} shows {wanted}; so far {:?}", self.history(number)), || {
            self.history(number).last().is_some_and(|last| last == wanted)
        });
    }

    /// The last document about a line.
    pub fn last(&self, number: &str) -> Option<String> {
        self.documents(number).pop()
    }

    /// The versions of the documents about a line, in the order in which they came.
    pub fn versions(&self, number: &str) -> Vec<u32> {
        let version = |text: &String| attribute(text, "version=\"").and_then(|digits| digits.parse().ok());
        self.documents(number)
            .iter()
            .filter_map(|text| version(&text.split_once("<dialog-info")?.1.to_owned()))
            .collect()
    }

    fn documents(&self, number: &str) -> Vec<String> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.iter().filter(|text| text.contains(&format!("entity=\"sip:{number}@"))).cloned().collect()
    }
}

impl Drop for Lamp {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
    }
}

fn listen(socket: &UdpSocket, told: &Mutex<Vec<String>>, ends: &AtomicBool) {
    let mut buffer = [0; 8_192];
    let mut answered = Vec::new();
    while !ends.load(Ordering::Relaxed) {
        let Ok((length, from)) = socket.recv_from(&mut buffer) else { continue };
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        if !text.starts_with("NOTIFY ") {
            continue;
        }
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let kept =
            |line: &&str| ["Via:", "From:", "To:", "Call-ID:", "CSeq:"].iter().any(|name| line.starts_with(name));
        let lines: Vec<&str> = head.lines().filter(kept).collect();
        let answer = format!("SIP/2.0 200 OK\r\n{}\r\nContent-Length: 0\r\n\r\n", lines.join("\r\n"));
        let _ = socket.send_to(answer.as_bytes(), from);
        // A repetition tells nothing new.
        let identity = lines.join("\n");
        if !answered.contains(&identity) {
            answered.push(identity);
            told.lock().unwrap_or_else(PoisonError::into_inner).push(body.to_owned());
        }
    }
}

fn state(document: &str) -> String {
    let states: Vec<&str> =
        document.split("<state>").skip(1).filter_map(|rest| rest.split_once('<').map(|(state, _)| state)).collect();
    if states.is_empty() { String::from("idle") } else { states.join(",") }
}

fn attribute<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.split_once(name)?.1.split('"').next()
}
