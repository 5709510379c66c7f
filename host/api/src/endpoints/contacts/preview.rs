//! `POST /contacts/preview`: what is in a file of contacts?

use super::table::{Field, Table};
use crate::{
    ApiState,
    auth::Admin,
    error::{Problem, ProblemKind},
    input::{Query, Upload},
};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Lines that are shown.
const SHOWN: usize = 5;
const LONGEST_CELL: usize = 80;

/// How the file is read.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PreviewQuery {
    /// Whether the first line has the titles of the columns.
    #[serde(default = "yes")]
    titled: bool,
}

/// A file before it is imported.
#[derive(Serialize, ToSchema)]
pub(crate) struct Preview {
    /// The titles of its columns; empty texts when it has none.
    columns: Vec<String>,
    /// What each column seems to hold.
    fields: Vec<Field>,
    /// Its first lines.
    rows: Vec<Vec<String>>,
    /// How many lines there are.
    total: u64,
}

/// Looks into a file of contacts (CSV) without importing it: its columns, what they seem to hold, and its first lines.
#[utoipa::path(post, path = "/contacts/preview", tag = "contacts", params(PreviewQuery),
    request_body(content_type = "application/octet-stream", description = "The file.", content = Vec<u8>),
    responses((status = 200, description = "What is in it.", body = Preview)))]
pub(crate) async fn preview(
    State(_state): State<ApiState>,
    _admin: Admin,
    Query(query): Query<PreviewQuery>,
    Upload(file): Upload,
) -> Result<axum::Json<Preview>, Problem> {
    let table = tokio::task::spawn_blocking(move || Table::read(&file, query.titled)).await;
    let table = table.map_err(|broken| Problem::internal(&broken))?.map_err(not_read)?;
    let short = |cell: &String| cell.chars().take(LONGEST_CELL).collect();
    Ok(axum::Json(Preview {
        fields: table.guess(),
        rows: table.rows.iter().take(SHOWN).map(|(_, cells)| cells.iter().map(short).collect()).collect(),
        total: table.rows.len() as u64,
        columns: table.columns.iter().map(short).collect(),
    }))
}

pub(super) fn not_read(why: String) -> Problem {
    Problem::field(ProblemKind::Invalid, "file", "not-a-table", why)
}

pub(super) fn yes() -> bool {
    true
}
