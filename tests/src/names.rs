//! A name server of a test's own: what it answers is what the test has put into it, and it can fall silent.

mod record;

pub use record::Record;

use crate::Loopback;
use anyhow::{Context, Result};
use record::{kind_name, resource};
use std::{
    collections::HashMap,
    net::{SocketAddr, UdpSocket},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Above 1023, so that it needs no rights.
const PORT: u16 = 5_300;
/// How soon it notices that it shall end.
const LOOK: Duration = Duration::from_millis(50);
/// Bytes of a header (RFC 1035 §4.1.1).
const HEADER: usize = 12;
/// The name of the question, which stands right behind the header, said once more (RFC 1035 §4.1.4).
const ASKED: [u8; 2] = [0xc0, HEADER as u8];

/// How it treats questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// It answers from what it has.
    #[default]
    Answers,
    /// It says that it cannot answer (SERVFAIL).
    Fails,
    /// It says nothing.
    Silent,
}

/// A running name server, by UDP. It ends with the value.
pub struct Names {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    /// By name in small letters, each with the seconds that its records may be kept.
    zone: HashMap<String, (u32, Vec<Record>)>,
    manner: Manner,
    asked: Vec<String>,
    ends: bool,
}

impl Names {
    /// Start an empty one at an address of its own.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn start() -> Result<Self> {
        let address = Loopback::new().port(PORT);
        let socket = UdpSocket::bind(address).with_context(|| format!("cannot bind {address}"))?;
        socket.set_read_timeout(Some(LOOK))?;
        let shared = Arc::new(Mutex::new(Shared::default()));
        let served = Arc::clone(&shared);
        std::thread::spawn(move || serve(&socket, &served));
        Ok(Self { address, shared })
    }

    /// Where it is asked.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Give a name these records, of whichever types, in place of those that it had. They may be kept for `ttl` seconds.
    /// A name without any exists all the same: the answer is empty (NODATA) in place of NXDOMAIN.
    pub fn put(&self, name: &str, ttl: u32, records: &[Record]) {
        lock(&self.shared).zone.insert(same(name), (ttl, records.to_vec()));
    }

    /// Take a name away: it is then answered with NXDOMAIN.
    pub fn remove(&self, name: &str) {
        lock(&self.shared).zone.remove(&same(name));
    }

    /// Change how it treats questions from now on.
    pub fn set_manner(&self, manner: Manner) {
        lock(&self.shared).manner = manner;
    }

    /// What it has been asked so far, silent or not, such as `SRV _sip._udp.carrier.example`.
    pub fn asked(&self) -> Vec<String> {
        lock(&self.shared).asked.clone()
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        lock(&self.shared).ends = true;
    }
}

fn serve(socket: &UdpSocket, shared: &Mutex<Shared>) {
    let mut buffer = [0; 4_096];
    loop {
        let received = socket.recv_from(&mut buffer);
        let mut shared = lock(shared);
        if shared.ends {
            return;
        }
        let Ok((length, from)) = received else { continue };
        if let Some(answer) = shared.answer(&buffer[..length]) {
            let _ = socket.send_to(&answer, from);
        }
    }
}

impl Shared {
    /// The answer to a message with one question; nothing for anything else, or when it is silent.
    fn answer(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        let Question { name, kind, bytes } = Question::read(message)?;
        self.asked.push(format!("{} {name}", kind_name(kind)));
        let (code, records) = match (self.manner, self.zone.get(&name)) {
            (Manner::Silent, _) => return None,
            (Manner::Fails, _) => (2, Vec::new()),
            (Manner::Answers, None) => (3, Vec::new()),
            (Manner::Answers, Some((ttl, records))) => {
                let fitting = records.iter().filter(|record| record.kind() == kind);
                (0, fitting.map(|record| resource(&ASKED, kind, *ttl, &record.data())).collect())
            }
        };
        // That there is nothing may be kept for a second: RFC 2308 §5 takes it from the SOA.
        let nothing = records.is_empty() && code != 2;
        let recursion_desired = message[2] & 1;
        // An answer, authoritative; of a server that looks up nothing elsewhere, though stub resolvers want to hear that it would.
        let mut answer = message[..2].to_vec();
        answer.extend([0x84 | recursion_desired, 0x80 | code, 0, 1]);
        answer.extend((records.len() as u16).to_be_bytes());
        answer.extend([0, u8::from(nothing), 0, 0]);
        answer.extend(bytes);
        answer.extend(records.concat());
        if nothing {
            let numbers = [1_u32, 60, 60, 60, 1].map(u32::to_be_bytes).concat();
            answer.extend(resource(&ASKED, 6, 1, &[ASKED.to_vec(), ASKED.to_vec(), numbers].concat()));
        }
        Some(answer)
    }
}

