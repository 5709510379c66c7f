//! `GET /sounds`: prompts and music.

use crate::{ApiState, PluginPrompt, auth::Admin, error::Problem};
use axum::extract::State;
use jackfield_model::{Sound, SoundKind};
use serde::Serialize;
use utoipa::ToSchema;

/// A sound, and whether somebody hears it.
#[derive(Serialize, ToSchema)]
pub(crate) struct SoundView {
    /// The sound.
    #[serde(flatten)]
    sound: Sound,
    /// Ids of the plugins whose prompt it replaces.
    used_by: Vec<String>,
}

/// Prompts and music.
#[derive(Serialize, ToSchema)]
pub(crate) struct Sounds {
    /// What was uploaded: music in the order of the playlist, then prompts by name.
    items: Vec<SoundView>,
    /// Milliseconds between two pieces of music on hold.
    music_gap: u64,
    /// The prompts of the plugins, which an upload of the same name and language replaces.
    prompts: Vec<PluginPrompt>,
}

/// Lists the prompts and the music that were uploaded, and the prompts that can be replaced.
#[utoipa::path(get, path = "/sounds", tag = "sounds",
    responses((status = 200, description = "The sounds.", body = Sounds)))]
pub(crate) async fn list(State(state): State<ApiState>, _: Admin) -> Result<axum::Json<Sounds>, Problem> {
    let prompts = state.parts.plugins.prompts();
    let view = |sound: Sound| {
        let replaced = prompts.iter().filter(|prompt| {
            sound.kind == SoundKind::Prompt && prompt.name == sound.name && prompt.languages.contains(&sound.language)
        });
        SoundView { used_by: replaced.map(|prompt| prompt.plugin.clone()).collect(), sound }
    };
    let items = state.store().sounds().await?.into_iter().map(view).collect();
    Ok(axum::Json(Sounds { items, music_gap: state.store().music_gap().await?, prompts }))
}
