//! Engines joined in memory that speak T.38: terminals with each other, and with a modem through a gateway. Needs libspandsp2
//! and libtiff6, which `tests/setup.sh test` installs.

mod joined;

use jackfield_fax::{Cause, Direction, FRAME, Packet, Session};
use joined::{came, document, dots, engine, job};
use std::collections::VecDeque;

/// Ticks that everything is under way.
const DELAY: usize = 3;
/// Ticks in which thirty pages must be over: half an hour.
const LIMIT: u32 = 90_000;

/// One way between two engines.
struct Way<T>(VecDeque<T>);

impl<T: Default> Way<T> {
    fn new() -> Self {
        Self((0..DELAY).map(|_| T::default()).collect())
    }

    fn carry(&mut self, sent: T) -> T {
        self.0.push_back(sent);
        self.0.pop_front().unwrap_or_default()
    }
}

/// The packets of one way, numbered as UDPTL does; what is lost leaves a gap.
struct Packets {
    way: Way<Vec<Packet>>,
    next: u16,
}

impl Packets {
    fn new() -> Self {
        Self { way: Way::new(), next: 0 }
    }

    fn carry(&mut self, sent: Vec<Packet>, to: &mut Session, lost: impl Fn(u16) -> bool) {
        for packet in self.way.carry(sent) {
            if !lost(self.next) {
                to.packet(self.next, &packet.ifp);
            }
            self.next = self.next.wrapping_add(1);
        }
    }
}

fn begin(pages: &[u8], ecm: bool) -> (Session, Session) {
    let engine = engine();
    let sender = Session::start(&engine, &job(Direction::Send, ecm), Some(pages)).expect("an engine that sends");
    (sender, Session::start(&engine, &job(Direction::Receive, ecm), None).expect("an engine that receives"))
}

/// Let two terminals speak T.38 until both are done, or `goes_on` says no.
fn join(one: &mut Session, other: &mut Session, lost: impl Fn(u16) -> bool, mut goes_on: impl FnMut(&Session) -> bool) {
    one.switch_to_t38(14_400);
    other.switch_to_t38(14_400);
    let (mut there, mut back) = (Packets::new(), Packets::new());
    let mut over = [false; 2];
    for _ in 0..LIMIT {
        if over == [true; 2] || !goes_on(other) {
            return;
        }
        if !over[0] {
            let tick = one.tick(&[]);
            assert!(tick.sound.is_empty(), "a line without sound");
            over[0] = tick.over;
            there.carry(tick.packets, other, &lost);
        }
        if !over[1] {
            let tick = other.tick(&[]);
            over[1] = tick.over;
            back.carry(tick.packets, one, &lost);
        }
    }
    panic!("the fax does not end");
}

#[test]
fn thirty_pages_come_over_as_packets_dot_by_dot() {
    let document = document(30);
    let (mut sender, mut receiver) = begin(&document, true);
    join(&mut sender, &mut receiver, |_| false, |_| true);
    let (sent, received) = (sender.finish(), receiver.finish());
    assert_eq!((sent.report.cause, received.report.cause), (Cause::Complete, Cause::Complete), "{sent:?}");
    assert_eq!((sent.report.pages, received.report.pages), (30, 30));
    assert_eq!((received.report.bit_rate, received.report.ecm, received.report.t38), (14_400, true, true));
    assert_eq!((received.report.station.as_str(), sent.report.station.as_str()), ("+49 30 1", "+33 1 2"));
    assert!(came(&received) == dots(&document), "the pages differ");
}

#[test]
fn packets_that_nobody_mends_cost_time_and_no_dot() {
    let document = document(3);
    let (mut sender, mut receiver) = begin(&document, true);
    join(&mut sender, &mut receiver, |number| number % 97 == 50, |_| true);
    let (sent, received) = (sender.finish(), receiver.finish());
    assert_eq!((sent.report.cause, received.report.cause), (Cause::Complete, Cause::Complete), "{sent:?}");
    assert!(came(&received) == dots(&document), "the pages differ");
}

