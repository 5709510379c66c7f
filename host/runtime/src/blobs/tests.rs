//! Whole or not at all, within bounds, whatever names are given and whoever is ended.

use super::*;
use cap_std::ambient_authority;
use sha2::{Digest, Sha256};
use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
};
use tempfile::TempDir;

const PLUGIN: &str = "org.example.x";
const QUOTA: u64 = 1_000;
const TEXT: &str = "text/plain; charset=utf-8";
/// Names the folder to the process that is killed.
const CHILD: &str = "JACKFIELD_BLOBS_OF_THE_KILLED";

fn folder() -> (TempDir, Dir) {
    let folder = tempfile::tempdir().unwrap();
    let data = Dir::open_ambient_dir(folder.path(), ambient_authority()).unwrap();
    (folder, data)
}

fn write(blobs: &Blobs, data: &Dir, name: &str, content: &[u8]) -> Result<Blob, BlobFault> {
    let mut writing = blobs.begin(data, PLUGIN, QUOTA, name, TEXT)?;
    writing.append(content)?;
    writing.commit()
}

fn whole(blobs: &Blobs, data: &Dir, name: &str) -> Option<Vec<u8>> {
    blobs.look(data, PLUGIN, name).unwrap()?;
    Some(blobs.read(data, PLUGIN, name, 0, u64::MAX).unwrap())
}

fn names(blobs: &Blobs, data: &Dir) -> Vec<String> {
    blobs.scan(data, PLUGIN, "", None, 2_000).unwrap().into_iter().map(|blob| blob.name).collect()
}

#[test]
fn a_blob_is_known_by_its_content_now_and_after_a_start() {
    let (_folder, data) = folder();
    let blobs = Blobs::default();
    let mut writing = blobs.begin(&data, PLUGIN, QUOTA, "a/b.txt", TEXT).unwrap();
    writing.append(b"one ").unwrap();
    writing.append(b"two").unwrap();
    assert_eq!(blobs.look(&data, PLUGIN, "a/b.txt"), Ok(None), "it is not whole yet");
    let blob = writing.commit().unwrap();
    assert_eq!((blob.size, blob.media_type.as_str()), (7, TEXT));
    assert_eq!(blob.sha256, hex::encode(Sha256::digest(b"one two")));
    let again = Blobs::default();
    assert_eq!(again.look(&data, PLUGIN, "a/b.txt"), Ok(Some(blob)));
    for (at, most, expected) in [(0, 3, "one"), (4, 100, "two"), (7, 1, ""), (u64::MAX, 9, "")] {
        assert_eq!(again.read(&data, PLUGIN, "a/b.txt", at, most).unwrap(), expected.as_bytes(), "{at} {most}");
    }
    assert!(again.read(&data, PLUGIN, "none", 0, 1).is_err());
}

#[test]
fn names_lead_nowhere_and_those_that_make_no_sense_are_refused() {
    let (folder, data) = folder();
    let blobs = Blobs::default();
    let longest = "é".repeat(LONGEST_NAME / 2);
    for name in ["../../etc/passwd", "/etc/passwd", "..", ".", "writing-1", "C:\\x", "a b \"c\"", &longest] {
        assert_eq!(write(&blobs, &data, name, name.as_bytes()).map(|blob| blob.name).as_deref(), Ok(name));
        assert_eq!(whole(&blobs, &data, name).as_deref(), Some(name.as_bytes()), "{name}");
    }
    assert_eq!(names(&Blobs::default(), &data).len(), 8, "a start finds them");
    let too_long = "x".repeat(LONGEST_NAME + 1);
    let endless = "x".repeat(5 << 20);
    for name in ["", "a\0b", "a\nb", "\u{7f}", &too_long, &endless] {
        let refused = blobs.begin(&data, PLUGIN, QUOTA, name, TEXT).err();
        assert!(matches!(refused, Some(BlobFault::Invalid(text)) if text.len() < 500), "{name:?}");
        assert!(blobs.rename(&data, PLUGIN, "..", name).is_err() && blobs.delete(&data, PLUGIN, name).is_err());
    }
    for media_type in ["", "text", "text/", "Text/plain", "text/plain\r\nx: y", "text/html; charset=\"x\"", "a/b/c"] {
        assert!(blobs.begin(&data, PLUGIN, QUOTA, "x", media_type).is_err(), "{media_type}");
    }
    let outside: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(outside, [PLUGIN]);
}

