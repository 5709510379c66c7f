//! `POST /plugins`: install a package.

use super::inspect::digest;
use crate::{
    ApiState,
    auth::Admin,
    error::{Problem, ProblemKind},
    input::{Query, Upload},
};
use axum::{extract::State, http::StatusCode};
use jackfield_model::PluginStatus;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

/// What was decided after looking at the preview.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct InstallQuery {
    /// Whether everything that the package asks for is approved.
    #[serde(default)]
    approve: bool,
    /// `digest` of the preview.
    digest: Option<String>,
}

/// Installs a package, in place of an installed version. Calls in a script of the old version go on with it.
#[utoipa::path(post, path = "/plugins", tag = "plugins", params(InstallQuery),
    request_body(content_type = "application/octet-stream", description = "The package.", content = Vec<u8>),
    responses((status = 201, description = "Installed.", body = PluginStatus)))]
pub(crate) async fn install(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Query(query): Query<InstallQuery>,
    Upload(archive): Upload,
) -> Result<(StatusCode, axum::Json<PluginStatus>), Problem> {
    let digest = digest(&archive);
    if query.digest.is_some_and(|seen| seen != digest) {
        let detail = "The package is not the one that was looked at. Look at the preview again.";
        return Err(Problem::new(ProblemKind::Conflict, detail));
    }
    let status = state.parts.plugins.install(&archive, query.approve).await?;
    let detail = json!({"version": status.version, "digest": digest, "approved": query.approve});
    state.audit(&admin, "plugin.install", &status.id, detail).await;
    Ok((StatusCode::CREATED, axum::Json(status)))
}
