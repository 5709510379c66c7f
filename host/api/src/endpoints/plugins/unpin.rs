//! `POST /plugins/{id}/unpin`.

use crate::{ApiState, auth::Admin, error::Problem, input::Path};
use axum::extract::State;
use jackfield_model::PluginStatus;
use serde_json::json;

/// Releases a plugin from the key that its packages have to be signed with: the next package may be signed by another one.
#[utoipa::path(post, path = "/plugins/{id}/unpin", tag = "plugins", params(("id" = String, Path, description = "The plugin's id.")),
    responses((status = 200, description = "As it is now.", body = PluginStatus)))]
pub(crate) async fn unpin(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(id): Path<String>,
) -> Result<axum::Json<PluginStatus>, Problem> {
    let before = state.plugin(&id)?.signer.map(|signer| signer.fingerprint);
    state.parts.plugins.unpin(&id).await?;
    state.audit(&admin, "plugin.unpin", &id, json!({"key": before})).await;
    Ok(axum::Json(state.plugin(&id)?))
}
