//! PDF 1.4 (ISO 32000): landscape A4 with one of the fonts that every reader has, so that nothing is embedded.
//!
//! Texts are in WinAnsiEncoding; what it has no character for is shown as a question mark.

use crate::{
    report::{Report, Row},
    texts,
};
use jackfield_sdk::analytics::Unit;
use std::fmt::Write as _;

/// A page, in points.
const WIDTH: f64 = 842.0;
const HEIGHT: f64 = 595.0;
const MARGIN: f64 = 36.0;
const SIZE: f64 = 8.0;
const LINE: f64 = 12.0;
/// Between columns.
const GAP: f64 = 6.0;

pub(super) fn write(report: &Report, language: &str) -> Vec<u8> {
    let columns = Columns::of(report);
    let mut pages = vec![String::new()];
    let mut at = HEIGHT - MARGIN - 14.0;
    let heading = |page: &mut String, at: &mut f64| {
        let heads: Vec<String> = report.columns.iter().map(label).collect();
        columns.line(page, *at, &heads, true, report);
        rule(page, *at - 3.0);
        *at -= LINE + 2.0;
    };
    if let Some(page) = pages.last_mut() {
        words(page, MARGIN, at, 14.0, true, &report.title);
        at -= 16.0;
        let about = format!("{}: {} · {}", texts::say("period", language), report.period, report.zone);
        words(page, MARGIN, at, SIZE, false, &about);
        at -= 20.0;
        heading(page, &mut at);
    }
    let last = report.rows.len();
    for (number, row) in report.rows.iter().chain(&report.total).enumerate() {
        if at < MARGIN + LINE {
            pages.push(String::new());
            at = HEIGHT - MARGIN;
            if let Some(page) = pages.last_mut() {
                heading(page, &mut at);
            }
        }
        if let Some(page) = pages.last_mut() {
            if number == last {
                rule(page, at + LINE - 3.0);
            }
            columns.line(page, at, &row.texts, number == last, report);
        }
        at -= LINE;
    }
    let note = if report.rows.is_empty() { Some("nothing") } else { report.more.then_some("more") };
    if let (Some(note), Some(page)) = (note, pages.last_mut()) {
        words(page, MARGIN, at.max(MARGIN / 2.0), SIZE, false, texts::say(note, language));
    }
    let count = pages.len();
    for (number, page) in (1..).zip(&mut pages) {
        words(page, WIDTH - MARGIN - 40.0, MARGIN / 2.0, SIZE, false, &format!("{number} / {count}"));
    }
    document(&report.title, &pages)
}

fn label(column: &crate::report::Column) -> String {
    if column.unit == Unit::Percent { format!("{} %", column.label) } else { column.label.clone() }
}

/// Where columns begin and end.
struct Columns(Vec<(f64, f64)>);

impl Columns {
    /// As wide as what is in them, and all together as wide as the page.
    fn of(report: &Report) -> Self {
        let widest = |at: usize| {
            let rows = report.rows.iter().take(200).chain(&report.total);
            let texts = rows.filter_map(|row: &Row| row.texts.get(at)).map(|text| width(text, SIZE, false));
            texts.fold(width(&label(&report.columns[at]), SIZE, true), f64::max).clamp(16.0, 220.0)
        };
        let widths: Vec<f64> = (0..report.columns.len()).map(widest).collect();
        let room = WIDTH - 2.0 * MARGIN - GAP * (widths.len().saturating_sub(1)) as f64;
        let wanted: f64 = widths.iter().sum();
        let scale = if wanted > room { room / wanted } else { 1.0 };
        let mut left = MARGIN;
        let place = |width: f64| {
            let (from, to) = (left, left + width * scale);
            left = to + GAP;
            (from, to)
        };
        Self(widths.into_iter().map(place).collect())
    }

    fn line(&self, page: &mut String, at: f64, cells: &[String], bold: bool, report: &Report) {
        for ((column, cell), (from, to)) in report.columns.iter().zip(cells).zip(&self.0) {
            let text = fitting(cell, to - from, bold);
            let right = matches!(column.unit, Unit::Count | Unit::Number | Unit::Percent | Unit::Duration);
            let from = if right { to - width(&text, SIZE, bold) } else { *from };
            words(page, from, at, SIZE, bold, &text);
        }
    }
}

/// As much of a text as there is room for.
fn fitting(text: &str, room: f64, bold: bool) -> String {
    if width(text, SIZE, bold) <= room + 0.5 {
        return text.to_owned();
    }
    let mut kept = String::new();
    for character in text.chars() {
        kept.push(character);
        if width(&kept, SIZE, bold) + width("…", SIZE, bold) > room {
            kept.pop();
            break;
        }
    }
    kept.push('…');
    kept
}

