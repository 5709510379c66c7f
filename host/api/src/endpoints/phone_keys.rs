//! `GET /phone-keys`: what people can put on the keys of their telephones.

use crate::{ApiState, auth::SignedIn};
use axum::extract::State;
use jackfield_model::PhoneKey;

/// Lists what plugins offer for keys of telephones: what a key says, and the code that it dials.
#[utoipa::path(get, path = "/phone-keys", tag = "pages",
    responses((status = 200, description = "The keys, by plugin.", body = [PhoneKey])))]
pub(crate) async fn list(State(state): State<ApiState>, _who: SignedIn) -> axum::Json<Vec<PhoneKey>> {
    axum::Json(state.parts.pages.keys())
}
