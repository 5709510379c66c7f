//! One archive, `<name>-<version>.jackfield`: a zip whose every file is listed with its digest.
//!
//! ```text
//! plugin.toml              what the plugin says about itself        required
//! component.wasm           the WebAssembly component                required
//! digests                  SHA-256 of every other file              required
//! settings.schema.json     JSON Schema 2020-12 of its settings
//! locales/<language>.json  { "English text": "translated text" }
//! prompts/<language>/<name>.wav
//! ui/…                     the files of its pages: HTML, scripts, styles, pictures, fonts
//! README.md  LICENSE*
//! ```
//!
//! Archives come from strangers: names, sizes, counts and digests are checked before anything is believed.

use crate::{
    manifest::{Manifest, ManifestError, is_language, is_name},
    prompts::Prompts,
    settings::Schema,
    ui::{Ui, is_ui_path},
};
use jackfield_model::PluginPage;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io::{Cursor, Read, Write as _},
    sync::Arc,
};
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

/// Largest archive.
pub const LARGEST_ARCHIVE: usize = 64 << 20;
/// Largest file in one, unpacked.
const LARGEST_FILE: u64 = 48 << 20;
/// All files together, unpacked.
const LARGEST_WHOLE: u64 = 128 << 20;
const MOST_FILES: usize = 2_000;
const DIGESTS: &str = "digests";

/// What an archive holds, checked and decoded.
pub(crate) struct Package {
    pub(crate) manifest: Manifest,
    pub(crate) component: Vec<u8>,
    pub(crate) schema: Schema,
    /// By language: English text → translated text.
    pub(crate) locales: BTreeMap<String, BTreeMap<String, String>>,
    pub(crate) prompts: Arc<Prompts>,
    pub(crate) ui: Ui,
}

/// An archive that is not a package: what is wrong with which file.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// Not a zip archive, or a damaged one.
    #[error("this is not a plugin package: {0}")]
    NotAnArchive(String),
    /// Too large, packed or unpacked.
    #[error("the package is too large: {0}")]
    TooLarge(String),
    /// A file that must not be there, or a name that would lead out of the package.
    #[error("the package holds “{0}”, which does not belong there")]
    Stray(String),
    /// A file is missing.
    #[error("the package holds no {0}")]
    Missing(&'static str),
    /// A file differs from its digest, or the list of digests is incomplete.
    #[error("the package is damaged or was changed: {0}")]
    Digest(String),
    /// `plugin.toml`.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// Any other file; its name and what is wrong.
    #[error("{0}: {1}")]
    File(String, String),
}

impl Package {
    /// Read and check an archive.
    pub(crate) fn open(archive: &[u8]) -> Result<Self, PackageError> {
        let mut files = unpack(archive)?;
        let listed = files.remove(DIGESTS).ok_or(PackageError::Missing(DIGESTS))?;
        check_digests(&files, &listed)?;

        let manifest = files.remove("plugin.toml").ok_or(PackageError::Missing("plugin.toml"))?;
        let manifest = Manifest::parse(&text("plugin.toml", manifest)?)?;
        let component = files.remove("component.wasm").ok_or(PackageError::Missing("component.wasm"))?;
        let schema = match files.remove("settings.schema.json") {
            Some(bytes) => {
                Schema::new(json("settings.schema.json", &bytes)?).map_err(|why| wrong("settings.schema.json", why))?
            }
            None => Schema::empty(),
        };

        let (mut locales, mut prompts, mut ui) = (BTreeMap::new(), Prompts::default(), Ui::default());
        for (name, bytes) in files {
            match place(&name) {
                Some(Place::Locale(language)) => {
                    let texts = serde_json::from_slice(&bytes)
                        .map_err(|e| wrong(&name, format!("it must be an object of texts ({e})")))?;
                    locales.insert(language.to_owned(), texts);
                }
                Some(Place::Prompt(language, prompt)) => {
                    prompts.add(language, prompt, &bytes).map_err(|why| wrong(&name, why))?;
                }
                Some(Place::Ui(path)) => {
                    let path = path.to_owned();
                    ui.add(path, bytes).map_err(|why| wrong(&name, why))?;
                }
                Some(Place::Top) => {}
                None => return Err(PackageError::Stray(name)),
            }
        }
        if let Some(page) = manifest.pages.iter().find(|page| ui.find(&page.file).is_none()) {
            let text = format!("the page “{}” needs it, but the package does not hold it", page.id);
            return Err(wrong(&format!("ui/{}", page.file), text));
        }
        Ok(Self { manifest, component, schema, locales, prompts: Arc::new(prompts), ui })
    }

