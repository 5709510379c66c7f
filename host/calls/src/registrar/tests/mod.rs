//! The rules of registering, in virtual time.

mod gruu;
mod hostile;
mod outbound;

use super::*;
use jackfield_model::Language;
use jackfield_sip::{Framing, Message, Transport};

const DESK: &str = "+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\"";
const OTHER: &str = "+sip.instance=\"<urn:uuid:11111111-0000-1000-8000-000A95A0E128>\"";
const OUTBOUND: &str = "Supported: path, outbound\r\n";

struct House {
    registrar: Registrar,
    now: Instant,
}

/// A REGISTER, with whatever a test wants to be special about it.
struct Request {
    flow: Flow,
    call_id: &'static str,
    cseq: u32,
    vias: usize,
    headers: String,
}

fn from(port: u16) -> Request {
    let flow = Flow {
        transport: Transport::Udp,
        local: "192.0.2.1:5060".parse().unwrap(),
        remote: ([192, 0, 2, 50], port).into(),
        connection: None,
    };
    Request { flow, call_id: "boot-1", cseq: 1, vias: 1, headers: String::new() }
}

impl Request {
    fn with(mut self, header: &str) -> Self {
        self.headers.push_str(header);
        if !header.ends_with("\r\n") {
            self.headers.push_str("\r\n");
        }
        self
    }

    fn cseq(self, cseq: u32) -> Self {
        Self { cseq, ..self }
    }

    fn call_id(self, call_id: &'static str) -> Self {
        Self { call_id, ..self }
    }

    fn vias(self, vias: usize) -> Self {
        Self { vias, ..self }
    }

    fn by_connection(mut self, number: u64) -> Self {
        (self.flow.transport, self.flow.connection) = (Transport::Tcp, Some(ConnectionId(number)));
        self
    }

    fn incoming(self) -> IncomingRequest {
        let vias: String =
            (0..self.vias).map(|n| format!("Via: SIP/2.0/UDP 192.0.2.{};branch=z9hG4bK{n}\r\n", 50 + n)).collect();
        let text = format!(
            "REGISTER sip:pbx.example SIP/2.0\r\n{vias}From: <sip:100@pbx.example>;tag=1\r\nTo: <sip:100@pbx.example>\r\n\
             Call-ID: {}\r\nCSeq: {} REGISTER\r\n{}Content-Length: 0\r\n\r\n",
            self.call_id, self.cseq, self.headers
        );
        let request = Message::parse(text.into(), Framing::Datagram, &jackfield_sip::Limits::default()).unwrap();
        IncomingRequest { request, flow: self.flow }
    }
}

impl House {
    fn new() -> Self {
        let bus = EventBus::new();
        let expires = [60, 3_600, 7_200].map(Duration::from_secs);
        let registrar = Registrar::new(bus.clone(), Lines::new(bus), 3, expires.into(), &[9; 32]);
        Self { registrar, now: Instant::now() }
    }

    fn register(&self, request: Request) -> Reply {
        let extension = Extension {
            number: "100".parse().unwrap(),
            name: String::new(),
            owner: None,
            static_contact: None,
            language: Language::En,
            call_waiting: true,
            encryption: jackfield_model::SoundEncryption::default(),
            ha1: None,
        };
        self.registrar.register(self.now, &extension, &request.incoming())
    }

    fn accepts(&self, request: Request) -> Reply {
        let reply = self.register(request);
        assert_eq!(reply.status, 200, "{reply:?}");
        reply
    }

    /// The ports of the flows of each phone, as they would be tried.
    fn phones(&self) -> Vec<Vec<u16>> {
        let ports = |contact: &Contact| {
            let others = contact.others.iter().map(|other| other.flow.remote.port());
            [contact.flow.remote.port()].into_iter().chain(others).collect()
        };
        self.registrar.contacts("100").iter().map(ports).collect()
    }

    fn addressee(&self, uri: &str) -> Result<Addressee, u16> {
        self.registrar.addressee(&Uri::parse(uri.as_bytes()).unwrap())
    }
}

fn all<'a>(reply: &'a Reply, name: &str) -> Vec<&'a str> {
    reply.headers.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str()).collect()
}

