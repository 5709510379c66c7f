//! Many telephones in one: each places a call over UDP with just enough SIP, sends a tone of its own and keeps what it hears.

use crate::Loopback;
use anyhow::{Context, Result, ensure};
use std::{
    f64::consts::TAU,
    io::ErrorKind,
    net::{SocketAddr, UdpSocket},
    thread::sleep,
    time::{Duration, Instant},
};

/// Samples a second of G.711.
const RATE: usize = 8_000;
/// Samples of 20 ms.
const FRAME: usize = 160;
/// How loud each tone is: thirty of them together are not cut off.
const AMPLITUDE: f64 = 1_000.0;
/// How long all calls together may take to be answered.
const PATIENCE: Duration = Duration::from_secs(30);
/// After which an INVITE without any answer is sent again.
const AGAIN: Duration = Duration::from_millis(500);
/// Between two INVITEs.
const PACE: Duration = Duration::from_millis(5);
const FIRST_PORT: u16 = 20_000;

/// The telephones. Name its address in [`HostConfig::trusted`](crate::HostConfig::trusted).
pub struct Choir {
    sip: UdpSocket,
    address: SocketAddr,
    host: Option<SocketAddr>,
    voices: Vec<Voice>,
}

struct Voice {
    rtp: UdpSocket,
    to_host: Option<SocketAddr>,
    invite: String,
    sent: Option<Instant>,
    /// The `To` of its answer, which names the dialog.
    to: String,
    over: bool,
    /// A second of its tone in A-law.
    tone: Vec<u8>,
    sequence: u16,
    heard: Vec<i16>,
}

impl Choir {
    /// Telephones at one address, one for each of these tones; whole numbers of Hertz.
    ///
    /// # Errors
    /// When a port cannot be bound.
    pub fn new(hertz: impl IntoIterator<Item = u32>) -> Result<Self> {
        let home = Loopback::new();
        let address = home.port(5060);
        let sip = UdpSocket::bind(address).with_context(|| format!("cannot bind {address}"))?;
        sip.set_nonblocking(true)?;
        let voice = |(at, hertz): (usize, u32)| {
            let rtp = UdpSocket::bind(home.port(FIRST_PORT + 2 * at as u16))?;
            rtp.set_nonblocking(true)?;
            let sample = |n: usize| AMPLITUDE * (TAU * f64::from(hertz) * n as f64 / RATE as f64).sin();
            Ok(Voice {
                rtp,
                to_host: None,
                invite: String::new(),
                sent: None,
                to: String::new(),
                over: false,
                tone: (0..RATE).map(|n| to_a_law(sample(n) as i16)).collect(),
                sequence: 0,
                heard: Vec::new(),
            })
        };
        let voices = hertz.into_iter().enumerate().map(voice).collect::<Result<Vec<_>>>()?;
        Ok(Self { sip, address, host: None, voices })
    }

    /// Where they call from.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Have every telephone call a number of this host, and wait until all are answered.
    ///
    /// # Errors
    /// When one is not.
    pub fn call(&mut self, host: SocketAddr, number: impl Fn(usize) -> String) -> Result<()> {
        self.host = Some(host);
        let (at, ip) = (self.address, self.address.ip());
        for (voice, each) in self.voices.iter_mut().enumerate() {
            let (port, number) = (FIRST_PORT + 2 * voice as u16, number(voice));
            let sdp = format!(
                "v=0\r\no=- {voice} 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n\
                 m=audio {port} RTP/AVP 8\r\n"
            );
            each.to = format!("<sip:{number}@{host}>");
            each.invite = format!(
                "INVITE sip:{number}@{host} SIP/2.0\r\nVia: SIP/2.0/UDP {at};branch=z9hG4bKchoir{voice}\r\n\
                 Max-Forwards: 70\r\nFrom: <sip:voice{voice}@{ip}>;tag=voice{voice}\r\nTo: <sip:{number}@{host}>\r\n\
                 Call-ID: {voice}@{at}\r\nCSeq: 1 INVITE\r\nContact: <sip:voice{voice}@{at}>\r\n\
                 Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
                sdp.len()
            );
        }
        let end = Instant::now() + PATIENCE;
        let mut next = 0;
        while self.voices.iter().any(|voice| voice.to_host.is_none()) {
            ensure!(Instant::now() < end, "not all calls were answered");
            if next < self.voices.len() {
                self.voices[next].send_invite(&self.sip, host)?;
                next += 1;
            }
            self.listen_to_sip()?;
            let silent =
                |voice: &&mut Voice| voice.to_host.is_none() && voice.sent.is_some_and(|s| s.elapsed() > AGAIN);
            for voice in self.voices.iter_mut().filter(silent).filter(|voice| !voice.to.contains("tag=")) {
                voice.send_invite(&self.sip, host)?;
            }
            sleep(PACE);
        }
        Ok(())
    }

