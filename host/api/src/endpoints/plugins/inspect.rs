//! `POST /plugins/inspect`: what is in a package?

use super::permissions::PermissionView;
use crate::{ApiState, PluginPreview, auth::Admin, error::Problem, input::Upload};
use axum::extract::State;
use jackfield_model::{Replay, Shape};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// A package before it is installed.
#[derive(Serialize, ToSchema)]
pub(crate) struct PreviewView {
    /// Reverse-DNS id.
    id: String,
    /// The name on the card.
    name: String,
    /// Semantic version.
    version: String,
    /// Who made it.
    publisher: String,
    /// One sentence.
    description: String,
    /// Licence expression (SPDX).
    license: String,
    /// How it is run.
    shapes: Vec<Shape>,
    /// Size of its component in bytes.
    size: u64,
    /// What it asks to be allowed.
    permissions: Vec<PermissionView>,
    /// The installed version that it would replace.
    replaces: Option<String>,
    /// What of the last calls would have gone elsewhere with it; null when it decides nothing.
    replay: Option<Replay>,
    /// SHA-256 of the package; send it along when installing, so that what is installed is what was looked at.
    digest: String,
}

/// Looks into a package without installing it.
#[utoipa::path(post, path = "/plugins/inspect", tag = "plugins",
    request_body(content_type = "application/octet-stream", description = "The package.", content = Vec<u8>),
    responses((status = 200, description = "What it is and what it asks for.", body = PreviewView)))]
pub(crate) async fn inspect(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Upload(archive): Upload,
) -> Result<axum::Json<PreviewView>, Problem> {
    let PluginPreview {
        id,
        name,
        version,
        publisher,
        description,
        license,
        shapes,
        size,
        permissions,
        replaces,
        replay,
    } = state.parts.plugins.inspect(&archive).await?;
    let permissions = PermissionView::of(&state, permissions, admin.user.language);
    let digest = digest(&archive);
    let view = PreviewView {
        id,
        name,
        version,
        publisher,
        description,
        license,
        shapes,
        size,
        permissions,
        replaces,
        replay,
        digest,
    };
    Ok(axum::Json(view))
}

/// SHA-256 in hexadecimal.
pub(crate) fn digest(archive: &[u8]) -> String {
    hex::encode(Sha256::digest(archive))
}
