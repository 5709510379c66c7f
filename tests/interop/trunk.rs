//! Calls to and from the outside, by real carriers (Kamailio) and names that a name server knows.

use anyhow::{Context, Result, ensure};
use jackfield_tests::{
    Account, Api, Baresip, CarrierConfig, Host, HostConfig, Kamailio, Manner, Mood, Names, Phone, Record, Transport,
    eventually, loopback_v6, needs, repository, tone, within,
};
use serde_json::{Value, json};
use std::{net::SocketAddr, process::Command, thread::sleep, time::Duration};

/// How long a trunk may take to notice something: some questions without an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A phone outside, at the number under which the carriers call it.
fn outside(number: &str) -> Result<Baresip> {
    let mut phone = Phone::new(number, "", SocketAddr::from(([127, 0, 0, 1], 5_060)));
    (phone.registrar, phone.hertz) = (None, 600.0);
    Baresip::start(&phone)
}

/// A carrier with one account, whose numbers begin with `numbers`, and a phone outside for all other numbers.
fn carrier(numbers: &str, phone: &Baresip, more: CarrierConfig) -> Result<Kamailio> {
    let accounts = vec![Account::new("acme", "a secret", &[numbers])];
    Kamailio::carrier(&CarrierConfig { accounts, outside: vec![(String::new(), phone.address())], ..more })
}

/// `[[trunks]]` in Berlin with the numbers +493012300 to 49 for 100 to 149.
fn trunk(name: &str, server: &str, more: &str) -> String {
    format!(
        "[[trunks]]\nname = \"{name}\"\nservers = [\"{server}\"]\nuser = \"acme\"\npassword = \"a secret\"\ncountry = \"49\"\n\
         area = \"30\"\nping = 1\ntry_next_after = 1\n{more}\n[[trunks.numbers]]\nfirst = \"+493012300\"\n\
         last = \"+493012349\"\nto = \"100\"\ncount_on = true\n"
    )
}

fn house(more: String) -> Result<(Host, Api)> {
    house_with(HostConfig { more, ..HostConfig::default() })
}

fn house_with(config: HostConfig) -> Result<(Host, Api)> {
    let host = Host::start(&HostConfig { extensions: vec!["100", "101", "102"], ..config })?;
    let api = host.admin()?;
    Ok((host, api))
}

fn status(api: &Api, name: &str) -> Result<Value> {
    let all = api.get("/api/v1/trunks")?;
    let found = all.as_array().into_iter().flatten().find(|trunk| trunk["settings"]["name"] == name);
    found.map(|trunk| trunk["status"].clone()).with_context(|| format!("no trunk {name} in {all}"))
}

fn stands(api: &Api, name: &str, state: &str) {
    let there = || status(api, name).is_ok_and(|trunk| trunk["state"] == state).then_some(());
    assert!(within(PATIENCE, there).is_some(), "trunk {name} is not {state}: {:?}", status(api, name));
}

/// Call, answer, listen, hang up; what went over the wire is in the phones' logs.
fn talk(a: &mut Baresip, dialled: &str, b: &mut Baresip) -> Result<()> {
    a.dial(dialled)?;
    b.wait_for("CALL_INCOMING")?;
    b.accept()?;
    a.wait_for("CALL_ESTABLISHED")?;
    sleep(Duration::from_millis(1_500));
    a.hang_up()?;
    b.wait_for("CALL_CLOSED")?;
    a.wait_for("CALL_CLOSED").map(drop)
}

/// Nothing of a call is left.
fn all_is_over(api: &Api) {
    eventually("no call, leg or port is left", || {
        let counters = api.get("/api/v1/system").map(|system| system["counters"].clone()).unwrap_or_default();
        ["calls", "sip_legs", "media_ports"].iter().all(|name| counters[name] == 0)
    });
}

