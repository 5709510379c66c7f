//! Addresses of single phones (RFC 5627).

use super::*;

/// The value of a quoted parameter in the only Contact that has it.
fn gruu(reply: &Reply, name: &str) -> String {
    let begin = format!(";{name}=\"");
    let (_, rest) = all(reply, "Contact").into_iter().find_map(|value| value.split_once(&begin)).expect("a GRUU");
    rest.split('"').next().unwrap().to_owned()
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
