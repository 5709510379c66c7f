//! `GET /contacts/export`: contacts as a table for a spreadsheet, or to import them elsewhere.

use super::SourceView;
use crate::{ApiState, auth::Admin, error::Problem, spreadsheet::line};
use axum::{
    body::Body,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::stream;
use jackfield_model::NumberKind;
use jackfield_store::{StoreError, StoredContact};

/// Contacts per read of the database.
const PAGE: u64 = 2_000;
const HEAD: [&str; 9] = ["Name", "Company", "Work", "Mobile", "Home", "Other", "Mail", "Note", "Source"];

/// Sends all contacts as CSV (RFC 4180), by name, in columns that an import understands.
#[utoipa::path(get, path = "/contacts/export", tag = "contacts",
    responses((status = 200, description = "The table.", content_type = "text/csv", body = String)))]
pub(crate) async fn export(State(state): State<ApiState>, _admin: Admin) -> Result<Response, Problem> {
    // The first page is read before the answer begins, so that a fault is still an answer of its own.
    let first = page(&state, 0).await?;
    let rest = stream::try_unfold((state, PAGE, first.1), async |(state, offset, more)| {
        if !more {
            return Ok(None);
        }
        let (rows, more) = page(&state, offset).await?;
        Ok::<_, StoreError>(Some((rows, (state, offset + PAGE, more))))
    });
    // Spreadsheets take a file for UTF-8 by this mark alone.
    let begin = stream::iter([Ok(Bytes::from(format!("\u{feff}{}", line(&HEAD)))), Ok(first.0)]);
    let body = Body::from_stream(futures_util::StreamExt::chain(begin, rest));
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"contacts.csv\""),
    ];
    Ok((headers, body).into_response())
}

async fn page(state: &ApiState, offset: u64) -> Result<(Bytes, bool), StoreError> {
    let page = state.store().contacts("", None, offset, PAGE).await?;
    let more = offset + (page.items.len() as u64) < page.total && !page.items.is_empty();
    Ok((page.items.into_iter().map(|found| row(state, found)).collect::<String>().into(), more))
}

fn row(state: &ApiState, StoredContact { source, contact, .. }: StoredContact) -> String {
    let mut columns = [const { Vec::<&str>::new() }; 4];
    for number in &contact.numbers {
        let place = match number.kind {
            NumberKind::Work => 0,
            NumberKind::Mobile => 1,
            NumberKind::Home => 2,
            NumberKind::Other => 3,
        };
        // A second one of its kind is another one.
        let place = if columns[place].is_empty() { place } else { 3 };
        columns[place].push(&number.number);
    }
    let [work, mobile, home, other] = columns.map(|numbers| numbers.join(", "));
    let label = SourceView::of(state, source).label;
    line(&[contact.name, contact.company, work, mobile, home, other, contact.mail, contact.note, label])
}