#[test]
fn calls_go_out_and_come_in_by_a_carrier_that_is_registered_with() -> Result<()> {
    let mut bob = outside("+498912345678")?;
    let one = carrier("+4930123", &bob, CarrierConfig::default())?;
    let server = format!("sip:{}", one.sip());
    let (mut host, api) =
        house(trunk("one", &server, "register = \"single\"\ndomain = \"carrier.example\"\ncalled_in = \"to\""))?;
    stands(&api, "one", "up");
    assert!(one.contact("acme")?.is_some_and(|contact| contact.contains("sip:acme@")), "registered");
    let mut anna = Baresip::registered(&host.phone("101"))?;

    talk(&mut anna, "08912345678", &mut bob)?;
    let at_bob = tone::heard(&bob.recording()?, 1_000.0);
    let at_anna = tone::heard(&anna.recording()?, 600.0);
    assert!(at_bob.milliseconds() > 1_000 && at_anna.milliseconds() > 1_000, "{at_bob:?} {at_anna:?}");
    let log = bob.log();
    assert!(log.contains("P-Asserted-Identity: <sip:+493012301@carrier.example>"), "{log}");
    assert!(log.contains("From: <sip:+493012301@carrier.example>"), "{log}");

    // What he calls is a number outside; it is the same phone.
    talk(&mut bob, &format!("sip:+493012301@{}", one.sip()), &mut anna)?;
    assert!(
        anna.log().contains("From: \"+498912345678\"")
            || anna.log().contains("<sip:%2B498912345678@")
            || anna.log().contains("<sip:+498912345678@"),
        "{}",
        anna.log()
    );
    all_is_over(&api);
    let recorded =
        || api.get("/api/v1/history").is_ok_and(|calls| calls["items"].as_array().is_some_and(|all| all.len() == 2));
    eventually("both calls are recorded", recorded);
    let history = api.get("/api/v1/history")?;
    let ways: Vec<_> =
        history["items"].as_array().context("calls")?.iter().map(|call| (&call["direction"], &call["trunk"])).collect();
    assert!(ways.iter().any(|(way, by)| **way == "inbound" && **by == "one"), "{history}");
    assert!(ways.iter().any(|(way, by)| **way == "outbound" && **by == "one"), "{history}");
    host.end()?;
    eventually("the registration is ended", || one.contact("acme").is_ok_and(|contact| contact.is_none()));
    Ok(())
}

#[test]
fn a_carrier_at_an_address_of_ipv6_takes_calls_and_brings_them() -> Result<()> {
    let (server, own) = (loopback_v6()?, loopback_v6()?);
    let mut phone = Phone::new("+498912345678", "", server);
    (phone.registrar, phone.hertz, phone.ip) = (None, 600.0, server.ip());
    let mut bob = Baresip::start(&phone)?;
    let one = carrier("+4930123", &bob, CarrierConfig { also: Some(server), ..CarrierConfig::default() })?;
    let more = "register = \"single\"\ndomain = \"carrier.example\"\ncalled_in = \"to\"";
    let more = trunk("one", &format!("sip:{server}"), more);
    let (mut host, api) = house_with(HostConfig { also: vec![own], more, ..HostConfig::default() })?;
    stands(&api, "one", "up");
    assert!(one.contact("acme")?.is_some_and(|contact| contact.contains(&format!("@{own}"))), "registered");
    // Her phone knows IPv4 alone.
    let mut anna = Baresip::registered(&host.phone("101"))?;
    talk(&mut anna, "08912345678", &mut bob)?;
    assert!(bob.log().contains("c=IN IP6 ::1"), "{}", bob.log());
    let at_bob = tone::heard(&bob.recording()?, 1_000.0);
    let at_anna = tone::heard(&anna.recording()?, 600.0);
    assert!(at_bob.milliseconds() > 1_000 && at_anna.milliseconds() > 1_000, "{at_bob:?} {at_anna:?}");
    talk(&mut bob, &format!("sip:+493012301@{server}"), &mut anna)?;
    all_is_over(&api);
    host.end()
}

