//! The dialplan as it will be installed, with calls put to it.

use jackfield_sdk_test::{Plugin, call_to, call_to_extension, hang_up, press, secs};
use serde_json::json;

#[test]
fn an_extension_rings_for_the_ring_time() {
    let plugin = Plugin::here();
    assert_eq!(plugin.route(call_to_extension("100")), "ring ext:100 for 30 s");
    let patient = plugin.with_settings(json!({ "ring_seconds": 45 }));
    assert_eq!(patient.route(call_to_extension("100")), "ring ext:100 for 45 s");
}

#[test]
fn feature_codes_run_and_dial_and_come_before_extensions() {
    let plugin = Plugin::here();
    assert_eq!(plugin.route(call_to("*43")), "run echo");
    assert_eq!(plugin.route(call_to_extension("501")), "run echo");
    let plugin = plugin.with_settings(json!({ "feature_codes": [{ "code": "*0", "does": "dial", "number": "100" }] }));
    assert_eq!(plugin.route(call_to("*0")), "redirect to 100");
    assert_eq!(plugin.route(call_to("*43")), "reject 404");
}

#[test]
fn supervisors_take_part_in_conversations_and_nobody_else_does() {
    let plugin = Plugin::here();
    assert_eq!(plugin.route(call_to("*55101")), "reject 403");
    let caller = call_to("*55101").from_extension("105");
    let plugin = plugin.with_settings(json!({ "supervisors": ["105"] }));
    assert_eq!(plugin.route(caller), "listen to 101");
    assert_eq!(plugin.route(call_to("*56101").from_extension("105")), "whisper to 101");
    assert_eq!(plugin.route(call_to("*57101").from_extension("105")), "join 101");
    assert_eq!(plugin.route(call_to("*57101").from_extension("106")), "reject 403");
    assert_eq!(plugin.route(call_to("*55101").from_outside("105")), "reject 404");
}

#[test]
fn calls_are_picked_up_and_parked_by_who_is_signed_in() {
    let plugin = Plugin::here();
    assert_eq!(plugin.route(call_to("*8101")), "pick up 101");
    assert_eq!(plugin.route(call_to("701")), "park at 701");
    assert_eq!(plugin.route(call_to("70")), "reject 404");
    assert_eq!(plugin.route(call_to("7012")), "reject 404");
    assert_eq!(plugin.route(call_to("*8101").from_outside("+33199")), "reject 404");
    assert_eq!(plugin.route(call_to("*80101")), "ring ext:101 for 30 s answering by itself");
    assert_eq!(plugin.route(call_to("*37")), "call back from the number missed last");
    assert_eq!(plugin.route(call_to("*37101")), "call back from 101");
    assert_eq!(plugin.route(call_to("*80101").from_outside("+33199")), "reject 404");
    assert_eq!(plugin.route(call_to("701").from_outside("+33199")), "reject 404");
}

#[test]
fn prefixes_rewrite_for_callers_of_the_house_only() {
    let plugin = Plugin::here().with_settings(json!({ "prefixes": [
        { "prefix": "0", "strip": 1, "target": "sip:{number}@gateway.example.com" },
        { "prefix": "00", "strip": 2, "prepend": "+", "target": "sip:{number}@gateway.example.com" },
        { "prefix": "7", "strip": 1 },
    ] }));
    for (dialled, decision) in [
        ("0123", "ring sip:123@gateway.example.com for 30 s"),
        ("0033123", "ring sip:+33123@gateway.example.com for 30 s"),
        ("7100", "redirect to 100"),
        ("8100", "reject 404"),
    ] {
        assert_eq!(plugin.route(call_to(dialled)), decision, "{dialled}");
    }
    assert_eq!(plugin.route(call_to("0123").from_outside("+33199")), "reject 404", "nobody outside dials out");
}

#[test]
fn unknown_numbers_are_refused_or_sent_on_once() {
    let plugin = Plugin::here();
    let route = plugin.route(call_to("999"));
    assert_eq!(route, "reject 404");
    assert_eq!(route.reason(), Some("999 is nobody's number"));
    assert_eq!(plugin.route(call_to("08912345")), "pass", "the host calls it by a trunk");
    let plugin = plugin.with_settings(json!({ "unknown_numbers": "reject" }));
    assert_eq!(plugin.route(call_to("08912345")), "reject 404");
    let plugin = plugin.with_settings(json!({ "unknown_numbers": "send", "unknown_to": "998" }));
    assert_eq!(plugin.route(call_to("999")), "redirect to 998");
    assert_eq!(plugin.route(call_to("998").hop(1)), "reject 404", "not in circles");
}

#[test]
fn settings_that_lead_nowhere_are_refused_with_the_field() {
    let plugin = Plugin::here();
    for (settings, path) in [
        (json!({ "feature_codes": [{ "code": "*0", "does": "dial" }] }), "/feature_codes/0/number"),
        (
            json!({ "feature_codes": [{ "code": "1", "does": "echo" }, { "code": "1", "does": "echo" }] }),
            "/feature_codes/1/code",
        ),
        (json!({ "prefixes": [{ "prefix": "0", "target": "sip:gateway.example.com" }] }), "/prefixes/0/target"),
        (json!({ "unknown_numbers": "send" }), "/unknown_to"),
        (json!({ "ring_seconds": 1 }), "/ring_seconds"),
    ] {
        let errors = plugin.try_settings(settings.clone()).expect_err(&settings.to_string());
        assert_eq!(errors[0].path, path, "{settings}");
    }
}

#[test]
fn the_echo_test_beeps_and_echoes_until_a_key_is_pressed() {
    let call = Plugin::here().dial(call_to("*43").does([press("#").after(secs(20))]));
    assert!(call.answered());
    assert!(call.heard("tone beep"));
    assert!(call.to_string().contains("echoes"), "{call}");
    assert!(call.hung_up_by_plugin());
    assert_eq!(call.lasted(), secs(20));
}

#[test]
fn a_caller_who_hangs_up_in_the_echo_test_ends_it() {
    let call = Plugin::here().dial(call_to("501").does([hang_up().at(secs(9))]));
    assert_eq!(call.lasted(), secs(9));
    assert!(!call.hung_up_by_plugin());
    assert_eq!(call.end(), &jackfield_sdk_test::ScriptEnd::Returned);
}