#[test]
fn there_is_room_for_so_much_and_what_is_being_written_counts() {
    let (_folder, data) = folder();
    let blobs = Blobs::default();
    write(&blobs, &data, "half", &[1; 500]).unwrap();
    let mut first = blobs.begin(&data, PLUGIN, QUOTA, "first", TEXT).unwrap();
    let mut second = blobs.begin(&data, PLUGIN, QUOTA, "second", TEXT).unwrap();
    first.append(&[2; 300]).unwrap();
    assert!(matches!(second.append(&[3; 300]), Err(BlobFault::Failed(_))));
    assert_eq!(blobs.room(&data, PLUGIN).unwrap().taken, 800);
    drop(first);
    second.append(&[3; 300]).unwrap();
    second.commit().unwrap();
    assert_eq!(names(&blobs, &data), ["half", "second"]);
    assert_eq!(blobs.room(&data, PLUGIN).unwrap().taken, 800);
    assert_eq!(blobs.delete(&data, PLUGIN, "half"), Ok(true));
    assert_eq!(blobs.delete(&data, PLUGIN, "half"), Ok(false));
    assert_eq!(blobs.room(&data, PLUGIN).unwrap().taken, 300);
}

#[test]
fn there_may_be_so_many_and_so_many_are_written_at_a_time() {
    let (_folder, data) = folder();
    let blobs = Blobs::default();
    let begun = || blobs.begin(&data, PLUGIN, QUOTA, "x", TEXT);
    let mut writers: Vec<_> = (0..MOST_WRITERS).map(|_| begun().unwrap()).collect();
    assert!(begun().is_err());
    writers.pop();
    let last = begun().unwrap();
    drop(writers);
    let mut state = blobs.lock();
    let blob = Blob { name: String::new(), size: 0, media_type: String::new(), sha256: String::new(), changed: 0 };
    state.known.extend((0..MOST).map(|n| (n.to_string(), blob.clone())));
    drop(state);
    assert!(matches!(blobs.begin(&data, PLUGIN, QUOTA, "new", TEXT), Err(BlobFault::Failed(_))));
    assert!(blobs.begin(&data, PLUGIN, QUOTA, "7", TEXT).is_ok(), "that one is there");
    assert!(last.commit().is_err(), "others came first");
    assert_eq!(whole(&Blobs::default(), &data, "x"), None);
}

#[test]
fn of_many_who_write_one_name_each_is_whole_and_the_last_one_stays() {
    let (_folder, data) = folder();
    let blobs = Blobs::default();
    std::thread::scope(|scope| {
        for n in 0..8 {
            let (blobs, data) = (&blobs, &data);
            scope.spawn(move || {
                for _ in 0..20 {
                    write(blobs, data, "one", &[n; 100]).unwrap();
                }
            });
        }
        for _ in 0..200 {
            let Some(content) = whole(&blobs, &data, "one") else { continue };
            assert!(content.len() == 100 && content.iter().all(|byte| *byte == content[0]), "a mixture");
        }
    });
    let at_rest = whole(&blobs, &data, "one");
    assert_eq!(whole(&Blobs::default(), &data, "one"), at_rest);
    assert_eq!(blobs.room(&data, PLUGIN).unwrap().taken, 100);
    assert_eq!(data.read_dir(format!("{PLUGIN}/{FOLDER}")).unwrap().count(), 1);
}

