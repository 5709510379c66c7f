//! `POST /trunks/{name}/enable` and `/disable`.

use super::view::TrunkView;
use crate::{
    ApiState,
    auth::{Admin, SignedIn},
    error::Problem,
    input::Path,
};
use axum::extract::State;
use serde_json::json;

/// Switches a trunk on: it registers, and calls can go by it.
#[utoipa::path(post, path = "/trunks/{name}/enable", tag = "trunks",
    params(("name" = String, Path, description = "The trunk's name.")),
    responses((status = 200, description = "As it is now.", body = TrunkView)))]
pub(crate) async fn enable(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(name): Path<String>,
) -> Result<axum::Json<TrunkView>, Problem> {
    switch(&state, &admin, &name, true).await
}

/// Switches a trunk off: its registration is ended and no new call takes it. Calls in progress go on.
#[utoipa::path(post, path = "/trunks/{name}/disable", tag = "trunks",
    params(("name" = String, Path, description = "The trunk's name.")),
    responses((status = 200, description = "As it is now.", body = TrunkView)))]
pub(crate) async fn disable(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(name): Path<String>,
) -> Result<axum::Json<TrunkView>, Problem> {
    switch(&state, &admin, &name, false).await
}

async fn switch(state: &ApiState, admin: &SignedIn, name: &str, on: bool) -> Result<axum::Json<TrunkView>, Problem> {
    TrunkView::changeable(state, name).await?;
    state.store().switch_trunk(name, on).await?.ok_or_else(|| Problem::not_found("trunk", name))?;
    state.audit(admin, if on { "trunk.enable" } else { "trunk.disable" }, name, json!({})).await;
    state.parts.telephony.reload_trunks().await;
    Ok(axum::Json(TrunkView::of(state, name).await?))
}
