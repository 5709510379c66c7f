//! `POST /extensions/{number}/password`: a new SIP password.

use crate::{ApiState, auth::Admin, error::Problem, input::Path};
use axum::extract::State;
use jackfield_model::Number;
use jackfield_store::SipPassword;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

/// What to type into a phone.
#[derive(Serialize, ToSchema)]
pub(crate) struct SipAccount {
    /// The SIP user name.
    user: Number,
    /// The SIP password: 20 letters and digits. It cannot be read again.
    password: String,
    /// The digest realm, for phones that ask for it.
    realm: String,
}

impl SipAccount {
    pub(crate) async fn new(state: &ApiState, user: &Number, password: &SipPassword) -> Result<Self, Problem> {
        let realm = state.store().realm().await?;
        Ok(Self { user: user.clone(), password: password.as_str().to_owned(), realm })
    }
}

/// Replaces the SIP password. Phones that use the old one are refused when they next register.
#[utoipa::path(post, path = "/extensions/{number}/password", tag = "extensions",
    params(("number" = String, Path, description = "The extension's number.")),
    responses((status = 200, description = "The new account.", body = SipAccount)))]
pub(crate) async fn renew(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(number): Path<Number>,
) -> Result<axum::Json<SipAccount>, Problem> {
    let password = SipPassword::generate();
    if !state.store().set_sip_password(&number, &password).await? {
        return Err(Problem::not_found("extension", &number));
    }
    state.audit(&admin, "extension.password", &number, json!({})).await;
    state.directory_changed().await;
    Ok(axum::Json(SipAccount::new(&state, &number, &password).await?))
}
