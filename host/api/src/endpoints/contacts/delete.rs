//! `DELETE /contacts/files/{name}`: take a file's contacts away.

use super::file;
use crate::{ApiState, auth::Admin, error::Problem, input::Path};
use axum::{extract::State, http::StatusCode};
use jackfield_model::SourceKind;
use serde_json::json;

/// Takes the contacts of a file away, which can be taken back; of a file without contacts its name too.
#[utoipa::path(delete, path = "/contacts/files/{name}", tag = "contacts",
    params(("name" = String, Path, description = "The name of the file.")),
    responses((status = 204, description = "They are gone.")))]
pub(crate) async fn delete(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    let known = state.store().contact_sources().await?;
    let known = known.into_iter().find(|source| source.kind == SourceKind::File && source.name == name);
    let known = known.ok_or_else(|| Problem::not_found("file", &name))?;
    if known.contacts == 0 {
        state.store().forget_contacts(&file(&name)).await?;
    } else {
        state.store().empty_contacts(&file(&name), state.now()).await?;
    }
    state.audit(&admin, "contacts.delete", &name, json!({ "contacts": known.contacts })).await;
    state.contacts_changed().await;
    Ok(StatusCode::NO_CONTENT)
}
