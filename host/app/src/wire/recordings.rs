//! Recordings of calls: news of them go to the store, what a killed host has left is made whole, and what is too old goes.

use crate::config::{Config, RecordingPolicy};
use anyhow::{Context, Result};
use jackfield_calls::{
    now_ms,
    recording::{NewRecording, Recorder, RecordingNews},
};
use jackfield_model::{CallId, Party, TimestampMs};
use jackfield_net::{Container, TapeEnd, Tapes, repair_tape};
use jackfield_store::{NewAuditEntry, Store, StoreError};
use serde_json::json;
use std::{
    collections::HashMap,
    io::ErrorKind,
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};
use tokio::{sync::mpsc, task::JoinHandle};

/// News that may wait for the database.
const NEWS: usize = 1_024;
/// How often it is looked for recordings that are too old.
const PURGE_EVERY: Duration = Duration::from_secs(3_600);
const DAY_MS: u64 = 24 * 3_600 * 1_000;

/// Begin to take recordings, if calls are to be recorded. The task ends once every recorder is dropped and every recording
/// is closed.
///
/// # Errors
/// When the folder cannot be made, or what is in it cannot be listed.
pub async fn start(config: &Config, folder: PathBuf, store: &Store) -> Result<(Option<Recorder>, JoinHandle<()>)> {
    recover(&folder, store).await.context("cannot look through the recordings of calls")?;
    let keep = Keep::of(config);
    let (purged_store, purged_folder) = (store.clone(), folder.clone());
    tokio::spawn(async move {
        let mut turn = tokio::time::interval(PURGE_EVERY);
        loop {
            turn.tick().await;
            if let Err(error) = purge(&purged_folder, &purged_store, keep, now_ms()).await {
                tracing::error!(%error, "recordings that are too old stay: the database cannot be read");
            }
        }
    });
    if config.recording.policy == RecordingPolicy::Off {
        return Ok((None, tokio::spawn(async {})));
    }
    let (sender, mut news) = mpsc::channel(NEWS);
    let ends = sender.clone();
    let tell = move |end: TapeEnd| {
        if let Err(error) = ends.try_send(RecordingNews::Ended(end)) {
            tracing::error!(%error, "a recording is listed only after the next start");
        }
    };
    let tapes = Tapes::start(&folder, tell).context("cannot record calls")?;
    let store = store.clone();
    let kept = tokio::spawn(async move {
        while let Some(event) = news.recv().await {
            let noted = match event {
                RecordingNews::Begun(new) => store.begin_recording(&new).await,
                RecordingNews::Ended(TapeEnd { name, take: Some(take), .. }) => {
                    store.end_recording(&name, take.length.as_millis() as u64, take.bytes).await
                }
                RecordingNews::Ended(TapeEnd { name, take: None, .. }) => store.forget_recording(&name).await,
            };
            if let Err(error) = noted {
                tracing::error!(%error, "a recording is listed only after the next start");
            }
        }
    });
    Ok((Some(Recorder { tapes, news: sender }), kept))
}

/// What is kept.
#[derive(Clone, Copy, Debug)]
struct Keep {
    /// For how long, in milliseconds.
    age: Option<u64>,
    bytes: u64,
}

impl Keep {
    fn of(config: &Config) -> Self {
        let (days, megabytes) = (config.recording.retention_days.0, config.recording.max_megabytes.0);
        Self {
            age: (days > 0).then_some(days * DAY_MS),
            bytes: if megabytes > 0 { megabytes * 1_000_000 } else { u64::MAX },
        }
    }
}

/// Make whole what a host that was killed has left, and list what is not listed.
async fn recover(folder: &Path, store: &Store) -> Result<()> {
    let mut listed: HashMap<String, bool> = store.recording_files().await?.into_iter().collect();
    let mut files = match std::fs::read_dir(folder) {
        Ok(files) => files.filter_map(Result::ok).filter_map(|file| file.file_name().into_string().ok()).collect(),
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error).context(format!("cannot read {}", folder.display())),
    };
    let kinds = [Container::Wav, Container::OggOpus].map(Container::extension);
    files.retain(|file| file.rsplit_once('.').is_some_and(|(_, kind)| kinds.contains(&kind)));
    for file in files {
        let known = listed.remove(&file);
        if known == Some(true) {
            continue;
        }
        let path = folder.join(&file);
        let written = std::fs::metadata(&path).and_then(|data| data.modified());
        match repair_tape(&path) {
            Ok(Some(recorded)) => {
                let length = recorded.length.as_millis() as u64;
                if known.is_none() {
                    let age = written.ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
                    let started = (age.as_millis() as u64).saturating_sub(length);
                    store.begin_recording(&unlisted(&file, started)).await?;
                }
                store.end_recording(&file, length, recorded.bytes).await?;
                tracing::warn!(file, seconds = length / 1_000, "a recording that was cut off is whole again");
            }
            Ok(None) => store.forget_recording(&file).await?,
            Err(error) => tracing::error!(%error, file, "a recording that was cut off cannot be made whole"),
        }
    }
    for (file, over) in listed {
        if !over {
            tracing::warn!(file, "a recording has no file; it is no longer listed");
            store.forget_recording(&file).await?;
        }
    }
    Ok(())
}

