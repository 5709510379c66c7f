//! `PATCH /extensions/{number}`.

use super::read::ExtensionView;
use crate::{
    ApiState,
    auth::Admin,
    error::Problem,
    input::{Check, Json, Path, present},
};
use axum::extract::State;
use jackfield_model::{Language, Number, SoundEncryption, UserId};
use jackfield_store::ExtensionChange;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// What to change; a field that is not there stays as it is. The number cannot change: add a new extension instead.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtensionPatch {
    /// A new name.
    #[schema(min_length = 1, max_length = 100)]
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// A new owner, or null for nobody.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<UserId>)]
    owner: Option<Option<UserId>>,
    /// A new static contact, or null for registration.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    static_contact: Option<Option<String>>,
    /// A new language.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<Language>,
    /// Whether another call rings while one is up, rings or is dialled there.
    #[serde(skip_serializing_if = "Option::is_none")]
    call_waiting: Option<bool>,
    /// Whether sound to and from its phones is encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption: Option<SoundEncryption>,
}

/// Changes an extension.
#[utoipa::path(patch, path = "/extensions/{number}", tag = "extensions", request_body = ExtensionPatch,
    params(("number" = String, Path, description = "The extension's number.")),
    responses((status = 200, description = "As it is now.", body = ExtensionView)))]
pub(crate) async fn update(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(number): Path<Number>,
    Json(patch): Json<ExtensionPatch>,
) -> Result<axum::Json<ExtensionView>, Problem> {
    let mut check = Check::default();
    let change = ExtensionChange {
        name: patch.name.as_deref().map(|name| check.text("name", name, 100)),
        owner: patch.owner,
        static_contact: patch
            .static_contact
            .as_ref()
            .map(|contact| contact.as_deref().and_then(|contact| check.sip_uri("static_contact", contact))),
        language: patch.language,
        call_waiting: patch.call_waiting,
        encryption: patch.encryption,
    };
    check.done()?;
    let extension = state.store().update_extension(&number, &change).await?;
    let extension = extension.ok_or_else(|| Problem::not_found("extension", &number))?;
    state.audit(&admin, "extension.update", &number, json!(patch)).await;
    state.directory_changed().await;
    Ok(axum::Json(ExtensionView::of(&state, extension).await?))
}
