//! `POST /contacts/files/{name}/undo`: go back to what was there before.

use super::file;
use crate::{
    ApiState,
    auth::Admin,
    error::{Problem, ProblemKind},
    input::Path,
};
use axum::{extract::State, http::StatusCode};
use serde_json::json;

/// Takes the last import or deletion of a file back; a second time makes it good again.
#[utoipa::path(post, path = "/contacts/files/{name}/undo", tag = "contacts",
    params(("name" = String, Path, description = "The name of the file.")),
    responses((status = 204, description = "It is as it was before.")))]
pub(crate) async fn undo(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    if !state.store().undo_contacts(&file(&name), state.now()).await? {
        return Err(Problem::new(ProblemKind::Conflict, format!("There is nothing to go back to for “{name}”.")));
    }
    state.audit(&admin, "contacts.undo", &name, json!({})).await;
    state.contacts_changed().await;
    Ok(StatusCode::NO_CONTENT)
}
