//! Prompts and music that an administrator uploads are what callers hear.

use anyhow::{Context, Result};
use jackfield_tests::{Baresip, Host, HostConfig, package, tone, within};
use std::{thread::sleep, time::Duration};

/// What the uploaded file holds, and what the phones send.
const UPLOADED: f64 = 1_200.0;

/// A file of a tone, as people have them: 44,100 samples a second, two tracks.
fn file(host: &Host, seconds: u32) -> Result<Vec<u8>> {
    let path = host.data().join("upload.wav");
    tone::write_as(&path, UPLOADED, seconds, 44_100, 2)?;
    std::fs::read(&path).context("the file that was just written")
}

#[test]
fn an_uploaded_prompt_is_heard_in_place_of_the_plugins_own() -> Result<()> {
    let settings = "[plugins.settings.\"org.jackfield.auto-attendant\"]\nnumbers = [\"500\"]\n";
    let mut host = Host::start(&HostConfig {
        extensions: vec!["100"],
        packages: vec![package("auto-attendant")?],
        more: settings.to_owned(),
        ..HostConfig::default()
    })?;
    let admin = host.admin()?;
    let mut phone = Baresip::registered(&host.phone("100"))?;
    let mut call = |for_seconds| -> Result<usize> {
        phone.dial("500")?;
        phone.wait_for("CALL_ESTABLISHED")?;
        let before = phone.recording().map_or(0, |recording| recording.len());
        sleep(Duration::from_secs(for_seconds));
        let heard = tone::heard(phone.recording()?.get(before..).unwrap_or_default(), UPLOADED).milliseconds();
        phone.hang_up()?;
        Ok(heard)
    };
    assert_eq!(call(4)?, 0);
    let prompts = admin.get("/api/v1/sounds")?["prompts"].as_array().cloned().unwrap_or_default();
    assert!(prompts.iter().any(|prompt| prompt["name"] == "welcome"), "{prompts:?}");
    admin.upload("/api/v1/sounds?kind=prompt&name=welcome&language=en", &file(&host, 3)?)?;
    let heard = call(4)?;
    assert!(heard > 2_000, "the caller hears the uploaded tone for {heard} ms of four seconds");
    host.end()
}

#[test]
fn who_waits_hears_the_uploaded_music_with_its_pauses() -> Result<()> {
    let mut host = Host::start(&HostConfig {
        extensions: vec!["100"],
        packages: vec![package("conference")?],
        ..HostConfig::default()
    })?;
    let admin = host.admin()?;
    let music = admin.upload("/api/v1/sounds?kind=music&name=Tone", &file(&host, 1)?)?;
    let playlist = serde_json::json!({ "order": [music["id"]], "gap": 1_000 });
    admin.act("PUT", "/api/v1/music", Some(&playlist))?;
    // Alone in a conference one hears music.
    let mut phone = Baresip::registered(&host.phone("100"))?;
    phone.dial("600")?;
    phone.wait_for("CALL_ESTABLISHED")?;
    let music = within(Duration::from_secs(40), || {
        sleep(Duration::from_millis(500));
        let recording = phone.recording().ok()?;
        (tone::heard(&recording, UPLOADED).milliseconds() > 500).then_some(recording.len())
    });
    let before = music.context("no music is heard")?;
    sleep(Duration::from_secs(5));
    let heard = tone::heard(phone.recording()?.get(before..).unwrap_or_default(), UPLOADED);
    // A second of music, a second of nothing, and so on.
    assert!((1_500..3_500).contains(&heard.milliseconds()) && heard.gaps > 40, "{heard:?}");
    phone.hang_up()?;
    host.end()
}
