//! Two who talk see each other: `m=video` passed on between them, with feedback, through changes of the session.

use crate::talk::{Call, SOON, answered, described, next, offered};
use base64::{Engine, engine::general_purpose::STANDARD};
use jackfield_media::{
    rtp::{HEADER_LEN, Header},
    sdp::{Encryption, Sdp},
    secure::{
        Suite,
        srtp::{OVERHEAD, Receiver, Sender},
    },
};
use jackfield_sip::LegCommand;
use std::net::SocketAddr;
use tokio::{net::UdpSocket, time::timeout};

/// Where pictures and feedback of the two are wanted; sound is wanted at the sockets of the call.
struct Screens {
    rtp: [UdpSocket; 2],
    rtcp: [UdpSocket; 2],
}

impl Screens {
    async fn new() -> Self {
        async fn pair() -> [UdpSocket; 2] {
            [UdpSocket::bind("127.0.0.1:0").await.unwrap(), UdpSocket::bind("127.0.0.1:0").await.unwrap()]
        }
        Self { rtp: pair().await, rtcp: pair().await }
    }

    /// The section of one of the two, whose packets have this payload type.
    fn section(&self, index: usize, payload_type: u8, direction: &str) -> String {
        let [rtp, rtcp] = [&self.rtp, &self.rtcp].map(|sockets| sockets[index].local_addr().unwrap().port());
        format!(
            "m=video {rtp} RTP/AVPF {payload_type}\r\nb=AS:512\r\na=rtpmap:{payload_type} VP8/90000\r\na=rtcp:{rtcp}\r\n\
             a=rtcp-fb:{payload_type} nack pli\r\na={direction}"
        )
    }

    async fn carries(sockets: &[UdpSocket; 2], from: usize, to: SocketAddr, datagram: &[u8]) {
        sockets[from].send_to(datagram, to).await.unwrap();
        let mut came = [0; 2_048];
        let (length, _) = timeout(SOON, sockets[1 - from].recv_from(&mut came)).await.unwrap().unwrap();
        assert_eq!(&came[..length], datagram);
    }
}

fn with_picture(sound: u16, section: &str) -> bytes::Bytes {
    described(&format!("audio {sound} RTP/AVP 8\r\n{section}"))
}

fn packet(payload_type: u8, sequence: u16, octets: usize) -> Vec<u8> {
    let mut packet = vec![0x33; HEADER_LEN + octets];
    let (timestamp, ssrc) = (u32::from(sequence) * 3_000, 0xabcd);
    Header { marker: true, payload_type, sequence, timestamp, ssrc, payload_start: 0, payload_end: 0 }
        .write(packet.first_chunk_mut().unwrap());
    packet
}

/// The kinds of a description's lines, and whether each flows.
fn lines(sdp: &[u8]) -> Vec<(String, bool)> {
    Sdp::parse(sdp).unwrap().media().iter().map(|media| (media.kind.to_owned(), media.port != 0)).collect()
}

fn both(picture: bool) -> Vec<(String, bool)> {
    vec![("audio".into(), true), ("video".into(), picture)]
}

/// The caller adds a picture to the call. Gives where the host wants those of the two, and their feedback.
async fn seeing(call: &mut Call, screens: &Screens) -> [(SocketAddr, SocketAddr); 2] {
    let offer = with_picture(call.port(0), &screens.section(0, 97, "sendrecv"));
    call.caller.command(LegCommand::Reoffer { sdp: offer }).await;
    let at_callee = next(&mut call.callee, offered).await;
    let text = String::from_utf8_lossy(&at_callee).into_owned();
    let passed_on = [" RTP/AVPF 97\r\nb=AS:512\r\na=rtpmap:97 VP8/90000\r\n", "a=rtcp-fb:97 nack pli\r\n"];
    assert!(passed_on.iter().all(|line| text.contains(line)) && !text.contains("a=rtcp:"), "{text}");
    // The other end has a number of its own for the same codec.
    let answer = with_picture(call.port(1), &screens.section(1, 99, "sendrecv"));
    call.callee.command(LegCommand::AnswerReoffer { sdp: Some(answer) }).await;
    let at_caller = next(&mut call.caller, answered).await;
    assert_eq!([lines(&at_callee), lines(&at_caller)], [both(true), both(true)]);
    [at_caller, at_callee].map(|sdp| {
        let video = Sdp::parse(&sdp).unwrap().video().unwrap();
        (video.rtp, video.rtcp)
    })
}

