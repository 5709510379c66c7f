//! Engines joined in memory: thirty pages each way in seconds, compared dot by dot. Needs libspandsp2 and libtiff6, which
//! `tests/setup.sh test` installs.

mod joined;

use jackfield_fax::{Cause, Direction, FRAME, Program, Session};
use joined::{came, document, dots, engine, job};
use std::{collections::VecDeque, path::PathBuf, process::Command, time::Duration};

/// A line between two engines that takes 60 ms each way; `carry` is asked about each frame and may change it.
fn join(sender: &mut Session, receiver: &mut Session, limit: Duration, mut carry: impl FnMut(u64, &Session) -> bool) {
    let silence = || VecDeque::from(vec![vec![0_i16; FRAME]; 3]);
    let (mut there, mut back) = (silence(), silence());
    let (mut over, ticks) = ([false; 2], (limit.as_millis() / 20) as u64);
    for tick in 0..ticks {
        if !carry(tick, receiver) || over == [true; 2] {
            return;
        }
        let (heard, said) = (back.pop_front().unwrap_or_default(), there.pop_front().unwrap_or_default());
        if !over[0] {
            let tick = sender.tick(&heard);
            there.push_back(tick.sound);
            over[0] = tick.over;
        }
        if !over[1] {
            let tick = receiver.tick(&said);
            back.push_back(tick.sound);
            over[1] = tick.over;
        }
    }
    panic!("the fax is not over after {limit:?} of its own time");
}

fn begin(document: &[u8], ecm: bool) -> (Session, Session) {
    let engine = engine();
    let sender = Session::start(&engine, &job(Direction::Send, ecm), Some(document)).expect("an engine that sends");
    (sender, Session::start(&engine, &job(Direction::Receive, ecm), None).expect("an engine that receives"))
}

#[test]
fn thirty_pages_come_over_as_sound_dot_by_dot() {
    let document = document(30);
    let (mut sender, mut receiver) = begin(&document, true);
    join(&mut sender, &mut receiver, Duration::from_secs(1_800), |_, _| true);
    let (sent, received) = (sender.finish(), receiver.finish());
    assert_eq!((sent.report.cause, received.report.cause), (Cause::Complete, Cause::Complete), "{sent:?}");
    assert_eq!((sent.report.pages, received.report.pages), (30, 30));
    assert_eq!((received.report.bit_rate, received.report.ecm), (14_400, true));
    assert_eq!((received.report.station.as_str(), sent.report.station.as_str()), ("+49 30 1", "+33 1 2"));
    assert!(came(&received) == dots(&document), "the pages differ");
}

#[test]
fn without_error_correction_two_pages_come_over_too() {
    let document = document(2);
    let (mut sender, mut receiver) = begin(&document, false);
    join(&mut sender, &mut receiver, Duration::from_secs(300), |_, _| true);
    let received = receiver.finish();
    assert_eq!((received.report.cause, received.report.ecm), (Cause::Complete, false), "{:?}", received.report);
    assert!(came(&received) == dots(&document), "the pages differ");
}

#[test]
fn a_line_that_is_cut_on_page_twelve_leaves_eleven_pages_and_says_so() {
    let document = document(30);
    let (mut sender, mut receiver) = begin(&document, true);
    let mut since = None;
    join(&mut sender, &mut receiver, Duration::from_secs(1_800), |tick, receiver| {
        if receiver.pages() == 11 {
            since.get_or_insert(tick);
        }
        // A second and a half into the twelfth.
        since.is_none_or(|since| tick < since + 75)
    });
    let (sent, received) = (sender.finish(), receiver.finish());
    assert_eq!((sent.report.cause, received.report.cause), (Cause::LineDropped, Cause::LineDropped), "{sent:?}");
    assert_eq!(received.report.pages, 11);
    let pages = came(&received);
    assert!(pages[..11] == dots(&document)[..11], "the pages differ");
}

#[test]
fn an_engine_that_is_killed_ends_its_fax_and_what_has_come_is_there() {
    let document = document(3);
    let (mut sender, mut receiver) = begin(&document, true);
    join(&mut sender, &mut receiver, Duration::from_secs(300), |_, receiver| receiver.pages() < 2);
    let killed = Command::new("kill").args(["-9", &receiver.process().to_string()]).status().unwrap();
    assert!(killed.success());
    let tick = (0..10).map(|_| receiver.tick(&[0; FRAME])).find(|tick| tick.over);
    assert!(tick.is_some(), "it is told within a few ticks");
    let received = receiver.finish();
    assert_eq!((received.report.cause, received.report.pages), (Cause::Engine, 2), "{:?}", received.report);
    assert!(came(&received)[..1] == dots(&document)[..1], "the first page differs");
}

#[test]
fn a_program_that_is_none_is_said_and_one_that_says_nothing_is_ended() {
    let nowhere = Program { path: PathBuf::from("/nonexistent"), ..engine() };
    assert!(Session::start(&nowhere, &job(Direction::Receive, true), None).is_err());
    let silent = Program { path: PathBuf::from("/bin/true"), ..engine() };
    // It may be gone before it could be told anything.
    if let Ok(mut session) = Session::start(&silent, &job(Direction::Receive, true), None) {
        while !session.tick(&[0; FRAME]).over {}
        let finished = session.finish();
        assert_eq!((finished.report.cause, finished.document), (Cause::Engine, None));
    }
}
