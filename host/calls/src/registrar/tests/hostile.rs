//! Registrations made up at random of what a phone should and should not send.

use super::*;
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};

const CONTACTS: [&str; 12] = [
    "<sip:100@10.0.0.1>",
    "<sip:100@10.0.0.2:5070;transport=tcp;ob>",
    "sip:100@10.0.0.3",
    "<sips:100@10.0.0.4>",
    "<sip:100@pbx.example;gr=urn:x:1>",
    "<sip:100@10.0.0.5>;q=0.5",
    "\"x\" <sip:%31%30%30@10.0.0.1>",
    "*",
    "<sip:>",
    "",
    "<tel:+33123>",
    "<sip:100@[::1]>",
];
const PARAMS: [&str; 14] = [
    "",
    ";expires=0",
    ";expires=60",
    ";expires=99999999999999999999",
    ";expires=-1",
    ";+sip.instance=\"<urn:x:1>\"",
    ";+sip.instance=\"<URN:X:1>\";reg-id=1",
    ";+sip.instance=\"<urn:x:2>\";reg-id=2",
    ";+sip.instance=\"<urn:x:3>\";reg-id=0",
    ";+sip.instance=<urn:x:4>;reg-id=4",
    ";+sip.instance;reg-id",
    ";+sip.instance=\"<urn:x:\\\"5>\"",
    ";reg-id=7",
    ";;",
];
const HEADERS: [&str; 10] = [
    "",
    "Supported: path, outbound, gruu",
    "Supported: gruu",
    "Require: outbound",
    "Path: <sip:p1;lr>, <sip:p2;lr;ob>",
    "Path: <sip:p1>",
    "Path: <sip:10.0.0.9:5080;lr;ob>",
    "Path: ,",
    "Expires: 0",
    "Expires: 60",
];
const CALL_IDS: [&str; 3] = ["a", "b", "c"];

/// What must hold whatever has been registered.
fn check(house: &House) {
    let state = house.registrar.state();
    let of_number = state.bindings.get("100").map(Vec::as_slice).unwrap_or_default();
    assert_eq!(state.count, of_number.len());
    assert!(state.bindings.values().all(|bindings| !bindings.is_empty()));
    assert!(state.ends.len() <= 64 + 4 * state.count + 16, "void entries do not pile up");
    for (at, one) in of_number.iter().enumerate() {
        for other in &of_number[at + 1..] {
            let same_flow = one.reg_id.is_some() && one.reg_id == other.reg_id && one.is_of_phone(other);
            assert!(!same_flow, "a flow stands twice");
        }
    }
    let phones = binding::phones(of_number.iter());
    assert!(phones.len() <= 3 && phones.iter().all(|phone| phone.others.len() < 8));
}

#[test]
fn whatever_is_registered_the_books_balance() {
    let mut rng = StdRng::seed_from_u64(5_626);
    let mut house = House::new();
    let mut answers = [0; 7];
    for cseq in 1..20_000 {
        let pick = |from: &[&'static str], rng: &mut StdRng| *from.choose(rng).unwrap_or(&"");
        let contacts: Vec<String> = (0..rng.random_range(0..4))
            .map(|_| format!("{}{}", pick(&CONTACTS, &mut rng), pick(&PARAMS, &mut rng)))
            .collect();
        let mut request = from(rng.random_range(1..9)).cseq(cseq - rng.random_range(0..2)).vias(rng.random_range(1..4));
        request.call_id = pick(&CALL_IDS, &mut rng);
        if rng.random_bool(0.3) {
            request = request.by_connection(rng.random_range(1..5));
        }
        for _ in 0..3 {
            let header = pick(&HEADERS, &mut rng);
            request = if header.is_empty() { request } else { request.with(header) };
        }
        if !contacts.is_empty() {
            request = request.with(&format!("Contact: {}", contacts.join(", ")));
        }
        let flow = request.flow;
        answers[usize::from(house.register(request).status / 100)] += 1;
        check(&house);
        match rng.random_range(0..10) {
            0 => house.registrar.disconnected(&flow),
            1 => {
                house.now += Duration::from_secs(rng.random_range(0..100));
                house.registrar.expire(house.now);
            }
            _ => continue,
        }
        check(&house);
    }
    assert!(answers[2] > 1_000 && answers[4] > 1_000, "{answers:?}");
}
