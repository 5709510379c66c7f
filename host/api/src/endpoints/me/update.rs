//! `PATCH /me`: change one's own name, language and mail address.

use crate::{
    ApiState,
    auth::SignedIn,
    error::Problem,
    input::{Check, Json},
};
use axum::extract::State;
use jackfield_model::{Language, User};
use jackfield_store::UserChange;
use serde::Deserialize;
use utoipa::ToSchema;

/// What to change; a field that is not there stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProfileChange {
    /// The name that others see.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// Language of the web page and of prompts.
    language: Option<Language>,
    /// Where one gets mail; empty for none.
    #[schema(max_length = 254)]
    email: Option<String>,
}

/// Changes one's own name, language and mail address.
#[utoipa::path(patch, path = "/me", tag = "me", request_body = ProfileChange,
    responses((status = 200, description = "As it is now.", body = User)))]
pub(crate) async fn update(
    State(state): State<ApiState>,
    who: SignedIn,
    Json(change): Json<ProfileChange>,
) -> Result<axum::Json<User>, Problem> {
    let mut check = Check::default();
    let name = change.name.map(|name| check.text("name", &name, 100));
    let email = change.email.map(|email| check.email("email", &email));
    check.done()?;
    let change = UserChange { name, language: change.language, email, ..UserChange::default() };
    let user = state.store().update_user(who.user.id, &change).await?;
    let user = user.ok_or_else(|| Problem::not_found("user", who.user.id))?;
    state.directory_changed().await;
    Ok(axum::Json(user))
}