#[test]
fn a_line_that_is_cut_on_page_twelve_leaves_eleven_pages_and_says_so() {
    let document = document(30);
    let (mut sender, mut receiver) = begin(&document, true);
    let mut after = 75;
    join(
        &mut sender,
        &mut receiver,
        |_| false,
        |receiver| {
            after -= i32::from(receiver.pages() == 11);
            after > 0
        },
    );
    let (sent, received) = (sender.finish(), receiver.finish());
    assert_eq!((sent.report.cause, received.report.cause), (Cause::LineDropped, Cause::LineDropped), "{sent:?}");
    assert_eq!((received.report.pages, received.report.t38), (11, true));
    assert!(came(&received)[..11] == dots(&document)[..11], "the pages differ");
}

/// A machine that is heard and one that sends packets, with a gateway between them; `modem_sends` says which way pages go.
fn through_gateway(modem_sends: bool) {
    let document = document(3);
    let (mut sender, mut receiver) = begin(&document, true);
    let mut gateway = Session::gateway(&engine(), 14_400).expect("a gateway");
    let (modem, packets) = if modem_sends { (&mut sender, &mut receiver) } else { (&mut receiver, &mut sender) };
    packets.switch_to_t38(14_400);
    let (mut to_modem, mut to_gateway) = (Way::<Vec<i16>>::new(), Way::<Vec<i16>>::new());
    let (mut there, mut back) = (Packets::new(), Packets::new());
    let (mut said, mut over) = (vec![0; FRAME], [false; 2]);
    for tick in 0..LIMIT {
        assert!(tick + 1 < LIMIT, "the fax does not end");
        if over == [true; 2] {
            break;
        }
        let translated = gateway.tick(&to_gateway.carry(std::mem::take(&mut said)));
        assert!(!translated.over, "a gateway ends with the line");
        there.carry(translated.packets, packets, |_| false);
        let heard = to_modem.carry(translated.sound);
        if !over[0] {
            let tick = modem.tick(&heard);
            (said, over[0]) = (tick.sound, tick.over);
        }
        if !over[1] {
            let tick = packets.tick(&[]);
            over[1] = tick.over;
            back.carry(tick.packets, &mut gateway, |_| false);
        }
    }
    let translated = gateway.finish();
    assert_eq!((translated.report.cause, translated.report.pages), (Cause::Complete, 3), "{translated:?}");
    assert_eq!(translated.document, None);
    let (sent, received) = (sender.finish(), receiver.finish());
    assert_eq!((sent.report.cause, received.report.cause), (Cause::Complete, Cause::Complete), "{sent:?}");
    assert_eq!((sent.report.t38, received.report.t38), (!modem_sends, modem_sends));
    assert!(came(&received) == dots(&document), "the pages differ");
}

#[test]
fn a_gateway_turns_sound_into_packets() {
    through_gateway(true);
}

#[test]
fn a_gateway_turns_packets_into_sound() {
    through_gateway(false);
}

#[test]
fn a_page_that_has_gone_over_as_sound_is_not_begun_again_as_packets() {
    let document = document(2);
    let (mut sender, mut receiver) = begin(&document, true);
    let (mut there, mut back) = (Way::<Vec<i16>>::new(), Way::<Vec<i16>>::new());
    let (mut to_sender, mut switched) = (Vec::new(), false);
    for tick in 0..LIMIT {
        assert!(tick + 1 < LIMIT, "the fax does not end");
        let said = sender.tick(&to_sender);
        let heard = receiver.tick(&there.carry(said.sound));
        to_sender = back.carry(heard.sound);
        if receiver.pages() == 1 && sender.pages() == 1 && !switched {
            switched = true;
            sender.switch_to_t38(14_400);
            receiver.switch_to_t38(14_400);
        }
        if said.over && heard.over {
            break;
        }
    }
    let received = receiver.finish();
    assert_eq!((received.report.cause, received.report.t38), (Cause::Complete, false), "{received:?}");
    assert!(came(&received) == dots(&document), "the pages differ");
}
