//! A real phone without a sound card: baresip, which sends a tone from a file and records what it hears.

use crate::{Process, needs, tone, within};
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket},
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Where Debian puts baresip's modules, by machine.
const MODULES: [&str; 2] = ["/usr/lib/baresip/modules", "/usr/lib/x86_64-linux-gnu/baresip/modules"];
/// How long one step of a call may take.
const STEP: Duration = Duration::from_secs(10);
/// Seconds of tone that a phone can send; a call is shorter.
const TONE_SECONDS: u32 = 60;
/// Seconds after which a forgotten phone ends by itself.
const LIFE: &str = "180";

/// What a phone is set up with.
#[derive(Clone, Debug)]
pub struct Phone {
    /// Its number, which is also its user name.
    pub number: String,
    /// Its password.
    pub password: String,
    /// Where it is: 127.0.0.1, or ::1 in its place.
    pub ip: IpAddr,
    /// Where it registers; it calls without registering when there is nothing.
    pub registrar: Option<SocketAddr>,
    /// How it reaches the registrar.
    pub transport: Transport,
    /// Whose certificates it believes, a PEM file; without it, everybody's.
    pub trusts: Option<PathBuf>,
    /// The codecs it offers, best first, as in SDP: `PCMA`, `PCMU`, `G722`, `opus`.
    pub codecs: Vec<&'static str>,
    /// How its sound is encrypted: not at all (empty), `srtp` (offered), `srtp-mand`, `dtls_srtp`.
    pub encryption: &'static str,
    /// The frequency of the tone it sends.
    pub hertz: f64,
    /// Numbers in its telephone book: it watches the presence of each, publishes its own, and asks for its messages.
    pub contacts: Vec<&'static str>,
    /// Whether it answers by itself.
    pub answers: bool,
    /// Whether it sends digits by SIP INFO in place of RFC 4733.
    pub dtmf_info: bool,
    /// Whether it has a picture (VP8), of a test card.
    pub video: bool,
}

/// How a phone reaches its registrar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
    /// TLS.
    Tls,
}

impl Phone {
    /// A phone that registers by UDP, speaks A-law and waits for somebody to answer it.
    pub fn new(number: &str, password: &str, registrar: SocketAddr) -> Self {
        Self {
            number: number.to_owned(),
            password: password.to_owned(),
            ip: Ipv4Addr::LOCALHOST.into(),
            registrar: Some(registrar),
            transport: Transport::Udp,
            trusts: None,
            codecs: vec!["PCMA", "PCMU"],
            encryption: "",
            hertz: 1_000.0,
            contacts: Vec::new(),
            answers: false,
            dtmf_info: false,
            video: false,
        }
    }
}

/// Sound packets of the call in progress, as a phone counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packets {
    /// Sent.
    pub sent: u64,
    /// Received.
    pub received: u64,
    /// Missing among those received, by their sequence numbers.
    pub lost: i64,
}

/// A running phone.
pub struct Baresip {
    process: Process,
    folder: tempfile::TempDir,
    address: SocketAddr,
    control: TcpStream,
    messages: Arc<Mutex<Vec<Value>>>,
    seen: usize,
    commands: u64,
}

impl Baresip {
    /// Start it; returns when it takes commands, before it is registered.
    ///
    /// # Errors
    /// When baresip is not installed or does not start.
    pub fn start(phone: &Phone) -> Result<Self> {
        let program = needs("baresip")?;
        let folder = tempfile::tempdir()?;
        let home = Places::free(phone.ip)?;
        write_settings(folder.path(), home, phone)?;
        let mut command = Command::new(program);
        // -s shows every SIP message in the log: tests read Reason and SDP there.
        command.arg("-s").args(["-t", LIFE]).arg("-f").arg(folder.path());
        let mut process = Process::start(&mut command, &folder.path().join("log"))?;
        let control = within(STEP, || TcpStream::connect(home.control).ok().or_else(|| process.ended().and(None)));
        let control = control.with_context(|| format!("baresip does not start:\n{}", process.said()))?;
        let messages = Arc::new(Mutex::new(Vec::new()));
        let (reader, sink) = (control.try_clone()?, Arc::clone(&messages));
        std::thread::spawn(move || read_messages(reader, &sink));
        let mut phone = Self { process, folder, address: home.sip, control, messages, seen: 0, commands: 0 };
        // Only once it answers has it accepted the connection; what happened before would not be told.
        phone.ask("reginfo")?;
        Ok(phone)
    }

