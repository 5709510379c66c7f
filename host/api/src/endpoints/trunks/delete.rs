//! `DELETE /trunks/{name}`.

use super::view::TrunkView;
use crate::{ApiState, auth::Admin, error::Problem, input::Path};
use axum::{extract::State, http::StatusCode};
use serde_json::json;

/// Deletes a trunk with its password; its registration is ended. Calls in progress go on.
#[utoipa::path(delete, path = "/trunks/{name}", tag = "trunks",
    params(("name" = String, Path, description = "The trunk's name.")),
    responses((status = 204, description = "Deleted.")))]
pub(crate) async fn delete(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    TrunkView::changeable(&state, &name).await?;
    if !state.store().delete_trunk(&name).await? {
        return Err(Problem::not_found("trunk", &name));
    }
    state.audit(&admin, "trunk.delete", &name, json!({})).await;
    state.parts.telephony.reload_trunks().await;
    Ok(StatusCode::NO_CONTENT)
}
