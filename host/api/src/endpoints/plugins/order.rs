//! `PUT /plugins/order`.

use crate::{ApiState, auth::Admin, error::Problem, input::Json};
use axum::extract::State;
use jackfield_model::PluginStatus;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// The order in which routing plugins are asked.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PluginOrder {
    /// The id of every routing plugin, once each; the first is asked first.
    ids: Vec<String>,
}

/// Sets the order in which routing plugins are asked.
#[utoipa::path(put, path = "/plugins/order", tag = "plugins", request_body = PluginOrder,
    responses((status = 200, description = "All plugins as they are now.", body = Vec<PluginStatus>)))]
pub(crate) async fn set_order(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Json(order): Json<PluginOrder>,
) -> Result<axum::Json<Vec<PluginStatus>>, Problem> {
    state.parts.plugins.set_order(&order.ids).await?;
    state.audit(&admin, "plugin.order", "", json!(order)).await;
    Ok(axum::Json(state.parts.plugins.list()))
}
