//! `[recording]`: which calls are recorded, and what becomes of it.

use super::Bounded;
use jackfield_model::{Direction, Language};
use serde::{Deserialize, Deserializer, de::Error};
use std::path::PathBuf;

/// `[recording]`
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct Recording {
    /// Which calls.
    pub policy: RecordingPolicy,
    /// The extensions that `always` is about; all when empty.
    pub extensions: Vec<jackfield_model::Number>,
    /// The ways of calls that `always` is about.
    pub directions: Vec<Direction>,
    /// How much of the sound is kept.
    pub quality: RecordingQuality,
    /// Which kind of file it is kept in.
    pub format: RecordingFormat,
    /// Whether the two sides are kept apart.
    pub tracks: RecordingTracks,
    /// A WAV file that both hear before it begins. Relative to the configuration file.
    pub announcement: Option<PathBuf>,
    /// The house's own words in this language, where there is no such file.
    pub announce_in: Option<Language>,
    /// Seconds from beep to beep; 0 for none.
    pub beep: Bounded<0, 3_600>,
    /// Keys that start and stop it; none when empty.
    pub start_key: Keys,
    /// Keys that pause it and go on with it; none when empty.
    pub pause_key: Keys,
    /// Days that recordings are kept; 0 for ever.
    pub retention_days: Bounded<0, 36_500>,
    /// Room for all of them, in millions of bytes; 0 for no limit.
    pub max_megabytes: Bounded<0, 100_000_000>,
    /// Whether people hear the recordings of their own calls.
    pub users_listen: bool,
}

/// Which calls are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "kebab-case")]
pub enum RecordingPolicy {
    /// None.
    Off,
    /// Those in which somebody asks for it.
    OnDemand,
    /// Those that are named, from the first word.
    Always,
}

/// How much of the sound is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "kebab-case")]
pub enum RecordingQuality {
    /// 8,000 samples a second.
    Telephone,
    /// 16,000 samples a second.
    Wide,
}

/// Which kind of file recordings are kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "kebab-case")]
pub enum RecordingFormat {
    /// Samples as they are.
    Wav,
    /// Opus in Ogg.
    Opus,
}

/// Whether the two sides are kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "kebab-case")]
pub enum RecordingTracks {
    /// One on the left and one on the right.
    Stereo,
    /// Both in one.
    Mixed,
}

/// Up to eight keys of a telephone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Serialize))]
pub struct Keys(pub String);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.len() > 8 || !text.chars().all(|key| key.is_ascii_digit() || "*#ABCD".contains(key)) {
            return Err(D::Error::custom(format!(
                "“{text}” cannot be pressed: use up to 8 of 0 to 9, *, # and A to D"
            )));
        }
        Ok(Self(text))
    }
}

impl Default for Recording {
    fn default() -> Self {
        Self {
            policy: RecordingPolicy::Off,
            extensions: Vec::new(),
            directions: vec![Direction::Internal, Direction::Inbound, Direction::Outbound],
            quality: RecordingQuality::Telephone,
            format: RecordingFormat::Wav,
            tracks: RecordingTracks::Stereo,
            announcement: None,
            announce_in: None,
            beep: Bounded(0),
            start_key: Keys(String::from("*1")),
            pause_key: Keys(String::from("*2")),
            retention_days: Bounded(90),
            max_megabytes: Bounded(10_000),
            users_listen: false,
        }
    }
}
