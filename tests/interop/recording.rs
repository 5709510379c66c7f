//! Calls are recorded: both voices, nothing of a pause, and what was said is kept whatever ends the host.

use anyhow::{Context, Result};
use jackfield_tests::{Api, Baresip, Host, HostConfig, Phone, eventually, needs, repository, tone};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

/// What the two phones send.
const TONES: [f64; 2] = [1_000.0, 600.0];

struct Office {
    host: Host,
    admin: Api,
    one: Baresip,
    other: Baresip,
}

fn office(recording: &str) -> Result<Office> {
    let more = format!("[recording]\n{recording}\n");
    let host = Host::start(&HostConfig { extensions: vec!["100", "101"], more, ..HostConfig::default() })?;
    let admin = host.admin()?;
    let one = Baresip::registered(&Phone { hertz: TONES[0], ..host.phone("100") })?;
    let other = Baresip::registered(&Phone { hertz: TONES[1], answers: true, ..host.phone("101") })?;
    Ok(Office { host, admin, one, other })
}

impl Office {
    /// Call, and wait until the two talk; the call's id.
    fn call(&mut self) -> Result<String> {
        self.one.dial("101")?;
        self.one.wait_for("CALL_ESTABLISHED")?;
        let calls = self.admin.get("/api/v1/calls")?;
        Ok(calls[0]["id"].as_str().context("a call in progress")?.to_owned())
    }

    fn state(&self) -> String {
        let calls = self.admin.get("/api/v1/calls").unwrap_or_default();
        calls[0]["recording"].as_str().unwrap_or_default().to_owned()
    }

    fn record(&self, call: &str, state: &str) -> Result<()> {
        let path = format!("/api/v1/calls/{call}/recording");
        self.admin.act("PUT", &path, Some(&json!({ "state": state }))).map(drop)
    }

    /// The recordings that are over, newest first.
    fn recordings(&self) -> Vec<Value> {
        let listed = self.admin.get("/api/v1/recordings").unwrap_or_default();
        listed["items"].as_array().cloned().unwrap_or_default()
    }

    fn files(&self) -> Vec<PathBuf> {
        let folder = std::fs::read_dir(self.host.data().join("recordings")).into_iter().flatten();
        folder.filter_map(|file| Some(file.ok()?.path())).collect()
    }
}

/// The two tracks of a file.
fn tracks(file: &Path) -> Result<[Vec<i16>; 2]> {
    let mut wav = hound::WavReader::open(file)?;
    anyhow::ensure!(wav.spec().channels == 2 && wav.spec().sample_rate == tone::RATE, "{:?}", wav.spec());
    let samples = wav.samples::<i16>().collect::<Result<Vec<_>, _>>()?;
    Ok([0, 1].map(|track| samples.iter().skip(track).step_by(2).copied().collect()))
}

#[test]
fn a_recorded_call_holds_both_voices_and_nothing_of_a_pause() -> Result<()> {
    let mut office = office("policy = \"always\"")?;
    let call = office.call()?;
    eventually("the call is being recorded", || office.state() == "on");
    sleep(Duration::from_millis(2_500));
    office.record(&call, "paused")?;
    assert_eq!(office.state(), "paused");
    sleep(Duration::from_secs(3));
    office.record(&call, "on")?;
    sleep(Duration::from_millis(1_500));
    office.one.hang_up()?;
    office.other.wait_for("CALL_CLOSED")?;
    eventually("the recording is listed", || office.recordings().len() == 1);
    let recording = &office.recordings()[0];
    assert_eq!((recording["call"].as_str(), &recording["started_by"]), (Some(call.as_str()), &Value::Null));
    assert_eq!((&recording["caller"]["number"], &recording["callee"]["number"]), (&json!("100"), &json!("101")));
    let duration = recording["duration"].as_u64().unwrap_or(0);
    assert!((3_600..5_500).contains(&duration), "three seconds of seven were left out: {recording}");
    let tracks = tracks(&office.files()[0])?;
    for ((track, own), others) in tracks.iter().zip(TONES).zip([TONES[1], TONES[0]]) {
        let (heard, crossed) = (tone::heard(track, own), tone::heard(track, others));
        assert!(heard.milliseconds() > 3_000 && crossed.milliseconds() == 0, "{heard:?} {crossed:?}");
    }
    let history = || office.admin.get("/api/v1/history");
    eventually("its record tells of it", || history().is_ok_and(|history| history["items"][0]["recordings"] == 1));

    // Paused as soon as it begins, nothing at all is kept.
    let call = office.call()?;
    eventually("the second call is being recorded", || office.state() == "on");
    office.record(&call, "paused")?;
    sleep(Duration::from_secs(2));
    office.record(&call, "off")?;
    assert_eq!(office.state(), "off");
    office.one.hang_up()?;
    sleep(Duration::from_millis(500));
    let short = office.recordings().iter().find(|r| r["call"] == call.as_str()).map(|r| r["duration"].clone());
    assert!(short.is_none_or(|duration| duration.as_u64().is_some_and(|ms| ms < 600)));
    office.host.end()
}

