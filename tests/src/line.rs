//! A peer that measures: it places calls over UDP with just enough SIP, and says to the millisecond when what came.

use crate::Loopback;
use anyhow::{Context, Result, bail};
use std::{
    cell::Cell,
    io::ErrorKind,
    net::{SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

/// How long one step of a call may take.
const STEP: Duration = Duration::from_secs(10);
/// After which an INVITE without any answer is sent again (timer A of RFC 3261 §17.1.1.2).
const AGAIN: Duration = Duration::from_millis(500);
/// Where the sound goes that this peer never listens to.
const SOUND_PORT: u16 = 4_000;

/// A trunk without a gateway: name its address in [`HostConfig::trusted`](crate::HostConfig::trusted).
pub struct Line {
    socket: UdpSocket,
    address: SocketAddr,
    calls: Cell<u32>,
}

/// A call that it has placed. One at a time.
pub struct LineCall<'a> {
    line: &'a Line,
    host: SocketAddr,
    invite: String,
    began: Instant,
    /// The `To` of the last answer, which names the dialog.
    to: String,
    answered: bool,
}

impl Line {
    /// A line at an address of its own.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn new() -> Result<Self> {
        let address = Loopback::new().port(5060);
        let socket = UdpSocket::bind(address).with_context(|| format!("cannot bind {address}"))?;
        Ok(Self { socket, address, calls: Cell::new(0) })
    }

    /// Where it calls from.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Call a number of this host, as this number.
    ///
    /// # Errors
    /// When the INVITE cannot be sent.
    pub fn call(&self, host: SocketAddr, from: &str, to: &str) -> Result<LineCall<'_>> {
        self.call_with(host, from, to, "")
    }

    /// The same with further header fields, each with its line break.
    ///
    /// # Errors
    /// When the INVITE cannot be sent.
    pub fn call_with(&self, host: SocketAddr, from: &str, to: &str, more: &str) -> Result<LineCall<'_>> {
        let count = self.calls.get() + 1;
        self.calls.set(count);
        let (at, ip) = (self.address, self.address.ip());
        let sdp = format!(
            "v=0\r\no=- {count} 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n\
             m=audio {SOUND_PORT} RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
        );
        let invite = format!(
            "INVITE sip:{to}@{host} SIP/2.0\r\nVia: SIP/2.0/UDP {at};branch=z9hG4bK{count}\r\nMax-Forwards: 70\r\n\
             From: <sip:{from}@{ip}>;tag=line{count}\r\nTo: <sip:{to}@{host}>\r\nCall-ID: line-{count}@{at}\r\n\
             CSeq: 1 INVITE\r\nContact: <sip:{from}@{at}>\r\n{more}Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
            sdp.len()
        );
        let began = Instant::now();
        self.socket.send_to(invite.as_bytes(), host)?;
        Ok(LineCall { line: self, host, invite, began, to: format!("<sip:{to}@{host}>"), answered: false })
    }
}