    /// Its pages, with their titles in every language that it has.
    pub(crate) fn pages(&self) -> Vec<PluginPage> {
        let build = self.ui.build();
        let titles = |title: &str| {
            let known = self.locales.iter().filter_map(|(language, texts)| Some((language, texts.get(title)?)));
            known.map(|(language, text)| (language.clone(), text.clone())).collect()
        };
        let page = |page: &crate::manifest::Page| PluginPage {
            plugin: self.manifest.id.clone(),
            id: page.id.clone(),
            title: page.title.clone(),
            titles: titles(&page.title),
            icon: page.icon.clone(),
            place: page.place,
            roles: page.roles.clone(),
            file: page.file.clone(),
            build: build.clone(),
        };
        self.manifest.pages.iter().map(page).collect()
    }
}

/// Make an archive of these files, digests included. The same files always give the same bytes.
///
/// # Errors
/// When a file's name has no place in a package, or the whole is too large.
pub fn pack(files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>, PackageError> {
    if let Some(stray) = files.keys().find(|name| place(name).is_none() || *name == DIGESTS) {
        return Err(PackageError::Stray(stray.clone()));
    }
    let mut digests = String::new();
    for (name, bytes) in files {
        let _ = writeln!(digests, "{}  {name}", hex::encode(Sha256::digest(bytes)));
    }
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options =
        SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated).unix_permissions(0o644);
    let failed = |e: &dyn std::fmt::Display| PackageError::NotAnArchive(e.to_string());
    for (name, bytes) in files.iter().map(|(n, b)| (n.as_str(), b.as_slice())).chain([(DIGESTS, digests.as_bytes())]) {
        zip.start_file(name, options).map_err(|e| failed(&e))?;
        zip.write_all(bytes).map_err(|e| failed(&e))?;
    }
    let bytes = zip.finish().map_err(|e| failed(&e))?.into_inner();
    if bytes.len() > LARGEST_ARCHIVE {
        return Err(PackageError::TooLarge(format!(
            "{} MiB, at most {} are taken",
            bytes.len() >> 20,
            LARGEST_ARCHIVE >> 20
        )));
    }
    Ok(bytes)
}

/// Whether a file may be in a package, by its name.
pub fn has_place(name: &str) -> bool {
    place(name).is_some()
}

/// What a file in a package is, by its name.
enum Place<'a> {
    Top,
    Locale(&'a str),
    Prompt(&'a str, &'a str),
    Ui(&'a str),
}

fn place(name: &str) -> Option<Place<'_>> {
    let parts: Vec<&str> = name.split('/').collect();
    match parts[..] {
        ["plugin.toml" | "component.wasm" | "settings.schema.json" | "README.md" | DIGESTS] => Some(Place::Top),
        [file] if file.starts_with("LICENSE") => Some(Place::Top),
        ["locales", file] => file.strip_suffix(".json").filter(|l| is_language(l)).map(Place::Locale),
        ["prompts", language, file] if is_language(language) => {
            file.strip_suffix(".wav").filter(|n| is_name(n)).map(|prompt| Place::Prompt(language, prompt))
        }
        ["ui", ..] => name.strip_prefix("ui/").filter(|path| is_ui_path(path)).map(Place::Ui),
        _ => None,
    }
}