#[test]
fn when_a_carrier_dies_its_calls_go_on_and_new_ones_take_the_other() -> Result<()> {
    let names = Names::start()?;
    let mut bob = outside("+498912345678")?;
    let mut one =
        carrier("+4930123", &bob, CarrierConfig { domain: "one.example".into(), ..CarrierConfig::default() })?;
    let two = carrier("+4930123", &bob, CarrierConfig { domain: "two.example".into(), ..CarrierConfig::default() })?;
    for (name, carrier) in [("one", &one), ("two", &two)] {
        let ip = match carrier.sip() {
            SocketAddr::V4(at) => *at.ip(),
            SocketAddr::V6(_) => anyhow::bail!("carriers are at IPv4 addresses"),
        };
        names.put(
            &format!("{name}.example"),
            60,
            &[Record::naptr(10, 10, "SIP+D2U", &format!("_sip._udp.{name}.example"))],
        );
        names.put(
            &format!("_sip._udp.{name}.example"),
            60,
            &[Record::srv(10, 10, 5_060, &format!("gw.{name}.example"))],
        );
        names.put(&format!("gw.{name}.example"), 60, &[Record::A(ip)]);
    }
    let dns = format!("[dns]\nservers = [\"{}\"]\n", names.address());
    let trunks = ["one", "two"].map(|name| trunk(name, &format!("sip:{name}.example"), "register = \"single\""));
    let (mut host, api) = house(dns + &trunks.concat())?;
    stands(&api, "one", "up");
    stands(&api, "two", "up");
    assert!(names.asked().iter().any(|asked| asked.starts_with("SRV _sip._udp.one.example")), "{:?}", names.asked());
    let mut anna = Baresip::registered(&host.phone("101"))?;
    let mut carl = Baresip::registered(&host.phone("102"))?;

    anna.dial("08912345678")?;
    bob.wait_for("CALL_INCOMING")?;
    bob.accept()?;
    anna.wait_for("CALL_ESTABLISHED")?;
    assert_eq!(status(&api, "one")?["calls"], 1);
    one.kill()?;
    names.set_manner(Manner::Silent);
    let before = bob.packets()?.received;
    // The next call finds the first carrier silent, before any ping has told.
    let mut dora = outside("+498999999999")?;
    two.outside("+498999999999", dora.address())?;
    carl.dial("+498999999999")?;
    dora.wait_for("CALL_INCOMING")?;
    dora.accept()?;
    carl.wait_for("CALL_ESTABLISHED")?;
    assert_eq!(status(&api, "two")?["calls"], 1);
    stands(&api, "one", "down");
    assert!(bob.packets()?.received > before + 20, "the call by the dead carrier still has its sound");
    carl.hang_up()?;
    dora.wait_for("CALL_CLOSED")?;

    names.set_manner(Manner::Answers);
    one.restart()?;
    one.outside("", bob.address())?;
    anna.hang_up()?;
    anna.wait_for("CALL_CLOSED")?;
    eventually("the first carrier is back", || {
        status(&api, "one").is_ok_and(|one| one["servers"][0]["answers"] == true)
    });
    host.end()
}

#[test]
fn a_carrier_that_cannot_now_is_left_alone_and_the_call_takes_the_next() -> Result<()> {
    let mut bob = outside("+498912345678")?;
    let one = carrier("+4930123", &bob, CarrierConfig::default())?;
    let two = carrier("+4930123", &bob, CarrierConfig { sha256: true, ..CarrierConfig::default() })?;
    let all: String = [("one", &one), ("two", &two)]
        .iter()
        .map(|(name, at)| {
            let more = "domain = \"carrier.example\"\nregister = \"single\"\nchannels = 1";
            trunk(name, &format!("sip:{}", at.sip()), more)
        })
        .collect();
    let (mut host, api) = house(all)?;
    stands(&api, "one", "up");
    stands(&api, "two", "up");
    let mut anna = Baresip::registered(&host.phone("101"))?;
    one.set_mood(Mood::Refuses)?;
    talk(&mut anna, "08912345678", &mut bob)?;
    let invites = |carrier: &Kamailio| carrier.heard().iter().filter(|heard| heard.starts_with("INVITE ")).count();
    assert!(invites(&one) >= 1 && invites(&two) >= 1);
    one.set_mood(Mood::Works)?;

    // Both have one channel each, and the second call takes what is free; the third finds none.
    let mut carl = Baresip::registered(&host.phone("102"))?;
    let mut dora = Baresip::registered(&host.phone("100"))?;
    anna.dial("08912345678")?;
    bob.wait_for("CALL_INCOMING")?;
    carl.dial("08912345678")?;
    bob.wait_for("CALL_INCOMING")?;
    dora.dial("08912345678")?;
    let refused = dora.wait_for("CALL_CLOSED")?;
    assert!(refused.to_string().contains("503"), "{refused}");
    drop((anna, carl, dora, bob));
    host.end()
}

