//! The rules of registering, in virtual time.

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

/// The value of a quoted parameter in the only Contact that has it.
fn gruu(reply: &Reply, name: &str) -> String {
    let begin = format!(";{name}=\"");
    let (_, rest) = all(reply, "Contact").into_iter().find_map(|value| value.split_once(&begin)).expect("a GRUU");
    rest.split('"').next().unwrap().to_owned()
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
    let nine = vec!["<sip:p;lr>"; 9].join(",");
    let long = format!("<sip:{}.example;lr>", "x".repeat(1_024));
    for path in [&nine, &long, "<sip:p?Route=%3Csip:x%3E>", "sip:p;lr", "<mailto:a@b>", ",,", "<sip:p;lr", "<sip:[::1>"]
    {
        let request = from(1).with(&format!("Path: {path}")).with("Supported: path");
        assert_eq!(house.register(request.with("Contact: <sip:100@192.0.2.50>")).status, 400, "{path}");
    }
    assert_eq!(house.registrar.count(), 0);
}

#[test]
fn flows_of_one_phone_are_one_phone_with_the_newest_first() {
    let house = House::new();
    let flow =
        |port: u16, id: u16| from(port).with(OUTBOUND).with(&format!("Contact: <sip:100@10.0.0.9>;{DESK};reg-id={id}"));
    let reply = house.accepts(flow(1, 1));
    assert_eq!((all(&reply, "Require"), all(&reply, "Flow-Timer")), (vec!["outbound"], vec!["30"]));
    assert!(all(&reply, "Contact")[0].contains(";+sip.instance=\"<urn:uuid:00000000-"), "{reply:?}");
    assert!(all(&reply, "Contact")[0].ends_with(";reg-id=1"), "{reply:?}");
    let reply = house.accepts(flow(2, 2).by_connection(7));
    assert_eq!(all(&reply, "Flow-Timer"), ["120"]);
    house.accepts(from(3).with(&format!("Contact: <sip:100@10.0.0.9>;{OTHER}")));
    assert_eq!(house.phones(), [vec![3], vec![2, 1]]);
    // The same flow anew, from elsewhere and after a restart.
    house.accepts(flow(4, 1).call_id("boot-2"));
    assert_eq!(house.phones(), [vec![4, 2], vec![3]]);
    assert_eq!(house.registrar.count(), 3);
    // One of them fails, one is taken back.
    house.registrar.disconnected(&flow(2, 2).by_connection(7).flow);
    assert_eq!(house.phones(), [vec![4], vec![3]]);
    house.accepts(flow(4, 1).call_id("boot-2").cseq(2).with("Expires: 0"));
    assert_eq!(house.phones(), [vec![3]]);
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

#[test]
fn phones_are_counted_and_not_their_flows() {
    let house = House::new();
    let instance = |n: u16| format!("+sip.instance=\"<urn:x:{n}>\"");
    for n in 1..=3 {
        for id in 1..=2 {
            let contact = format!("Contact: <sip:100@10.0.0.9>;{};reg-id={id}", instance(n));
            house.accepts(from(10 * n + id).with(OUTBOUND).with(&contact));
        }
    }
    assert_eq!(house.phones(), [vec![32, 31], vec![22, 21], vec![12, 11]]);
    // The second flow of the first phone is refreshed: the second phone is now the one heard of longest ago.
    house.accepts(
        from(13).cseq(2).with(OUTBOUND).with(&format!("Contact: <sip:100@10.0.0.9>;{};reg-id=2", instance(1))),
    );
    house.accepts(from(40).with("Contact: <sip:100@10.0.0.40>"));
    assert_eq!(house.phones(), [vec![40], vec![13, 11], vec![32, 31]]);
    assert_eq!(house.registrar.count(), 5);
    // A phone that makes up ever new flows keeps the last few.
    for id in 3..200 {
        let contact = format!("Contact: <sip:100@10.0.0.9>;{};reg-id={id}", instance(1));
        house.accepts(from(100 + id).with(OUTBOUND).with(&contact));
    }
    assert_eq!(house.phones()[0], (292..300).rev().collect::<Vec<_>>());
    assert_eq!(house.registrar.count(), 8 + 1 + 2);
}

#[test]
fn outbound_needs_both_sides_one_contact_and_a_first_proxy_that_keeps_flows() {
    let house = House::new();
    let contact = format!("Contact: <sip:100@10.0.0.9>;{DESK};reg-id=1");
    let two = format!("{contact}, <sip:100@10.0.0.8>");
    assert_eq!(house.register(from(1).with(OUTBOUND).with(&two)).status, 400);
    assert_eq!(house.accepts(from(1).with(OUTBOUND).with(&format!("{two};expires=0"))).status, 200);
    // Through proxies of which the first does not do it, or none does.
    for path in ["", "Path: <sip:p1.example;lr;ob>, <sip:p2.example;lr>\r\n"] {
        let request = from(1).cseq(2).vias(2).with(&format!("{OUTBOUND}{path}"));
        assert_eq!(house.register(request.with(&contact)).status, 439, "{path}");
    }
    let path = "Path: <sip:p1.example;lr>, <sip:p2.example;lr;ob>";
    let reply = house.accepts(from(1).cseq(3).vias(3).with(OUTBOUND).with(path).with(&contact));
    assert_eq!((all(&reply, "Require"), all(&reply, "Flow-Timer")), (vec!["outbound"], Vec::new()));
    for bad in ["reg-id=0", "reg-id", "reg-id=-1", "reg-id=2147483648", "reg-id=\"1\""] {
        let contact = format!("Contact: <sip:100@10.0.0.9>;{DESK};{bad}");
        assert_eq!(house.register(from(1).cseq(4).with(OUTBOUND).with(&contact)).status, 400, "{bad}");
    }
    // Who does not do outbound, or is nobody in particular, has no flows.
    for (headers, who) in [("", DESK), (OUTBOUND, "x=1"), (OUTBOUND, "+sip.instance=\"urn:x:1\"")] {
        let contact = format!("Contact: <sip:100@10.0.0.7>;{who};reg-id=0");
        let reply =
            house.accepts(from(1).cseq(5).call_id(if who == DESK { "a" } else { who }).with(headers).with(&contact));
        assert!(all(&reply, "Require").is_empty(), "{who}");
    }
}

#[test]
fn a_flow_of_outbound_is_not_called_back() {
    let house = House::new();
    let from_there = |number| Request {
        flow: Flow { remote: "10.0.0.9:9".parse().unwrap(), ..from(9).by_connection(number).flow },
        ..from(9)
    };
    house.accepts(from_there(1).with("Contact: <sip:100@10.0.0.9:5060;transport=tcp>"));
    house.accepts(from_there(2).with("Contact: <sip:100@10.0.0.9:5061;transport=tcp;ob>"));
    let contact = format!("Contact: <sip:100@10.0.0.9:5062;transport=tcp>;{DESK};reg-id=1");
    house.accepts(from_there(3).with(OUTBOUND).with(&contact));
    for number in 1..=3 {
        house.registrar.disconnected(&from_there(number).flow);
    }
    let left = house.registrar.contacts("100");
    assert_eq!((left.len(), left[0].flow.remote.port(), left[0].flow.connection), (1, 5060, None));
    // Behind a proxy it is the proxy that can be called.
    let path = "Path: <sip:10.0.0.9:5080;lr;ob>";
    house.accepts(from_there(4).cseq(2).vias(2).with(OUTBOUND).with(path).with(&contact));
    house.registrar.disconnected(&from_there(4).flow);
    assert_eq!(house.registrar.contacts("100")[0].flow.remote.port(), 5080);
}

#[test]
fn a_public_gruu_names_one_phone_for_good() {
    let house = House::new();
    let reply = house.accepts(from(1).with("Supported: gruu").with(&format!("Contact: <sip:100@10.0.0.9>;{DESK}")));
    let public = gruu(&reply, "pub-gruu");
    assert_eq!(public, "sip:100@pbx.example;gr=urn:uuid:00000000-0000-1000-8000-000A95A0E128");
    house.accepts(from(2).with("Contact: <sip:100@10.0.0.8>"));
    let Ok(Addressee::Phone { number, instance }) = house.addressee(&public.to_lowercase()) else { panic!("no phone") };
    assert_eq!(house.registrar.phone(&number, &instance).map(|c| c.flow.remote.port()), Some(1));
    assert_eq!(house.addressee("sip:100@pbx.example"), Ok(Addressee::Number("100".into())));
    // The others' phones have none, and who does not know what it is does not get it.
    assert_eq!(all(&reply, "Contact").iter().filter(|c| c.contains("gruu=")).count(), 1);
    let reply = house.accepts(from(1).cseq(2).with(&format!("Contact: <sip:100@10.0.0.9>;{DESK}")));
    assert!(!format!("{reply:?}").contains("gruu"), "{reply:?}");
    house.accepts(from(1).cseq(3).with("Contact: <sip:100@10.0.0.9>;expires=0"));
    assert!(matches!(house.addressee(&public), Ok(Addressee::Phone { .. })));
    assert!(house.registrar.phone("100", &instance).is_none());
}

#[test]
fn a_temporary_gruu_lives_as_long_as_the_phone_stays_registered() {
    let mut house = House::new();
    let flow = |id: u16| {
        from(id)
            .with("Supported: gruu, path, outbound")
            .with(&format!("Contact: <sip:100@10.0.0.9>;{DESK};reg-id={id}"))
    };
    let is_good = |house: &House, uri: &str| house.addressee(uri) != Err(404);
    let first = gruu(&house.accepts(flow(1)), "temp-gruu");
    assert!(!first.contains("100@") && first.ends_with("@pbx.example;gr"), "{first}");
    let second = gruu(&house.accepts(flow(1).cseq(2)), "temp-gruu");
    house.accepts(flow(2).call_id("boot-1b"));
    assert!(first != second && is_good(&house, &first) && is_good(&house, &second));
    let Ok(Addressee::Phone { number, instance }) = house.addressee(&first) else { panic!("no phone") };
    assert_eq!((number.as_str(), house.registrar.phone("100", &instance).unwrap().others.len()), ("100", 1));
    // One flow goes, the phone stays; then it starts anew.
    house.accepts(flow(2).call_id("boot-1b").cseq(2).with("Expires: 0"));
    assert!(is_good(&house, &first));
    house.accepts(flow(2).call_id("boot-1b").cseq(3));
    let third = gruu(&house.accepts(flow(1).call_id("boot-2")), "temp-gruu");
    assert!(!is_good(&house, &first) && !is_good(&house, &second) && is_good(&house, &third));
    house.accepts(flow(2).call_id("boot-2b"));
    assert!(is_good(&house, &third), "the other flow belongs to the same start");
    house.now += Duration::from_secs(3_601);
    house.registrar.expire(house.now);
    assert!(!is_good(&house, &third));
}

#[test]
fn a_forged_gruu_reaches_nobody() {
    let house = House::new();
    let reply = house.accepts(from(1).with("Supported: gruu").with(&format!("Contact: <sip:100@10.0.0.9>;{DESK}")));
    let good = gruu(&reply, "temp-gruu");
    let forged = good.replace("tgruu.", "tgruu.0").replacen("0@", "@", 1);
    let long = format!("sip:tgruu.{}@pbx.example;gr", "a".repeat(5_000));
    for bad in
        [&forged, "sip:100@pbx.example;gr", "sip:tgruu.@pbx.example;gr", &long, "sip:pbx.example;gr", "sip:pbx.example"]
    {
        assert_eq!(house.addressee(bad), Err(404), "{bad}");
    }
    assert!(house.addressee(&good).is_ok());
    assert!(House::new().addressee(&good).is_err(), "nobody has it there");
}

#[test]
fn a_contact_that_leads_back_is_refused() {
    let house = House::new();
    for contact in ["sip:100@pbx.example", "sip:100@PBX.example;gr=urn:x:1", "sip:tgruu.1@pbx.example;gr"] {
        let request = from(1).with("Supported: gruu").with(&format!("Contact: <{contact}>;{DESK}"));
        assert_eq!(house.register(request).status, 403, "{contact}");
    }
    assert_eq!(house.registrar.count(), 0);
}
