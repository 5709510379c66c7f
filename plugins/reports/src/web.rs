//! What the page asks.

use crate::{
    access::Viewer,
    calendar,
    export::{Format, unit, values},
    report::{self, Asker, MOST_OF_A_FILE, Report, Slice, Wanted},
    saved::{self, Saved},
    schedule::{self, Schedule},
    settings::Settings,
    template::Template,
    texts,
};
use jackfield_sdk::{
    analytics::{self, Query},
    prelude::*,
};
use serde::Serialize;
use serde_json::json;

/// Rows of a preview.
const PREVIEW: u32 = 100;
/// Choices of a filter.
const MOST_CHOICES: u32 = 300;
const YEAR_MS: u64 = 366 * 86_400_000;

/// Answer one request.
pub fn answer(request: &web::Request) -> Result<web::Response> {
    let settings: Settings = settings();
    let viewer = Viewer::of(request.user(), &settings);
    let asker = Asker { viewer: &viewer, settings: &settings, language: request.language(), now: clock::now() };
    match request.route()[..] {
        ["GET", "reports"] => list(&asker),
        ["GET", "choices"] => choices(&asker),
        ["GET", "reports", id] => {
            let slice = Slice { offset: offset(request)?, limit: PREVIEW };
            shown(&report::make(id, &wanted(request)?, &asker, slice)?, slice.offset)
        }
        ["GET", "reports", id, "file"] => {
            let made = report::make(id, &wanted(request)?, &asker, Slice { offset: 0, limit: MOST_OF_A_FILE })?;
            file(&made, request.query("format").unwrap_or_default(), asker.language)
        }
        ["GET", "saved"] => web::Response::json(&saved::of(&viewer.id)?),
        ["POST", "saved"] => {
            let saved: Saved = request.json()?;
            if !viewer.sees(&Template::find(&saved.report)?) {
                return Ok(web::Response::denied("This report is for supervisors."));
            }
            web::Response::json(&saved::keep(&viewer.id, saved)?)
        }
        ["DELETE", "saved", id] => gone(saved::forget(&viewer.id, id)?),
        ["GET", "schedules"] => web::Response::json(&schedule::of(&viewer)?),
        ["POST", "schedules"] => {
            let schedule: Schedule = request.json()?;
            web::Response::json(&schedule::keep(&viewer, asker.language, schedule)?)
        }
        ["DELETE", "schedules", id] => gone(schedule::forget(&viewer, id)?),
        ["GET", "schedules", id, "runs", due] => {
            let Some(schedule) = schedule::find(&viewer, id)? else { return Ok(web::Response::not_found()) };
            let due = due.parse().ok().filter(|due| schedule.runs.iter().any(|run| run.due == *due));
            let Some(due) = due else { return Ok(web::Response::not_found()) };
            let made = schedule.make(&settings, due, Slice { offset: 0, limit: MOST_OF_A_FILE })?;
            file(&made, &schedule.format, &schedule.language)
        }
        _ => Ok(web::Response::not_found()),
    }
}

/// A report in the list.
#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    number: Option<u32>,
    group: &'a str,
    title: &'a str,
    /// Whether intervals can be chosen.
    interval: bool,
}

fn list(asker: &Asker<'_>) -> Result<web::Response> {
    let all = Template::all()?;
    let mut groups: Vec<&str> = Vec::new();
    // Lists that only figures lead to have no number and are not listed.
    let seen = all.iter().filter(|(_, template)| template.number.is_some() && asker.viewer.sees(template));
    let mut reports: Vec<_> = seen.collect();
    reports.sort_by_key(|(_, template)| template.number);
    for (_, template) in &reports {
        if !groups.contains(&template.group.as_str()) {
            groups.push(&template.group);
        }
    }
    let groups: Vec<_> =
        groups.into_iter().map(|group| json!({ "id": group, "title": texts::group(group, asker.language) })).collect();
    let listed = |(id, template): &&(&'static str, Template)| {
        serde_json::to_value(Listed {
            id,
            number: template.number,
            group: &template.group,
            title: template.title.in_language(asker.language),
            interval: template.dimensions.iter().any(|dimension| dimension == "interval"),
        })
    };
    let reports = reports.iter().map(listed).collect::<Result<Vec<_>, _>>();
    let reports = reports.map_err(|error| Error::Failed(error.to_string()))?;
    web::Response::json(&json!({
        "all": asker.viewer.all,
        "own": asker.viewer.extension,
        "zone": asker.settings.time_zone,
        "today": calendar::written(calendar::today(&asker.settings.time_zone)?),
        "periods": calendar::PERIODS,
        "groups": groups,
        "reports": reports,
    }))
}

/// Queues and agents that there were in a year, to choose from. Who sees only their own has nothing to choose.
fn choices(asker: &Asker<'_>) -> Result<web::Response> {
    let names = |dataset: &str, field: &str| -> Result<Vec<String>> {
        let mut query = Query::about(dataset, asker.now.saturating_sub(YEAR_MS), asker.now + 1).by([field]);
        query = query.counting([if dataset == "visits" { "visits" } else { "sessions" }]);
        query.limit = MOST_CHOICES;
        let rows = analytics::ask(&query)?.rows.into_iter();
        Ok(rows
            .filter_map(|row| match row.into_iter().next() {
                Some(analytics::Value::Text(name)) => Some(name),
                _ => None,
            })
            .collect())
    };
    let (queues, agents) =
        if asker.viewer.all { (names("visits", "queue")?, names("sessions", "agent")?) } else { Default::default() };
    web::Response::json(&json!({ "queue": queues, "agent": agents }))
}

/// What somebody wants: JSON in the parameter `wanted`.
fn wanted(request: &web::Request) -> Result<Wanted> {
    match request.query("wanted") {
        None | Some("") => Ok(Wanted::default()),
        Some(text) => serde_json::from_str(text).map_err(|error| Error::Invalid(format!("what is wanted: {error}"))),
    }
}

fn offset(request: &web::Request) -> Result<u32> {
    let text = request.query("offset").unwrap_or("0");
    text.parse().map_err(|_| Error::Invalid(format!("“{text}” is no number of rows")))
}

/// A report as the page draws it.
fn shown(report: &Report, offset: u32) -> Result<web::Response> {
    let columns: Vec<_> = report
        .columns
        .iter()
        .map(|column| {
            json!({
                "name": column.name,
                "label": column.label,
                "unit": unit(column.unit),
                "measure": column.measure,
                "definition": column.definition,
            })
        })
        .collect();
    let row = |row: &report::Row| json!({ "values": values(row), "texts": row.texts });
    web::Response::json(&json!({
        "id": report.id,
        "title": report.title,
        "group": report.group,
        "columns": columns,
        "rows": report.rows.iter().map(row).collect::<Vec<_>>(),
        "total": report.total.as_ref().map(row),
        "more": report.more,
        "offset": offset,
        "chart": report.chart,
        "drill": report.drill,
        "period": report.period,
        "named": report.named,
        "zone": report.zone,
        "interval": report.interval,
        "list": report.is_list,
    }))
}

fn file(report: &Report, ending: &str, language: &str) -> Result<web::Response> {
    let Some(format) = Format::of(ending) else {
        return Err(Error::Invalid("a file is csv, html, json, pdf or xlsx".into()));
    };
    let name = format!("attachment; filename=\"{}.{ending}\"", report.id);
    let response = web::Response::bytes(format.media_type(), format.write(report, language));
    Ok(response.with_header("content-disposition", name))
}

fn gone(was_there: bool) -> Result<web::Response> {
    Ok(if was_there { web::Response::done() } else { web::Response::not_found() })
}
