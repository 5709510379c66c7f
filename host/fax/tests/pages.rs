//! Engines joined in memory: thirty pages each way in seconds, compared dot by dot. Needs libspandsp2 and libtiff6, which
//! `tests/setup.sh test` installs.

use jackfield_fax::{Cause, Direction, FRAME, Finished, Job, Program, Session, document::tiff};
use std::{
    collections::VecDeque,
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

const WIDTH: u32 = 1_728;
const ROWS: u32 = 160;

/// Gives the dots of every page by libtiff: width, rows and octets, of which a bit of 1 is black.
const LIBTIFF: &str = r#"
import ctypes, sys
lib = ctypes.CDLL("libtiff.so.6")
lib.TIFFOpen.restype = ctypes.c_void_p
P, U = ctypes.c_void_p, ctypes.c_uint32
lib.TIFFSetDirectory.argtypes = [P, U]
lib.TIFFGetField.argtypes = [P, U, P]
lib.TIFFReadScanline.argtypes = [P, P, U, ctypes.c_uint16]
tiff, page = lib.TIFFOpen(sys.argv[1].encode(), b"r"), 0
while lib.TIFFSetDirectory(P(tiff), page):
    width, rows, kind = U(), U(), ctypes.c_uint16()
    lib.TIFFGetField(P(tiff), 256, ctypes.byref(width))
    lib.TIFFGetField(P(tiff), 257, ctypes.byref(rows))
    lib.TIFFGetField(P(tiff), 262, ctypes.byref(kind))
    sys.stdout.buffer.write(width.value.to_bytes(4, "little") + rows.value.to_bytes(4, "little"))
    line = ctypes.create_string_buffer((width.value + 7) // 8)
    for row in range(rows.value):
        assert lib.TIFFReadScanline(P(tiff), line, row, 0) == 1
        sys.stdout.buffer.write(bytes(b ^ 255 for b in line.raw) if kind.value == 1 else line.raw)
    page += 1
"#;

fn engine() -> Program {
    // Beside this test's own folder: target/debug/examples/engine.
    let deps = std::env::current_exe().expect("the path of this test");
    let path = deps.ancestors().nth(2).expect("a folder above it").join("examples/engine");
    assert!(path.exists(), "{} is not built", path.display());
    Program { path, arguments: Vec::new(), folder: std::env::temp_dir() }
}

fn job(direction: Direction, ecm: bool) -> Job {
    let station = if direction == Direction::Send { "+49 30 1" } else { "+33 1 2" };
    Job { direction, station: station.into(), header: String::new(), ecm, fastest: 14_400 }
}

/// Pages that look like writing, each another.
fn document(pages: u32) -> Vec<u8> {
    let mut dice = 1_u32;
    let pages: Vec<Vec<u8>> = (0..pages)
        .map(|page| {
            let mut dots = vec![0; (WIDTH / 8 * ROWS) as usize];
            for row in (0..ROWS).filter(|row| row % 24 < 14) {
                for octet in 20..196 {
                    dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223 + page);
                    if dice >> 29 == 0 {
                        dots[(row * WIDTH / 8 + octet) as usize] = (dice >> 16) as u8;
                    }
                }
            }
            dots
        })
        .collect();
    let pages: Vec<_> = pages.iter().map(|dots| (WIDTH, ROWS, 1, dots.as_slice())).collect();
    tiff::written(&pages)
}

/// The dots of every page.
fn dots(document: &[u8]) -> Vec<Vec<u8>> {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), document).expect("a document that is written");
    let mut python = Command::new("python3");
    let read = python.args(["-c", LIBTIFF]).arg(file.path()).stderr(Stdio::inherit()).output().expect("Python");
    assert!(read.status.success(), "libtiff cannot read it");
    let (mut rest, mut pages) = (read.stdout.as_slice(), Vec::new());
    while let Some((head, tail)) = rest.split_at_checked(8) {
        let number = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().expect("four octets")) as usize;
        let (page, tail) = tail.split_at(number(0).div_ceil(8) * number(4));
        pages.push(page.to_vec());
        rest = tail;
    }
    pages
}

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

fn came(received: &Finished) -> Vec<Vec<u8>> {
    dots(received.document.as_ref().expect("pages have come"))
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
