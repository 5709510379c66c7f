//! Two who talk change to a fax by packets (T.38): passed through where both do, refused where one does not and there is no
//! gateway.

use crate::talk::{Call, SOON, answered, described, next, offered, sound};
use jackfield_media::sdp::{Encryption, Sdp};
use jackfield_sip::{LegCommand, LegEvent};
use std::net::SocketAddr;
use tokio::time::timeout;

fn image(port: u16, recovery: &str) -> bytes::Bytes {
    described(&format!("image {port} udptl t38\r\na=T38FaxVersion:2\r\na=T38FaxUdpEC:{recovery}"))
}

fn where_to(sdp: &[u8]) -> SocketAddr {
    Sdp::parse(sdp).unwrap().image().expect("a fax by packets").address
}

#[tokio::test]
async fn packets_of_two_who_fax_by_them_pass_through_and_sound_comes_back() {
    let mut call = Call::up(38_000).await;
    // As others have it: whoever is called asks.
    let offer = image(call.port(1), "t38UDPFEC");
    call.callee.command(LegCommand::Reoffer { sdp: offer }).await;
    let passed = next(&mut call.caller, offered).await;
    let text = String::from_utf8_lossy(&passed).into_owned();
    assert!(text.contains("T38FaxVersion:2") && text.contains("t38UDPFEC") && !text.contains("m=audio"), "{text}");
    let answer = image(call.port(0), "t38UDPFEC");
    call.caller.command(LegCommand::AnswerReoffer { sdp: Some(answer) }).await;
    let host_for_callee = where_to(&next(&mut call.callee, answered).await);
    let host_for_caller = where_to(&passed);
    assert_ne!(host_for_caller, host_for_callee);
    call.carries(0, host_for_caller, &[0, 0, 1, 2, 0, 0]).await;
    call.carries(1, host_for_callee, &[0, 0, 1, 4, 0x80, 1, 3, 0]).await;
    // Whatever it is, it is theirs.
    call.carries(0, host_for_caller, &[0xff; 900]).await;

    call.caller.command(LegCommand::Reoffer { sdp: sound(call.port(0)) }).await;
    let passed = next(&mut call.callee, offered).await;
    assert!(Sdp::parse(&passed).unwrap().audio().is_ok());
    call.callee.command(LegCommand::AnswerReoffer { sdp: Some(sound(call.port(1))) }).await;
    let back = next(&mut call.caller, answered).await;
    let host = Sdp::parse(&back).unwrap().audio().unwrap().rtp;
    let rtp = [&[0x80, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9][..], &[0xd5; 160]].concat();
    call.sockets[0].send_to(&rtp, host).await.unwrap();
    let mut came = [0; 2_048];
    let (length, _) = timeout(SOON, call.sockets[1].recv_from(&mut came)).await.unwrap().unwrap();
    assert_eq!(length, rtp.len(), "sound");
}

#[tokio::test]
async fn where_nobody_can_stand_between_a_refusal_is_passed_back_and_the_two_go_on_talking() {
    let mut call = Call::up(38_400).await;
    for (status, answer) in [(488, None), (415, None), (488, Some("image 0 udptl t38"))] {
        let offer = image(call.port(0), "t38UDPRedundancy");
        call.caller.command(LegCommand::Reoffer { sdp: offer }).await;
        next(&mut call.callee, offered).await;
        let refusal = match answer {
            None => LegCommand::RejectReoffer { status },
            Some(media) => LegCommand::AnswerReoffer { sdp: Some(described(media)) },
        };
        call.callee.command(refusal).await;
        if answer.is_some() {
            // It is given its sound back.
            let again = next(&mut call.callee, offered).await;
            assert!(Sdp::parse(&again).unwrap().audio().is_ok());
            call.callee.command(LegCommand::AnswerReoffer { sdp: Some(sound(call.port(1))) }).await;
        }
        let refused = |event| if let LegEvent::ReofferFailed { status } = event { Some(status) } else { None };
        assert_eq!(next(&mut call.caller, refused).await, status);
    }
    // And may fax by packets later.
    let offer = image(call.port(0), "t38UDPRedundancy");
    call.caller.command(LegCommand::Reoffer { sdp: offer }).await;
    let at_callee = next(&mut call.callee, offered).await;
    let answer = image(call.port(1), "t38UDPRedundancy");
    call.callee.command(LegCommand::AnswerReoffer { sdp: Some(answer) }).await;
    let host = where_to(&next(&mut call.caller, answered).await);
    call.carries(0, host, &[0, 0, 1, 2, 0, 0]).await;
    call.carries(1, where_to(&at_callee), &[0, 0, 1, 2, 0, 0]).await;
}

#[tokio::test]
async fn who_must_be_encrypted_is_not_asked_for_packets_which_are_not() {
    /// The second kind of keys that the host offers, which everybody has.
    fn encrypted(port: u16) -> bytes::Bytes {
        let key = "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
        described(&format!("audio {port} RTP/SAVP 8\r\na=crypto:2 AES_CM_128_HMAC_SHA1_80 {key}"))
    }
    let mut call = Call::up_with(38_800, Encryption::Required, encrypted).await;
    let offer = image(call.port(0), "t38UDPRedundancy");
    call.caller.command(LegCommand::Reoffer { sdp: offer }).await;
    let refused = |event| if let LegEvent::ReofferFailed { status } = event { Some(status) } else { None };
    assert_eq!(next(&mut call.caller, refused).await, 488);
    // Nobody has asked the callee: it may still ask for something else.
    call.callee.command(LegCommand::Reoffer { sdp: encrypted(call.port(1)) }).await;
    let passed = next(&mut call.caller, offered).await;
    assert!(String::from_utf8_lossy(&passed).contains("RTP/SAVP"));
}