/// Every file of a zip, by name; names, counts and sizes as read, never as declared.
fn unpack(archive: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, PackageError> {
    let damaged = |e: &dyn std::fmt::Display| PackageError::NotAnArchive(e.to_string());
    let too_large = |what: &str, limit: u64| PackageError::TooLarge(format!("{what} is more than {} MiB", limit >> 20));
    if archive.len() > LARGEST_ARCHIVE {
        return Err(too_large("the archive", LARGEST_ARCHIVE as u64));
    }
    let mut zip = ZipArchive::new(Cursor::new(archive)).map_err(|e| damaged(&e))?;
    if zip.len() > MOST_FILES {
        return Err(PackageError::TooLarge(format!("it holds {} files, at most {MOST_FILES} are taken", zip.len())));
    }
    let (mut files, mut whole) = (BTreeMap::new(), 0);
    for index in 0..zip.len() {
        let file = zip.by_index(index).map_err(|e| damaged(&e))?;
        let name = file.name().map_err(|e| damaged(&e))?.into_owned();
        if file.is_dir() {
            continue;
        }
        // Links and names with `..`, a drive or a leading slash have no place, and so are never looked at.
        if file.is_symlink() || place(&name).is_none() {
            return Err(PackageError::Stray(name.chars().take(100).collect()));
        }
        let mut bytes = Vec::new();
        file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(|e| damaged(&e))?;
        whole += bytes.len() as u64;
        if bytes.len() as u64 > LARGEST_FILE {
            return Err(too_large(&name, LARGEST_FILE));
        }
        if whole > LARGEST_WHOLE {
            return Err(too_large("what it unpacks to", LARGEST_WHOLE));
        }
        if files.insert(name.clone(), bytes).is_some() {
            return Err(PackageError::NotAnArchive(format!("it holds “{name}” twice")));
        }
    }
    Ok(files)
}

fn check_digests(files: &BTreeMap<String, Vec<u8>>, listed: &[u8]) -> Result<(), PackageError> {
    let listed = std::str::from_utf8(listed).map_err(|_| PackageError::Digest("digests is not text".into()))?;
    let mut expected: BTreeMap<&str, &str> = BTreeMap::new();
    for line in listed.lines() {
        let (digest, name) = line
            .split_once("  ")
            .ok_or_else(|| PackageError::Digest("a line of digests is not “<sha-256>  <name>”".into()))?;
        expected.insert(name, digest);
    }
    for (name, bytes) in files {
        match expected.remove(name.as_str()) {
            Some(digest) if digest == hex::encode(Sha256::digest(bytes)) => {}
            Some(_) => return Err(PackageError::Digest(format!("{name} differs from its digest"))),
            None => return Err(PackageError::Digest(format!("{name} has no digest"))),
        }
    }
    match expected.keys().next() {
        Some(name) => Err(PackageError::Digest(format!("{name} is listed but missing"))),
        None => Ok(()),
    }
}

fn text(name: &str, bytes: Vec<u8>) -> Result<String, PackageError> {
    String::from_utf8(bytes).map_err(|_| wrong(name, "it is not UTF-8 text".into()))
}

fn json(name: &str, bytes: &[u8]) -> Result<Value, PackageError> {
    serde_json::from_slice(bytes).map_err(|e| wrong(name, e.to_string()))
}

fn wrong(name: &str, why: String) -> PackageError {
    PackageError::File(name.to_owned(), why)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "id = 'org.example.x'\nname = 'X'\nversion = '1.0.0'\npublisher = 'Example'\n\
        description = 'A test.'\nlicense = 'MIT'\napi = '^0.1'\n";

    fn files() -> BTreeMap<String, Vec<u8>> {
        BTreeMap::from([
            ("plugin.toml".to_owned(), MANIFEST.as_bytes().to_vec()),
            ("component.wasm".to_owned(), b"\0asm".to_vec()),
            ("locales/de.json".to_owned(), br#"{"A test.":"Ein Test."}"#.to_vec()),
        ])
    }

    fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn refusal(archive: &[u8]) -> String {
        match Package::open(archive) {
            Ok(_) => panic!("it was taken"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_is_packed_is_what_is_read() {
        let archive = pack(&files()).unwrap();
        let package = Package::open(&archive).unwrap();
        assert_eq!(package.component, b"\0asm");
        assert_eq!(package.locales["de"]["A test."], "Ein Test.");
        assert_eq!(archive, pack(&files()).unwrap(), "the same files give the same bytes");
    }

    #[test]
    fn a_page_needs_its_file_and_brings_its_title_in_every_language() {
        let page = "[[pages]]\nid = 'notes'\ntitle = 'Notes'\nfile = 'notes.html'\n";
        let mut files = files();
        files.insert("plugin.toml".into(), format!("{MANIFEST}{page}").into_bytes());
        files.insert("locales/fr.json".into(), br#"{"Notes":"Notes de service"}"#.to_vec());
        let missing = refusal(&pack(&files).unwrap());
        assert_eq!(missing, "ui/notes.html: the page “notes” needs it, but the package does not hold it");
        files.insert("ui/notes.html".into(), b"<!doctype html>".to_vec());
        let pages = Package::open(&pack(&files).unwrap()).unwrap().pages();
        assert_eq!((pages[0].id.as_str(), pages[0].icon.as_str()), ("notes", "puzzle"));
        assert_eq!(pages[0].titles, BTreeMap::from([("fr".to_owned(), "Notes de service".to_owned())]));
        files.insert("ui/../evil.js".into(), b"x".to_vec());
        assert!(pack(&files).is_err());
    }

    #[test]
    fn names_that_lead_out_of_the_package_are_refused() {
        for name in
            ["../../etc/passwd", "/etc/passwd", "prompts/../x.wav", "c:\\x", "ui/../x.html", "ui/x.exe", "evil.sh"]
        {
            assert_eq!(
                refusal(&zip(&[(name, b"x")])),
                format!("the package holds “{name}”, which does not belong there")
            );
        }
    }

    #[test]
    fn a_zip_bomb_stops_at_the_limit() {
        let zeros = vec![0; (LARGEST_FILE + 1) as usize];
        let bomb = zip(&[("component.wasm", &zeros)]);
        assert!(bomb.len() < 1 << 20, "it should be small when packed: {}", bomb.len());
        assert_eq!(refusal(&bomb), "the package is too large: component.wasm is more than 48 MiB");
        let third = vec![0; (LARGEST_WHOLE / 3) as usize + 1];
        let many = zip(&[("component.wasm", &third), ("README.md", &third), ("LICENSE", &third)]);
        assert_eq!(refusal(&many), "the package is too large: what it unpacks to is more than 128 MiB");
    }

    #[test]
    fn a_changed_file_is_noticed() {
        let mut changed = files();
        let digests = {
            let archive = pack(&changed).unwrap();
            unpack(&archive).unwrap().remove(DIGESTS).unwrap()
        };
        changed.insert("component.wasm".into(), b"evil".to_vec());
        let mut listed: Vec<(&str, &[u8])> = changed.iter().map(|(n, b)| (n.as_str(), b.as_slice())).collect();
        listed.push((DIGESTS, &digests));
        assert_eq!(
            refusal(&zip(&listed)),
            "the package is damaged or was changed: component.wasm differs from its digest"
        );
        listed.retain(|(name, _)| *name != "component.wasm");
        assert_eq!(
            refusal(&zip(&listed)),
            "the package is damaged or was changed: component.wasm is listed but missing"
        );
    }

    #[test]
    fn bytes_that_are_no_archive_are_said_to_be_none() {
        for bytes in [&b""[..], b"PK\x03\x04", &[0xff; 1_000]] {
            assert!(refusal(bytes).starts_with("this is not a plugin package"));
        }
        let whole = pack(&files()).unwrap();
        for cut in [10, whole.len() / 2, whole.len() - 1] {
            refusal(&whole[..cut]);
        }
    }
}
