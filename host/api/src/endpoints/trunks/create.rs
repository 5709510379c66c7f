//! `POST /trunks`.

use super::view::{TrunkView, check, is_free, with_password};
use crate::{
    ApiState,
    auth::Admin,
    error::{Problem, ProblemKind},
    input::Json,
};
use axum::{extract::State, http::StatusCode};
use jackfield_calls::TrunkConfig;
use jackfield_model::TrunkSettings;
use serde_json::json;

/// Adds a trunk after those that there are; it is used at once.
#[utoipa::path(post, path = "/trunks", tag = "trunks", request_body = TrunkSettings,
    responses((status = 201, description = "Added.", body = TrunkView)))]
pub(crate) async fn create(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Json(input): Json<TrunkSettings>,
) -> Result<(StatusCode, axum::Json<TrunkView>), Problem> {
    let settings = with_password(input, None);
    check(&settings)?;
    is_free(&state, &settings.name).await?;
    if TrunkView::all(&state).await?.len() >= TrunkConfig::MOST {
        let detail =
            format!("There are {} trunks already, the most there can be. Delete one first.", TrunkConfig::MOST);
        return Err(Problem::new(ProblemKind::Conflict, detail));
    }
    state.store().create_trunk(&settings, state.now()).await?;
    let detail = json!({ "servers": settings.servers, "user": settings.user, "enabled": settings.enabled });
    state.audit(&admin, "trunk.create", &settings.name, detail).await;
    state.parts.telephony.reload_trunks().await;
    Ok((StatusCode::CREATED, axum::Json(TrunkView::of(&state, &settings.name).await?)))
}
