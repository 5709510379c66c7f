//! Tapes: recordings of calls, written by a thread of their own. It takes what taps copy, has a [`Take`] put it in order,
//! and appends it to a file that is whole at every moment: a WAV file, whose header is rewritten every second, or Ogg Opus, page by
//! page; what was written is on the disk every second. Whatever ends the process, no more than the last second is lost.

use jackfield_media::{
    Heard, OggOpus, Take, TakeFormat, Tap, Taps, WAV_HEADER, repaired_wav_header, taps, wav_header, whole_ogg,
};
use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, Read},
    os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel},
    },
    time::{Duration, Instant},
};
use tracing::error;

/// Most recordings at once.
const REELS: usize = 256;
/// Packets of one recording that wait for the thread: two and a half seconds of two voices. It takes 130 kB.
const PIECES: usize = 256;
/// How often the thread looks.
const TURN: Duration = Duration::from_millis(50);
/// How often a file is made whole and is on the disk.
const SAFE: Duration = Duration::from_secs(1);
/// A WAV file says its length in 32 bits; a recording ends before that.
const MOST_OCTETS: u64 = 4_000_000_000;

/// What a recording is made into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TapeFormat {
    /// Its samples.
    pub take: TakeFormat,
    /// Its file.
    pub container: Container,
}

/// Which kind of file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Container {
    /// Samples as they are.
    #[default]
    Wav,
    /// Opus in Ogg (RFC 7845): about a tenth as large.
    OggOpus,
}

impl Container {
    /// What names of such files end in.
    pub fn extension(self) -> &'static str {
        match self {
            Container::Wav => "wav",
            Container::OggOpus => "opus",
        }
    }
}

/// Where recordings are begun; cheap to clone. The thread ends, and with it what is being recorded, when the last one is
/// dropped.
#[derive(Clone, Debug)]
pub struct Tapes(SyncSender<Reel>);

/// A recording in progress. It ends when this is dropped.
#[derive(Debug)]
pub struct Tape {
    taps: Taps,
    ended: Arc<AtomicBool>,
}

/// A recording is over.
#[derive(Debug)]
pub struct TapeEnd {
    /// The file's name in the folder.
    pub name: String,
    /// What was recorded; `None` when nothing was, so that there is no file.
    pub take: Option<Recorded>,
    /// Why it ended early, if it did.
    pub error: Option<io::Error>,
}

/// How much a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// How long it lasts.
    pub length: Duration,
    /// Its size.
    pub bytes: u64,
}

/// No more recordings can be begun just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many calls are being recorded")]
pub struct TapesBusy;

impl Tapes {
    /// Start the thread, which writes into this folder and tells of every recording that is over.
    ///
    /// # Errors
    /// When the folder cannot be made or no thread be started.
    pub fn start(folder: &Path, tell: impl Fn(TapeEnd) + Send + 'static) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let (begin, begun) = sync_channel(REELS);
        // Waiting for the disk must not keep the writer from taking what comes.
        let (to_sync, syncing) = sync_channel::<Arc<File>>(REELS);
        std::thread::Builder::new().name("tape-sync".into()).spawn(move || {
            while let Ok(file) = syncing.recv() {
                // A write that fails says so itself.
                let _ = file.sync_data();
            }
        })?;
        let writer = Writer { folder: folder.to_owned(), begun, reels: Vec::new(), to_sync, tell };
        std::thread::Builder::new().name("tape".into()).spawn(move || writer.run())?;
        Ok(Self(begin))
    }

    /// Begin a recording in a file of this name, which must be new.
    ///
    /// # Errors
    /// When too many are in progress.
    pub fn begin(&self, name: &str, format: TapeFormat) -> Result<Tape, TapesBusy> {
        let ogg = match format.container {
            Container::Wav => None,
            Container::OggOpus => Some(OggOpus::new(format.take, rand::random()).ok_or(TapesBusy)?),
        };
        let (taps, heard) = taps(PIECES);
        let ended = Arc::new(AtomicBool::new(false));
        let reel = Reel {
            name: name.to_owned(),
            take: Take::new(Instant::now(), format.take),
            ogg: ogg.map(Box::new),
            heard,
            taps: taps.clone(),
            ended: Arc::clone(&ended),
            paused: false,
            file: None,
            size: 0,
            count: 0,
            safe: Instant::now(),
            samples: Vec::new(),
            octets: Vec::new(),
        };
        self.0.try_send(reel).map_err(|_| TapesBusy)?;
        Ok(Tape { taps, ended })
    }
}

