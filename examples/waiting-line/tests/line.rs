use jackfield_sdk_test::{Plugin, answers, call_to, hang_up, secs};

#[test]
fn callers_are_served_in_their_order_and_hear_their_place() {
    let plugin = Plugin::here();
    let first =
        plugin.begin("wait", call_to("720").when_dialled("ext:101", answers().after(secs(3)).staying(secs(60))));
    let second = plugin.begin("wait", call_to("720"));
    plugin.wait(secs(5));
    assert!(first.heard().contains(&"en/n-1".to_owned()), "{:?}", first.heard());
    assert!(second.heard().contains(&"en/n-2".to_owned()), "{:?}", second.heard());

    let counter = plugin.dial(call_to("721"));
    assert!(counter.heard("please-wait"), "{counter}");
    plugin.wait(secs(5));
    assert_eq!(first.bridged().as_deref(), Some("ext:101"));
    assert_eq!(second.bridged(), None);
    assert!(second.heard().contains(&"en/n-1".to_owned()), "{:?}", second.heard());
    assert!(!second.is_over());
}

#[test]
fn who_hangs_up_leaves_the_line() {
    let plugin = Plugin::here();
    let first = plugin.begin("wait", call_to("720").does([hang_up().at(secs(10))]));
    let second = plugin.begin("wait", call_to("720"));
    plugin.wait(secs(12));
    assert!(first.is_over() && !second.is_over());
    assert!(second.heard().contains(&"en/n-1".to_owned()), "{:?}", second.heard());
    plugin.dial(call_to("721"));
    plugin.wait(secs(2));
    assert_eq!(second.bridged().as_deref(), Some("ext:101"));
    // Nobody is left.
    assert!(plugin.dial(call_to("721")).heard("goodbye"));
}

#[test]
fn the_line_outlives_the_plugins_being_switched_off() {
    let plugin = Plugin::here();
    let first = plugin.begin("wait", call_to("720"));
    plugin.wait(secs(2));
    plugin.switch_off_and_on();
    assert!(plugin.dial(call_to("721")).heard("please-wait"));
    plugin.wait(secs(2));
    assert_eq!(first.bridged().as_deref(), Some("ext:101"));
}