#[test]
fn keys_start_pause_and_stop_a_recording_in_one_track() -> Result<()> {
    let mut office = office("policy = \"on-demand\"\ntracks = \"mixed\"")?;
    office.call()?;
    assert_eq!(office.state(), "off");
    office.one.press("*1")?;
    eventually("it is recorded", || office.state() == "on");
    sleep(Duration::from_secs(2));
    office.other.press("*2")?;
    eventually("it is paused", || office.state() == "paused");
    office.other.press("*2")?;
    eventually("it goes on", || office.state() == "on");
    office.one.press("*1")?;
    eventually("it is over", || office.state() == "off" && office.recordings().len() == 1);
    assert_eq!(office.recordings()[0]["started_by"], "100");
    let samples = tone::read(&office.files()[0])?;
    for hertz in TONES {
        assert!(tone::audible(&samples, hertz) > 1_200, "{hertz} Hz: {} ms", tone::audible(&samples, hertz));
    }
    office.one.hang_up()?;
    office.host.end()
}

#[test]
fn after_kill_9_all_is_there_up_to_the_last_second() -> Result<()> {
    let mut office = office("policy = \"always\"")?;
    office.call()?;
    eventually("the call is being recorded", || office.state() == "on");
    let begun = Instant::now();
    sleep(Duration::from_millis(4_300));
    let lasted = begun.elapsed().as_millis() as u64;
    office.host.restart_after_kill()?;
    let recordings = office.recordings();
    let duration = recordings[0]["duration"].as_u64().context("a length")?;
    assert!(recordings.len() == 1 && duration + 1_000 > lasted, "{duration} of {lasted} ms: {recordings:?}");
    for (track, hertz) in tracks(&office.files()[0])?.iter().zip(TONES) {
        let heard = tone::heard(track, hertz);
        assert!(heard.milliseconds() as u64 + 1_600 > lasted, "{heard:?} of {lasted} ms");
    }
    Ok(())
}

/// What a browser hears in a file: its length in milliseconds, and the amplitude of both tones in each track.
fn in_a_browser(file: &Path) -> Result<(u64, Vec<[f64; 2]>)> {
    let mut node = Command::new(needs("node")?);
    node.current_dir(repository().join("tests/web"))
        .arg("decode.mjs")
        .arg(file)
        .args(TONES.map(|hertz| hertz.to_string()));
    let output = node.output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let heard: Value =
        serde_json::from_slice(&output.stdout).with_context(|| format!("no browser hears it: {said}"))?;
    let track = |track: &Value| [0, 1].map(|at| track[at].as_f64().unwrap_or_default());
    let tracks = heard["tracks"].as_array().context("tracks")?.iter().map(track).collect();
    Ok((heard["milliseconds"].as_u64().context("a length")?, tracks))
}

#[test]
fn a_recording_of_opus_is_played_by_a_browser_also_after_kill_9() -> Result<()> {
    let mut office = office("policy = \"always\"\nformat = \"opus\"")?;
    office.call()?;
    eventually("the call is being recorded", || office.state() == "on");
    let begun = Instant::now();
    sleep(Duration::from_millis(4_300));
    let lasted = begun.elapsed().as_millis() as u64;
    office.host.restart_after_kill()?;
    let recordings = office.recordings();
    let duration = recordings[0]["duration"].as_u64().context("a length")?;
    assert!(recordings.len() == 1 && duration + 1_500 > lasted, "{duration} of {lasted} ms: {recordings:?}");
    let file = office.files().pop().context("a file")?;
    assert!(file.extension().is_some_and(|kind| kind == "opus"), "{file:?}");
    let samples = duration * 8 * 2 * 2;
    assert!(std::fs::metadata(&file)?.len() * 4 < samples, "less than a quarter of the samples");
    let (milliseconds, tracks) = in_a_browser(&file)?;
    assert!(milliseconds.abs_diff(duration) < 60, "{milliseconds} of {duration} ms");
    let [left, right] = &tracks[..] else { anyhow::bail!("two tracks: {tracks:?}") };
    // Opus codes what two tracks have in common once, so that each is heard faintly in the other.
    assert!(left[0] > 3.0 * left[1] && left[0] > 0.05, "the caller is on the left: {tracks:?}");
    assert!(right[1] > 3.0 * right[0] && right[1] > 0.05, "the other is on the right: {tracks:?}");
    Ok(())
}
