//! `POST /contacts/files/{name}`: import a file of contacts.

use super::{
    file,
    preview::{not_read, yes},
    table::{Field, LineFault, Table},
};
use crate::{
    ApiState,
    auth::Admin,
    error::{Problem, ProblemKind},
    input::{Check, Path, Query, Upload},
};
use axum::extract::State;
use jackfield_model::DialPlan;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

/// Contacts of one transaction: other writers get their turn in between.
const BATCH: usize = 1_000;
/// Most files.
const MOST_FILES: usize = 50;
/// Longest name of a file.
const NAME: usize = 60;

/// How the file is read.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportQuery {
    /// What each column holds, in their order, with commas between: `first-name,last-name,company,work,none,mail`.
    fields: String,
    /// Whether the first line has the titles of the columns.
    #[serde(default = "yes")]
    titled: bool,
    /// Country code of numbers without one, without `+`; empty when they are to stay as they are.
    #[serde(default)]
    country: String,
    /// What is dialled before an area code.
    #[serde(default = "national")]
    national: String,
    /// Look only, and import nothing.
    #[serde(default)]
    try_only: bool,
}

/// What has come of a file.
#[derive(Serialize, ToSchema)]
pub(crate) struct Imported {
    /// Contacts of the file.
    contacts: u64,
    /// Those of them that were not there before.
    added: u64,
    /// Those that were there before and are not in this file.
    removed: u64,
    /// What is wrong with its lines, the first hundred.
    faults: Vec<LineFault>,
    /// How much is wrong in all.
    faulty: u64,
}

/// Imports a file of contacts (CSV, at most 100,000 lines) in the place of what was imported under this name before. Lines that
/// make no contact are left out and told. With `try_only` nothing is imported.
#[utoipa::path(post, path = "/contacts/files/{name}", tag = "contacts",
    params(("name" = String, Path, description = "The name of the file."), ImportQuery),
    request_body(content_type = "application/octet-stream", description = "The file.", content = Vec<u8>),
    responses((status = 200, description = "What has come of it.", body = Imported)))]
pub(crate) async fn import(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(name): Path<String>,
    Query(query): Query<ImportQuery>,
    Upload(body): Upload,
) -> Result<axum::Json<Imported>, Problem> {
    let mut check = Check::default();
    let name = check.text("name", &name, NAME);
    let fields = read_fields(&query.fields).unwrap_or_default();
    if !fields.iter().any(|field| matches!(field, Field::Name | Field::FirstName | Field::LastName | Field::Company)) {
        check.add("fields", "no-name", "Say which column holds the name or the company.");
    }
    let digits = |text: &str, most: usize| text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit());
    let country = query.country.trim().trim_start_matches('+').to_owned();
    if !digits(&country, 3) || !digits(&query.national, 4) {
        check.add("country", "not-a-code", "A country code has one to three digits, such as 33.");
    }
    check.done()?;
    let plan = DialPlan { country, national: query.national, ..DialPlan::default() };
    let titled = query.titled;
    let mapped = tokio::task::spawn_blocking(move || Ok(Table::read(&body, titled)?.map(&fields, &plan))).await;
    let mapped = mapped.map_err(|broken| Problem::internal(&broken))?.map_err(not_read)?;
    let mut imported = Imported {
        contacts: mapped.contacts.len() as u64,
        added: 0,
        removed: 0,
        faults: mapped.faults,
        faulty: mapped.faulty,
    };
    if query.try_only {
        return Ok(axum::Json(imported));
    }
    if mapped.contacts.is_empty() {
        return Err(not_read("No line makes a contact: is each column said to hold what it holds?".into()));
    }
    let source = file(&name);
    let known = state.store().contact_sources().await?;
    if known.len() >= MOST_FILES && !known.iter().any(|known| known.kind == source.kind && known.name == name) {
        let detail = format!("There are {MOST_FILES} files already. Delete one that nobody needs any more.");
        return Err(Problem::new(ProblemKind::Conflict, detail));
    }
    let overtaken =
        || Problem::new(ProblemKind::Conflict, "Somebody else imports this file at the same time. Try again.");
    let draft = state.store().draft_contacts(&source, state.now()).await?;
    for batch in mapped.contacts.chunks(BATCH) {
        if !state.store().write_contacts(draft, batch).await? {
            return Err(overtaken());
        }
    }
    let replaced = state.store().finish_contacts(draft, state.now()).await?.ok_or_else(overtaken)?;
    (imported.contacts, imported.added, imported.removed) = (replaced.contacts, replaced.added, replaced.removed);
    let detail = json!({ "contacts": replaced.contacts, "added": replaced.added, "removed": replaced.removed });
    state.audit(&admin, "contacts.import", &name, detail).await;
    state.contacts_changed().await;
    Ok(axum::Json(imported))
}

fn read_fields(text: &str) -> Option<Vec<Field>> {
    text.split(',').map(|field| serde_json::from_value(json!(field.trim())).ok()).collect()
}

fn national() -> String {
    String::from("0")
}