#[test]
fn numbers_are_found_where_each_carrier_puts_them() -> Result<()> {
    let called = |bulk: bool, in_uri: bool, more: &str| -> Result<()> {
        let mut bob = outside("+498912345678")?;
        let config = CarrierConfig { number_in_request_uri: in_uri, called_party: true, ..CarrierConfig::default() };
        let one = carrier("+4930123", &bob, config)?;
        let register = if bulk { "bulk" } else { "single" };
        let more = format!("register = \"{register}\"\ndomain = \"carrier.example\"\n{more}");
        let (mut host, api) = house(trunk("one", &format!("sip:{}", one.sip()), &more))?;
        stands(&api, "one", "up");
        let mut anna = Baresip::registered(&host.phone("102"))?;
        bob.dial(&format!("sip:+493012302@{}", one.sip()))?;
        anna.wait_for("CALL_INCOMING")?;
        bob.hang_up()?;
        anna.wait_for("CALL_CLOSED")?;
        // Nobody has this one.
        bob.dial(&format!("sip:+493012349@{}", one.sip()))?;
        let closed = bob.wait_for("CALL_CLOSED")?;
        assert!(!closed.to_string().contains("200"), "{closed}");
        host.end()
    };
    called(true, true, "called_in = \"request-uri\"")?;
    called(false, true, "called_in = \"request-uri\"")?;
    called(false, false, "called_in = \"to\"")?;
    called(false, false, "called_in = \"p-called-party-id\"")
}

#[test]
fn everything_goes_by_an_outbound_proxy_when_there_is_one() -> Result<()> {
    let mut bob = outside("+498912345678")?;
    let one = carrier("+4930123", &bob, CarrierConfig::default())?;
    let proxy = Kamailio::proxy(one.sip())?;
    let more = format!(
        "register = \"single\"\ndomain = \"carrier.example\"\ncalled_in = \"to\"\noutbound_proxy = \"sip:{}\"",
        proxy.sip()
    );
    let (mut host, api) = house(trunk("one", "sip:carrier.example", &more))?;
    stands(&api, "one", "up");
    let mut anna = Baresip::registered(&host.phone("101"))?;
    talk(&mut anna, "08912345678", &mut bob)?;
    talk(&mut bob, &format!("sip:+493012301@{}", one.sip()), &mut anna)?;
    let from_host = format!("{}:", host.sip().ip());
    assert!(!one.heard().iter().any(|heard| heard.contains(&format!("Via: SIP/2.0/UDP {from_host}"))
        && !heard.contains(&proxy.sip().ip().to_string())));
    host.end()
}

#[test]
fn a_trunk_by_tls_believes_only_the_right_certificate() -> Result<()> {
    let bob = outside("+498912345678")?;
    let one = carrier("+4930123", &bob, CarrierConfig { tls: true, ..CarrierConfig::default() })?;
    let server = format!("sip:{};transport=tls", one.tls());
    let more = "register = \"single\"\ndomain = \"carrier.example\"";
    let (mut host, api) = secure_house(&trunk("one", &server, more), None)?;
    stands(&api, "one", "down");
    host.end()?;
    let (mut host, api) = secure_house(&trunk("one", &server, more), Some(&one))?;
    stands(&api, "one", "up");
    assert!(status(&api, "one")?["servers"][0]["address"].as_str().is_some_and(|at| at.starts_with("TLS ")));
    host.end()
}

/// The host speaks TLS, and believes this carrier.
fn secure_house(trunks: &str, trusts: Option<&Kamailio>) -> Result<(Host, Api)> {
    let ca = trusts.map(|carrier| format!("peer_ca = \"{}\"\n", carrier.certificate().display())).unwrap_or_default();
    house_with(HostConfig { secure: true, more: format!("[tls]\n{ca}{trunks}"), ..HostConfig::default() })
}