#[test]
fn phones_without_an_instance_are_known_by_their_contacts() {
    let mut house = House::new();
    house.accepts(from(1).with("Contact: <sip:100@192.0.2.50:1>, <sip:100@192.0.2.50:2>"));
    let reply = house.accepts(from(1).cseq(2).with("Contact: <sip:%3100@192.0.2.50:1>;expires=60"));
    let contacts = all(&reply, "Contact");
    assert_eq!(contacts, ["<sip:100@192.0.2.50:2>;expires=3600", "<sip:%3100@192.0.2.50:1>;expires=60"]);
    assert!(all(&reply, "Require").is_empty() && all(&reply, "Flow-Timer").is_empty());
    assert_eq!(house.register(from(1).cseq(2).with("Contact: <sip:100@192.0.2.50:1>")).status, 500, "out of order");
    house.now += Duration::from_secs(61);
    assert_eq!(house.registrar.expire(house.now), Some(house.now + Duration::from_secs(3_539)));
    assert_eq!((house.registrar.count(), house.phones().len()), (1, 1));
    house.accepts(from(1).cseq(3).with("Contact: *").with("Expires: 0"));
    assert!(!house.registrar.is_registered("100") && house.registrar.count() == 0);
}

#[test]
fn path_is_kept_repeated_and_put_into_requests() {
    let house = House::new();
    let path = "<sip:p1.example;lr>, <sip:p2.example;lr;ob>";
    let request = || from(1).vias(3).with(&format!("Path: {path}")).with("Contact: <sip:100@10.0.0.9>");
    let reply = house.accepts(request().with("Supported: path"));
    assert_eq!(all(&reply, "Path").join(", "), path);
    let contact = house.registrar.contacts("100").remove(0);
    assert_eq!((contact.target.as_str(), contact.route.join(", ").as_str()), ("sip:100@10.0.0.9", path));
    assert_eq!(contact.flow.remote.port(), 1, "the next hop is where the REGISTER came from");
    // Nobody has said what it is; a proxy that insists says so.
    assert!(all(&house.accepts(request().cseq(2)), "Path").is_empty());
    assert!(house.registrar.contacts("100")[0].route.is_empty());
    assert_eq!(all(&house.accepts(request().cseq(3).with("Require: path")), "Path").len(), 2);
}

#[test]
fn a_hostile_path_is_refused_and_changes_nothing() {
    let house = House::new();
    let nine = ["<sip:p;lr>"; 9].join(",");
    let long = format!("<sip:{}.example;lr>", "x".repeat(1_024));
    for path in [&nine, &long, "<sip:p?Route=%3Csip:x%3E>", "sip:p;lr", "<mailto:a@b>", ",,", "<sip:p;lr", "<sip:[::1>"]
    {
        let request = from(1).with(&format!("Path: {path}")).with("Supported: path");
        assert_eq!(house.register(request.with("Contact: <sip:100@192.0.2.50>")).status, 400, "{path}");
    }
    assert_eq!(house.registrar.count(), 0);
}

#[test]
fn a_phone_that_moves_leaves_no_contact_behind() {
    let house = House::new();
    let at = |port: u16| from(port).with(&format!("Contact: <sip:100@10.0.0.9:{port}>;{DESK}"));
    house.accepts(at(1));
    house.accepts(at(2).call_id("boot-2"));
    assert_eq!((house.phones(), house.registrar.count()), (vec![vec![2]], 1));
    // One request may name two addresses of it, and repeat them.
    for cseq in 2..4 {
        let both = from(3).call_id("boot-2").cseq(cseq);
        house.accepts(both.with(&format!("Contact: <sip:100@10.0.0.9:2>;{DESK}, <sip:100@10.0.0.9:3>;{DESK}")));
        assert_eq!((house.phones(), house.registrar.count()), (vec![vec![3, 3]], 2));
    }
    // Without the instance it is taken back by its address.
    house.accepts(from(3).call_id("x").with("Contact: <sip:100@10.0.0.9:2>;expires=0"));
    assert_eq!(house.registrar.count(), 1);
    // Another phone behind another NAT may have the same one.
    house.accepts(from(9).call_id("y").with(&format!("Contact: <sip:100@10.0.0.9:3>;{OTHER}")));
    assert_eq!(house.phones(), [vec![9], vec![3]]);
}
