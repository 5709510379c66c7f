//! A workbook of one sheet (ECMA-376): numbers as numbers, lengths of time as parts of a day, texts in their cells.

use super::{escaped, zip::Zip};
use crate::report::{Report, Row};
use jackfield_sdk::analytics::{Unit, Value};
use std::fmt::Write as _;

const TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>"#;
const ROOT: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const BOOK: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Report" sheetId="1" r:id="r1"/></sheets></workbook>"#;
const BOOK_PARTS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#;
/// Styles by number: 0 plain, 1 bold, 2 a length of time, 3 one place, 4 two places.
const STYLES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="2"><numFmt numFmtId="164" formatCode="[h]:mm:ss"/><numFmt numFmtId="165" formatCode="0.0"/></numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="1"><fill><patternFill patternType="none"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="5"><xf/><xf fontId="1" applyFont="1"/><xf numFmtId="164" applyNumberFormat="1"/><xf numFmtId="165" applyNumberFormat="1"/><xf numFmtId="2" applyNumberFormat="1"/></cellXfs></styleSheet>"#;

pub(super) fn write(report: &Report) -> Vec<u8> {
    let mut zip = Zip::default();
    zip.add("[Content_Types].xml", TYPES.as_bytes());
    zip.add("_rels/.rels", ROOT.as_bytes());
    zip.add("xl/workbook.xml", BOOK.as_bytes());
    zip.add("xl/_rels/workbook.xml.rels", BOOK_PARTS.as_bytes());
    zip.add("xl/styles.xml", STYLES.as_bytes());
    zip.add("xl/worksheets/sheet1.xml", sheet(report).as_bytes());
    zip.finish()
}

fn sheet(report: &Report) -> String {
    let mut text = String::from(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>"#,
    );
    let mut number = 0;
    let mut begin = |text: &mut String| {
        number += 1;
        let _ = write!(text, "<row r=\"{number}\">");
    };
    for line in [&report.title, &report.period] {
        begin(&mut text);
        word(&mut text, line, 1);
        text.push_str("</row>");
    }
    begin(&mut text);
    text.push_str("</row>");
    begin(&mut text);
    for column in &report.columns {
        let percent = if column.unit == Unit::Percent { " (%)" } else { "" };
        word(&mut text, &format!("{}{percent}", column.label), 1);
    }
    text.push_str("</row>");
    for row in report.rows.iter().chain(&report.total) {
        begin(&mut text);
        cells(&mut text, report, row);
        text.push_str("</row>");
    }
    text.push_str("</sheetData></worksheet>");
    text
}

fn cells(text: &mut String, report: &Report, row: &Row) {
    for (column, (value, shown)) in report.columns.iter().zip(row.values.iter().zip(&row.texts)) {
        let _ = match (column.unit, value) {
            // An empty cell; in a sum, its name.
            (_, Value::None) if shown.is_empty() => write!(text, "<c/>"),
            (Unit::Duration, Value::Integer(ms)) => {
                write!(text, "<c s=\"2\"><v>{}</v></c>", *ms as f64 / 86_400_000.0)
            }
            (Unit::Time | Unit::Date | Unit::YesNo | Unit::Text, _) | (_, Value::None | Value::Text(_)) => {
                word(text, shown, 0);
                Ok(())
            }
            _ if matches!(column.name.as_str(), "weekday" | "hour") => {
                word(text, shown, 0);
                Ok(())
            }
            (Unit::Percent, Value::Number(number)) => write!(text, "<c s=\"3\"><v>{number}</v></c>"),
            (_, Value::Number(number)) => write!(text, "<c s=\"4\"><v>{number}</v></c>"),
            (_, Value::Integer(number)) => write!(text, "<c><v>{number}</v></c>"),
        };
    }
}

fn word(text: &mut String, word: &str, style: u8) {
    let _ =
        write!(text, "<c t=\"inlineStr\" s=\"{style}\"><is><t xml:space=\"preserve\">{}</t></is></c>", escaped(word));
}