fn words(page: &mut String, x: f64, y: f64, size: f64, bold: bool, text: &str) {
    let font = if bold { "F2" } else { "F1" };
    let _ = write!(page, "BT /{font} {size} Tf {x:.2} {y:.2} Td (");
    for byte in text.chars().map(encoded) {
        if matches!(byte, b'(' | b')' | b'\\') {
            page.push('\\');
        }
        // Each byte as the character of that number; written out as bytes in the end.
        page.push(char::from(byte));
    }
    page.push_str(") Tj ET\n");
}

fn rule(page: &mut String, y: f64) {
    let _ = writeln!(page, "0.5 w {MARGIN:.2} {y:.2} m {:.2} {y:.2} l S", WIDTH - MARGIN);
}

/// A character in WinAnsiEncoding (ISO 32000, annex D).
fn encoded(character: char) -> u8 {
    match character {
        '€' => 0x80,
        '…' => 0x85,
        'Š' => 0x8a,
        'Œ' => 0x8c,
        'Ž' => 0x8e,
        '‘' => 0x91,
        '’' => 0x92,
        '“' => 0x93,
        '”' => 0x94,
        '•' => 0x95,
        '–' => 0x96,
        '—' => 0x97,
        'š' => 0x9a,
        'œ' => 0x9c,
        'ž' => 0x9e,
        '\u{202f}' => 0xa0,
        '→' => b'>',
        '≤' => b'<',
        '\u{a0}'..='\u{ff}' | ' '..='~' => character as u8,
        _ => b'?',
    }
}

/// How wide a text is in Helvetica, near enough to put columns side by side (Adobe's metrics, by classes of letters).
fn width(text: &str, size: f64, bold: bool) -> f64 {
    let of = |character: char| match character {
        'i' | 'j' | 'l' | '\'' | '|' => 222.0,
        ' ' | '.' | ',' | ':' | ';' | '/' | 'I' | 't' | 'f' | '!' | '\u{a0}' | '\u{202f}' => 278.0,
        '(' | ')' | '-' | 'r' => 333.0,
        'c' | 'k' | 's' | 'v' | 'x' | 'y' | 'z' | 'J' => 500.0,
        'm' | 'M' => 833.0,
        'w' | 'C' | 'D' | 'H' | 'N' | 'R' | 'U' => 722.0,
        'G' | 'O' | 'Q' => 778.0,
        'A' | 'B' | 'E' | 'K' | 'P' | 'S' | 'V' | 'X' | 'Y' => 667.0,
        '%' | 'W' => 916.0,
        '…' => 1_000.0,
        'F' | 'T' | 'Z' => 611.0,
        _ => 556.0,
    };
    let sum: f64 = text.chars().map(of).sum();
    sum * size / 1_000.0 * if bold { 1.06 } else { 1.0 }
}

/// The whole file: catalogue, pages, fonts, contents, and the table of where they are.
fn document(title: &str, pages: &[String]) -> Vec<u8> {
    // 1 catalogue, 2 list of pages, 3 and 4 fonts, 5 about it; then a page and its content in turn.
    let page = |number: usize| 6 + 2 * number;
    let kids: Vec<_> = (0..pages.len()).map(|number| format!("{} 0 R", page(number))).collect();
    let font = |name| format!("<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>");
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), pages.len()),
        font("Helvetica"),
        font("Helvetica-Bold"),
        format!("<< /Title <FEFF{}> >>", title.encode_utf16().map(|unit| format!("{unit:04X}")).collect::<String>()),
    ];
    for (number, content) in pages.iter().enumerate() {
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> \
             /Contents {} 0 R >>",
            page(number) + 1
        ));
        // Characters below 256 only: as many bytes as characters.
        objects.push(format!("<< /Length {} >>\nstream\n{content}endstream", content.chars().count()));
    }
    let mut text = String::from("%PDF-1.4\n");
    let mut length = text.len();
    let mut table = String::new();
    for (number, object) in (1..).zip(&objects) {
        let _ = writeln!(table, "{length:010} 00000 n ");
        let whole = format!("{number} 0 obj\n{object}\nendobj\n");
        length += whole.chars().count();
        text.push_str(&whole);
    }
    let _ = write!(
        text,
        "xref\n0 {}\n0000000000 65535 f \n{table}trailer\n<< /Size {} /Root 1 0 R /Info 5 0 R >>\nstartxref\n{length}\n%%EOF\n",
        objects.len() + 1,
        objects.len() + 1
    );
    text.chars().map(|character| character as u8).collect()
}