#[test]
fn limits_and_bars_hold_and_an_emergency_call_passes_them() -> Result<()> {
    let mut help = outside("112")?;
    let bob = outside("+498912345678")?;
    let one = carrier("+4930123", &help, CarrierConfig::default())?;
    one.outside("+49", bob.address())?;
    let more = format!(
        "[calls]\nemergency = [\"112\"]\n[security]\noutside_per_hour = 1\nbarred = [\"+882\", \"112\"]\n{}",
        trunk(
            "one",
            &format!("sip:{}", one.sip()),
            "register = \"single\"\ndomain = \"carrier.example\"\nchannels = 1"
        )
    );
    let (mut host, api) = house(more)?;
    stands(&api, "one", "up");
    let mut anna = Baresip::registered(&host.phone("101"))?;
    let refused = |anna: &mut Baresip, number: &str| -> Result<String> {
        anna.dial(number)?;
        Ok(anna.wait_for("CALL_CLOSED")?.to_string())
    };
    assert!(refused(&mut anna, "0088212345678")?.contains("403"));
    anna.dial("08912345678")?;
    eventually("the call is under way", || status(&api, "one").is_ok_and(|one| one["calls"] == 1));
    let mut carl = Baresip::registered(&Phone { transport: Transport::Tcp, ..host.phone("102") })?;
    carl.dial("112")?;
    help.wait_for("CALL_INCOMING")?;
    help.accept()?;
    carl.wait_for("CALL_ESTABLISHED")?;
    anna.hang_up()?;
    anna.wait_for("CALL_CLOSED")?;
    assert!(refused(&mut anna, "08912345678")?.contains("403"), "one call in an hour");
    carl.hang_up()?;
    all_is_over(&api);
    host.end()
}

#[test]
fn a_trunk_that_is_set_up_while_the_house_runs_registers_and_carries_calls() -> Result<()> {
    let mut bob = outside("+498912345678")?;
    let one = carrier("+4930123", &bob, CarrierConfig::default())?;
    let (mut host, api) = house(String::new())?;
    let mut anna = Baresip::registered(&host.phone("101"))?;
    let mut settings = json!({
        "name": "one", "servers": [format!("sip:{}", one.sip())], "domain": "carrier.example", "user": "acme",
        "password": "a slip", "register": "single", "called_in": "to", "country": "49", "area": "30",
        "session_timer": "offered", "session_interval": 600,
        "numbers": [{ "first": "+493012300", "last": "+493012349", "to": "100", "count_on": true }],
    });
    api.act("POST", "/api/v1/trunks", Some(&settings))?;
    let checked = |name: &str| api.act("POST", &format!("/api/v1/trunks/{name}/check"), Some(&json!({})));
    let wrong = checked("one")?;
    assert_eq!(wrong["finished"], true, "{wrong}");
    assert_eq!(wrong["trunk"]["status"]["trouble"]["fault"], "wrong-password", "{wrong}");

    settings["password"] = json!("a secret");
    api.act("PUT", "/api/v1/trunks/one", Some(&settings))?;
    let right = checked("one")?;
    assert_eq!(right["trunk"]["status"]["state"], "up", "{right}");
    assert!(right["trunk"]["status"]["registered_until"].is_u64(), "{right}");
    let contact = one.contact("acme")?.context("registered")?;
    assert!(!right.to_string().contains("a secret") && !host.log().contains("a secret"));

    talk(&mut anna, "08912345678", &mut bob)?;
    let invites = one.heard();
    let out = invites.iter().find(|heard| heard.starts_with("INVITE ")).context("an INVITE")?;
    assert!(out.contains("Session-Expires: 600"), "{out}");
    talk(&mut bob, &format!("sip:+493012301@{}", one.sip()), &mut anna)?;

    // A call goes on while its trunk is changed, switched off and deleted; the registration stays or goes as it should.
    anna.dial("08912345678")?;
    bob.wait_for("CALL_INCOMING")?;
    bob.accept()?;
    anna.wait_for("CALL_ESTABLISHED")?;
    settings.as_object_mut().context("an object")?.remove("password");
    settings["session_timer"] = json!("required");
    settings["channels"] = json!(1);
    api.act("PUT", "/api/v1/trunks/one", Some(&settings))?;
    assert_eq!(checked("one")?["trunk"]["status"]["state"], "up");
    assert_eq!(
        (&status(&api, "one")?["calls"], one.contact("acme")?),
        (&json!(1), Some(contact)),
        "the same registration"
    );
    let mut carl = Baresip::registered(&host.phone("102"))?;
    carl.dial("08912345678")?;
    let refused = carl.wait_for("CALL_CLOSED")?;
    assert!(refused.to_string().contains("503"), "the call from before has the one channel: {refused}");
    api.act("POST", "/api/v1/trunks/one/disable", Some(&json!({})))?;
    eventually("the registration is ended", || one.contact("acme").is_ok_and(|contact| contact.is_none()));
    let before = bob.packets()?.received;
    eventually("the call still has its sound", || bob.packets().is_ok_and(|packets| packets.received > before + 20));
    api.act("POST", "/api/v1/trunks/one/enable", Some(&json!({})))?;
    assert_eq!(checked("one")?["trunk"]["status"]["state"], "up");
    api.act("DELETE", "/api/v1/trunks/one", None)?;
    eventually("the registration is ended", || one.contact("acme").is_ok_and(|contact| contact.is_none()));
    assert_eq!(api.get("/api/v1/trunks")?, json!([]));
    bob.hang_up()?;
    anna.wait_for("CALL_CLOSED")?;
    all_is_over(&api);
    assert!(!host.has_panicked());
    host.end()
}