    /// Start it and wait until it is registered.
    ///
    /// # Errors
    /// When it does not start, or the registrar refuses it.
    pub fn registered(phone: &Phone) -> Result<Self> {
        let started = Self::start(phone)?;
        // Its event may have come before anybody listened; the log has it in any case.
        let registered = within(STEP, || started.log().contains(" binding").then_some(()));
        registered.with_context(|| format!("{} is not registered; it logged:\n{}", phone.number, started.log()))?;
        Ok(started)
    }

    /// Where it listens for SIP.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Call a number at the registrar, or a SIP URI.
    ///
    /// # Errors
    /// When baresip is gone.
    pub fn dial(&mut self, to: &str) -> Result<()> {
        self.command("dial", to)
    }

    /// Answer the call that rings.
    ///
    /// # Errors
    /// When baresip is gone.
    pub fn accept(&mut self) -> Result<()> {
        self.command("accept", "")
    }

    /// End the call.
    ///
    /// # Errors
    /// When baresip is gone.
    pub fn hang_up(&mut self) -> Result<()> {
        self.command("hangup", "")
    }

    /// Put the other party on hold.
    ///
    /// # Errors
    /// When baresip is gone.
    pub fn hold(&mut self) -> Result<()> {
        self.command("hold", "")
    }

    /// Take the other party back.
    ///
    /// # Errors
    /// When baresip is gone.
    pub fn resume(&mut self) -> Result<()> {
        self.command("resume", "")
    }

    /// Send whom it talks to elsewhere, without asking there: a number at the registrar, or a Refer-To in angle brackets.
    ///
    /// # Errors
    /// When baresip is gone.
    pub fn transfer(&mut self, to: &str) -> Result<()> {
        self.command("transfer", to)
    }

    /// Send a short message to the first number in its telephone book.
    ///
    /// # Errors
    /// When baresip is gone.
    pub fn message(&mut self, text: &str) -> Result<()> {
        self.command("message", text)
    }

    /// Go to another of its calls, counted from 1.
    ///
    /// # Errors
    /// When baresip is gone.
    pub fn line(&mut self, number: u32) -> Result<()> {
        self.command("line", &number.to_string())
    }

    /// Press keys, a quarter of a second each.
    ///
    /// # Errors
    /// When baresip is gone.
    pub fn press(&mut self, keys: &str) -> Result<()> {
        for key in keys.chars() {
            self.command("sndcode", &key.to_string())?;
            std::thread::sleep(Duration::from_millis(250));
        }
        Ok(())
    }

    /// Wait for the next event of this type, such as `CALL_ESTABLISHED`; earlier events are past then.
    ///
    /// # Errors
    /// When it does not come within ten seconds.
    pub fn wait_for(&mut self, kind: &str) -> Result<Value> {
        let found = within(STEP, || {
            let messages = lock(&self.messages);
            let index =
                messages.iter().skip(self.seen).position(|m| m["event"] == true && m["type"] == kind)? + self.seen;
            Some((index, messages[index].clone()))
        });
        let (index, event) = found.with_context(|| {
            let kinds: Vec<_> =
                lock(&self.messages).iter().filter_map(|m| m["type"].as_str().map(str::to_owned)).collect();
            format!("{} waited in vain for {kind}; it saw {kinds:?} and logged:\n{}", self.address, self.log())
        })?;
        self.seen = index + 1;
        Ok(event)
    }

    /// Whether an event of this type has come at any time.
    pub fn has_seen(&self, kind: &str) -> bool {
        lock(&self.messages).iter().any(|message| message["event"] == true && message["type"] == kind)
    }

    /// How many sound packets the call in progress has carried.
    ///
    /// # Errors
    /// When there is no call.
    pub fn packets(&mut self) -> Result<Packets> {
        let text = self.ask("audio_debug")?;
        let after = |mark: &str| {
            let (_, rest) = text.split_once(mark)?;
            let digits = rest.find(|c: char| c != '-' && !c.is_ascii_digit()).unwrap_or(rest.len());
            rest[..digits].parse::<i64>().ok()
        };
        let count = |mark: &str| after(mark).and_then(|n| u64::try_from(n).ok());
        match (count("TX: packets="), count("rcvd=")) {
            (Some(sent), received) => {
                Ok(Packets { sent, received: received.unwrap_or(0), lost: after(": lost=").unwrap_or(0) })
            }
            _ => bail!("{} has no call with sound: {text}", self.address),
        }
    }