impl Tape {
    /// A tap for the party called this; 0 is the one on the left.
    pub fn tap(&self, source: u8) -> Tap {
        self.taps.tap(source)
    }

    /// Record nothing for a while: neither sound nor time.
    pub fn pause(&self, paused: bool) {
        self.taps.close(paused);
    }
}

impl Drop for Tape {
    fn drop(&mut self) {
        self.taps.close(true);
        self.ended.store(true, Ordering::Release);
    }
}

/// Make a file whole that a process which was killed has left; `None` when it holds no sound, and is gone then.
///
/// # Errors
/// When it is no recording, or cannot be read or written.
pub fn repair(file: &Path) -> io::Result<Option<Recorded>> {
    let mut open = OpenOptions::new().read(true).write(true).open(file)?;
    let size = open.metadata()?.len();
    let mut magic = [0; 4];
    if open.read_at(&mut magic, 0)? == 4 && &magic == b"OggS" {
        return repair_ogg(&mut open, file);
    }
    if size <= WAV_HEADER as u64 {
        std::fs::remove_file(file)?;
        return Ok(None);
    }
    let mut header = [0; WAV_HEADER];
    open.read_exact(&mut header)?;
    let not_ours = || io::Error::new(io::ErrorKind::InvalidData, "not a recording of a call");
    let (header, octets, length) = repaired_wav_header(&header, size).ok_or_else(not_ours)?;
    open.write_all_at(&header, 0)?;
    let bytes = WAV_HEADER as u64 + octets;
    open.set_len(bytes)?;
    open.sync_all()?;
    Ok(Some(Recorded { length, bytes }))
}

/// What is whole of it is kept.
fn repair_ogg(open: &mut File, file: &Path) -> io::Result<Option<Recorded>> {
    let mut octets = Vec::new();
    open.take(MOST_OCTETS).read_to_end(&mut octets)?;
    let Some((whole, length)) = whole_ogg(&octets) else {
        std::fs::remove_file(file)?;
        return Ok(None);
    };
    let bytes = whole as u64;
    open.set_len(bytes)?;
    open.sync_all()?;
    Ok(Some(Recorded { length, bytes }))
}

struct Writer<F> {
    folder: PathBuf,
    begun: Receiver<Reel>,
    reels: Vec<Reel>,
    to_sync: SyncSender<Arc<File>>,
    tell: F,
}

/// One file that is being written.
#[derive(Debug)]
struct Reel {
    name: String,
    take: Take,
    /// What makes a file of Ogg Opus; without it the file is WAV.
    ogg: Option<Box<OggOpus>>,
    heard: Receiver<Heard>,
    taps: Taps,
    ended: Arc<AtomicBool>,
    paused: bool,
    file: Option<Arc<File>>,
    /// Octets of the file.
    size: u64,
    /// Samples in it, of all tracks.
    count: u64,
    /// When it was made whole.
    safe: Instant,
    samples: Vec<i16>,
    octets: Vec<u8>,
}

impl<F: Fn(TapeEnd)> Writer<F> {
    fn run(mut self) {
        let mut wanted = true;
        while wanted || !self.reels.is_empty() {
            wanted = self.take_in();
            let now = Instant::now();
            let mut reels = std::mem::take(&mut self.reels);
            reels.retain_mut(|reel| {
                let ends = reel.ended.load(Ordering::Acquire) || !wanted;
                let outcome = reel.turn(now, ends, &self.folder, &self.to_sync);
                let over = ends || outcome.is_err() || reel.size > MOST_OCTETS;
                if over {
                    (self.tell)(reel.end(&self.folder, outcome.err()));
                }
                !over
            });
            self.reels = reels;
        }
    }