impl LineCall<'_> {
    /// Wait until the other side rings; how long after the INVITE its 180 has come.
    ///
    /// # Errors
    /// When it does not ring.
    pub fn rings(&mut self) -> Result<Duration> {
        self.until(|status| status == 180)
    }

    /// Wait until it is answered; how long after the INVITE.
    ///
    /// # Errors
    /// When it is not.
    pub fn is_answered(&mut self) -> Result<Duration> {
        self.until(|status| status == 200)
    }

    /// Wait until it is refused; the status.
    ///
    /// # Errors
    /// When it is not.
    pub fn is_refused(&mut self) -> Result<u16> {
        let mut seen = 0;
        self.until(|status| {
            seen = status;
            status >= 300
        })?;
        Ok(seen)
    }

    /// Wait for the last answer to the INVITE, whatever it is; its status.
    ///
    /// # Errors
    /// When there is none.
    pub fn outcome(&mut self) -> Result<u16> {
        let mut seen = 0;
        self.until(|status| {
            seen = status;
            status >= 200
        })?;
        Ok(seen)
    }

    /// Ask the host to connect the other side with somebody else (RFC 3515), and wait until it says how that goes: the
    /// status of its answer.
    ///
    /// # Errors
    /// When it says nothing.
    pub fn refer(&mut self, to: &str) -> Result<u16> {
        let refer = self.request("REFER", "2 REFER", &format!("z9hG4bKrefer{}", self.line.calls.get()));
        let headers = format!("Refer-To: {to}\r\nContact: <sip:line@{}>\r\nContent-Length: 0\r\n", self.line.address);
        self.send(&refer.replace("Content-Length: 0\r\n", &headers))?;
        let mut seen = 0;
        self.until_answer_to("2 REFER", |status| {
            seen = status;
            status >= 200
        })?;
        Ok(seen)
    }

    /// How many packets of the other side's sound come in this time.
    ///
    /// # Errors
    /// When the port for sound is taken.
    pub fn hears(&self, time: Duration) -> Result<usize> {
        let sound = UdpSocket::bind((self.line.address.ip(), SOUND_PORT))?;
        sound.set_read_timeout(Some(Duration::from_millis(50)))?;
        let (end, mut count, mut buffer) = (Instant::now() + time, 0, [0; 2_048]);
        while Instant::now() < end {
            count += usize::from(sound.recv_from(&mut buffer).is_ok());
        }
        Ok(count)
    }

    /// Give up a call that rings, or end one that is answered, and wait until the host has understood.
    ///
    /// # Errors
    /// When it has not.
    pub fn end(mut self) -> Result<()> {
        if self.answered {
            let bye = self.request("BYE", "3 BYE", &format!("z9hG4bKbye{}", self.line.calls.get()));
            self.send(&bye)?;
            return self.until_answer_to("3 BYE", |status| status >= 200).map(drop);
        }
        let cancel = self.request("CANCEL", "1 CANCEL", &format!("z9hG4bK{}", self.line.calls.get()));
        self.send(&cancel)?;
        self.until(|status| status == 487).map(drop)
    }

    fn until(&mut self, wanted: impl FnMut(u16) -> bool) -> Result<Duration> {
        self.until_answer_to("1 INVITE", wanted)
    }

    fn until_answer_to(&mut self, cseq: &str, mut wanted: impl FnMut(u16) -> bool) -> Result<Duration> {
        let (end, mut statuses) = (Instant::now() + STEP, Vec::new());
        let call_id = field(&self.invite, "Call-ID").unwrap_or_default().to_owned();
        while Instant::now() < end {
            let Some((message, sender, came)) = self.receive()? else {
                if statuses.is_empty() && !self.to.contains(";tag=") && cseq == "1 INVITE" {
                    self.send(&self.invite)?;
                }
                continue;
            };
            if !message.starts_with("SIP/2.0 ") {
                self.line.socket.send_to(ok(&message).as_bytes(), sender)?;
                continue;
            }
            // What is left of an earlier call concerns nobody any more.
            if field(&message, "Call-ID") != Some(&call_id) || field(&message, "CSeq") != Some(cseq) {
                continue;
            }
            let status = message[8..].split(' ').next().and_then(|status| status.parse().ok()).unwrap_or(0);
            if let Some(to) = field(&message, "To").filter(|_| status > 100) {
                to.clone_into(&mut self.to);
            }
            if cseq == "1 INVITE" && status >= 200 {
                self.answered = status < 300;
                // For a refusal the branch of the INVITE (RFC 3261 §17.1.1.3), for an answer one of its own.
                let own = if self.answered { "ack" } else { "" };
                self.send(&self.request("ACK", "1 ACK", &format!("z9hG4bK{own}{}", self.line.calls.get())))?;
            }
            statuses.push(status);
            if wanted(status) {
                return Ok(came - self.began);
            }
            if status >= 200 {
                break;
            }
        }
        bail!(
            "{} was answered with {statuses:?}, which is not what was waited for",
            self.invite.lines().next().unwrap_or("")
        )
    }

    fn receive(&self) -> Result<Option<(String, SocketAddr, Instant)>> {
        self.line.socket.set_read_timeout(Some(AGAIN))?;
        let mut buffer = [0; 65_536];
        match self.line.socket.recv_from(&mut buffer) {
            Ok((size, sender)) => {
                let now = Instant::now();
                Ok(Some((String::from_utf8_lossy(&buffer[..size]).into_owned(), sender, now)))
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn request(&self, method: &str, cseq: &str, branch: &str) -> String {
        let taken = |name: &str| field(&self.invite, name).unwrap_or_default();
        let target = self.invite.split(' ').nth(1).unwrap_or_default();
        // A CANCEL is the INVITE's, not the dialog's (RFC 3261 §9.1).
        let to = if method == "CANCEL" { taken("To") } else { &self.to };
        format!(
            "{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {};branch={branch}\r\nMax-Forwards: 70\r\nFrom: {}\r\n\
             To: {to}\r\nCall-ID: {}\r\nCSeq: {cseq}\r\nContent-Length: 0\r\n\r\n",
            self.line.address,
            taken("From"),
            taken("Call-ID"),
        )
    }

    fn send(&self, message: &str) -> Result<()> {
        self.line.socket.send_to(message.as_bytes(), self.host)?;
        Ok(())
    }
}

/// Agreement to a request of the host: a BYE most of the time.
fn ok(request: &str) -> String {
    let mut answer = String::from("SIP/2.0 200 OK\r\n");
    for line in request.lines().take_while(|line| !line.is_empty()) {
        if ["Via:", "From:", "To:", "Call-ID:", "CSeq:"].iter().any(|name| line.starts_with(name)) {
            answer.push_str(line);
            answer.push_str("\r\n");
        }
    }
    answer + "Content-Length: 0\r\n\r\n"
}

/// A header field as this host writes it.
fn field<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    let head = message.split("\r\n\r\n").next()?;
    head.split("\r\n").find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}
