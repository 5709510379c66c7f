//! `PUT /music`: what whoever waits hears, and in which order.

use crate::{
    ApiState,
    auth::Admin,
    error::Problem,
    input::{Check, Json},
};
use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

/// Longest pause between two pieces, in milliseconds.
const LONGEST_GAP: u64 = 60_000;

/// The playlist of music on hold.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Playlist {
    /// Ids of pieces of music, in order; the house's own music when there are none.
    order: Vec<u64>,
    /// Milliseconds of silence between two pieces, at most 60,000.
    #[serde(default)]
    gap: u64,
}

/// Sets the playlist of music on hold. Whoever waits already hears on what they hear.
#[utoipa::path(put, path = "/music", tag = "sounds", request_body = Playlist,
    responses((status = 204, description = "It is played from now on.")))]
pub(crate) async fn set(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Json(playlist): Json<Playlist>,
) -> Result<StatusCode, Problem> {
    let mut check = Check::default();
    if playlist.gap > LONGEST_GAP {
        check.add("gap", "too-long", "Leave at most 60 seconds between two pieces.");
    }
    if playlist.order.len() > 500 {
        check.add("order", "too-long", "Name at most 500 pieces.");
    }
    check.done()?;
    state.store().set_playlist(&playlist.order, playlist.gap).await?;
    state.parts.telephony.reload_sounds().await;
    let detail = json!({ "pieces": playlist.order.len(), "gap": playlist.gap });
    state.audit(&admin, "music.update", "music", detail).await;
    Ok(StatusCode::NO_CONTENT)
}