    /// Wait a turn, or for the first recording; false when there will be no more.
    fn take_in(&mut self) -> bool {
        let first = if self.reels.is_empty() {
            self.begun.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            // Not by the channel's time-out: a recording that begins must not hurry the others.
            std::thread::sleep(TURN);
            self.begun.try_recv().map_err(|error| match error {
                TryRecvError::Empty => RecvTimeoutError::Timeout,
                TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
            })
        };
        match first {
            Ok(reel) => {
                self.reels.push(reel);
                self.reels.extend(self.begun.try_iter());
                true
            }
            Err(RecvTimeoutError::Timeout) => true,
            Err(RecvTimeoutError::Disconnected) => false,
        }
    }
}

impl Reel {
    /// Write what has come since the last turn.
    fn turn(&mut self, now: Instant, ends: bool, folder: &Path, to_sync: &SyncSender<Arc<File>>) -> io::Result<()> {
        let file = match &self.file {
            Some(file) => Arc::clone(file),
            None => {
                let file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(folder.join(&self.name))?;
                let mut head = Vec::new();
                match &mut self.ogg {
                    Some(ogg) => ogg.begin(&mut head),
                    None => head.extend(wav_header(self.take.format(), 0)),
                }
                file.write_all_at(&head, 0)?;
                self.size = head.len() as u64;
                Arc::clone(self.file.insert(Arc::new(file)))
            }
        };
        self.samples.clear();
        let pauses = self.taps.is_closed();
        if self.paused && !pauses {
            self.take.resume(now);
        }
        // What was copied before the tap was closed is not of the pause.
        for piece in self.heard.try_iter() {
            self.take.push(&piece);
        }
        match (self.paused, pauses || ends) {
            (false, true) => self.take.flush(now, &mut self.samples),
            (false, false) => self.take.poll(now, &mut self.samples),
            (true, _) => {}
        }
        self.paused = pauses;
        self.octets.clear();
        match &mut self.ogg {
            Some(ogg) => ogg.push(&self.samples, &mut self.octets),
            None => self.octets.extend(self.samples.iter().flat_map(|sample| sample.to_le_bytes())),
        }
        self.count += self.samples.len() as u64;
        file.write_all_at(&self.octets, self.size)?;
        self.size += self.octets.len() as u64;
        if now.saturating_duration_since(self.safe) >= SAFE {
            self.safe = now;
            self.write_header(&file)?;
            // With too many waiting it is on the disk a second later.
            let _ = to_sync.try_send(file);
        }
        Ok(())
    }

    /// Have the file say how much is in it, where it says so at its beginning.
    fn write_header(&self, file: &File) -> io::Result<()> {
        if self.ogg.is_some() {
            return Ok(());
        }
        file.write_all_at(&wav_header(self.take.format(), self.size.saturating_sub(WAV_HEADER as u64)), 0)
    }

