//! The torture messages of RFC 4475 and RFC 5118, and worse, against the whole host: it answers as the table says,
//! counts what it cannot use, and goes on.

use anyhow::{Context, Result, bail, ensure};
use jackfield_tests::{Api, Host, Loopback, repository};
use std::{
    collections::HashSet,
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream, UdpSocket},
    time::{Duration, Instant},
};

/// How long an answer may take.
const STEP: Duration = Duration::from_secs(10);
/// After which silence is silence.
const QUIET: Duration = Duration::from_millis(300);

/// One message, and what is to come of it.
struct Torture {
    name: &'static str,
    bytes: Vec<u8>,
    datagram: Expected,
    stream: Expected,
}

/// What comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    /// This final answer.
    Answer(u16),
    /// Nothing.
    Nothing,
    /// Nothing, and what follows on the connection is taken for a part of it.
    Awaited,
    /// This answer if any, then the end of the connection.
    Close(Option<u16>),
}

#[test]
fn every_torture_message_is_answered_as_a_datagram_and_the_host_goes_on() -> Result<()> {
    let mut host = Host::with_extensions(&["100"])?;
    let admin = host.admin()?;
    let before = Counted::read(&admin)?;
    let mut peer = Peer::new(host.sip())?;
    let torture = torture()?;
    for message in &torture {
        peer.send(&message.bytes)?;
        let answer = peer.answer_before_options(message.name)?;
        let expected = match message.datagram {
            Expected::Answer(status) => Some(status),
            _ => None,
        };
        assert_eq!(answer, expected, "{}", message.name);
    }
    let counted = Counted::read(&admin)?.since(&before);
    let malformed = torture.iter().filter(|m| m.datagram == Expected::Answer(400)).count() as u64;
    assert!(counted.answered >= malformed, "{malformed} messages are malformed and answered; counted are {counted:?}");
    assert!(counted.dropped >= 1, "what cannot be answered is counted: {counted:?}");
    assert!(counted.received >= 2 * torture.len() as u64, "{counted:?}");
    assert!(!host.has_panicked());
    host.end()
}

#[test]
fn every_torture_message_is_answered_on_a_stream_and_the_host_goes_on() -> Result<()> {
    on_streams(usize::MAX)
}

#[test]
fn every_torture_message_is_answered_on_a_stream_that_brings_it_byte_by_byte() -> Result<()> {
    on_streams(1)
}

fn on_streams(piece: usize) -> Result<()> {
    let mut host = Host::with_extensions(&["100"])?;
    for Torture { name, bytes, stream: expected, .. } in torture()? {
        let mut stream = Stream::open(host.sip())?;
        stream.send(&bytes, piece).with_context(|| name.to_owned())?;
        let came = match expected {
            Expected::Answer(_) | Expected::Nothing => {
                stream.send(&options("stream", name), usize::MAX)?;
                stream.answers_until_options(name)?.map_or(Expected::Nothing, Expected::Answer)
            }
            Expected::Awaited => stream.status(QUIET)?.map_or(Expected::Awaited, Expected::Answer),
            Expected::Close(_) => {
                let status = stream.status(STEP)?;
                stream.is_closed(name)?;
                Expected::Close(status)
            }
        };
        assert_eq!(came, expected, "{name}");
        // Whatever has become of that connection, the next one is served.
        let mut next = Stream::open(host.sip())?;
        next.send(&options("next", name), usize::MAX)?;
        assert_eq!(next.status(STEP)?, Some(200), "OPTIONS after {name}");
    }
    assert!(!host.has_panicked());
    host.end()
}

