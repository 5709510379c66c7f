//! A fax machine that has called somebody's telephone is led to the fax box.

use crate::{
    house,
    talk::{SOON, invite, next, sound},
};
use jackfield_calls::{CallsConfig, Directory};
use jackfield_media::{FRAME, FRAME_TIME, codec::g711, rtp::Header, sdp::Sdp};
use jackfield_model::Extension;
use jackfield_net::{Incoming, Leg};
use jackfield_sip::{LegCommand, LegEvent};
use std::time::Duration;
use tokio::{net::UdpSocket, sync::mpsc, time::timeout};

async fn rings(phone: &mut mpsc::Receiver<Incoming>) -> Leg {
    loop {
        match timeout(SOON, phone.recv()).await.expect("it rings").expect("signalling is up") {
            Incoming::Invite(leg, _) => return leg,
            _ => continue,
        }
    }
}

#[tokio::test]
async fn a_machine_that_calls_an_extension_goes_to_the_box_and_a_person_does_not() {
    let (phone, mut at_phone) = house::sip(7, &[]);
    let (boxed, mut at_box) = house::sip(9, &[]);
    let (calls, _at_caller) = house::sip(8, &[]);
    let trusted_peers = vec![calls.listeners().next().unwrap().1];
    let fax_box = Some("700".parse().unwrap());
    let (exchange, at) = house::exchange(CallsConfig { trusted_peers, fax_box, ..CallsConfig::default() }, 43_200);
    let before = exchange.directory();
    let own = |number: &str, of: &jackfield_net::Sip| Extension {
        number: number.parse().unwrap(),
        static_contact: Some(format!("sip:{number}@{}", of.listeners().next().unwrap().1)),
        ..(**before.extension("100").unwrap()).clone()
    };
    exchange.set_directory(Directory::new([
        own("100", &phone),
        own("700", &boxed),
        (**before.extension("101").unwrap()).clone(),
    ]));
    for (hertz, is_machine) in [(440.0, false), (1_100.0, true)] {
        let sockets = [UdpSocket::bind("127.0.0.1:0").await.unwrap(), UdpSocket::bind("127.0.0.1:0").await.unwrap()];
        let [own, other] = [&sockets[0], &sockets[1]].map(|socket| socket.local_addr().unwrap().port());
        let mut caller = invite(&calls, at, sound(own)).await;
        let mut callee = rings(&mut at_phone).await;
        callee.command(LegCommand::Answer { sdp: Some(sound(other)), headers: Vec::new() }).await;
        let answered = |event| if let LegEvent::Answered { sdp, .. } = event { sdp } else { None };
        let host = Sdp::parse(&next(&mut caller, answered).await).unwrap().audio().unwrap().rtp;
        next(&mut callee, |event| matches!(event, LegEvent::Confirmed { .. }).then_some(())).await;
        // Two tones of half a second, three seconds apart, at the pace at which a machine says them.
        let mut clock = tokio::time::interval(FRAME_TIME);
        for packet in 0..210_u32 {
            clock.tick().await;
            let sounds = packet % 175 < 25;
            let octets: [u8; FRAME] = std::array::from_fn(|at| {
                let time = f64::from(packet * FRAME as u32 + at as u32) / 8_000.0;
                let level = (time * hertz * std::f64::consts::TAU).sin() * 5_000.0;
                g711::encode_alaw(if sounds { level as i16 } else { 0 })
            });
            let mut head = [0; 12];
            let (sequence, timestamp) = (packet as u16, packet * FRAME as u32);
            Header { marker: false, payload_type: 8, sequence, timestamp, ssrc: 5, payload_start: 0, payload_end: 0 }
                .write(&mut head);
            sockets[0].send_to(&[&head[..], &octets].concat(), host).await.unwrap();
        }
        if is_machine {
            let mut fax = rings(&mut at_box).await;
            next(&mut callee, |event| matches!(event, LegEvent::Ended { .. }).then_some(())).await;
            fax.command(LegCommand::Reject { status: 486, headers: Vec::new() }).await;
        } else {
            assert!(timeout(Duration::from_millis(500), at_box.recv()).await.is_err(), "a person stays where they are");
            caller.command(LegCommand::HangUp { reason: None }).await;
            next(&mut callee, |event| matches!(event, LegEvent::Ended { .. }).then_some(())).await;
        }
    }
}
