//! `GET` and `PUT /me/availability`: where one is oneself.

use crate::{
    ApiState,
    auth::SignedIn,
    error::Problem,
    input::{Check, Json},
};
use axum::extract::State;
use jackfield_model::{Availability, AvailabilityState, Holder, MAX_NOTE, TimestampMs};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where somebody is from now on.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AvailabilityChange {
    /// Where.
    pub state: AvailabilityState,
    /// A word to colleagues.
    #[schema(max_length = 120)]
    #[serde(default)]
    pub note: String,
    /// When they are back, in Unix milliseconds; without it they stay away until they say otherwise.
    pub until: Option<TimestampMs>,
    /// Whether colleagues see no more than the state; without it as before.
    pub hide_detail: Option<bool>,
}

impl AvailabilityChange {
    /// Keeps it, and tells everybody.
    pub(crate) async fn put(self, state: &ApiState, holder: &Holder) -> Result<Availability, Problem> {
        let now = state.now();
        let mut check = Check::default();
        let note = check.note("note", &self.note, MAX_NOTE);
        if let Some(until) = self.until {
            check.future("until", until, now);
        }
        check.done()?;
        let before = state.parts.telephony.availability(holder);
        let hide_detail = self.hide_detail.unwrap_or(before.hide_detail);
        let availability = Availability { state: self.state, note, until: self.until, hide_detail, since: now };
        state.store().set_availability(holder, &availability).await?;
        state.parts.telephony.set_availability(holder, availability.clone());
        Ok(availability)
    }
}

/// Shows where one is oneself.
#[utoipa::path(get, path = "/me/availability", tag = "me",
    responses((status = 200, description = "Where one is.", body = Availability)))]
pub(crate) async fn read(State(state): State<ApiState>, who: SignedIn) -> axum::Json<Availability> {
    axum::Json(state.parts.telephony.availability(&Holder::User(who.user.id)))
}

/// Says where one is oneself. It shows at all one's numbers, to colleagues and to telephones that watch them.
#[utoipa::path(put, path = "/me/availability", tag = "me", request_body = AvailabilityChange,
    responses((status = 200, description = "As it is now.", body = Availability)))]
pub(crate) async fn set(
    State(state): State<ApiState>,
    who: SignedIn,
    Json(change): Json<AvailabilityChange>,
) -> Result<axum::Json<Availability>, Problem> {
    Ok(axum::Json(change.put(&state, &Holder::User(who.user.id)).await?))
}