#[test]
fn blobs_are_listed_page_by_page_and_renamed_in_place_of_others() {
    let (_folder, data) = folder();
    let blobs = Blobs::default();
    for name in ["a", "b/1", "b/2", "b/3", "c"] {
        write(&blobs, &data, name, name.as_bytes()).unwrap();
    }
    let page = |after| -> Vec<String> {
        blobs.scan(&data, PLUGIN, "b/", after, 2).unwrap().into_iter().map(|blob| blob.name).collect()
    };
    assert_eq!(
        (page(None), page(Some("b/2")), page(Some("b/3"))),
        (vec!["b/1".into(), "b/2".into()], vec!["b/3".into()], vec![])
    );
    assert_eq!(page(Some("a")), ["b/1", "b/2"]);
    assert_eq!(blobs.rename(&data, PLUGIN, "a", "c"), Ok(true));
    assert_eq!(blobs.rename(&data, PLUGIN, "a", "x"), Ok(false));
    assert_eq!(blobs.rename(&data, PLUGIN, "c", "c"), Ok(true));
    assert_eq!(whole(&blobs, &data, "c").as_deref(), Some(&b"a"[..]));
    assert_eq!(names(&Blobs::default(), &data), ["b/1", "b/2", "b/3", "c"]);
}

#[test]
fn who_reads_goes_on_reading_what_was_there() {
    let (_folder, data) = folder();
    let blobs = Blobs::default();
    write(&blobs, &data, "one", b"before").unwrap();
    let open = blobs.file(&data, PLUGIN, "one").unwrap().unwrap();
    write(&blobs, &data, "one", b"after it").unwrap();
    let mut read = String::new();
    open.file.take(open.blob.size).read_to_string(&mut read).unwrap();
    assert_eq!(read, "before");
}

#[test]
fn files_that_are_damaged_or_strange_are_no_blobs_and_stay() {
    let (_folder, data) = folder();
    write(&Blobs::default(), &data, "sound", b"sound").unwrap();
    let folder = data.open_dir(format!("{PLUGIN}/{FOLDER}")).unwrap();
    let sound = folder.read(file_name("sound")).unwrap();
    for (name, content) in [
        (file_name("cut"), &sound[..sound.len() - 1]),
        (file_name("empty"), &[][..]),
        (file_name("a\nb"), &sound[..]),
        ("no-hex".to_owned(), &sound[..]),
    ] {
        folder.write(name, content).unwrap();
    }
    let blobs = Blobs::default();
    assert_eq!(names(&blobs, &data), ["sound"]);
    assert_eq!(folder.entries().unwrap().count(), 5);
    assert_eq!(whole(&blobs, &data, "cut"), None);
}

#[test]
fn data_that_was_erased_takes_nothing_any_more() {
    let (_folder, data) = folder();
    let blobs = Blobs::default();
    let mut writing = blobs.begin(&data, PLUGIN, QUOTA, "late", TEXT).unwrap();
    writing.append(b"late").unwrap();
    blobs.forget();
    data.remove_dir_all(PLUGIN).unwrap();
    assert!(writing.commit().is_err());
    assert!(!data.exists(PLUGIN));
}

/// Not a test by itself: the process that is killed below.
#[test]
fn the_killed_writes_here() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let data = Dir::open_ambient_dir(path, ambient_authority()).unwrap();
    let blobs = Blobs::default();
    let mut writing = blobs.begin(&data, PLUGIN, QUOTA, "one", TEXT).unwrap();
    writing.append(b"half of anoth").unwrap();
    let mut out = std::io::stderr();
    writeln!(out, "half").unwrap();
    std::thread::sleep(std::time::Duration::from_secs(600));
}

#[test]
fn what_a_process_was_writing_that_was_killed_has_never_been() {
    let (folder, data) = folder();
    write(&Blobs::default(), &data, "one", b"before").unwrap();
    let this = std::env::current_exe().unwrap();
    let mut child = Command::new(this)
        .args(["--exact", "blobs::tests::the_killed_writes_here", "--nocapture"])
        .env(CHILD, folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok).any(|line| line == "half");
    assert!(said, "it has not begun to write");
    // SIGKILL.
    child.kill().unwrap();
    child.wait().unwrap();
    let folder = data.open_dir(format!("{PLUGIN}/{FOLDER}")).unwrap();
    assert_eq!(folder.entries().unwrap().count(), 2);
    let blobs = Blobs::default();
    assert_eq!(whole(&blobs, &data, "one").as_deref(), Some(&b"before"[..]));
    assert_eq!(folder.entries().unwrap().count(), 1, "what was left of it is gone");
    assert_eq!(blobs.room(&data, PLUGIN).unwrap().taken, 6);
}
