//! `GET /trunks`.

use super::view::TrunkView;
use crate::{ApiState, auth::Admin, error::Problem};
use axum::extract::State;

/// Lists the trunks in the order in which they are tried, with their settings, servers, registrations and calls.
#[utoipa::path(get, path = "/trunks", tag = "trunks",
    responses((status = 200, description = "The trunks.", body = Vec<TrunkView>)))]
pub(crate) async fn list(State(state): State<ApiState>, _: Admin) -> Result<axum::Json<Vec<TrunkView>>, Problem> {
    Ok(axum::Json(TrunkView::all(&state).await?))
}