    /// Have all send their tones for so long; what they hear meanwhile is [`Choir::heard`].
    ///
    /// # Errors
    /// When a packet cannot be sent.
    pub fn sing(&mut self, time: Duration) -> Result<()> {
        self.voices.iter_mut().for_each(|voice| voice.heard.clear());
        let begin = Instant::now();
        for tick in 0..(time.as_millis() / 20) as u32 {
            for (at, voice) in self.voices.iter_mut().enumerate().filter(|(_, voice)| !voice.over) {
                voice.send_frame(at as u32)?;
            }
            self.listen_to_sip()?;
            let due = begin + (tick + 1) * Duration::from_millis(20);
            sleep(due.saturating_duration_since(Instant::now()));
            self.voices.iter_mut().for_each(Voice::listen);
        }
        Ok(())
    }

    /// What a telephone has heard while all were singing last.
    pub fn heard(&self, voice: usize) -> &[i16] {
        &self.voices[voice].heard
    }

    /// Whether the host has ended the call of a telephone.
    pub fn is_over(&self, voice: usize) -> bool {
        self.voices[voice].over
    }

    /// Hang all up.
    ///
    /// # Errors
    /// When it cannot be sent.
    pub fn end(&mut self) -> Result<()> {
        for voice in 0..self.voices.len() {
            self.hang_up(voice)?;
        }
        Ok(())
    }

    /// Hang one up.
    ///
    /// # Errors
    /// When it cannot be sent.
    pub fn hang_up(&mut self, voice: usize) -> Result<()> {
        let (Some(host), at) = (self.host, self.address) else { return Ok(()) };
        let each = &mut self.voices[voice];
        if !std::mem::replace(&mut each.over, true) {
            let bye = each.request(at, "BYE", 2, &format!("bye{voice}"));
            self.sip.send_to(bye.as_bytes(), host)?;
        }
        Ok(())
    }

    /// Take answers, agree to everything else.
    fn listen_to_sip(&mut self) -> Result<()> {
        let mut buffer = [0; 8_192];
        loop {
            let (size, from) = match self.sip.recv_from(&mut buffer) {
                Ok(received) => received,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            let text = String::from_utf8_lossy(&buffer[..size]).into_owned();
            let call = field(&text, "Call-ID").and_then(|id| id.split('@').next()?.parse::<usize>().ok());
            let Some(voice) = call.and_then(|call| self.voices.get_mut(call)) else { continue };
            if !text.starts_with("SIP/2.0 ") {
                voice.over |= text.starts_with("BYE ");
                self.sip.send_to(agreement(&text).as_bytes(), from)?;
                continue;
            }
            if field(&text, "CSeq") != Some("1 INVITE") || text.starts_with("SIP/2.0 100") {
                continue;
            }
            let status = text[8..].split(' ').next().unwrap_or_default().to_owned();
            ensure!(status.starts_with('1') || status == "200", "a call was answered with {status}");
            if let Some(to) = field(&text, "To") {
                to.clone_into(&mut voice.to);
            }
            if status == "200" {
                voice.to_host = Some(where_sound_goes(&text).context("an answer without an address for sound")?);
                let ack = voice.request(self.address, "ACK", 1, &format!("ack{}", call.unwrap_or_default()));
                self.sip.send_to(ack.as_bytes(), from)?;
            }
        }
    }
}

impl Drop for Choir {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

impl Voice {
    fn send_invite(&mut self, sip: &UdpSocket, host: SocketAddr) -> Result<()> {
        self.sent = Some(Instant::now());
        sip.send_to(self.invite.as_bytes(), host)?;
        Ok(())
    }

