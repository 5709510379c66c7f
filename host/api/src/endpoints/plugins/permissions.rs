//! `GET /plugins/{id}/permissions`.

use crate::{ApiState, auth::Admin, error::Problem, input::Path, plugins_port::Permission};
use axum::extract::State;
use jackfield_model::Language;
use serde::Serialize;
use utoipa::ToSchema;

/// One thing that a plugin asks to be allowed.
#[derive(Serialize, ToSchema)]
pub(crate) struct PermissionView {
    /// The capability's id.
    capability: String,
    /// The same as a sentence, in the reader's language.
    sentence: String,
    /// Whether an admin has approved it.
    granted: bool,
}

impl PermissionView {
    pub(crate) fn of(state: &ApiState, permissions: Vec<Permission>, language: Language) -> Vec<Self> {
        let view = |permission: Permission| Self {
            sentence: state.parts.plugins.sentence(&permission, language),
            capability: permission.capability,
            granted: permission.granted,
        };
        permissions.into_iter().map(view).collect()
    }
}

/// Lists what a plugin asks to be allowed, as sentences in the language of whoever asks.
#[utoipa::path(get, path = "/plugins/{id}/permissions", tag = "plugins",
    params(("id" = String, Path, description = "The plugin's id.")),
    responses((status = 200, description = "The permissions.", body = Vec<PermissionView>)))]
pub(crate) async fn permissions(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(id): Path<String>,
) -> Result<axum::Json<Vec<PermissionView>>, Problem> {
    state.plugin(&id)?;
    let permissions = state.parts.plugins.permissions(&id);
    Ok(axum::Json(PermissionView::of(&state, permissions, admin.user.language)))
}
