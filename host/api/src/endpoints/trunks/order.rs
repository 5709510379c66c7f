//! `PUT /trunk-order`. Not below `/trunks`, where a trunk may have any name.

use super::view::TrunkView;
use crate::{
    ApiState,
    auth::Admin,
    error::{Problem, ProblemKind},
    input::Json,
};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// The order in which trunks are tried.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrunkOrder {
    /// The name of every trunk that was set up here, once each; the first is tried first, after those of the configuration
    /// file.
    names: Vec<String>,
}

/// Sets the order in which trunks are tried; the next call goes by it.
#[utoipa::path(put, path = "/trunk-order", tag = "trunks", request_body = TrunkOrder,
    responses((status = 200, description = "All trunks as they are now.", body = Vec<TrunkView>)))]
pub(crate) async fn set_order(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Json(order): Json<TrunkOrder>,
) -> Result<axum::Json<Vec<TrunkView>>, Problem> {
    let trunks = TrunkView::all(&state).await?;
    let mut known: Vec<_> = trunks.iter().filter(|trunk| !trunk.from_file).map(|trunk| &trunk.settings.name).collect();
    let mut named: Vec<_> = order.names.iter().collect();
    known.sort_unstable();
    named.sort_unstable();
    if known != named || !state.store().order_trunks(&order.names).await? {
        let detail = "The order must name every trunk that was set up here once. Read the list of trunks again.";
        return Err(Problem::new(ProblemKind::Conflict, detail));
    }
    state.audit(&admin, "trunk.order", "", json!(order)).await;
    state.parts.telephony.reload_trunks().await;
    Ok(axum::Json(TrunkView::all(&state).await?))
}
