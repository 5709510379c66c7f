//! `POST /extensions`.

use super::{password::SipAccount, read::ExtensionView};
use crate::{
    ApiState,
    auth::Admin,
    error::Problem,
    input::{Check, Json},
};
use axum::{extract::State, http::StatusCode};
use jackfield_model::{Language, SoundEncryption, UserId};
use jackfield_store::NewExtension;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// An extension to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtensionInput {
    /// The number, which is also the SIP user name.
    #[schema(min_length = 1, max_length = 32)]
    number: String,
    /// The name shown to the other party.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// The person it belongs to.
    owner: Option<UserId>,
    /// A SIP URI that is rung in place of registered phones.
    static_contact: Option<String>,
    /// Language of prompts.
    #[serde(default)]
    #[schema(required = false)]
    language: Language,
    /// Whether another call rings while one is up, rings or is dialled there; else it finds the extension busy.
    #[serde(default = "yes")]
    #[schema(required = false, default = true)]
    call_waiting: bool,
    /// Whether sound to and from its phones is encrypted.
    #[serde(default)]
    #[schema(required = false)]
    encryption: SoundEncryption,
}

fn yes() -> bool {
    true
}

/// An extension that was added.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedExtension {
    /// The extension.
    extension: ExtensionView,
    /// What to type into the phone.
    account: SipAccount,
}

/// Adds an extension and tells the SIP password, which cannot be read again.
#[utoipa::path(post, path = "/extensions", tag = "extensions", request_body = ExtensionInput,
    responses((status = 201, description = "Added.", body = CreatedExtension)))]
pub(crate) async fn create(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Json(input): Json<ExtensionInput>,
) -> Result<(StatusCode, axum::Json<CreatedExtension>), Problem> {
    let mut check = Check::default();
    let number = check.number("number", &input.number);
    let name = check.text("name", &input.name, 100);
    let static_contact = input.static_contact.as_ref().and_then(|contact| check.sip_uri("static_contact", contact));
    check.done()?;
    let Some(number) = number else { return Err(Problem::not_found("number", input.number)) };
    let ExtensionInput { owner, language, call_waiting, encryption, .. } = input;
    let new = NewExtension { number, name, owner, static_contact, language, call_waiting, encryption, password: None };
    let (extension, password) = state.store().create_extension(&new, state.now()).await?;
    let detail = json!({"name": extension.name, "owner": extension.owner});
    state.audit(&admin, "extension.create", &extension.number, detail).await;
    state.directory_changed().await;
    let account = SipAccount::new(&state, &extension.number, &password).await?;
    let extension = ExtensionView::of(&state, extension).await?;
    Ok((StatusCode::CREATED, axum::Json(CreatedExtension { extension, account })))
}
