//! `POST /sounds`: upload a prompt or music.

use crate::{
    ApiState,
    auth::Admin,
    error::{Problem, ProblemKind},
    input::{Check, Query, Upload},
};
use axum::{extract::State, http::StatusCode};
use jackfield_model::{Sound, SoundKind};
use jackfield_sounds::Unsuitable;
use jackfield_store::NewSound;
use serde::Deserialize;
use serde_json::json;
use std::{path::Path, time::Duration};
use utoipa::IntoParams;

/// Most sounds, and how long they may last together: they are kept in memory.
const MOST: (usize, Duration) = (500, Duration::from_secs(2 * 3_600));
/// Longest name.
pub(super) const NAME: usize = 64;

/// What is uploaded.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SoundQuery {
    /// What it is for.
    kind: SoundKind,
    /// Its name; of a prompt, that of the prompt that it replaces.
    name: String,
    /// The language of a prompt: `en`, `fr` or `de`, for instance. Not for music.
    #[serde(default)]
    language: String,
}

/// Takes a file of sound (WAV, AIFF, MP3, FLAC, Ogg Vorbis, AAC, M4A; at most 20 MB and 10 minutes), makes it as loud as all
/// others, and plays it from now on: a prompt in place of the plugins' prompts of its name and language, music to whoever
/// waits.
#[utoipa::path(post, path = "/sounds", tag = "sounds", params(SoundQuery),
    request_body(content_type = "application/octet-stream", description = "The file.", content = Vec<u8>),
    responses((status = 201, description = "It is played from now on.", body = Sound)))]
pub(crate) async fn upload(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Query(query): Query<SoundQuery>,
    Upload(file): Upload,
) -> Result<(StatusCode, axum::Json<Sound>), Problem> {
    let (name, language) = named(query.kind, &query.name, &query.language)?;
    room(&state).await?;
    // One at a time: each takes a processor for a moment, and some memory.
    let _turn = state.sounds.acquire().await.map_err(|closed| Problem::internal(&closed))?;
    let prepared = tokio::task::spawn_blocking(move || {
        let sound = jackfield_sounds::prepare(file.into())?;
        Ok::<_, Unsuitable>((sound.length(), sound.loudness, sound.to_wav()))
    });
    let prepared = prepared.await.map_err(|broken| Problem::internal(&broken))?;
    let (length, loudness, wav) = prepared.map_err(|unsuitable| {
        Problem::field(ProblemKind::Invalid, "file", unsuitable.code(), unsuitable.to_string())
    })?;
    let new = NewSound {
        kind: query.kind,
        name,
        language,
        duration: length.as_millis() as u64,
        bytes: wav.len() as u64,
        loudness,
        created_by: admin.user.login.clone(),
    };
    let id = state.store().add_sound(&new, state.now()).await?;
    if let Err(error) = write(&state.parts.sounds, id, &wav).await {
        state.store().delete_sound(id).await?;
        return Err(match error.kind() {
            std::io::ErrorKind::StorageFull => Problem::from(jackfield_store::StoreError::Full),
            _ => Problem::internal(&error),
        });
    }
    state.parts.telephony.reload_sounds().await;
    let detail = json!({ "kind": new.kind, "language": new.language, "seconds": length.as_secs() });
    state.audit(&admin, "sound.create", &new.name, detail).await;
    let sound = state.store().sound(id).await?.ok_or_else(|| Problem::not_found("sound", id))?;
    Ok((StatusCode::CREATED, axum::Json(sound)))
}

/// A name and a language as they are kept.
pub(super) fn named(kind: SoundKind, name: &str, language: &str) -> Result<(String, String), Problem> {
    let mut check = Check::default();
    let name = check.text("name", name, NAME);
    let is_code =
        |text: &str| (2..=8).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let language = match kind {
        SoundKind::Music => String::new(),
        SoundKind::Prompt => language.trim().to_owned(),
    };
    if kind == SoundKind::Prompt && !is_code(&language) {
        check.add("language", "not-a-language", "Name the language by its code, such as en, fr or de.");
    }
    check.done()?;
    Ok((name, language))
}

/// Whether there is room for another one.
async fn room(state: &ApiState) -> Result<(), Problem> {
    let kept = state.store().sounds().await?;
    let together: u64 = kept.iter().map(|sound| sound.duration).sum();
    if kept.len() >= MOST.0 || together > MOST.1.as_millis() as u64 {
        let detail = "There are 500 sounds already, or two hours of sound together. Delete what nobody hears any more.";
        return Err(Problem::new(ProblemKind::Conflict, detail));
    }
    Ok(())
}

/// Put a file in its place, whole or not at all.
async fn write(folder: &Path, id: u64, wav: &[u8]) -> std::io::Result<()> {
    tokio::fs::create_dir_all(folder).await?;
    let (part, whole) = (folder.join(format!("{id}.part")), folder.join(format!("{id}.wav")));
    tokio::fs::write(&part, wav).await?;
    tokio::fs::rename(&part, &whole).await
}
