use jackfield_sdk_test::{Plugin, call_to, press, secs};

/// What is spoken, without beeps and silence.
fn spoken(heard: &[&str]) -> Vec<String> {
    let is_piece = |heard: &&&str| !heard.starts_with("tone") && !heard.starts_with("silence");
    heard.iter().filter(is_piece).map(|heard| (*heard).to_owned()).collect()
}

#[test]
fn the_day_and_the_time_are_spoken() {
    let call = Plugin::here().at("2026-11-29T14:05:20[Europe/Paris]").dial(call_to("720"));
    let spoken = spoken(&call.all_heard());
    let expected = [
        "en/weekday-7",
        "en/day-29",
        "en/month-11",
        "en/n-20",
        "en/n-26",
        "en/clock-14",
        "en/oh",
        "en/n-5",
        "en/pm",
        "en/n-20",
        "en/seconds",
    ];
    assert_eq!(spoken[..expected.len()], expected, "{call}");
    assert!(call.heard("goodbye") && call.hung_up_by_plugin(), "{call}");
}

#[test]
fn a_key_interrupts_and_changes_the_language() {
    let call =
        Plugin::here().at("2026-11-29T14:05:20[Europe/Paris]").dial(call_to("720").does([press("3").after(secs(1))]));
    let spoken = spoken(&call.all_heard());
    let german = spoken.iter().position(|piece| piece.starts_with("de/")).unwrap_or(usize::MAX);
    assert!(german < 6, "the rest of the English is not spoken: {call}");
    assert_eq!(spoken[german..german + 3], ["de/weekday-7", "de/day-29", "de/month-11"], "{call}");
}
