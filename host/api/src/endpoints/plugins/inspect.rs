//! `POST /plugins/inspect`: what is in a package?

use super::permissions::PermissionView;
use crate::{ApiState, PackageSigner, PluginPreview, auth::Admin, error::Problem, input::Upload};
use axum::extract::State;
use jackfield_model::{Language, Replay, Shape};
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
    /// What that version is approved for and this one does not ask for any more.
    dropped: Vec<PermissionView>,
    /// Who has signed it.
    signer: PackageSigner,
    /// What has changed in this version, as its author says; Markdown, perhaps empty.
    changes: String,
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
    let preview = state.parts.plugins.inspect(&archive).await?;
    Ok(axum::Json(PreviewView::of(&state, preview, &archive, admin.user.language)))
}

impl PreviewView {
    pub(crate) fn of(state: &ApiState, preview: PluginPreview, archive: &[u8], language: Language) -> Self {
        Self {
            id: preview.id,
            name: preview.name,
            version: preview.version,
            publisher: preview.publisher,
            description: preview.description,
            license: preview.license,
            shapes: preview.shapes,
            size: preview.size,
            permissions: PermissionView::of(state, preview.permissions, language),
            replaces: preview.replaces,
            replay: preview.replay,
            dropped: PermissionView::of(state, preview.dropped, language),
            signer: preview.signer,
            changes: preview.changes,
            digest: digest(archive),
        }
    }
}

/// SHA-256 in hexadecimal.
pub(crate) fn digest(archive: &[u8]) -> String {
    hex::encode(Sha256::digest(archive))
}
