//! A package from a registry, whole or not at all.

use crate::{Fault, index::Release, place::Place, publish::sha256, site::Asker};
use hyper::{StatusCode, Uri};
use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{
    fs::{self, OpenOptions},
    io::AsyncWriteExt,
    time::sleep,
};

/// How often it is tried before somebody is told, and how long it rests between.
const TRIES: u32 = 4;
const REST: Duration = Duration::from_millis(500);

/// The package of a release. What has come of one is kept in `folder`: when it broke off, the rest is asked for the next time, and
/// when an administrator has looked at it, it need not be asked for again to be installed.
pub(crate) async fn fetch(asker: &Asker, place: &Place, release: &Release, folder: &Path) -> Result<Vec<u8>, Fault> {
    let archive = match place {
        Place::Folder(path) => read(&path.join(&release.file), place).await?,
        Place::Site(base) => {
            let uri: Uri = format!("{base}{}", release.file)
                .parse()
                .map_err(|_| damaged(place, release, "its name is no part of an address"))?;
            from_site(asker, place, &uri, release, folder).await?
        }
    };
    let (size, digest) = (archive.len() as u64, sha256(&archive));
    if size != release.size {
        return Err(damaged(place, release, &format!("it has {size} bytes instead of {}", release.size)));
    }
    if digest != release.sha256 {
        return Err(damaged(place, release, "its SHA-256 is another"));
    }
    Ok(archive)
}

async fn read(path: &Path, place: &Place) -> Result<Vec<u8>, Fault> {
    let unreadable = |error: std::io::Error| Fault::Unreachable {
        place: place.to_string(),
        reason: format!("{}: {error}", path.display()),
    };
    fs::read(path).await.map_err(unreadable)
}

async fn from_site(
    asker: &Asker,
    place: &Place,
    uri: &Uri,
    release: &Release,
    folder: &Path,
) -> Result<Vec<u8>, Fault> {
    let stored = |error: std::io::Error| Fault::Store(error.to_string());
    fs::create_dir_all(folder).await.map_err(stored)?;
    // Named by its content, so that what has come of one release is never continued with another.
    let path: PathBuf = folder.join(format!("{}.part", release.sha256));
    let mut tried = 0;
    loop {
        tried += 1;
        match go_on(asker, place, uri, release, &path).await {
            Ok(()) => break,
            Err(fault @ Fault::Unreachable { .. }) if tried < TRIES => {
                tracing::info!("{fault}; it is tried again");
                sleep(REST * tried).await;
            }
            Err(fault) => return Err(fault),
        }
    }
    let archive = fs::read(&path).await.map_err(stored)?;
    if sha256(&archive) != release.sha256 {
        // The next attempt begins anew.
        fs::remove_file(&path).await.map_err(stored)?;
    }
    Ok(archive)
}

/// Ask for what is not there yet and add it to the file.
async fn go_on(asker: &Asker, place: &Place, uri: &Uri, release: &Release, path: &Path) -> Result<(), Fault> {
    let stored = |error: std::io::Error| Fault::Store(error.to_string());
    let mut there = match fs::metadata(path).await {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == ErrorKind::NotFound => 0,
        Err(error) => return Err(stored(error)),
    };
    if there == release.size {
        return Ok(());
    }
    if there > release.size {
        fs::remove_file(path).await.map_err(stored)?;
        there = 0;
    }
    let mut answer = asker.get(uri, there).await?;
    match answer.status {
        StatusCode::PARTIAL_CONTENT if there > 0 => {}
        // A server that knows no ranges sends it from its beginning.
        StatusCode::OK => there = 0,
        StatusCode::RANGE_NOT_SATISFIABLE => return Err(damaged(place, release, "the server has less of it")),
        status => return Err(Fault::Unreachable { place: uri.to_string(), reason: format!("it answers {status}") }),
    }
    let mut file = OpenOptions::new();
    file.create(true).write(true);
    if there == 0 {
        file.truncate(true)
    } else {
        file.append(true)
    };
    let mut file = file.open(path).await.map_err(stored)?;
    let outcome = loop {
        match answer.next(uri).await {
            Ok(Some(piece)) => {
                there += piece.len() as u64;
                if there > release.size {
                    break Err(damaged(place, release, "the server sends more of it"));
                }
                file.write_all(&piece).await.map_err(stored)?;
            }
            Ok(None) if there < release.size => {
                break Err(Fault::Unreachable { place: uri.to_string(), reason: "it broke off".into() });
            }
            Ok(None) => break Ok(()),
            Err(fault) => break Err(fault),
        }
    };
    file.sync_all().await.map_err(stored)?;
    if matches!(outcome, Err(Fault::Damaged { .. })) {
        fs::remove_file(path).await.map_err(stored)?;
    }
    outcome
}

fn damaged(place: &Place, release: &Release, reason: &str) -> Fault {
    Fault::Damaged { place: place.to_string(), file: release.file.clone(), reason: reason.into() }
}
