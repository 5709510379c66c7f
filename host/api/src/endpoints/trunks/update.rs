//! `PUT /trunks/{name}`.

use super::view::{TrunkView, check, is_free, with_password};
use crate::{
    ApiState,
    auth::Admin,
    error::Problem,
    input::{Json, Path},
};
use axum::extract::State;
use jackfield_model::TrunkSettings;
use serde_json::{Value, json};

/// Puts settings in the place of those of a trunk, its name included. Without a password the one that is there stays; an
/// empty one takes it away. New calls go by the new settings at once, calls in progress go on.
#[utoipa::path(put, path = "/trunks/{name}", tag = "trunks", request_body = TrunkSettings,
    params(("name" = String, Path, description = "The trunk's name.")),
    responses((status = 200, description = "As it is now.", body = TrunkView)))]
pub(crate) async fn update(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(name): Path<String>,
    Json(input): Json<TrunkSettings>,
) -> Result<axum::Json<TrunkView>, Problem> {
    let old = TrunkView::changeable(&state, &name).await?.settings;
    let settings = with_password(input, old.password.clone());
    check(&settings)?;
    if settings.name != name {
        is_free(&state, &settings.name).await?;
    }
    if !state.store().replace_trunk(&name, &settings).await? {
        return Err(Problem::not_found("trunk", &name));
    }
    let mut detail = json!({ "changed": changed(&old, &settings) });
    if settings.name != name {
        detail["name"] = json!(settings.name);
    }
    state.audit(&admin, "trunk.update", &name, detail).await;
    state.parts.telephony.reload_trunks().await;
    Ok(axum::Json(TrunkView::of(&state, &settings.name).await?))
}

/// The names of what has changed; serde leaves the password out.
fn changed(old: &TrunkSettings, new: &TrunkSettings) -> Vec<String> {
    let (before, after) = (json!(old), json!(new));
    let differs = |(key, value): (&String, &Value)| (before.get(key) != Some(value)).then(|| key.clone());
    let password = (old.password != new.password).then(|| String::from("password"));
    after.as_object().into_iter().flatten().filter_map(differs).chain(password).collect()
}