#[test]
fn keys_reach_a_trunk_by_info_where_it_takes_them_so() -> Result<()> {
    // The carrier's phone takes keys by INFO, the house's phones tell them by events.
    let mut phone = Phone::new("+498912345678", "", SocketAddr::from(([127, 0, 0, 1], 5_060)));
    (phone.registrar, phone.hertz, phone.dtmf_info) = (None, 600.0, true);
    let mut bob = Baresip::start(&phone)?;
    let one = carrier("+4930123", &bob, CarrierConfig::default())?;
    let more = trunk(
        "one",
        &format!("sip:{}", one.sip()),
        "register = \"single\"\ndomain = \"carrier.example\"\ncalled_in = \"to\"\ndtmf = \"info\"",
    );
    let (mut host, api) = house(more)?;
    stands(&api, "one", "up");
    let mut anna = Baresip::registered(&host.phone("101"))?;
    anna.dial("08912345678")?;
    bob.wait_for("CALL_INCOMING")?;
    bob.accept()?;
    anna.wait_for("CALL_ESTABLISHED")?;
    anna.press("7")?;
    eventually("bob is told a key by INFO", || bob.log().contains("Signal=7"));
    assert!(!bob.log().contains("telephone-event"), "the trunk is offered no events");
    anna.hang_up()?;
    bob.wait_for("CALL_CLOSED")?;

    // The same the other way round.
    bob.dial(&format!("sip:+493012301@{}", one.sip()))?;
    anna.wait_for("CALL_INCOMING")?;
    anna.accept()?;
    bob.wait_for("CALL_ESTABLISHED")?;
    anna.press("8")?;
    eventually("bob is told a key by INFO", || bob.log().contains("Signal=8"));
    bob.hang_up()?;
    anna.wait_for("CALL_CLOSED")?;
    all_is_over(&api);
    assert!(!host.has_panicked());
    host.end()
}

#[test]
fn keys_reach_a_trunk_as_tones_where_it_takes_them_so() -> Result<()> {
    let mut bob = outside("+498912345678")?;
    let one = carrier("+4930123", &bob, CarrierConfig::default())?;
    let server = format!("sip:{}", one.sip());
    let (mut host, api) =
        house(trunk("one", &server, "register = \"single\"\ndomain = \"carrier.example\"\ndtmf = \"inband\""))?;
    stands(&api, "one", "up");
    let mut anna = Baresip::registered(&host.phone("101"))?;
    anna.dial("08912345678")?;
    bob.wait_for("CALL_INCOMING")?;
    bob.accept()?;
    anna.wait_for("CALL_ESTABLISHED")?;
    sleep(Duration::from_millis(500));
    anna.press("777")?;
    sleep(Duration::from_secs(1));
    anna.hang_up()?;
    bob.wait_for("CALL_CLOSED")?;
    let said = bob.recording()?;
    let both = [852.0, 1_209.0].map(|hertz| tone::audible(&said, hertz));
    assert!(both.iter().all(|heard| *heard >= 200), "three keys of 100 ms: {both:?}");
    host.end()
}