#[test]
fn what_is_too_large_or_no_sip_at_all_is_refused_or_dropped_and_counted() -> Result<()> {
    let mut host = Host::with_extensions(&["100"])?;
    let admin = host.admin()?;
    let mut peer = Peer::new(host.sip())?;
    let head = String::from_utf8(options("large", "x"))?.replace("Content-Length: 0\r\n\r\n", "");
    let endless_field = format!("{head}Subject: {}\r\n\r\n", "a".repeat(60_000));
    let fields_without_end = format!("{head}{}\r\n", "X: y\r\n".repeat(9_000));
    let rubbish: Vec<u8> = (0..1_400_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let refused: [(&str, &[u8]); 2] = [
        ("a header field of 60,000 bytes", endless_field.as_bytes()),
        ("9,000 header fields", fields_without_end.as_bytes()),
    ];
    let dropped: [(&str, &[u8]); 4] = [
        ("rubbish", &rubbish),
        ("a single byte", b"x"),
        ("an HTTP request", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("half a message", b"INVITE sip:100@x SIP/2.0\r\nVia: SIP/2.0/UDP"),
    ];
    for (name, bytes) in refused.into_iter().chain(dropped) {
        let before = Counted::read(&admin)?;
        peer.send(bytes)?;
        let answer = peer.answer_before_options(name)?;
        let counted = Counted::read(&admin)?.since(&before);
        let fits = answer.map_or_else(|| dropped.contains(&(name, bytes)), is_refusal);
        assert!(fits, "{name} is answered with {answer:?}");
        let once = if answer.is_some() { counted.answered } else { counted.dropped };
        assert!(once == 1, "{name}: answer {answer:?}, counted {counted:?}");
    }
    // A stream that brings such a thing is closed: there is no telling where the next message begins.
    for (name, bytes) in refused.into_iter().chain([dropped[2]]) {
        let mut stream = Stream::open(host.sip())?;
        // It may be closed before all of it is out.
        let _ = stream.send(bytes, usize::MAX);
        let status = stream.status(STEP)?;
        assert!(status.is_none_or(is_refusal), "{name} is answered with {status:?}");
        stream.is_closed(name)?;
    }
    assert!(!host.has_panicked());
    host.end()
}

/// Bad Request, or Message Too Large (RFC 3261 §21.5.7).
fn is_refusal(status: u16) -> bool {
    matches!(status, 400 | 513)
}

/// Every message of the folder with its line of the table.
fn torture() -> Result<Vec<Torture>> {
    let lines = include_str!("../conformance/rfc4475/expected.txt").lines().filter(|line| !line.starts_with('#'));
    let folder = repository().join("tests/conformance/rfc4475");
    lines
        .map(|line| {
            let fields: Vec<_> = line.split_whitespace().collect();
            let [name, datagram, stream, in_the_house, ..] = fields[..] else { bail!("{line}: fields are missing") };
            let bytes = std::fs::read(folder.join(format!("{name}.dat"))).with_context(|| name.to_owned())?;
            let expected = |word| Expected::named(word, in_the_house).with_context(|| line.to_owned());
            Ok(Torture { name, bytes, datagram: expected(datagram)?, stream: expected(stream)? })
        })
        .collect()
}

impl Expected {
    /// `in_the_house` is what becomes of a message that the host's user decides about.
    fn named(word: &str, in_the_house: &str) -> Result<Self> {
        Ok(match word {
            "invite" | "request" => Self::Answer(in_the_house.parse()?),
            "ignored" => Self::Nothing,
            "awaited" => Self::Awaited,
            "close" => Self::Close(None),
            other => match other.strip_prefix("close-") {
                Some(status) => Self::Close(Some(status.parse()?)),
                None => Self::Answer(other.parse()?),
            },
        })
    }
}

/// What the host has counted.
#[derive(Clone, Copy, Debug)]
struct Counted {
    received: u64,
    answered: u64,
    dropped: u64,
}

impl Counted {
    fn read(admin: &Api) -> Result<Self> {
        let counters = admin.get("/api/v1/system")?["counters"].take();
        let of = |name: &str| counters[name].as_u64().with_context(|| format!("{name} is not counted: {counters}"));
        Ok(Self {
            received: of("sip_received")?,
            answered: of("sip_malformed_answered")?,
            dropped: of("sip_malformed_dropped")?,
        })
    }

    fn since(self, before: &Self) -> Self {
        Self {
            received: self.received - before.received,
            answered: self.answered - before.answered,
            dropped: self.dropped - before.dropped,
        }
    }
}

/// Sends datagrams. It listens at every port that a torture message's Via names, for that is where answers go
/// (RFC 3261 §18.2.2).
struct Peer {
    host: SocketAddr,
    sockets: Vec<UdpSocket>,
    /// Answers to an INVITE are sent again until somebody acknowledges them, which nobody does here.
    seen: HashSet<Vec<u8>>,
}

impl Peer {
    const PORTS: [u16; 5] = [5060, 5050, 5070, 6050, 19_823];

    fn new(host: SocketAddr) -> Result<Self> {
        let home = Loopback::new();
        let bind = |port| {
            let socket = UdpSocket::bind(home.port(port))?;
            socket.set_nonblocking(true)?;
            Ok(socket)
        };
        Ok(Self { host, sockets: Self::PORTS.map(bind).into_iter().collect::<Result<_>>()?, seen: HashSet::new() })
    }

    fn send(&self, bytes: &[u8]) -> Result<()> {
        self.sockets[0].send_to(bytes, self.host)?;
        Ok(())
    }

    /// The final answer that has come once the host has also answered an OPTIONS, which shows that it is well.
    fn answer_before_options(&mut self, name: &str) -> Result<Option<u16>> {
        let mark = format!("Call-ID: {}", id("after", name));
        self.send(&options("after", name))?;
        let (mut answer, mut well, end) = (None, false, Instant::now() + STEP);
        // A decision takes its way through another task, so an answer may come after the one to OPTIONS.
        let mut quiet = None;
        while quiet.is_none_or(|at| Instant::now() < at) {
            ensure!(Instant::now() < end, "no answer to OPTIONS after {name}");
            let Some(bytes) = self.receive()? else {
                std::thread::sleep(Duration::from_millis(1));
                continue;
            };
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let status = status_of(&text).with_context(|| format!("no answer is “{text}”"))?;
            let again = text.contains(" INVITE\r\n") && !self.seen.insert(bytes);
            if again || status < 200 {
                continue;
            }
            if text.contains(&mark) {
                ensure!(status == 200, "OPTIONS after {name}: {status}");
                well = true;
            } else if answer.replace(status).is_some() {
                bail!("{name} has two answers");
            }
            if well {
                quiet = Some(Instant::now() + if answer.is_some() { Duration::ZERO } else { QUIET });
            }
        }
        Ok(answer)
    }

    fn receive(&self) -> Result<Option<Vec<u8>>> {
        let mut buffer = [0; 65_536];
        for socket in &self.sockets {
            match socket.recv_from(&mut buffer) {
                Ok((size, _)) => return Ok(Some(buffer[..size].to_vec())),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }
}

/// One TCP connection.
struct Stream {
    stream: TcpStream,
    pending: Vec<u8>,
}

impl Stream {
    fn open(host: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(host)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, pending: Vec::new() })
    }

    fn send(&mut self, bytes: &[u8], piece: usize) -> Result<()> {
        bytes.chunks(piece.min(bytes.len())).try_for_each(|piece| Ok(self.stream.write_all(piece)?))
    }

    /// The next final answer; `None` when none comes in time or the connection ends.
    fn status(&mut self, limit: Duration) -> Result<Option<u16>> {
        Ok(self.message(limit)?.and_then(|text| status_of(&text)))
    }

    /// The final answer that comes before the one to OPTIONS.
    fn answers_until_options(&mut self, name: &str) -> Result<Option<u16>> {
        let mut answer = None;
        let mut well = false;
        // As with datagrams, either may come first; a second message in the same bytes has its answer too.
        while let Some(text) = self.message(if well { QUIET } else { STEP })? {
            if text.contains("OPTIONS") && text.contains("Call-ID: stream-") {
                ensure!(status_of(&text) == Some(200), "OPTIONS on the same connection after {name}: {text}");
                well = true;
            } else if answer.is_none() {
                answer = status_of(&text);
            }
            if well && answer.is_some() {
                break;
            }
        }
        ensure!(well, "no answer to OPTIONS on the same connection after {name}");
        Ok(answer)
    }

    /// The next final answer in words. Answers of these tests have no body.
    fn message(&mut self, limit: Duration) -> Result<Option<String>> {
        let end = Instant::now() + limit;
        loop {
            if let Some(at) = self.pending.windows(4).position(|four| four == b"\r\n\r\n") {
                let head: Vec<u8> = self.pending.drain(..at + 4).collect();
                let text = String::from_utf8_lossy(&head).into_owned();
                if status_of(&text).is_some_and(|status| status >= 200) {
                    return Ok(Some(text));
                }
                continue;
            }
            let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) else {
                return Ok(None);
            };
            self.stream.set_read_timeout(Some(left))?;
            let mut chunk = [0; 4_096];
            match self.stream.read(&mut chunk) {
                Ok(read @ 1..) => self.pending.extend_from_slice(&chunk[..read]),
                Ok(_) => return Ok(None),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(None),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn is_closed(&mut self, name: &str) -> Result<()> {
        self.stream.set_read_timeout(Some(STEP))?;
        match self.stream.read(&mut [0; 64]) {
            Ok(0) => Ok(()),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(()),
            other => bail!("the connection is not closed after {name}: {other:?}"),
        }
    }
}

/// An OPTIONS that can be told from others by its Call-ID.
fn options(mark: &str, name: &str) -> Vec<u8> {
    let id = id(mark, name);
    format!(
        "OPTIONS sip:100@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP peer.example;branch=z9hG4bK{id};rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:peer@example.com>;tag=1\r\nTo: <sip:100@127.0.0.1>\r\nCall-ID: {id}\r\n\
         CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    )
    .into_bytes()
}

fn id(mark: &str, name: &str) -> String {
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    format!("{mark}-{name}")
}

fn status_of(text: &str) -> Option<u16> {
    text.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()
}
