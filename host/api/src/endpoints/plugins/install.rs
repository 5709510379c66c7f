//! `POST /plugins`: install a package.

use super::inspect::digest;
use crate::{
    ApiState,
    auth::{Admin, SignedIn},
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
    /// The fingerprint of the key that has signed the package, when somebody has confirmed it: the key is trusted from now on.
    trust_key: Option<String>,
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
    let status = state.parts.plugins.install(&archive, query.approve, query.trust_key.clone()).await?;
    record(&state, &admin, &status, &digest, query.approve, query.trust_key).await;
    Ok((StatusCode::CREATED, axum::Json(status)))
}

/// Has the audit log say what was installed, by whom it is signed, and whether that key was confirmed with it.
pub(crate) async fn record(
    state: &ApiState,
    admin: &SignedIn,
    status: &PluginStatus,
    digest: &str,
    approved: bool,
    trusted: Option<String>,
) {
    let signer = status.signer.as_ref().map(|signer| &signer.fingerprint);
    let detail =
        json!({"version": status.version, "digest": digest, "approved": approved, "key": signer, "trusted": trusted});
    state.audit(admin, "plugin.install", &status.id, detail).await;
}
