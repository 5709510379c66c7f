//! `PUT /plugins/{id}/settings`.

use crate::{
    ApiState, PluginSettings,
    auth::Admin,
    error::Problem,
    input::{Json, Path},
};
use axum::extract::State;
use serde_json::{Value, json};

/// Sets a plugin's settings. They are checked against the schema and by the plugin; from its next call on it uses them.
#[utoipa::path(put, path = "/plugins/{id}/settings", tag = "plugins", request_body = Object,
    params(("id" = String, Path, description = "The plugin's id.")),
    responses((status = 200, description = "As they are now.", body = PluginSettings)))]
pub(crate) async fn write(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(id): Path<String>,
    Json(values): Json<Value>,
) -> Result<axum::Json<PluginSettings>, Problem> {
    let before = state.parts.plugins.settings(&id).ok_or_else(|| Problem::not_found("plugin", &id))?.values;
    state.parts.plugins.set_settings(&id, values).await?;
    let after = state.parts.plugins.settings(&id).ok_or_else(|| Problem::not_found("plugin", &id))?;
    // Which settings, not what they are: some hold secrets.
    let changed = changed_keys(&before, &after.values);
    state.audit(&admin, "plugin.settings", &id, json!({"changed": changed})).await;
    Ok(axum::Json(after))
}

fn changed_keys(before: &Value, after: &Value) -> Vec<String> {
    let (Value::Object(before), Value::Object(after)) = (before, after) else { return Vec::new() };
    let mut keys: Vec<_> =
        before.keys().chain(after.keys()).filter(|key| before.get(*key) != after.get(*key)).collect();
    keys.sort();
    keys.dedup();
    keys.into_iter().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_audit_log_names_the_settings_that_changed() {
        let (before, after) = (json!({"a": 1, "b": 2, "c": 3}), json!({"a": 1, "b": 3, "d": 4}));
        assert_eq!(changed_keys(&before, &after), ["b", "c", "d"]);
    }
}
