//! The files of a plugin's pages: what a browser loads, as it lies in the package's `ui/`.

use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, sync::Arc};

/// Largest file.
const LARGEST_FILE: usize = 2 << 20;
/// All files of one package together.
const LARGEST_WHOLE: usize = 8 << 20;
const MOST_FILES: usize = 200;
/// Longest path, and most folders in it.
const LONGEST_PATH: usize = 120;
const DEEPEST: usize = 4;

/// What a file may be, by the end of its name.
const KINDS: [(&str, &str); 7] = [
    ("html", "text/html; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("json", "application/json"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("woff2", "font/woff2"),
];

/// One file of a page.
#[derive(Clone, Debug)]
pub struct UiFile {
    /// Its content, shared by all who load it.
    pub bytes: Arc<[u8]>,
    /// Its media type.
    pub media_type: &'static str,
}

/// All files of a package's pages.
#[derive(Default)]
pub(crate) struct Ui {
    files: BTreeMap<String, Arc<[u8]>>,
    size: usize,
}

impl Ui {
    /// Add the file at `path` below `ui/`. The error says what is wrong with it.
    pub(crate) fn add(&mut self, path: String, bytes: Vec<u8>) -> Result<(), String> {
        self.size += bytes.len();
        if bytes.len() > LARGEST_FILE {
            return Err(format!("it is larger than {} MiB", LARGEST_FILE >> 20));
        }
        if self.size > LARGEST_WHOLE {
            return Err(format!("all files in ui/ together are larger than {} MiB", LARGEST_WHOLE >> 20));
        }
        if self.files.len() == MOST_FILES {
            return Err(format!("there are more than {MOST_FILES} files in ui/"));
        }
        self.files.insert(path, bytes.into());
        Ok(())
    }

    pub(crate) fn find(&self, path: &str) -> Option<UiFile> {
        let bytes = Arc::clone(self.files.get(path)?);
        Some(UiFile { bytes, media_type: media_type(path)? })
    }

    /// A word that changes with every change of a file.
    pub(crate) fn build(&self) -> String {
        let mut digest = Sha256::new();
        for (path, bytes) in &self.files {
            digest.update((path.len() as u64).to_be_bytes());
            digest.update(path);
            digest.update((bytes.len() as u64).to_be_bytes());
            digest.update(bytes);
        }
        hex::encode(&digest.finalize()[..8])
    }
}

/// Whether a file below `ui/` may have this path: letters, digits, `-`, `_` and `.`, no hidden file, a known kind.
pub(crate) fn is_ui_path(path: &str) -> bool {
    let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let part = |part: &str| !part.is_empty() && !part.starts_with('.') && part.chars().all(sound);
    path.len() <= LONGEST_PATH
        && path.split('/').count() <= DEEPEST
        && path.split('/').all(part)
        && media_type(path).is_some()
}

fn media_type(path: &str) -> Option<&'static str> {
    let (name, kind) = path.rsplit_once('.')?;
    if name.is_empty() || name.ends_with('/') {
        return None;
    }
    KINDS.iter().find(|(ending, _)| *ending == kind).map(|(_, media_type)| *media_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_or_are_of_another_kind_have_no_place() {
        for path in ["a.html", "assets/app-4f_2.js", "a/b/c/d.woff2"] {
            assert!(is_ui_path(path), "{path}");
        }
        for path in [
            "../a.html",
            "a/../b.html",
            "/a.html",
            "a//b.html",
            ".git/a.html",
            "a.exe",
            "html",
            "a b.html",
            "a/b/c/d/e.js",
            "ä.js",
        ] {
            assert!(!is_ui_path(path), "{path}");
        }
    }

    #[test]
    fn sizes_and_numbers_are_bounded() {
        let mut ui = Ui::default();
        assert!(ui.add("a.js".into(), vec![0; LARGEST_FILE + 1]).unwrap_err().contains("2 MiB"));
        let mut ui = Ui::default();
        for n in 0..4 {
            ui.add(format!("{n}.js"), vec![0; LARGEST_FILE]).unwrap();
        }
        assert!(ui.add("one-more.js".into(), vec![0]).unwrap_err().contains("8 MiB"));
        let mut ui = Ui::default();
        for n in 0..MOST_FILES {
            ui.add(format!("{n}.js"), vec![0]).unwrap();
        }
        assert!(ui.add("one-more.js".into(), vec![0]).is_err());
    }

    #[test]
    fn the_build_changes_with_a_name_and_with_a_byte() {
        let build = |path: &str, bytes: &[u8]| {
            let mut ui = Ui::default();
            ui.add(path.into(), bytes.to_vec()).unwrap();
            ui.build()
        };
        assert_eq!(build("a.js", b"1"), build("a.js", b"1"));
        assert_ne!(build("a.js", b"1"), build("a.js", b"2"));
        assert_ne!(build("a.js", b"1"), build("b.js", b"1"));
    }
}
