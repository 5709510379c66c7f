//! `/publisher-keys`: whose packages are taken.

use crate::{
    ApiState, PluginFault, PublisherKey,
    auth::Admin,
    error::Problem,
    input::{Json, Path},
};
use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

/// Most characters of a publisher's name.
const LONGEST_NAME: usize = 100;

/// A key to trust.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPublisherKey {
    /// The key: 64 hexadecimal digits, as `jackfield-plugin key show` prints them.
    key: String,
    /// Whose it is; 1 to 100 characters.
    name: String,
}

/// What else happens.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Revocation {
    /// Whether the plugins that are bound to the key are switched off.
    #[serde(default)]
    disable_plugins: bool,
}

/// Lists the keys of publishers about which somebody has decided.
#[utoipa::path(get, path = "/publisher-keys", tag = "plugins",
    responses((status = 200, description = "The keys.", body = Vec<PublisherKey>)))]
pub(crate) async fn list(State(state): State<ApiState>, _: Admin) -> axum::Json<Vec<PublisherKey>> {
    axum::Json(state.parts.plugins.publisher_keys())
}

/// Trusts a publisher's key, or trusts it again: packages that it signs are installed without asking about it.
#[utoipa::path(post, path = "/publisher-keys", tag = "plugins", request_body = NewPublisherKey,
    responses((status = 201, description = "It is trusted.", body = PublisherKey)))]
pub(crate) async fn create(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Json(NewPublisherKey { key, name }): Json<NewPublisherKey>,
) -> Result<(StatusCode, axum::Json<PublisherKey>), Problem> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        return Err(Problem::field(
            crate::ProblemKind::Invalid,
            "name",
            "invalid",
            "Say whose key it is, in 1 to 100 characters.",
        ));
    }
    let key = state.parts.plugins.trust_key(&key, name).await?;
    state.audit(&admin, "publisher-key.trust", &key.name, json!({"key": key.fingerprint})).await;
    Ok((StatusCode::CREATED, axum::Json(key)))
}

/// Revokes a publisher's key: nothing that it signs is installed any more. Plugins that it has signed go on, or are switched off.
#[utoipa::path(post, path = "/publisher-keys/{fingerprint}/revoke", tag = "plugins",
    params(("fingerprint" = String, Path, description = "The key's fingerprint.")), request_body = Revocation,
    responses((status = 200, description = "It is revoked.", body = PublisherKey)))]
pub(crate) async fn revoke(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(fingerprint): Path<String>,
    Json(Revocation { disable_plugins }): Json<Revocation>,
) -> Result<axum::Json<PublisherKey>, Problem> {
    let key = state.parts.plugins.revoke_key(&fingerprint).await.map_err(unknown)?;
    let plugins = if disable_plugins { key.plugins.clone() } else { Vec::new() };
    for plugin in &plugins {
        state.parts.plugins.disable(plugin).await?;
    }
    let detail = json!({"key": key.fingerprint, "disabled": plugins});
    state.audit(&admin, "publisher-key.revoke", &key.name, detail).await;
    Ok(axum::Json(key))
}

/// Forgets a publisher's key to which no plugin is bound: the next package that it signs is asked about again.
#[utoipa::path(delete, path = "/publisher-keys/{fingerprint}", tag = "plugins",
    params(("fingerprint" = String, Path, description = "The key's fingerprint.")),
    responses((status = 204, description = "It is forgotten.")))]
pub(crate) async fn delete(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(fingerprint): Path<String>,
) -> Result<StatusCode, Problem> {
    let keys = state.parts.plugins.publisher_keys();
    let name = keys.into_iter().find(|key| key.fingerprint == fingerprint).map_or_else(String::new, |key| key.name);
    state.parts.plugins.forget_key(&fingerprint).await.map_err(unknown)?;
    state.audit(&admin, "publisher-key.delete", &name, json!({"key": fingerprint})).await;
    Ok(StatusCode::NO_CONTENT)
}

fn unknown(fault: PluginFault) -> Problem {
    match fault {
        PluginFault::Unknown => Problem::not_found("key", "with this fingerprint"),
        other => other.into(),
    }
}
