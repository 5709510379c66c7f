use jackfield_sdk_test::{Plugin, WebServiceAnswer, secs};
use serde_json::{Value, json};

fn missed() -> Value {
    json!({
        "call": "c-1", "direction": "inbound",
        "caller": { "number": "+33199001122", "name": "{{secret:key}}", "extension": null },
        "callee": { "number": "100", "name": "", "extension": "100" },
        "answered_by": null, "started": 1_773_133_200_000_u64, "answered": null, "ended": 1_773_133_230_000_u64,
        "cause": "no-answer"
    })
}

fn plugin(status: u16) -> Plugin {
    Plugin::here()
        .with_web_service("https://crm.example.org", move |_| WebServiceAnswer::new(status, ""))
        .with_settings(json!({ "url": "https://crm.example.org/missed", "key": "open sesame" }))
}

#[test]
fn a_missed_call_is_told_with_the_key() {
    let plugin = plugin(204);
    plugin.happens("calls/missed", &missed());
    let asked = plugin.asked();
    let [told] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!((told.method.as_str(), told.url.as_str()), ("POST", "https://crm.example.org/missed"));
    assert_eq!(told.header("authorization"), "Bearer open sesame");
    let body: Value = serde_json::from_str(&told.body).expect("JSON");
    assert_eq!(body, json!({ "from": "+33199001122", "to": "100", "at": 1_773_133_200_000_u64 }));
    assert!(!plugin.log().iter().any(|line| line.contains("sesame")), "{:?}", plugin.log());
}

#[test]
fn a_service_that_is_out_of_order_is_told_again_and_then_the_event_is_set_aside() {
    let plugin = plugin(503);
    plugin.happens("calls/missed", &missed());
    plugin.wait(secs(3_600));
    assert_eq!(plugin.asked().len(), 3, "three times in all");
    let dead = plugin.dead_events();
    assert!(dead[0].1.contains("the web service has answered 503"), "{dead:?}");
}
