//! Prompts and music that were uploaded.

use crate::TimestampMs;
use serde::{Deserialize, Serialize};

/// What a sound is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum SoundKind {
    /// It is heard in place of plugins' prompts of the same name and language.
    Prompt,
    /// It is heard by whoever waits, when it is in the playlist.
    Music,
}

impl SoundKind {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::Music => "music",
        }
    }
}

/// A sound that was uploaded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sound {
    /// Which one.
    pub id: u64,
    /// What it is for.
    pub kind: SoundKind,
    /// Its name; of a prompt, that of the prompts that it replaces.
    pub name: String,
    /// The language of a prompt; empty for music.
    pub language: String,
    /// How long it lasts, in milliseconds.
    pub duration: u64,
    /// Size of its file.
    pub bytes: u64,
    /// How loud it is, in LUFS (ITU-R BS.1770).
    pub loudness: f64,
    /// When it was uploaded.
    pub created: TimestampMs,
    /// Login name of who uploaded it.
    pub created_by: String,
    /// Its place in the playlist of music on hold, from 0; none when it is not in it.
    pub place: Option<u32>,
}