/// A recording of which nothing is known but its file.
fn unlisted(file: &str, started: TimestampMs) -> NewRecording {
    let name = file.rsplit_once('.').map_or(file, |(name, _)| name);
    let call = name.rsplit_once('-').map_or(name, |(call, _)| call);
    NewRecording {
        file: file.to_owned(),
        call: CallId(call.to_owned()),
        caller: Party::default(),
        callee: Party::default(),
        started_by: None,
        started,
    }
}

/// Delete what is too old or too much.
async fn purge(folder: &Path, store: &Store, keep: Keep, now: TimestampMs) -> Result<(), StoreError> {
    let before = keep.age.map_or(0, |age| now.saturating_sub(age));
    for row in store.recordings_to_purge(before, keep.bytes).await? {
        match tokio::fs::remove_file(folder.join(&row.file)).await {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                tracing::error!(%error, file = row.file, "a recording that is too old cannot be deleted");
                continue;
            }
            Ok(()) | Err(_) => {}
        }
        store.forget_recording(&row.file).await?;
        let entry = NewAuditEntry {
            at: now,
            actor: String::from("retention"),
            source: String::from("console"),
            action: String::from("recording.delete"),
            target: row.recording.call.0,
            detail: json!({ "started": row.recording.started, "bytes": row.recording.bytes }),
        };
        store.append_audit(&entry).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_media::{TakeFormat, wav_header};
    use jackfield_store::RecordingFilter;

    async fn house() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("a.db")).await.unwrap();
        (folder, store)
    }

    fn cut_off(path: &Path, seconds: usize) {
        let mut octets = wav_header(TakeFormat { wide: false, stereo: false }, 0).to_vec();
        octets.extend(vec![0; seconds * 16_000]);
        std::fs::write(path, octets).unwrap();
    }

    #[tokio::test]
    async fn what_was_cut_off_is_listed_with_its_length_whether_it_was_known_or_not() {
        let (folder, store) = house().await;
        let begun = |file: &str| NewRecording { caller: party("100"), ..unlisted(file, 5_000) };
        for file in ["c-1-1.wav", "c-2-1.wav", "c-3-1.wav"] {
            store.begin_recording(&begun(file)).await.unwrap();
        }
        cut_off(&folder.path().join("c-1-1.wav"), 3);
        std::fs::write(folder.path().join("c-2-1.wav"), [0; 10]).unwrap();
        cut_off(&folder.path().join("c-9-2.wav"), 2);
        recover(folder.path(), &store).await.unwrap();
        let all = store.recordings(&RecordingFilter::default(), None, 9).await.unwrap().items;
        let shown: Vec<_> = all.iter().map(|r| (r.call.0.as_str(), r.duration, r.caller.number.as_str())).collect();
        assert_eq!(shown, [("c-9", 2_000, ""), ("c-1", 3_000, "100")]);
        assert!(all[0].started > 1_000_000_000_000, "it has the time of its file");
        recover(folder.path(), &store).await.unwrap();
        assert_eq!(store.recordings(&RecordingFilter::default(), None, 9).await.unwrap().items, all);
        recover(&folder.path().join("none"), &store).await.unwrap();
    }

    fn party(number: &str) -> Party {
        Party { number: number.into(), name: String::new(), extension: None }
    }

    #[tokio::test]
    async fn what_is_too_old_goes_with_its_file_and_leaves_a_line_in_the_audit_log() {
        let (folder, store) = house().await;
        for (file, started) in [("c-1-1.wav", DAY_MS), ("c-2-1.wav", 5 * DAY_MS)] {
            store.begin_recording(&unlisted(file, started)).await.unwrap();
            store.end_recording(file, 1, 1_000_000).await.unwrap();
            std::fs::write(folder.path().join(file), "sound").unwrap();
        }
        let config = |text: &str| Keep::of(&Config::parse(&format!("[recording]\n{text}")).unwrap());
        purge(folder.path(), &store, config("retention_days = 0\nmax_megabytes = 0"), 900 * DAY_MS).await.unwrap();
        assert!(folder.path().join("c-1-1.wav").exists());
        purge(folder.path(), &store, config("retention_days = 3"), 6 * DAY_MS).await.unwrap();
        assert!(!folder.path().join("c-1-1.wav").exists() && folder.path().join("c-2-1.wav").exists());
        let left = store.recordings(&RecordingFilter::default(), None, 9).await.unwrap().items;
        assert_eq!(left.iter().map(|r| r.call.0.as_str()).collect::<Vec<_>>(), ["c-2"]);
        let log = store.audit(None, 9).await.unwrap().items;
        let entry = (log[0].entry.action.as_str(), log[0].entry.target.as_str(), log[0].entry.actor.as_str());
        assert_eq!((log.len(), entry), (1, ("recording.delete", "c-1", "retention")));
    }
}