#[tokio::test]
async fn pictures_of_two_and_their_feedback_pass_through_until_one_ends_them() {
    let (mut call, screens) = (Call::up(39_200).await, Screens::new().await);
    let [(caller, caller_rtcp), (callee, callee_rtcp)] = seeing(&mut call, &screens).await;
    assert_ne!(caller, callee);
    Screens::carries(&screens.rtp, 0, caller, &packet(99, 1, 1_200)).await;
    Screens::carries(&screens.rtp, 1, callee, &packet(97, 7, 900)).await;
    // The callee has lost a picture (RFC 4585 §6.3.1), the caller single packets (§6.2.1).
    Screens::carries(&screens.rtcp, 1, callee_rtcp, &[0x81, 206, 0, 2, 0, 0, 0, 9, 0, 0, 0xab, 0xcd]).await;
    let nack = [0x81, 205, 0, 3, 0, 0, 0, 8, 0, 0, 0xab, 0xcd, 0, 5, 0, 1];
    Screens::carries(&screens.rtcp, 0, caller_rtcp, &nack).await;

    // The callee holds both, and takes them back.
    for direction in ["sendonly", "sendrecv"] {
        let offer = with_picture(call.port(1), &screens.section(1, 99, direction));
        call.callee.command(LegCommand::Reoffer { sdp: offer }).await;
        let passed = next(&mut call.caller, offered).await;
        let video = Sdp::parse(&passed).unwrap().video().unwrap();
        assert_eq!((lines(&passed), video.rtp, video.direction.as_str()), (both(true), caller, direction));
        let mirrored = if direction == "sendonly" { "recvonly" } else { direction };
        let answer = with_picture(call.port(0), &screens.section(0, 97, mirrored));
        call.caller.command(LegCommand::AnswerReoffer { sdp: Some(answer) }).await;
        assert_eq!(lines(&next(&mut call.callee, answered).await), both(true));
        Screens::carries(&screens.rtp, 1, callee, &packet(97, 8, 900)).await;
    }
    Screens::carries(&screens.rtp, 0, caller, &packet(99, 2, 1_200)).await;

    // The picture ends, its line stays, and it begins anew.
    let offer = with_picture(call.port(0), "m=video 0 RTP/AVPF 97");
    call.caller.command(LegCommand::Reoffer { sdp: offer }).await;
    assert_eq!(lines(&next(&mut call.callee, offered).await), both(false));
    let answer = with_picture(call.port(1), "m=video 0 RTP/AVPF 97");
    call.callee.command(LegCommand::AnswerReoffer { sdp: Some(answer) }).await;
    assert_eq!(lines(&next(&mut call.caller, answered).await), both(false));
    let [(caller, _), _] = seeing(&mut call, &screens).await;
    Screens::carries(&screens.rtp, 0, caller, &packet(99, 3, 300)).await;
}