#[test]
fn calls_try_trunks_in_the_order_that_an_admin_sets() -> Result<()> {
    let mut bob = outside("+498912345678")?;
    let one = carrier("+4930123", &bob, CarrierConfig::default())?;
    let two = carrier("+4930123", &bob, CarrierConfig::default())?;
    let (mut host, api) = house(String::new())?;
    for (name, carrier) in [("one", &one), ("two", &two)] {
        let settings = json!({
            "name": name, "servers": [format!("sip:{}", carrier.sip())], "domain": "carrier.example", "user": "acme",
            "password": "a secret", "register": "single", "country": "49", "area": "30",
        });
        api.act("POST", "/api/v1/trunks", Some(&settings))?;
        stands(&api, name, "up");
    }
    let mut anna = Baresip::registered(&host.phone("101"))?;
    talk(&mut anna, "08912345678", &mut bob)?;
    let contact = two.contact("acme")?;
    api.act("PUT", "/api/v1/trunk-order", Some(&json!({ "names": ["two", "one"] })))?;
    talk(&mut anna, "08912345678", &mut bob)?;
    assert_eq!(two.contact("acme")?, contact, "the registrations go on");
    all_is_over(&api);
    let ways = || {
        let history = api.get("/api/v1/history").unwrap_or_default();
        let calls = history["items"].as_array().cloned().unwrap_or_default();
        calls.iter().map(|call| call["trunk"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    eventually("the newer call went by the other trunk", || ways() == ["two", "one"]);
    host.restart_after_kill()?;
    let order = api.get("/api/v1/trunks")?;
    assert_eq!((&order[0]["settings"]["name"], &order[1]["settings"]["name"]), (&json!("two"), &json!("one")));
    host.end()
}

#[test]
fn a_trunk_outlives_its_host_and_one_of_the_file_counts() -> Result<()> {
    let bob = outside("+498912345678")?;
    let one = carrier("+4930123", &bob, CarrierConfig::default())?;
    let server = format!("sip:{}", one.sip());
    let (mut host, api) = house(trunk("one", &server, ""))?;
    stands(&api, "one", "up");
    let settings = json!({
        "name": "two", "servers": [server], "domain": "carrier.example", "user": "acme", "password": "a secret",
        "register": "single", "session_timer": "required",
    });
    let taken = api.request("POST", "/api/v1/trunks", Some(&json!({ "name": "one", "servers": ["sip:x.example"] })))?;
    assert_eq!(taken.status, 409, "{taken:?}");
    api.act("POST", "/api/v1/trunks", Some(&settings))?;
    stands(&api, "two", "up");
    host.restart_after_kill()?;
    stands(&api, "two", "up");
    stands(&api, "one", "up");
    host.end()
}

#[test]
fn an_admin_adds_a_trunk_in_a_browser_and_sees_it_register() -> Result<()> {
    let mut bob = outside("+498912345678")?;
    let one = carrier("+4930123", &bob, CarrierConfig::default())?;
    let (mut host, api) = house(String::new())?;
    let folder = repository().join("tests/web");
    ensure!(
        folder.join("node_modules").is_dir(),
        "the browser's driver is not installed: run “npm install” in tests/web"
    );
    let server = one.sip().to_string();
    let mut command = Command::new(needs("node")?);
    command.current_dir(folder).args(["trunk.mjs", "carrier", &server, "acme", "a secret", "carrier.example"]);
    command.env("JACKFIELD_URL", host.api().url()).env("JACKFIELD_PASSWORD", Host::ADMIN_PASSWORD);
    let done = command.output().context("node does not start")?;
    ensure!(done.status.success(), "adding fails: {}", String::from_utf8_lossy(&done.stderr));
    assert!(one.contact("acme")?.is_some(), "registered");
    let mut anna = Baresip::registered(&host.phone("101"))?;
    talk(&mut anna, "08912345678", &mut bob)?;
    all_is_over(&api);
    host.end()
}
