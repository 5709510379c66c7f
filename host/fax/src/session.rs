//! The host's end of an engine: starts it, gives it the time, and takes from it what it says.

use crate::{
    engine::DOCUMENT,
    job::{Cause, Direction, Job, Report},
    wire::{FromEngine, ToEngine},
};
use std::{
    fs,
    io::{BufReader, BufWriter, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, sync_channel},
    time::Duration,
};
use tempfile::TempDir;

/// Frames of the engine's that wait; a tick has a few.
const FRAMES: usize = 256;
/// How long an engine may take for a tick before it counts as hung.
const PATIENCE: Duration = Duration::from_secs(10);
/// Largest document that is taken back.
const LARGEST: u64 = 64 << 20;

/// How an engine is started: a program that calls [`crate::engine::run`], and where its folder is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The program.
    pub path: PathBuf,
    /// What it is told.
    pub arguments: Vec<String>,
    /// A folder of its own is made in this one for each fax, and removed afterwards.
    pub folder: PathBuf,
}

/// A fax in progress. Dropping it ends the engine.
#[derive(Debug)]
pub struct Session {
    child: Child,
    to: BufWriter<ChildStdin>,
    from: Receiver<FromEngine>,
    folder: TempDir,
    direction: Direction,
    pages: u32,
    t38: bool,
    report: Option<Report>,
}

/// A packet of T.38 (IFP) that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// So many times.
    pub copies: u8,
    /// What is in it.
    pub ifp: Vec<u8>,
}

/// What 20 ms have brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tick {
    /// What is to be heard in them; nothing on a line without sound.
    pub sound: Vec<i16>,
    /// What is to be sent.
    pub packets: Vec<Packet>,
    /// The fax is over.
    pub over: bool,
}

/// What is left of a fax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// What has become of it.
    pub report: Report,
    /// The pages that have come, as TIFF; none when none has, or when pages were sent.
    pub document: Option<Vec<u8>>,
}

