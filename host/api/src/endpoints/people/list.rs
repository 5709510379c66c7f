//! `GET /people`: the house's telephone list.

use crate::{
    ApiState,
    auth::SignedIn,
    error::Problem,
    input::{ListQuery, Query},
};
use axum::extract::State;
use jackfield_calls::availability::holder_of;
use jackfield_model::{Availability, Number, PhoneState};
use serde::Serialize;
use std::collections::HashSet;
use utoipa::ToSchema;

/// A line of the telephone list.
#[derive(Serialize, ToSchema)]
pub(crate) struct Entry {
    /// The number to dial.
    number: Number,
    /// Who or what answers.
    name: String,
    /// The person whose number it is.
    owner: Option<String>,
    /// Whether a phone is registered now.
    reachable: bool,
    /// What the phones do.
    phone: PhoneState,
    /// Where the person is, as far as it is for the reader's eyes.
    availability: Availability,
}

/// A part of the telephone list.
#[derive(Serialize, ToSchema)]
pub(crate) struct People {
    /// The lines asked for.
    items: Vec<Entry>,
    /// How many there are in all.
    total: u64,
}

/// Lists who can be called, by number. For everybody who is signed in.
#[utoipa::path(get, path = "/people", tag = "people", params(ListQuery),
    responses((status = 200, description = "The telephone list.", body = People)))]
pub(crate) async fn list(
    State(state): State<ApiState>,
    who: SignedIn,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<People>, Problem> {
    let found = state.store().extensions(&query.q, query.offset, query.limit()).await?;
    let registered: HashSet<Number> = state.parts.telephony.registrations().into_iter().map(|r| r.extension).collect();
    let items = found
        .items
        .into_iter()
        .map(|(extension, owner)| Entry {
            phone: state.parts.telephony.phone(&extension.number),
            availability: {
                let viewer = who.viewer_of(extension.owner);
                viewer.sees(&state.parts.telephony.availability(&holder_of(&extension)))
            },
            reachable: extension.static_contact.is_some() || registered.contains(&extension.number),
            number: extension.number,
            name: extension.name,
            owner,
        })
        .collect();
    Ok(axum::Json(People { items, total: found.total }))
}