#[tokio::test]
async fn a_picture_that_is_refused_leaves_the_sound_and_its_line() {
    let (mut call, screens) = (Call::up(39_600).await, Screens::new().await);
    let offer = with_picture(call.port(0), &screens.section(0, 97, "sendrecv"));
    call.caller.command(LegCommand::Reoffer { sdp: offer }).await;
    assert_eq!(lines(&next(&mut call.callee, offered).await), both(true));
    let answer = with_picture(call.port(1), "m=video 0 RTP/AVPF 97");
    call.callee.command(LegCommand::AnswerReoffer { sdp: Some(answer) }).await;
    assert_eq!(lines(&next(&mut call.caller, answered).await), both(false));
    // A change by the other one has both lines too, and a fax takes the place of the sound alone.
    for (first, kind) in [("audio PORT RTP/AVP 8", "audio"), ("image PORT udptl t38", "image")] {
        let described = |index: usize| {
            described(&format!("{}\r\nm=video 0 RTP/AVPF 97", first.replace("PORT", &call.port(index).to_string())))
        };
        let (offer, answer) = (described(1), described(0));
        call.callee.command(LegCommand::Reoffer { sdp: offer }).await;
        let passed = lines(&next(&mut call.caller, offered).await);
        assert_eq!(passed, [(kind.to_owned(), true), ("video".to_owned(), false)]);
        call.caller.command(LegCommand::AnswerReoffer { sdp: Some(answer) }).await;
        assert_eq!(lines(&next(&mut call.callee, answered).await), passed);
    }
}

/// The master key of whoever has this number, and how a description says it.
fn key(of: u8) -> (Vec<u8>, String) {
    let key = vec![of; Suite::Aes128Sha80.material()];
    let said = format!("a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:{}", STANDARD.encode(&key));
    (key, said)
}

/// The keys that a description says.
fn keys(sdp: &[u8]) -> Vec<Vec<u8>> {
    let text = String::from_utf8_lossy(sdp).into_owned();
    let inline = text.split("AES_CM_128_HMAC_SHA1_80 inline:").skip(1);
    inline.map(|rest| STANDARD.decode(rest.lines().next().unwrap()).unwrap()).collect()
}

#[tokio::test]
async fn each_side_of_an_encrypted_picture_has_keys_of_its_own() {
    fn sound(port: u16) -> bytes::Bytes {
        described(&format!("audio {port} RTP/SAVP 8\r\n{}", key(1).1))
    }
    let mut call = Call::up_with(42_800, Encryption::Required, sound).await;
    let screens = Screens::new().await;
    let picture = |index: usize, of: u8| {
        let section = screens.section(index, 97, "sendrecv").replace("RTP/AVPF", "RTP/SAVPF");
        let sound = format!("audio {} RTP/SAVP 8\r\n{}", call.port(index), key(1).1);
        described(&format!("{sound}\r\n{section}\r\n{}", key(of).1))
    };
    let (offer, answer) = (picture(0, 2), picture(1, 3));
    call.caller.command(LegCommand::Reoffer { sdp: offer }).await;
    let at_callee = next(&mut call.callee, offered).await;
    call.callee.command(LegCommand::AnswerReoffer { sdp: Some(answer) }).await;
    let at_caller = next(&mut call.caller, answered).await;
    let (own, others) = (keys(&at_caller), keys(&at_callee));
    assert_eq!((own.len(), others.len()), (2, 2), "sound and picture");
    assert_ne!(own[0], own[1]);
    let host = Sdp::parse(&at_caller).unwrap().video().unwrap().rtp;
    let mut sender = Sender::new(Suite::Aes128Sha80, &key(2).0).unwrap();
    let mut receiver = Receiver::new(Suite::Aes128Sha80, &others[1]).unwrap();
    let clear = packet(97, 1, 1_100);
    let mut sent = [&clear[..], &[0; OVERHEAD]].concat();
    let len = sender.protect(&mut sent, clear.len()).unwrap();
    screens.rtp[0].send_to(&sent[..len], host).await.unwrap();
    let mut came = [0; 2_048];
    let (length, _) = timeout(SOON, screens.rtp[1].recv_from(&mut came)).await.unwrap().unwrap();
    let length = receiver.unprotect(&mut came[..length]).unwrap();
    assert_eq!(came[..length], clear[..]);
}
