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
use serde_json::{Value, json};
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
    /// Whether it is only tried beside the installed version: it is watched, and decides nothing yet.
    #[serde(default)]
    trial: bool,
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
    put_in_place(&state, &admin, &archive, query, json!("upload")).await
}

/// Installs a package as was decided, and has the audit log say what it was, where it came from, by whom it is signed, and whether
/// that key was confirmed with it.
pub(crate) async fn put_in_place(
    state: &ApiState,
    admin: &SignedIn,
    archive: &[u8],
    InstallQuery { approve, digest: seen, trial, trust_key }: InstallQuery,
    from: Value,
) -> Result<(StatusCode, axum::Json<PluginStatus>), Problem> {
    let digest = digest(archive);
    if seen.is_some_and(|seen| seen != digest) {
        let detail = "The package is not the one that was looked at. Look at the preview again.";
        return Err(Problem::new(ProblemKind::Conflict, detail));
    }
    if trial {
        let status = state.parts.plugins.try_out(archive, approve).await?;
        let version = status.trial.as_ref().map(|trial| &trial.version);
        let detail = json!({"version": version, "digest": digest, "approved": approve, "from": from});
        state.audit(admin, "plugin.trial", &status.id, detail).await;
        return Ok((StatusCode::CREATED, axum::Json(status)));
    }
    let status = state.parts.plugins.install(archive, approve, trust_key.clone()).await?;
    let signer = status.signer.as_ref().map(|signer| &signer.fingerprint);
    let detail = json!({
        "version": status.version, "digest": digest, "approved": approve, "key": signer, "trusted": trust_key, "from": from
    });
    state.audit(admin, "plugin.install", &status.id, detail).await;
    Ok((StatusCode::CREATED, axum::Json(status)))
}

impl InstallQuery {
    /// Whether it says which package was looked at.
    pub(crate) fn says_what_was_seen(&self) -> bool {
        self.digest.is_some()
    }
}
