//! Calendar files as they are found, and as somebody might make them up.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use jackfield_schedules::ics::{MOST_BYTES, MOST_DAYS, read};

fn calendar(events: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n{events}END:VCALENDAR\r\n")
}

fn event(lines: &str) -> String {
    format!("BEGIN:VEVENT\r\nUID:1\r\n{lines}\r\nEND:VEVENT\r\n")
}

/// What was read, as `from..to name`.
fn days(text: &str) -> Vec<String> {
    let read = read(text.as_bytes()).unwrap();
    read.days.iter().map(|day| format!("{}..{} {}", day.from, day.to, day.name)).collect()
}

#[test]
fn days_their_ends_and_names_are_read() {
    for (lines, expected) in [
        (
            "DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261225\r\nSUMMARY:Christmas Eve",
            "2026-12-24.. Christmas Eve",
        ),
        // The end of a date is the day after.
        ("DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20270102\r\nSUMMARY:Closed", "2026-12-24..2027-01-01 Closed"),
        ("DTSTART;VALUE=DATE:20261224\r\nDURATION:P3D\r\nSUMMARY:Three days", "2026-12-24..2026-12-26 Three days"),
        (
            "DTSTART;TZID=\"Europe: Paris\":20261224T090000\r\nDTEND:20261224T180000\r\nSUMMARY:Outing",
            "2026-12-24.. Outing",
        ),
        ("DTSTART:20261224T000000\r\nDTEND:20261225T000000\r\nSUMMARY:To midnight", "2026-12-24.. To midnight"),
        ("dtstart:20261224\r\nsummary:Lower case", "2026-12-24.. Lower case"),
        (
            "DTSTART:20261224\r\nSUMMARY:Folded\r\n  on two\\, lines\\nand one",
            "2026-12-24.. Folded on two, lines and one",
        ),
        ("DTSTART:20261224\r\nRRULE:FREQ=YEARLY;WKST=MO\r\nSUMMARY:Each year", "12-24.. Each year"),
        (
            "DTSTART:20261224\r\nSUMMARY:Alarm\r\nBEGIN:VALARM\r\nDTSTART:20200101\r\nSUMMARY:No\r\nEND:VALARM",
            "2026-12-24.. Alarm",
        ),
    ] {
        assert_eq!(days(&calendar(&event(lines))), [expected], "{lines}");
    }
}

#[test]
fn what_cannot_be_taken_is_named_with_its_reason() {
    for lines in [
        "DTSTART:20261224\r\nRRULE:FREQ=WEEKLY;BYDAY=MO\r\nSUMMARY:x",
        "DTSTART:20261126\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH\r\nSUMMARY:x",
        "DTSTART:20261224\r\nRRULE:FREQ=YEARLY;UNTIL=20301224\r\nSUMMARY:x",
        "DTSTART:20261224\r\nDTEND:20261220\r\nSUMMARY:x",
        "DTSTART:20261224\r\nDTEND:20291220\r\nSUMMARY:x",
        "DTSTART:99999999\r\nSUMMARY:x",
        "DTSTART:2026日24\r\nSUMMARY:x",
        "SUMMARY:x",
    ] {
        let read = read(calendar(&event(lines)).as_bytes()).unwrap();
        assert_eq!((read.days.len(), read.skipped_in_all), (0, 1), "{lines}");
        assert_eq!(read.skipped[0].0, "x");
    }
    assert!(days(&calendar(&event("DTSTART:20261224\r\nSTATUS:CANCELLED"))).is_empty());
    assert!(days(&calendar("BEGIN:VTIMEZONE\r\nDTSTART:19700101T000000\r\nEND:VTIMEZONE\r\n")).is_empty());
}

#[test]
fn hostile_files_are_refused_or_bounded() {
    for text in ["", "hello", "BEGIN:VCARD\r\nEND:VCARD", "\u{feff}", "日本"] {
        assert!(read(text.as_bytes()).is_err(), "{text}");
    }
    assert!(read(&vec![b'A'; MOST_BYTES + 1]).unwrap_err().contains("1 MiB"));
    let many: String = (0..MOST_DAYS + 30)
        .map(|n| event(&format!("DTSTART:{}0{}{:02}\r\nSUMMARY:{n}", 2000 + n / 252, n / 28 % 9 + 1, n % 28 + 1)))
        .collect();
    let full = read(calendar(&many).as_bytes()).unwrap();
    assert_eq!((full.days.len(), full.skipped_in_all, full.skipped.len()), (MOST_DAYS, 30, 20));
    // A name without end, on one line and on many, an event that never ends, bytes that are no text.
    let long =
        calendar(&event(&format!("DTSTART:20261224\r\nSUMMARY:{}\r\n {}", "x".repeat(50_000), "\r\n y".repeat(9_000))));
    assert_eq!(read(long.as_bytes()).unwrap().days[0].name.len(), 60);
    assert!(days(&calendar("BEGIN:VEVENT\r\nBEGIN:X\r\nBEGIN:X\r\nDTSTART:20261224\r\n")).is_empty());
    let mut bytes = calendar(&event("DTSTART:20261224\r\nSUMMARY:?")).into_bytes();
    let place = bytes.iter().position(|byte| *byte == b'?').unwrap();
    bytes[place] = 0xff;
    assert_eq!(read(&bytes).unwrap().days.len(), 1);
}

#[test]
fn the_same_day_twice_is_one() {
    let twice = event("DTSTART:20261224\r\nSUMMARY:x").repeat(2);
    assert_eq!(days(&calendar(&twice)).len(), 1);
}
