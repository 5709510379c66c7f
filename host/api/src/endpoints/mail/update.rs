//! `PUT` and `DELETE /mail`.

use super::view::{MailInput, MailView};
use crate::{ApiState, auth::Admin, error::Problem, input::Json};
use axum::{extract::State, http::StatusCode};
use jackfield_model::MailSettings;
use serde_json::{Value, json};

/// Sets how mail is sent; what waits is tried with it at once. Without a password the one that is there stays; an empty one
/// takes it away.
#[utoipa::path(put, path = "/mail", tag = "mail", request_body = MailInput,
    responses((status = 200, description = "As it is now.", body = MailView)))]
pub(crate) async fn update(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Json(input): Json<MailInput>,
) -> Result<axum::Json<MailView>, Problem> {
    let old = state.store().mail_settings().await?;
    let settings = input.check(old.as_ref().and_then(|old| old.password.clone()))?;
    state.store().set_mail_settings(Some(&settings)).await?;
    state.audit(&admin, "mail.update", "", json!({ "changed": changed(old.as_ref(), &settings) })).await;
    state.parts.mail.look();
    Ok(axum::Json(MailView::of(&state).await?))
}

/// Has no mail sent any more; what waits stays and waits.
#[utoipa::path(delete, path = "/mail", tag = "mail",
    responses((status = 204, description = "No mail is sent.")))]
pub(crate) async fn delete(State(state): State<ApiState>, Admin(admin): Admin) -> Result<StatusCode, Problem> {
    state.store().set_mail_settings(None).await?;
    state.audit(&admin, "mail.delete", "", json!({})).await;
    Ok(StatusCode::NO_CONTENT)
}

/// The names of what has changed; serde leaves the password out.
fn changed(old: Option<&MailSettings>, new: &MailSettings) -> Vec<String> {
    let (before, after) = (json!(old), json!(new));
    let differs = |(key, value): (&String, &Value)| (before.get(key) != Some(value)).then(|| key.clone());
    let password = (old.and_then(|old| old.password.as_ref()) != new.password.as_ref()).then(|| "password".to_owned());
    after.as_object().into_iter().flatten().filter_map(differs).chain(password).collect()
}
