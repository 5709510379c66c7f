use jackfield_sdk_test::{Plugin, busy, call_to, no_answer, press, secs};

#[test]
fn one_is_transferred() {
    let call = Plugin::here().dial(call_to("700").does([press("1").after(secs(2))]));
    assert_eq!(call.transferred(), Some("ext:100"));
}

#[test]
fn two_rings_a_pair_and_connects_whoever_answers_first() {
    let scenario = call_to("700").when_dialled("ext:101", no_answer()).does([press("2").after(secs(2))]);
    let call = Plugin::here().dial(scenario);
    assert_eq!(call.dialled(), ["ext:101", "ext:102"]);
    assert_eq!(call.bridged(), Some("ext:102"));
}

#[test]
fn when_both_are_busy_the_caller_hears_so_and_may_choose_again() {
    let busy_pair = call_to("700").when_dialled("ext:101", busy()).when_dialled("ext:102", busy());
    let call = Plugin::here().dial(busy_pair.does([press("2").after(secs(2)), press("1").after(secs(4))]));
    assert!(call.heard("tone busy"), "{call}");
    assert_eq!(call.transferred(), Some("ext:100"), "{call}");
}

#[test]
fn a_silent_caller_is_let_go_after_three_beeps() {
    let call = Plugin::here().dial(call_to("700"));
    assert!(call.hung_up_by_plugin());
    assert!(call.lasted() < secs(20), "{call}");
}
