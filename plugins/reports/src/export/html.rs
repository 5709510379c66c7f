//! HTML: one page that stands alone, to be printed or sent.

use super::escaped;
use crate::{
    report::{Report, Row},
    texts,
};
use jackfield_sdk::analytics::Unit;
use std::fmt::Write as _;

const STYLE: &str = "body{font:14px/1.4 system-ui,sans-serif;margin:2rem;color:#1a1d21;background:#fff}\
h1{font-size:1.4rem;margin:0 0 .3rem}p{margin:.2rem 0 1rem;color:#4c5561}\
table{border-collapse:collapse;width:100%}th,td{padding:.35rem .6rem;text-align:left;border-bottom:1px solid #d7dce2}\
th{background:#f1f3f6}.n{text-align:right;font-variant-numeric:tabular-nums}tfoot td{font-weight:600;border-top:2px solid #4c5561}\
dl{font-size:.85rem;color:#4c5561}dt{font-weight:600}dd{margin:0 0 .4rem}";

pub(super) fn write(report: &Report, language: &str) -> Vec<u8> {
    let say = |key| escaped(texts::say(key, language));
    let title = escaped(&report.title);
    let mut text = format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>{title}</h1>\n<p>{}: {} · {}: {}",
        say("period"),
        escaped(&report.period),
        say("zone"),
        escaped(&report.zone),
    );
    if !report.is_list {
        let _ = write!(text, " · {}", say(if report.by_end { "counted_by_end" } else { "counted" }));
    }
    text.push_str("</p>\n<table>\n<thead><tr>");
    let numeric = |unit| matches!(unit, Unit::Count | Unit::Number | Unit::Percent | Unit::Duration);
    for column in &report.columns {
        let class = if numeric(column.unit) { " class=\"n\"" } else { "" };
        let percent = if column.unit == Unit::Percent { " (%)" } else { "" };
        let _ = write!(text, "<th scope=\"col\"{class}>{}{percent}</th>", escaped(&column.label));
    }
    text.push_str("</tr></thead>\n<tbody>\n");
    let cells = |text: &mut String, row: &Row| {
        text.push_str("<tr>");
        for (column, shown) in report.columns.iter().zip(&row.texts) {
            let class = if numeric(column.unit) { " class=\"n\"" } else { "" };
            let _ = write!(text, "<td{class}>{}</td>", escaped(shown));
        }
        text.push_str("</tr>\n");
    };
    for row in &report.rows {
        cells(&mut text, row);
    }
    text.push_str("</tbody>\n");
    if let Some(total) = &report.total {
        text.push_str("<tfoot>\n");
        cells(&mut text, total);
        text.push_str("</tfoot>\n");
    }
    text.push_str("</table>\n");
    if report.rows.is_empty() {
        let _ = writeln!(text, "<p>{}</p>", say("nothing"));
    }
    if report.more {
        let _ = writeln!(text, "<p>{}</p>", say("more"));
    }
    let _ = writeln!(text, "<h2>{}</h2>\n<dl>", say("definitions"));
    for column in report.columns.iter().filter(|column| column.measure) {
        let _ = writeln!(text, "<dt>{}</dt><dd>{}</dd>", escaped(&column.label), escaped(&column.definition));
    }
    text.push_str("</dl>\n</body>\n</html>\n");
    text.into_bytes()
}