/// The engine could not be started.
#[derive(Debug, thiserror::Error)]
#[error("the fax engine cannot be started: {0}")]
pub struct StartError(#[from] std::io::Error);

impl Session {
    /// Start a terminal; `document` is what it sends, as TIFF.
    ///
    /// # Errors
    /// When the process, its folder or its thread cannot be made.
    pub fn start(program: &Program, job: &Job, document: Option<&[u8]>) -> Result<Self, StartError> {
        Self::begin(program, &ToEngine::Job(job.clone()), job.direction, document)
    }

    /// Start a gateway between sound and T.38, with modems up to `fastest` bit/s. It goes on until [`Session::finish`]; its
    /// report tells what went through.
    ///
    /// # Errors
    /// When the process, its folder or its thread cannot be made.
    pub fn gateway(program: &Program, fastest: u32) -> Result<Self, StartError> {
        // No document is kept of what only goes through.
        Self::begin(program, &ToEngine::Gateway(fastest), Direction::Send, None)
    }

    fn begin(
        program: &Program,
        first: &ToEngine,
        direction: Direction,
        document: Option<&[u8]>,
    ) -> Result<Self, StartError> {
        fs::create_dir_all(&program.folder)?;
        let folder = tempfile::Builder::new().prefix("fax-").tempdir_in(&program.folder)?;
        if let Some(document) = document {
            fs::write(folder.path().join(DOCUMENT), document)?;
        }
        let mut child = Command::new(&program.path)
            .args(&program.arguments)
            .current_dir(folder.path())
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let missing = || std::io::Error::other("the process has no pipes");
        let input = child.stdin.take().ok_or_else(missing)?;
        let mut output = BufReader::new(child.stdout.take().ok_or_else(missing)?);
        let (told, from) = sync_channel(FRAMES);
        let mut session =
            Self { child, to: BufWriter::new(input), from, folder, direction, pages: 0, t38: false, report: None };
        // Ends with the process: its output ends then.
        std::thread::Builder::new().name("fax-engine".into()).spawn(move || {
            while let Ok(Some(frame)) = FromEngine::read(&mut output) {
                if told.send(frame).is_err() {
                    break;
                }
            }
        })?;
        first.write(&mut session.to)?;
        Ok(session)
    }

    /// 20 ms are over, in which this was heard.
    pub fn tick(&mut self, heard: &[i16]) -> Tick {
        let mut tick = Tick::default();
        if self.report.is_some() || self.tell(&ToEngine::Tick(heard.to_vec()), true).is_err() {
            self.take_rest();
            tick.over = true;
            return tick;
        }
        loop {
            match self.from.recv_timeout(PATIENCE) {
                Ok(FromEngine::Tick(sound)) => {
                    tick.sound = sound;
                    return tick;
                }
                Ok(FromEngine::Packet(copies, ifp)) => tick.packets.push(Packet { copies, ifp }),
                Ok(FromEngine::Pages(pages)) => self.pages = pages,
                Ok(FromEngine::Report(report)) => {
                    self.report = Some(report);
                    tick.over = true;
                    return tick;
                }
                Err(error) => {
                    self.lose(error == RecvTimeoutError::Timeout);
                    tick.over = true;
                    return tick;
                }
            }
        }
    }

    /// A packet of T.38 (IFP) with its number has come.
    pub fn packet(&mut self, number: u16, ifp: &[u8]) {
        // What fails here fails at the next tick too.
        let _ = self.tell(&ToEngine::Packet(number, ifp.to_vec()), false);
    }

    /// Go on by T.38, at this rate in bit/s at most, from the beginning; without effect once a page has gone over.
    pub fn switch_to_t38(&mut self, fastest: u32) {
        self.t38 = true;
        let _ = self.tell(&ToEngine::SwitchToT38(fastest), false);
    }

    /// Pages so far.
    pub fn pages(&self) -> u32 {
        self.pages
    }

    /// The line is cut, or the fax is over: what has become of it, and the pages that have come.
    pub fn finish(mut self) -> Finished {
        if self.report.is_none() {
            let _ = self.tell(&ToEngine::LineCut, true);
            while self.report.is_none() {
                match self.from.recv_timeout(PATIENCE) {
                    Ok(FromEngine::Report(report)) => self.report = Some(report),
                    Ok(_) => {}
                    Err(error) => self.lose(error == RecvTimeoutError::Timeout),
                }
            }
        }
        let report = self.report.take().unwrap_or_else(|| Report::failed(Cause::Engine, "no report"));
        let received = self.direction == Direction::Receive;
        let document = if received { read(&self.folder.path().join(DOCUMENT)) } else { None };
        Finished { report, document }
    }

    /// The operating system's number of the engine.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    fn tell(&mut self, frame: &ToEngine, now: bool) -> std::io::Result<()> {
        frame.write(&mut self.to)?;
        if now { self.to.flush() } else { Ok(()) }
    }

    /// The engine takes nothing more: what it has said last.
    fn take_rest(&mut self) {
        while self.report.is_none() {
            match self.from.recv_timeout(PATIENCE) {
                Ok(FromEngine::Report(report)) => self.report = Some(report),
                Ok(_) => {}
                Err(error) => self.lose(error == RecvTimeoutError::Timeout),
            }
        }
    }

    /// It has ended without a word, or says none.
    fn lose(&mut self, hung: bool) {
        let _ = self.child.kill();
        let why = match (hung, self.child.wait()) {
            (true, _) => String::from("the fax engine hung and was ended"),
            (false, Ok(status)) => format!("the fax engine has ended: {status}"),
            (false, Err(error)) => format!("the fax engine has ended: {error}"),
        };
        let (pages, t38) = (self.pages, self.t38);
        self.report = Some(Report { pages, t38, ..Report::failed(Cause::Engine, why) });
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // It ends by itself once it has reported; what has not is not waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The pages that were kept, if there is one.
fn read(file: &Path) -> Option<Vec<u8>> {
    if fs::metadata(file).ok()?.len() > LARGEST {
        return None;
    }
    let tiff = fs::read(file).ok()?;
    crate::document::tiff::pages(&tiff).is_ok().then_some(tiff)
}
