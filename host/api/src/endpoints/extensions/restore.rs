//! `POST /extensions/{number}/restore`.

use super::read::ExtensionView;
use crate::{ApiState, auth::Admin, error::Problem, input::Path};
use axum::extract::State;
use jackfield_model::Number;
use serde_json::json;

/// Undoes the deletion of an extension, for an hour after it.
#[utoipa::path(post, path = "/extensions/{number}/restore", tag = "extensions",
    params(("number" = String, Path, description = "The extension's number.")),
    responses((status = 200, description = "Back again.", body = ExtensionView)))]
pub(crate) async fn restore(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(number): Path<Number>,
) -> Result<axum::Json<ExtensionView>, Problem> {
    let extension = state.store().restore_extension(&number, state.now()).await?;
    let extension = extension.ok_or_else(|| Problem::not_found("deleted extension", &number))?;
    state.audit(&admin, "extension.restore", &number, json!({})).await;
    state.directory_changed().await;
    Ok(axum::Json(ExtensionView::of(&state, extension).await?))
}
