//! Flows (RFC 5626).

use super::*;

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
