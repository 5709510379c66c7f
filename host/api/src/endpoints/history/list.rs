//! `GET /history`: finished calls.

use crate::{
    ApiState,
    auth::SignedIn,
    error::{Problem, ProblemKind},
    input::{Query, fifty},
};
use axum::extract::State;
use jackfield_model::{CallRecord, Direction, Role, TimestampMs};
use jackfield_store::{Cursor, HistoryFilter, Outcome};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which calls.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryQuery {
    /// Only calls with this in a party's number or name.
    #[serde(default)]
    q: String,
    /// Only calls that went this way.
    direction: Option<Direction>,
    /// Only calls that ended so.
    outcome: Option<OutcomeWord>,
    /// Only calls that began at or after this time.
    since: Option<TimestampMs>,
    /// Only calls that began before this time.
    until: Option<TimestampMs>,
    /// Only one's own calls; users never see others.
    #[serde(default)]
    mine: bool,
    /// `next` of the page before.
    after: Option<String>,
    /// How many calls, at most 500.
    #[serde(default = "fifty")]
    #[param(maximum = 500)]
    limit: u32,
}

/// Whether somebody answered.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OutcomeWord {
    /// A person or a script did.
    Answered,
    /// Nobody did.
    Missed,
}

/// A page of the call history.
#[derive(Serialize, ToSchema)]
pub(crate) struct History {
    /// The calls, newest first.
    items: Vec<CallRecord>,
    /// Where the next page begins; null at the end.
    next: Option<String>,
}

impl HistoryQuery {
    /// The filter, narrowed to what this person may see.
    pub(crate) async fn filter(&self, state: &ApiState, who: &SignedIn) -> Result<HistoryFilter, Problem> {
        let own = self.mine || who.user.role == Role::User;
        Ok(HistoryFilter {
            extensions: if own { Some(state.store().numbers_of(who.user.id).await?) } else { None },
            direction: self.direction,
            text: self.q.clone(),
            since: self.since,
            until: self.until,
            outcome: self.outcome.map(|outcome| match outcome {
                OutcomeWord::Answered => Outcome::Answered,
                OutcomeWord::Missed => Outcome::Missed,
            }),
        })
    }

    fn cursor(&self) -> Result<Option<Cursor>, Problem> {
        let cursor = self.after.as_deref().map(str::parse).transpose();
        cursor.map_err(|_| Problem::new(ProblemKind::Malformed, "“after” is not a place in this list: leave it out."))
    }
}

/// Lists finished calls, newest first. A user sees the calls of their own numbers.
#[utoipa::path(get, path = "/history", tag = "history", params(HistoryQuery),
    responses((status = 200, description = "A page of calls.", body = History)))]
pub(crate) async fn list(
    State(state): State<ApiState>,
    who: SignedIn,
    Query(query): Query<HistoryQuery>,
) -> Result<axum::Json<History>, Problem> {
    let filter = query.filter(&state, &who).await?;
    let mut page = state.store().history(&filter, query.cursor()?.as_ref(), query.limit.clamp(1, 500)).await?;
    if !who.is_admin() && !state.parts.recordings.users_listen {
        page.items.iter_mut().for_each(|record| record.recordings = 0);
    }
    Ok(axum::Json(History { items: page.items, next: page.next.map(|cursor| cursor.to_string()) }))
}
