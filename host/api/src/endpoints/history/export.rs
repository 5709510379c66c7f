//! `GET /history/export`: finished calls as a table for a spreadsheet.

use super::list::HistoryQuery;
use crate::{ApiState, auth::SignedIn, error::Problem, input::Query, spreadsheet::line};
use axum::{
    body::Body,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::stream;
use jackfield_model::CallRecord;
use jackfield_store::{Cursor, HistoryFilter, StoreError};
use serde_json::Value;

/// Calls per read of the database.
const PAGE: u32 = 1_000;
/// Most calls in one file: what a spreadsheet still opens.
const MOST: u32 = 1_000_000;
const HEAD: &str = "id,direction,caller_number,caller_name,callee_number,callee_name,answered_by,started,answered,ended,cause,detail,trunk,diverted_by\r\n";

/// Sends the calls that the filter shows as CSV (RFC 4180), newest first, times in UTC (ISO 8601).
#[utoipa::path(get, path = "/history/export", tag = "history", params(HistoryQuery),
    responses((status = 200, description = "The table.", content_type = "text/csv", body = String)))]
pub(crate) async fn export(
    State(state): State<ApiState>,
    who: SignedIn,
    Query(query): Query<HistoryQuery>,
) -> Result<Response, Problem> {
    let filter = query.filter(&state, &who).await?;
    // The first page is read before the answer begins, so that a fault is still an answer of its own.
    let first = page(&state, &filter, None).await?;
    let rest = stream::try_unfold((state, filter, first.1, PAGE), async |(state, filter, cursor, sent)| {
        let Some(cursor) = cursor.filter(|_| sent < MOST) else { return Ok(None) };
        let (rows, next) = page(&state, &filter, Some(&cursor)).await?;
        Ok::<_, StoreError>(Some((rows, (state, filter, next, sent + PAGE))))
    });
    let begin = stream::iter([Ok(Bytes::from_static(HEAD.as_bytes())), Ok(first.0)]);
    let body = Body::from_stream(futures_util::StreamExt::chain(begin, rest));
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"calls.csv\""),
    ];
    Ok((headers, body).into_response())
}

async fn page(
    state: &ApiState,
    filter: &HistoryFilter,
    after: Option<&Cursor>,
) -> Result<(Bytes, Option<Cursor>), StoreError> {
    let page = state.store().history(filter, after, PAGE).await?;
    Ok((page.items.iter().map(row).collect::<String>().into(), page.next))
}

fn row(record: &CallRecord) -> String {
    let word =
        |value: serde_json::Result<Value>| value.ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
    let columns = [
        record.id.0.clone(),
        word(serde_json::to_value(record.direction)),
        record.caller.number.clone(),
        record.caller.name.clone(),
        record.callee.number.clone(),
        record.callee.name.clone(),
        record.answered_by.clone().unwrap_or_default(),
        iso(record.started),
        record.answered.map(iso).unwrap_or_default(),
        iso(record.ended),
        word(serde_json::to_value(record.cause)),
        record.detail.clone(),
        record.trunk.clone().unwrap_or_default(),
        record.diverted_by.clone().unwrap_or_default(),
    ];
    line(&columns)
}

/// Unix milliseconds as ISO 8601 in UTC, by the civil calendar (proleptic Gregorian).
pub(crate) fn iso(at: u64) -> String {
    let (days, ms) = (at / 86_400_000, at % 86_400_000);
    // Years begin in March here, so that the leap day is the last of its year; 719,468 days lie before 1970.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = era * 400 + year + carry;
    let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        assert_eq!(iso(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(iso(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(iso(1_709_251_199_999), "2024-02-29T23:59:59.999Z");
        assert_eq!(iso(4_107_542_400_000), "2100-03-01T00:00:00.000Z");
    }
}