    /// Everything it has logged, SIP messages included.
    pub fn log(&self) -> String {
        self.process.said()
    }

    /// The codec by which it hears and the one by which it speaks, as it has logged them last.
    pub fn codecs(&self) -> Option<(String, String)> {
        let log = self.log();
        let last = |what: &str| {
            let (_, rest) = log.rsplit_once(&format!("audio: Set audio {what}: "))?;
            rest.split_whitespace().next().map(str::to_owned)
        };
        Some((last("decoder")?, last("encoder")?))
    }

    /// What it has heard so far, one call after the other. baresip 1.0 ends the recording of a call with its first
    /// re-INVITE: [`Baresip::packets`] tells what comes after it.
    ///
    /// # Errors
    /// When it has recorded nothing.
    pub fn recording(&self) -> Result<Vec<i16>> {
        self.dumps("-dec.wav")
    }

    /// What it has sent so far.
    ///
    /// # Errors
    /// When it has sent nothing.
    pub fn sent(&self) -> Result<Vec<i16>> {
        self.dumps("-enc.wav")
    }

    fn dumps(&self, ending: &str) -> Result<Vec<i16>> {
        let mut dumps: Vec<PathBuf> = std::fs::read_dir(self.folder.path())?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.to_string_lossy().ends_with(ending))
            .collect();
        ensure!(!dumps.is_empty(), "{} has recorded nothing", self.address);
        dumps.sort();
        let samples: Vec<Vec<i16>> = dumps.iter().map(|path| tone::read(path)).collect::<Result<_>>()?;
        Ok(samples.concat())
    }

    /// How many pictures it has been shown in the call in progress.
    ///
    /// # Errors
    /// When there is no call.
    pub fn pictures(&mut self) -> Result<u64> {
        let text = self.ask("video_debug")?;
        let shown = text.split_once("vidisp:").and_then(|(_, rest)| rest.split_once("frames="));
        let (_, rest) = shown.with_context(|| format!("{} has no call with a picture: {text}", self.address))?;
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        Ok(rest[..digits].parse()?)
    }

    fn command(&mut self, command: &str, params: &str) -> Result<()> {
        self.commands += 1;
        let text = json!({ "command": command, "params": params, "token": self.commands.to_string() }).to_string();
        write!(self.control, "{}:{text},", text.len()).with_context(|| format!("{} is gone", self.address))
    }

    fn ask(&mut self, command: &str) -> Result<String> {
        self.command(command, "")?;
        let token = self.commands.to_string();
        let answered = within(STEP, || {
            let messages = lock(&self.messages);
            let answer = messages.iter().rev().find(|m| m["response"] == true && m["token"] == token.as_str())?;
            Some(answer["data"].as_str().unwrap_or_default().to_owned())
        });
        answered.with_context(|| format!("{} does not answer {command}; it logged:\n{}", self.address, self.log()))
    }
}

/// Where a phone listens. All of them are at 127.0.0.1 or at ::1, because baresip sends its sound from there whatever address it
/// is given, and a host takes sound only from where a phone is.
#[derive(Clone, Copy)]
struct Places {
    sip: SocketAddr,
    control: SocketAddr,
}

impl Places {
    /// Ports that nobody uses now. Somebody may take one before baresip does, which fails at once and is rare.
    fn free(ip: IpAddr) -> Result<Self> {
        let tcp = |port| TcpListener::bind((ip, port));
        for _ in 0..50 {
            let control = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            let udp = UdpSocket::bind((ip, 0))?;
            let sip = udp.local_addr()?;
            // baresip takes the port above its own too, for TLS.
            let Some(above) = sip.port().checked_add(1) else { continue };
            if let (Ok(_same), Ok(_above)) = (tcp(sip.port()), tcp(above)) {
                return Ok(Self { sip, control: control.local_addr()? });
            }
        }
        bail!("no free ports on {ip}")
    }
}

