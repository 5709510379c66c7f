use jackfield_sdk_test::{Plugin, call_to};
use serde_json::json;

#[test]
fn callers_go_to_whom_they_understand() {
    let plugin = Plugin::here();
    let route = plugin.route(call_to("500").from_outside("+33199001122"));
    assert_eq!(route, "ring ext:100 for 20 s");
    assert_eq!(route.var("language"), Some("fr"));
    assert_eq!(route.reason(), Some("callers from +33 go to 100"));
    assert_eq!(plugin.route(call_to("500").from_outside("+4930901820")), "ring ext:101 for 20 s");
    assert_eq!(plugin.route(call_to("500").from_outside("+442079460000")), "pass");
}

#[test]
fn calls_within_the_house_are_none_of_its_business() {
    let plugin = Plugin::here();
    assert_eq!(plugin.route(call_to("500").from_extension("101")), "pass");
    assert_eq!(plugin.status().cost.calls, 0, "plugin.toml lets inbound calls through only");
}

#[test]
fn the_longest_prefix_counts() {
    let rules = json!({ "rules": [{ "prefix": "+33", "to": "100" }, { "prefix": "+331", "to": "105" }] });
    let plugin = Plugin::here().with_settings(rules);
    assert_eq!(plugin.route(call_to("500").from_outside("+33199001122")), "ring ext:105 for 20 s");
}