    fn send_frame(&mut self, ssrc: u32) -> Result<()> {
        let Some(to) = self.to_host else { return Ok(()) };
        let at = usize::from(self.sequence) * FRAME;
        let mut packet = vec![0x80, 8];
        packet.extend(self.sequence.to_be_bytes());
        packet.extend((at as u32).to_be_bytes());
        packet.extend((0x4a00_0000 | ssrc).to_be_bytes());
        packet.extend(&self.tone[at % RATE..at % RATE + FRAME]);
        self.sequence = self.sequence.wrapping_add(1);
        match self.rtp.send_to(&packet, to) {
            Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn listen(&mut self) {
        let mut packet = [0; 2_048];
        while let Ok(size) = self.rtp.recv(&mut packet) {
            if size > 12 && packet[1] & 0x7f == 8 {
                self.heard.extend(packet[12..size].iter().map(|octet| from_a_law(*octet)));
            }
        }
    }

    fn request(&self, at: SocketAddr, method: &str, count: u32, branch: &str) -> String {
        let taken = |name: &str| field(&self.invite, name).unwrap_or_default();
        let target = self.invite.split(' ').nth(1).unwrap_or_default();
        format!(
            "{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {at};branch=z9hG4bK{branch}\r\nMax-Forwards: 70\r\nFrom: {}\r\n\
             To: {}\r\nCall-ID: {}\r\nCSeq: {count} {method}\r\nContent-Length: 0\r\n\r\n",
            taken("From"),
            self.to,
            taken("Call-ID"),
        )
    }
}

/// Agreement to a request of the host.
fn agreement(request: &str) -> String {
    let kept = |line: &&str| ["Via:", "From:", "To:", "Call-ID:", "CSeq:"].iter().any(|name| line.starts_with(name));
    let lines: Vec<_> = request.lines().take_while(|line| !line.is_empty()).filter(kept).collect();
    format!("SIP/2.0 200 OK\r\n{}\r\nContent-Length: 0\r\n\r\n", lines.join("\r\n"))
}

fn where_sound_goes(answer: &str) -> Option<SocketAddr> {
    let line = |begin: &str| answer.lines().find_map(|line| line.strip_prefix(begin));
    let address = line("c=IN IP4 ")?.trim().parse().ok()?;
    Some(SocketAddr::new(address, line("m=audio ")?.split(' ').next()?.parse().ok()?))
}

fn field<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    let head = message.split("\r\n\r\n").next()?;
    head.split("\r\n").find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

/// ITU-T G.711, A-law.
fn to_a_law(sample: i16) -> u8 {
    let sign = if sample >= 0 { 0x80 } else { 0 };
    let magnitude = (i32::from(sample).abs() >> 3).min(0xfff);
    let octet = if magnitude < 32 {
        magnitude >> 1
    } else {
        let exponent = 31 - magnitude.leading_zeros() as i32 - 4;
        (exponent << 4) | ((magnitude >> exponent) & 0xf)
    };
    (octet as u8 | sign) ^ 0x55
}

fn from_a_law(octet: u8) -> i16 {
    let octet = octet ^ 0x55;
    let (exponent, mantissa) = (i32::from(octet >> 4 & 7), i32::from(octet & 0xf));
    let magnitude = if exponent == 0 { (mantissa << 4) + 8 } else { ((mantissa << 4) + 0x108) << (exponent - 1) };
    if octet & 0x80 == 0 { -magnitude as i16 } else { magnitude as i16 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_law_there_and_back_is_near_enough() {
        for sample in (-32_000..32_000).step_by(37) {
            let back = from_a_law(to_a_law(sample));
            let step = (i32::from(sample).abs() / 16).max(16);
            assert!((i32::from(back) - i32::from(sample)).abs() <= step, "{sample} became {back}");
        }
    }
}