fn write_settings(folder: &Path, home: Places, phone: &Phone) -> Result<()> {
    let modules =
        MODULES.iter().find(|path| Path::new(path).is_dir()).context("baresip's modules are not installed")?;
    let path = folder.display();
    let sees = if phone.contacts.is_empty() {
        ""
    } else {
        // Not mwi.so: baresip 1.0 at times subscribes with it again and again without end, and then hears nothing else.
        "module_app contact.so\nmodule_app presence.so\n"
    };
    // baresip takes a file only as its codec is.
    let (rate, channels) = match phone.codecs.first() {
        Some(&"opus") => (48_000, 2),
        Some(&"G722") => (16_000, 1),
        _ => (tone::RATE, 1),
    };
    tone::write_as(&folder.join("tone.wav"), phone.hertz, TONE_SECONDS, rate, channels)?;
    let encrypts = match phone.encryption {
        "" => "",
        "dtls_srtp" => "module dtls_srtp.so\n",
        _ => "module srtp.so\n",
    };
    let screen = if phone.video {
        "module fakevideo.so\nmodule vp8.so\nvideo_source fakevideo,nil\nvideo_display fakevideo,nil\nvideo_size 176x144\n\
         video_bitrate 200000\nvideo_fps 10\n"
    } else {
        ""
    };
    let trusts = phone.trusts.as_ref().map(|file| format!("sip_cafile {}\n", file.display())).unwrap_or_default();
    let config = format!(
        "{trusts}poll_method epoll\nsip_listen {}\nnet_interface {}\nctrl_tcp_listen {}\nmodule_path {modules}\n\
         audio_path {path}\nsnd_path {path}\naudio_source aufile,{path}/tone.wav\naudio_player aubridge,nothing\n\
         audio_alert aubridge,nothing\naudio_buffer 20-160\njitter_buffer_delay 0-0\nrtp_ports 40000-60000\ncall_local_timeout 120\n\
         call_max_calls 4\nmodule g711.so\nmodule g722.so\nmodule opus.so\n{encrypts}{screen}module aufile.so\nmodule aubridge.so\nmodule sndfile.so\n\
         module_tmp uuid.so\nmodule_tmp account.so\nmodule_app menu.so\nmodule_app ctrl_tcp.so\n{sees}",
        home.sip, phone.ip, home.control
    );
    let transport = match phone.transport {
        Transport::Udp => "udp",
        Transport::Tcp => "tcp",
        Transport::Tls => "tls",
    };
    let codec = |name: &&str| match *name {
        "opus" => String::from("opus/48000/2"),
        "G722" => String::from("G722/16000/1"),
        name => format!("{name}/8000/1"),
    };
    let codecs: Vec<_> = phone.codecs.iter().map(codec).collect();
    let (server, interval) = match phone.registrar {
        Some(registrar) => (registrar, 600),
        None => (home.sip, 0),
    };
    let account = format!(
        "<sip:{}@{server};transport={transport}>;auth_pass={};regint={interval};answermode={};audio_codecs={}{}{}{}\n",
        phone.number,
        phone.password,
        if phone.answers { "auto" } else { "manual" },
        codecs.join(","),
        if phone.encryption.is_empty() { String::new() } else { format!(";mediaenc={}", phone.encryption) },
        if phone.dtmf_info { ";dtmfmode=info" } else { "" },
        if phone.contacts.is_empty() { "" } else { ";pubint=600" },
    );
    let contact = |number: &&str| format!("\"Desk {number}\" <sip:{number}@{server}>;presence=p2p\n");
    let contacts: String = phone.contacts.iter().map(contact).collect();
    std::fs::write(folder.join("config"), config)?;
    std::fs::write(folder.join("accounts"), account)?;
    std::fs::write(folder.join("contacts"), contacts)?;
    Ok(())
}

/// Take netstrings with JSON off the control connection until it ends.
fn read_messages(mut control: TcpStream, messages: &Mutex<Vec<Value>>) {
    let (mut pending, mut chunk) = (Vec::new(), [0; 4_096]);
    while let Ok(read @ 1..) = control.read(&mut chunk) {
        pending.extend_from_slice(&chunk[..read]);
        while let Some((value, used)) = netstring(&pending) {
            pending.drain(..used);
            lock(messages).push(value);
        }
    }
}

/// The first whole netstring and how many bytes it takes.
fn netstring(bytes: &[u8]) -> Option<(Value, usize)> {
    let colon = bytes.iter().position(|b| *b == b':')?;
    let length: usize = std::str::from_utf8(&bytes[..colon]).ok()?.parse().ok()?;
    let text = bytes.get(colon + 1..colon + 1 + length)?;
    // The comma must be there too before all of it is.
    bytes.get(colon + 1 + length)?;
    Some((serde_json::from_slice(text).unwrap_or(Value::Null), colon + length + 2))
}

fn lock(messages: &Mutex<Vec<Value>>) -> MutexGuard<'_, Vec<Value>> {
    // A push cannot leave the list half-way.
    messages.lock().unwrap_or_else(PoisonError::into_inner)
}
