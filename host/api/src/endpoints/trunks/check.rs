//! `POST /trunks/{name}/check`: find out how a trunk stands now.

use super::view::TrunkView;
use crate::{
    ApiState,
    auth::Admin,
    error::{Problem, ProblemKind},
    input::Path,
};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// What came of a check.
#[derive(Serialize, ToSchema)]
pub(crate) struct TrunkCheck {
    /// Whether all questions were answered, or given up, in time. Otherwise the list of trunks tells more later.
    finished: bool,
    /// The trunk as it is now.
    trunk: TrunkView,
}

/// Looks a trunk's servers up, registers and asks whether they are there, at once and whatever pause there would be; answers
/// when that is known, or after some seconds.
#[utoipa::path(post, path = "/trunks/{name}/check", tag = "trunks",
    params(("name" = String, Path, description = "The trunk's name.")),
    responses((status = 200, description = "What came of it.", body = TrunkCheck)))]
pub(crate) async fn check(
    State(state): State<ApiState>,
    _: Admin,
    Path(name): Path<String>,
) -> Result<axum::Json<TrunkCheck>, Problem> {
    let trunk = TrunkView::of(&state, &name).await?;
    let checked = state.parts.telephony.check_trunk(&name).await;
    let finished = match checked {
        Some(finished) => finished,
        None if trunk.settings.enabled => return Err(Problem::not_found("trunk", &name)),
        None => {
            return Err(Problem::new(
                ProblemKind::Conflict,
                format!("The trunk “{name}” is switched off. Switch it on and check again."),
            ));
        }
    };
    Ok(axum::Json(TrunkCheck { finished, trunk: TrunkView::of(&state, &name).await? }))
}