    /// Close the file.
    fn end(&mut self, folder: &Path, failed: Option<io::Error>) -> TapeEnd {
        let file = self.file.take();
        let closed = file.map_or(Ok(()), |file| {
            if let Some(ogg) = &mut self.ogg {
                self.octets.clear();
                ogg.end(&mut self.octets);
                file.write_all_at(&self.octets, self.size)?;
                self.size += self.octets.len() as u64;
            }
            self.write_header(&file)?;
            file.sync_all()
        });
        let error = failed.or(closed.err());
        if let Some(error) = &error {
            error!(%error, file = self.name, "a recording has ended: it cannot be written");
        }
        let step = u64::from(self.take.format().channels()) * u64::from(self.take.format().rate());
        let take = (self.count > 0)
            .then(|| Recorded { length: Duration::from_millis(self.count * 1_000 / step), bytes: self.size });
        if take.is_none() {
            // Nothing was said, or there never was a file.
            let _ = std::fs::remove_file(folder.join(&self.name));
        }
        TapeEnd { name: self.name.clone(), take, error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_media::read_wav;
    use std::sync::mpsc::channel;

    const TAKE: TakeFormat = TakeFormat { wide: false, stereo: false };
    const FORMAT: TapeFormat = TapeFormat { take: TAKE, container: Container::Wav };

    #[test]
    fn a_file_is_whole_every_second_and_a_pause_takes_no_time_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let (tell, told) = channel();
        let tapes = Tapes::start(&folder.path().join("new"), move |end| tell.send(end).unwrap()).unwrap();
        let tape = tapes.begin("a.wav", FORMAT).unwrap();
        std::thread::sleep(Duration::from_millis(2_200));
        let file = folder.path().join("new/a.wav");
        let whole = read_wav(std::fs::File::open(&file).unwrap()).unwrap().len();
        assert!(whole >= 4_000, "{whole} samples");
        tape.pause(true);
        std::thread::sleep(Duration::from_millis(1_500));
        tape.pause(false);
        drop(tape);
        let end = told.recv_timeout(Duration::from_secs(5)).unwrap();
        let length = end.take.unwrap().length.as_millis();
        assert!((2_100..3_000).contains(&length), "{length} ms");
        assert_eq!(read_wav(std::fs::File::open(&file).unwrap()).unwrap().len() as u128 / 8, length);
        drop(tapes);
    }

    #[test]
    fn a_file_that_cannot_be_made_ends_its_recording_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (tell, told) = channel();
        let tapes = Tapes::start(folder.path(), move |end| tell.send(end).unwrap()).unwrap();
        std::fs::write(folder.path().join("b.wav"), "there already").unwrap();
        let _lost = tapes.begin("no/such/folder.wav", FORMAT).unwrap();
        let end = told.recv_timeout(Duration::from_secs(5)).unwrap();
        assert!(end.error.is_some() && end.take.is_none(), "{end:?}");
        let kept = tapes.begin("c.wav", FORMAT).unwrap();
        std::thread::sleep(Duration::from_millis(300));
        drop((kept, tapes));
        assert!(told.recv_timeout(Duration::from_secs(5)).unwrap().take.is_some());
    }

    #[test]
    fn a_file_of_opus_is_whole_while_it_is_written_and_when_it_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let (tell, told) = channel();
        let tapes = Tapes::start(folder.path(), move |end| tell.send(end).unwrap()).unwrap();
        let tape = tapes.begin("a.opus", TapeFormat { container: Container::OggOpus, ..FORMAT }).unwrap();
        std::thread::sleep(Duration::from_millis(2_200));
        let file = folder.path().join("a.opus");
        // As a process that is killed now would leave it, in the middle of a page.
        let mut cut = std::fs::read(&file).unwrap();
        cut.extend(b"OggS\0\0half a page");
        let left = folder.path().join("left.opus");
        std::fs::write(&left, &cut).unwrap();
        let kept = repair(&left).unwrap().unwrap();
        assert!(kept.length >= Duration::from_millis(1_000) && kept.bytes < cut.len() as u64, "{kept:?}");
        assert_eq!(std::fs::metadata(&left).unwrap().len(), kept.bytes);
        drop(tape);
        let end = told.recv_timeout(Duration::from_secs(5)).unwrap().take.unwrap();
        let (octets, length) = whole_ogg(&std::fs::read(&file).unwrap()).unwrap();
        assert_eq!((octets as u64, length), (end.bytes, end.length));
        std::fs::write(&left, b"OggS").unwrap();
        assert_eq!(repair(&left).unwrap(), None);
        assert!(!left.exists());
        drop(tapes);
    }

    #[test]
    fn what_a_killed_process_leaves_is_made_whole() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.wav");
        let mut octets = wav_header(TAKE, 0).to_vec();
        octets.extend([1, 0].repeat(8_000));
        octets.push(1);
        std::fs::write(&file, &octets).unwrap();
        let repaired = repair(&file).unwrap().unwrap();
        assert_eq!(repaired, Recorded { length: Duration::from_secs(1), bytes: 16_044 });
        assert_eq!(read_wav(std::fs::File::open(&file).unwrap()).unwrap().len(), 8_000);
        std::fs::write(&file, [0; 20]).unwrap();
        assert_eq!(repair(&file).unwrap(), None);
        assert!(!file.exists());
        std::fs::write(&file, [7; 100]).unwrap();
        assert!(repair(&file).is_err());
    }
}