/// The one question of a message (RFC 1035 §4.1.2).
struct Question<'a> {
    name: String,
    kind: u16,
    /// As it stands, to be repeated: some resolvers look whether capitals come back.
    bytes: &'a [u8],
}

impl<'a> Question<'a> {
    fn read(message: &'a [u8]) -> Option<Self> {
        let is_answer = message.get(2)? & 0x80 != 0;
        if is_answer || message.get(4..6)? != [0, 1] {
            return None;
        }
        let (mut at, mut labels) = (HEADER, Vec::new());
        loop {
            let length = usize::from(*message.get(at)?);
            at += 1;
            match length {
                0 => break,
                1..64 => labels.push(String::from_utf8_lossy(message.get(at..at + length)?).into_owned()),
                _ => return None,
            }
            at += length;
        }
        let kind = u16::from_be_bytes(message.get(at..at + 2)?.try_into().ok()?);
        Some(Self { name: same(&labels.join(".")), kind, bytes: message.get(HEADER..at + 4)? })
    }
}

/// Names are the same whatever their capitals and last dot.
fn same(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::{
        record::{INTERNET, labels},
        *,
    };
    use std::net::{Ipv4Addr, Ipv6Addr};

    /// Ask and take the header's code, the count of answers and everything that follows the question.
    fn ask(names: &Names, name: &str, kind: u16) -> Option<(u8, u16, Vec<u8>)> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        let head = [0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        let question = [&head[..], &labels(name), &kind.to_be_bytes(), &INTERNET.to_be_bytes()].concat();
        socket.send_to(&question, names.address()).unwrap();
        let mut buffer = [0; 512];
        let length = socket.recv(&mut buffer).ok()?;
        let answer = &buffer[..length];
        assert_eq!(answer[..3], [0xab, 0xcd, 0x85], "the question's id and an answer with authority");
        assert_eq!(answer[HEADER..question.len()], question[HEADER..], "the question, repeated as it stood");
        Some((answer[3] & 15, u16::from_be_bytes([answer[6], answer[7]]), answer[question.len()..].to_vec()))
    }

    #[test]
    fn records_are_written_as_the_rfcs_say() {
        let names = Names::start().unwrap();
        names.put("a.example", 60, &[Record::A(Ipv4Addr::new(192, 0, 2, 1)), Record::Aaaa(Ipv6Addr::LOCALHOST)]);
        names.put("_sip._udp.a.example", 5, &[Record::srv(10, 20, 5060, "b.example.")]);
        names.put("n.example", 5, &[Record::naptr(1, 2, "SIP+D2U", "b.example")]);
        let (code, count, rest) = ask(&names, "A.Example", 1).unwrap();
        assert_eq!((code, count), (0, 1));
        assert_eq!(rest, [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1]);
        let (_, _, rest) = ask(&names, "_sip._udp.a.example", 33).unwrap();
        assert_eq!(rest[10..], *b"\0\x11\0\x0a\0\x14\x13\xc4\x01b\x07example\0");
        let (_, _, rest) = ask(&names, "n.example", 35).unwrap();
        assert_eq!(rest[12..], *b"\0\x01\0\x02\x01s\x07SIP+D2U\0\x01b\x07example\0");
        assert_eq!(names.asked(), ["A a.example", "SRV _sip._udp.a.example", "NAPTR n.example"]);
    }

    #[test]
    fn what_is_not_there_has_a_reason() {
        let names = Names::start().unwrap();
        names.put("a.example", 60, &[Record::A(Ipv4Addr::LOCALHOST)]);
        let code_and_count = |name, kind| ask(&names, name, kind).map(|(code, count, _)| (code, count));
        assert_eq!(code_and_count("a.example", 28), Some((0, 0)), "no such record");
        assert_eq!(code_and_count("b.example", 1), Some((3, 0)), "no such name");
        names.set_manner(Manner::Fails);
        assert_eq!(code_and_count("a.example", 1), Some((2, 0)));
        names.set_manner(Manner::Silent);
        assert_eq!(code_and_count("a.example", 1), None);
        names.set_manner(Manner::Answers);
        names.remove("A.example.");
        assert_eq!(code_and_count("a.example", 1), Some((3, 0)), "taken away");
    }
}
