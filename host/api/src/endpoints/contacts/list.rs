//! `GET /contacts`: people and companies outside the house.

use super::SourceView;
use crate::{
    ApiState,
    auth::SignedIn,
    error::Problem,
    input::{ListQuery, Query},
};
use axum::extract::State;
use jackfield_model::ContactNumber;
use jackfield_store::StoredContact;
use serde::Serialize;
use utoipa::ToSchema;

/// Somebody outside the house, as the telephone list shows them.
#[derive(Serialize, ToSchema)]
pub(crate) struct ContactView {
    /// Tells it from the others of this answer.
    id: i64,
    /// Where it comes from.
    source: SourceView,
    /// The person's name; empty when it is a company's number.
    name: String,
    /// The company.
    company: String,
    /// The numbers; the first is the one to call.
    numbers: Vec<ContactNumber>,
    /// A mail address.
    mail: String,
    /// Anything else.
    note: String,
}

/// A part of what was found.
#[derive(Serialize, ToSchema)]
pub(crate) struct Contacts {
    /// The contacts asked for.
    pub(super) items: Vec<ContactView>,
    /// How many there are in all.
    pub(super) total: u64,
}

/// Lists contacts, by name: those of which every word asked for is in the name, the company, a number or the mail address. For
/// everybody who is signed in.
#[utoipa::path(get, path = "/contacts", tag = "contacts", params(ListQuery),
    responses((status = 200, description = "The contacts.", body = Contacts)))]
pub(crate) async fn list(
    State(state): State<ApiState>,
    _who: SignedIn,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<Contacts>, Problem> {
    let found = state.store().contacts(&query.q, None, query.offset.into(), query.limit().into()).await?;
    let items = found.items.into_iter().map(|found| ContactView::of(&state, found)).collect();
    Ok(axum::Json(Contacts { items, total: found.total }))
}

impl ContactView {
    pub(super) fn of(state: &ApiState, found: StoredContact) -> Self {
        let StoredContact { id, source, contact } = found;
        Self {
            id,
            source: SourceView::of(state, source),
            name: contact.name,
            company: contact.company,
            numbers: contact.numbers,
            mail: contact.mail,
            note: contact.note,
        }
    }
}
