//! `GET /contacts/elsewhere`: contacts that plugins look up.

use super::list::{ContactView, Contacts};
use crate::{ApiState, auth::SignedIn, error::Problem, input::Query};
use axum::extract::State;
use jackfield_model::SourceKind;
use jackfield_store::{SourceName, StoredContact};
use serde::Deserialize;
use std::collections::HashMap;
use utoipa::IntoParams;

/// Fewest characters that are searched for: what is shorter is found everywhere.
const SHORTEST: usize = 3;
const MOST: u32 = 25;

/// What is searched for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ElsewhereQuery {
    /// Words of a name or a company; at least 3 characters.
    q: String,
}

/// Asks plugins that look contacts up, such as a directory of the company, for those that are not among `GET /contacts`. May
/// take some seconds; nothing is found when nobody answers. For everybody who is signed in.
#[utoipa::path(get, path = "/contacts/elsewhere", tag = "contacts", params(ElsewhereQuery),
    responses((status = 200, description = "What was found.", body = Contacts)))]
pub(crate) async fn elsewhere(
    State(state): State<ApiState>,
    _who: SignedIn,
    Query(query): Query<ElsewhereQuery>,
) -> Result<axum::Json<Contacts>, Problem> {
    let text = query.q.trim();
    if text.chars().count() < SHORTEST {
        return Ok(axum::Json(Contacts { items: Vec::new(), total: 0 }));
    }
    let found = state.parts.plugins.search_contacts(text, MOST).await;
    let mut known: HashMap<String, Vec<String>> = HashMap::new();
    let mut items = Vec::new();
    for (plugin, contact) in found {
        let source = SourceName { kind: SourceKind::Plugin, name: plugin.clone() };
        if !known.contains_key(&plugin) {
            let kept = state.store().contacts(text, Some(&source), 0, 500).await?;
            known.insert(plugin.clone(), kept.items.into_iter().map(|kept| kept.contact.key).collect());
        }
        if known.get(&plugin).is_some_and(|keys| keys.contains(&contact.key)) {
            continue;
        }
        // Ids below zero are of this answer alone.
        let id = -1 - items.len() as i64;
        items.push(ContactView::of(&state, StoredContact { id, source, contact }));
    }
    let total = items.len() as u64;
    Ok(axum::Json(Contacts { items, total }))
}
