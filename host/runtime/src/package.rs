//! One archive, `<name>-<version>.jackfield`: a zip whose every file is listed with its digest.
//!
//! ```text
//! plugin.toml              what the plugin says about itself        required
//! component.wasm           the WebAssembly component                required
//! digests                  SHA-256 of every other file              required
//! signature                who has made it, and a signature over `digests`
//! settings.schema.json     JSON Schema 2020-12 of its settings
//! locales/<language>.json  { "English text": "translated text" }
//! prompts/<language>/<name>.wav
//! ui/…                     the files of its pages: HTML, scripts, styles, pictures, fonts
//! README.md  CHANGELOG.md  LICENSE*
//! ```
//!
//! Archives come from strangers: names, sizes, counts and digests are checked before anything is believed.

use crate::{
    manifest::{Manifest, ManifestError, is_language, is_name},
    prompts::Prompts,
    settings::Schema,
    signature::{PublicKey, Signature, SigningKey},
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
/// Largest component. Of the languages that plugins are written in, none makes them half as large.
const LARGEST_COMPONENT: u64 = 32 << 20;
/// Most bytes of what has changed in one version.
const MOST_CHANGES: usize = 4_000;
const DIGESTS: &str = "digests";
const SIGNATURE: &str = "signature";
/// What packages are signed for: signatures for other purposes do not fit.
const PURPOSE: &str = "jackfield package 1";

/// What an archive holds, checked and decoded.
pub(crate) struct Package {
    pub(crate) manifest: Manifest,
    /// Whose signature it bears, checked; whether that key is trusted is another question.
    pub(crate) signer: Option<PublicKey>,
    /// What has changed in this version, as its `CHANGELOG.md` has it.
    pub(crate) changes: String,
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
    /// The signature is none, or was made over other files.
    #[error("the signature of the package is not valid: {0}")]
    Signature(String),
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
        let signer = match files.remove(SIGNATURE) {
            Some(signature) => Some(check_signature(&signature, &listed)?),
            None => None,
        };
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

        let changes = match files.remove("CHANGELOG.md") {
            Some(log) => changes_in(&text("CHANGELOG.md", log)?, &manifest.version.to_string()),
            None => String::new(),
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
        Ok(Self { manifest, signer, changes, component, schema, locales, prompts: Arc::new(prompts), ui })
    }

    /// Its pages, with their titles in every language that it has.
    pub(crate) fn pages(&self) -> Vec<PluginPage> {
        let build = self.ui.build();
        let page = |page: &crate::manifest::Page| PluginPage {
            plugin: self.manifest.id.clone(),
            id: page.id.clone(),
            title: page.title.clone(),
            titles: self.in_other_languages(&page.title),
            icon: page.icon.clone(),
            place: page.place,
            roles: page.roles.clone(),
            file: page.file.clone(),
            build: build.clone(),
        };
        self.manifest.pages.iter().map(page).collect()
    }

    /// A text of its manifest in every language that it has, by their codes.
    pub(crate) fn in_other_languages(&self, text: &str) -> BTreeMap<String, String> {
        let known = self.locales.iter().filter_map(|(language, texts)| Some((language, texts.get(text)?)));
        known.map(|(language, text)| (language.clone(), text.clone())).collect()
    }
}

/// Make an archive of these files, digests included, signed when there is a key. The same files and key always give the
/// same bytes.
///
/// # Errors
/// When a file's name has no place in a package, or the whole is too large.
pub fn pack(files: &BTreeMap<String, Vec<u8>>, key: Option<&SigningKey>) -> Result<Vec<u8>, PackageError> {
    if let Some(stray) = files.keys().find(|name| place(name).is_none() || is_seal(name)) {
        return Err(PackageError::Stray(stray.clone()));
    }
    let mut digests = String::new();
    for (name, bytes) in files {
        let _ = writeln!(digests, "{}  {name}", hex::encode(Sha256::digest(bytes)));
    }
    let signature = key.map(|key| signature_file(&key.sign(PURPOSE, digests.as_bytes())));
    let seals = [Some((DIGESTS, digests.as_bytes())), signature.as_ref().map(|text| (SIGNATURE, text.as_bytes()))];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options =
        SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated).unix_permissions(0o644);
    let failed = |e: &dyn std::fmt::Display| PackageError::NotAnArchive(e.to_string());
    for (name, bytes) in files.iter().map(|(n, b)| (n.as_str(), b.as_slice())).chain(seals.into_iter().flatten()) {
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

/// Sign an archive, in place of a signature that it bears.
///
/// # Errors
/// When it is no sound package.
pub fn sign(archive: &[u8], key: &SigningKey) -> Result<Vec<u8>, PackageError> {
    Package::open(archive)?;
    let mut files = unpack(archive)?;
    files.retain(|name, _| !is_seal(name));
    pack(&files, Some(key))
}

/// Whose signature an archive bears; `None` when it is not signed.
///
/// # Errors
/// When it is no sound package, or the signature does not fit.
pub fn signer(archive: &[u8]) -> Result<Option<PublicKey>, PackageError> {
    Package::open(archive).map(|package| package.signer)
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
        ["plugin.toml" | "component.wasm" | "settings.schema.json" | "README.md" | "CHANGELOG.md"] => Some(Place::Top),
        [DIGESTS | SIGNATURE] => Some(Place::Top),
        [file] if file.starts_with("LICENSE") => Some(Place::Top),
        ["locales", file] => file.strip_suffix(".json").filter(|l| is_language(l)).map(Place::Locale),
        ["prompts", language, file] if is_language(language) => {
            file.strip_suffix(".wav").filter(|n| is_name(n)).map(|prompt| Place::Prompt(language, prompt))
        }
        ["ui", ..] => name.strip_prefix("ui/").filter(|path| is_ui_path(path)).map(Place::Ui),
        _ => None,
    }
}

/// What stands for the other files: made anew whenever a package is packed.
fn is_seal(name: &str) -> bool {
    name == DIGESTS || name == SIGNATURE
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
        let limit = if name == "component.wasm" { LARGEST_COMPONENT } else { LARGEST_FILE };
        file.take(limit + 1).read_to_end(&mut bytes).map_err(|e| damaged(&e))?;
        whole += bytes.len() as u64;
        if bytes.len() as u64 > limit {
            return Err(too_large(&name, limit));
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

fn signature_file(signature: &Signature) -> String {
    format!(
        "# Ed25519 (RFC 8032) over “{PURPOSE}”, a line feed, and the file “{DIGESTS}”.\nkey = \"{}\"\nsignature = \"{}\"\n",
        signature.key, signature.signature
    )
}

fn check_signature(file: &[u8], digests: &[u8]) -> Result<PublicKey, PackageError> {
    let unreadable = || PackageError::Signature("the file “signature” holds no key and signature".into());
    let text = std::str::from_utf8(file).ok().filter(|text| text.len() < 1_000).ok_or_else(unreadable)?;
    let signature: Signature = toml::from_str(text).map_err(|_| unreadable())?;
    if !signature.fits(PURPOSE, digests) {
        let text = "it was not made by the key that it names, or not over these files; get the package from its publisher again";
        return Err(PackageError::Signature(text.into()));
    }
    Ok(signature.key)
}

/// What a log of changes says under the heading that names this version, down to the next heading of the same depth.
fn changes_in(log: &str, version: &str) -> String {
    let is_word =
        |heading: &str| heading.split(|c: char| c.is_whitespace() || "[]()".contains(c)).any(|w| w == version);
    let mut lines = log.lines();
    let Some(heading) = lines.by_ref().find(|line| line.starts_with('#') && is_word(line)) else {
        return String::new();
    };
    let depth = heading.chars().take_while(|c| *c == '#').count();
    let ends = |line: &str| line.starts_with('#') && line.chars().take_while(|c| *c == '#').count() <= depth;
    let section: Vec<&str> = lines.take_while(|line| !ends(line)).collect();
    section.join("\n").trim().chars().take(MOST_CHANGES).collect()
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
        let archive = pack(&files(), None).unwrap();
        let package = Package::open(&archive).unwrap();
        assert_eq!(package.component, b"\0asm");
        assert_eq!(package.locales["de"]["A test."], "Ein Test.");
        assert_eq!(archive, pack(&files(), None).unwrap(), "the same files give the same bytes");
    }

    #[test]
    fn a_page_needs_its_file_and_brings_its_title_in_every_language() {
        let page = "[[pages]]\nid = 'notes'\ntitle = 'Notes'\nfile = 'notes.html'\n";
        let mut files = files();
        files.insert("plugin.toml".into(), format!("{MANIFEST}{page}").into_bytes());
        files.insert("locales/fr.json".into(), br#"{"Notes":"Notes de service"}"#.to_vec());
        let missing = refusal(&pack(&files, None).unwrap());
        assert_eq!(missing, "ui/notes.html: the page “notes” needs it, but the package does not hold it");
        files.insert("ui/notes.html".into(), b"<!doctype html>".to_vec());
        let pages = Package::open(&pack(&files, None).unwrap()).unwrap().pages();
        assert_eq!((pages[0].id.as_str(), pages[0].icon.as_str()), ("notes", "puzzle"));
        assert_eq!(pages[0].titles, BTreeMap::from([("fr".to_owned(), "Notes de service".to_owned())]));
        files.insert("ui/../evil.js".into(), b"x".to_vec());
        assert!(pack(&files, None).is_err());
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
        let bomb = zip(&[("README.md", &zeros)]);
        assert!(bomb.len() < 1 << 20, "it should be small when packed: {}", bomb.len());
        assert_eq!(refusal(&bomb), "the package is too large: README.md is more than 48 MiB");
        let bomb = zip(&[("component.wasm", &zeros)]);
        assert_eq!(refusal(&bomb), "the package is too large: component.wasm is more than 32 MiB");
        let third = vec![0; (LARGEST_WHOLE / 3) as usize + 1];
        let many = zip(&[("CHANGELOG.md", &third), ("README.md", &third), ("LICENSE", &third)]);
        assert_eq!(refusal(&many), "the package is too large: what it unpacks to is more than 128 MiB");
    }

    #[test]
    fn a_changed_file_is_noticed() {
        let mut changed = files();
        let digests = {
            let archive = pack(&changed, None).unwrap();
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
    fn a_signature_holds_for_these_files_alone() {
        let (key, _) = SigningKey::generate().unwrap();
        let signed = pack(&files(), Some(&key)).unwrap();
        assert_eq!(signer(&signed).unwrap(), Some(key.public()));
        assert_eq!(signer(&pack(&files(), None).unwrap()).unwrap(), None);
        assert_eq!(sign(&pack(&files(), None).unwrap(), &key).unwrap(), signed, "packed and signed is signed");
        let (other, _) = SigningKey::generate().unwrap();
        assert_eq!(signer(&sign(&signed, &other).unwrap()).unwrap(), Some(other.public()), "signed by somebody else");

        // The signature of one package under the files of another, whose digests are right.
        let mut others = files();
        others.insert("component.wasm".into(), b"\0asm evil".to_vec());
        let evil = unpack(&pack(&others, None).unwrap()).unwrap();
        let signature = unpack(&signed).unwrap().remove(SIGNATURE).unwrap();
        let mut forged: Vec<(&str, &[u8])> = evil.iter().map(|(n, b)| (n.as_str(), b.as_slice())).collect();
        forged.push((SIGNATURE, &signature));
        let said = refusal(&zip(&forged));
        assert!(said.starts_with("the signature of the package is not valid: it was not made by the key"), "{said}");
        let last = forged.len() - 1;
        forged[last].1 = b"key = 'no'";
        let said = refusal(&zip(&forged));
        assert!(said.contains("the file “signature” holds no key and signature"), "{said}");
    }

    #[test]
    fn links_are_refused() {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        zip.add_symlink("README.md", "/etc/passwd", SimpleFileOptions::default()).unwrap();
        let archive = zip.finish().unwrap().into_inner();
        assert_eq!(refusal(&archive), "the package holds “README.md”, which does not belong there");
    }

    #[test]
    fn too_many_files_are_refused_before_one_is_read() {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for n in 0..=MOST_FILES {
            zip.start_file(format!("ui/{n}.html"), SimpleFileOptions::default()).unwrap();
        }
        let archive = zip.finish().unwrap().into_inner();
        assert_eq!(refusal(&archive), "the package is too large: it holds 2001 files, at most 2000 are taken");
    }

    #[test]
    fn what_has_changed_is_read_from_the_section_of_the_version() {
        let log = "# Changes\n\n## 1.1.0\n\n- New.\n\n### More\n\n- Newer.\n\n## [1.0.0] (2026-01-02)\n- Old.\n";
        assert_eq!(changes_in(log, "1.1.0"), "- New.\n\n### More\n\n- Newer.");
        assert_eq!(changes_in(log, "1.0.0"), "- Old.");
        assert_eq!(changes_in(log, "1.0"), "");
    }

    #[test]
    fn bytes_that_are_no_archive_are_said_to_be_none() {
        for bytes in [&b""[..], b"PK\x03\x04", &[0xff; 1_000]] {
            assert!(refusal(bytes).starts_with("this is not a plugin package"));
        }
        let whole = pack(&files(), None).unwrap();
        for cut in [10, whole.len() / 2, whole.len() - 1] {
            refusal(&whole[..cut]);
        }
    }
}
