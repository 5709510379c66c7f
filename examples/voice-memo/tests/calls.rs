use jackfield_sdk_test::{Plugin, call_to, hang_up, press, secs};

#[test]
fn what_was_recorded_is_played_back() {
    let call = Plugin::here().dial(call_to("710").does([press("#").after(secs(10))]));
    assert!(call.heard("a recording"), "{call}");
    assert!(call.hung_up_by_plugin(), "{call}");
    // 400 ms of silence, 9.6 s recorded, and the same again.
    assert_eq!(call.lasted().as_millis(), 19_600, "{call}");
}

#[test]
fn a_caller_who_hangs_up_meanwhile_ends_it() {
    let call = Plugin::here().dial(call_to("710").does([press("#").after(secs(10)), hang_up().after(secs(3))]));
    assert!(!call.hung_up_by_plugin());
    assert_eq!(call.lasted(), secs(13));
}
