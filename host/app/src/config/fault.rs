//! What is wrong with a configuration file, in one sentence with its line.

use std::{
    fmt,
    path::{Path, PathBuf},
};

/// A key counts as a slip of the pen when it is at least this like the known one (Jaro-Winkler, 0 to 1).
const NEAR: f64 = 0.84;

/// What is wrong with a configuration file.
#[derive(Debug)]
pub struct ConfigError {
    file: Option<PathBuf>,
    line: Option<usize>,
    text: String,
}

impl ConfigError {
    pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        Self { file: Some(path.to_owned()), line: None, text: format!("the file cannot be read: {error}") }
    }

    pub(super) fn invalid(source: &str, error: &toml::de::Error) -> Self {
        let line = error
            .span()
            .map(|span| 1 + source.as_bytes()[..span.start.min(source.len())].iter().filter(|b| **b == b'\n').count());
        let first = error.message().lines().next().unwrap_or_default();
        Self { file: None, line, text: unknown_key(first).unwrap_or_else(|| first.to_owned()) }
    }

    pub(super) fn conflict(text: String) -> Self {
        Self { file: None, line: None, text }
    }

    pub(super) fn in_file(self, path: &Path) -> Self {
        Self { file: Some(path.to_owned()), ..self }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, "{}, line {line}: {}", file.display(), self.text),
            (Some(file), None) => write!(f, "{}: {}", file.display(), self.text),
            (None, Some(line)) => write!(f, "line {line}: {}", self.text),
            (None, None) => f.write_str(&self.text),
        }
    }
}

impl std::error::Error for ConfigError {}

/// serde says “unknown field `a`, expected one of `b`, `c`”; people want to hear which one they meant.
fn unknown_key(message: &str) -> Option<String> {
    let mut quoted = message.strip_prefix("unknown field ")?.split('`').skip(1).step_by(2);
    let key = quoted.next()?;
    let mut known: Vec<&str> = quoted.collect();
    let near = known.iter().map(|k| (strsim::jaro_winkler(key, k), *k)).max_by(|a, b| a.0.total_cmp(&b.0));
    Some(match near {
        Some((likeness, name)) if likeness >= NEAR => format!("unknown key “{key}”; did you mean “{name}”?"),
        _ => {
            known.sort_unstable();
            format!("unknown key “{key}”; known here are {}", known.join(", "))
        }
    })
}
