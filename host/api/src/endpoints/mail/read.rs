//! `GET /mail`.

use super::view::MailView;
use crate::{ApiState, auth::Admin, error::Problem};
use axum::extract::State;

/// Shows how mail is sent, and how the outbox stands.
#[utoipa::path(get, path = "/mail", tag = "mail",
    responses((status = 200, description = "How mail is sent.", body = MailView)))]
pub(crate) async fn read(State(state): State<ApiState>, _: Admin) -> Result<axum::Json<MailView>, Problem> {
    Ok(axum::Json(MailView::of(&state).await?))
}
