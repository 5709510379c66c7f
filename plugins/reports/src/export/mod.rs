//! Reports as files.

mod csv;
mod html;
mod json;
mod pdf;
mod xlsx;
mod zip;

use crate::report::Report;
pub use json::{unit, values};

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    Html,
    Json,
    Pdf,
    Xlsx,
}

impl Format {
    /// From its ending.
    pub fn of(ending: &str) -> Option<Self> {
        Some(match ending {
            "csv" => Self::Csv,
            "html" => Self::Html,
            "json" => Self::Json,
            "pdf" => Self::Pdf,
            "xlsx" => Self::Xlsx,
            _ => return None,
        })
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Html => "text/html; charset=utf-8",
            Self::Json => "application/json",
            Self::Pdf => "application/pdf",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// A report as such a file.
    pub fn write(self, report: &Report, language: &str) -> Vec<u8> {
        match self {
            Self::Csv => csv::write(report),
            Self::Html => html::write(report, language),
            Self::Json => json::write(report),
            Self::Pdf => pdf::write(report, language),
            Self::Xlsx => xlsx::write(report),
        }
    }
}

/// Text in XML and HTML; what XML has no way to say is left out.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            character if character.is_control() => safe.push(' '),
            character => safe.push(character),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        report::{Column, Row},
        template::Every,
    };
    use jackfield_sdk::analytics::{Unit, Value};

    fn report() -> Report {
        let column = |name: &str, unit, measure| Column {
            name: name.into(),
            label: name.to_uppercase(),
            unit,
            measure,
            definition: "A / O <x>".into(),
        };
        let row = |queue: &str, calls, wait| Row {
            values: vec![queue.into(), Value::Integer(calls), Value::Integer(wait), Value::Number(12.345)],
            texts: vec![queue.into(), calls.to_string(), crate::show::duration(wait), "12.3".into()],
        };
        Report {
            id: "026-queue-summary".into(),
            title: "Queues & “more”".into(),
            group: "queues".into(),
            columns: vec![
                column("queue", Unit::Text, false),
                column("calls", Unit::Count, true),
                column("wait", Unit::Duration, true),
                column("rate", Unit::Percent, true),
            ],
            rows: vec![row("=cmd|' /C calc'!A0", 7, 18_000), row("Zürich; \"süd\"\nx", 12, 3_725_000)],
            total: Some(row("Total", 19, 20_000)),
            more: true,
            chart: None,
            drill: None,
            period: "2026-03-02 – 2026-03-08".into(),
            named: None,
            zone: "Europe/Paris".into(),
            interval: Every::Day,
            by_end: false,
            is_list: false,
        }
    }

    #[test]
    fn csv_quotes_what_needs_it_and_disarms_formulas() {
        let text = String::from_utf8(Format::Csv.write(&report(), "en")).unwrap();
        let expected = "\u{feff}QUEUE,CALLS,WAIT (s),RATE (%)\r\n'=cmd|' /C calc'!A0,7,18.000,12.345\r\n\
                        \"Zürich; \"\"süd\"\"\nx\",12,3725.000,12.345\r\nTotal,19,20.000,12.345\r\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn html_is_whole_and_quotes_everything() {
        let text = String::from_utf8(Format::Html.write(&report(), "de")).unwrap();
        assert!(text.starts_with("<!doctype html>") && text.contains("lang=\"de\"") && text.ends_with("</html>\n"));
        assert!(text.contains("Queues &amp; “more”") && text.contains("A / O &lt;x&gt;"), "{text}");
        assert!(text.contains("Gesamt") || text.contains("Total"));
        assert!(!text.contains("<script"));
    }

    #[test]
    fn json_has_names_units_and_values() {
        let value: serde_json::Value = serde_json::from_slice(&Format::Json.write(&report(), "en")).unwrap();
        assert_eq!(value["columns"][2]["unit"], "duration");
        assert_eq!(value["rows"][1], serde_json::json!(["Zürich; \"süd\"\nx", 12, 3_725_000, 12.345]));
        assert_eq!(value["more"], true);
    }

    #[test]
    fn a_workbook_is_a_zip_of_its_parts() {
        let bytes = Format::Xlsx.write(&report(), "en");
        assert_eq!(&bytes[..4], b"PK\x03\x04");
        let text = String::from_utf8_lossy(&bytes);
        for part in ["[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml"] {
            assert!(text.contains(part), "{part}");
        }
        assert!(text.contains("<v>7</v>") && text.contains("Zürich; &quot;süd&quot;"), "{text}");
    }

    #[test]
    fn a_pdf_has_pages_and_a_table_of_where_its_objects_are() {
        let mut long = report();
        let row = long.rows[1].clone();
        long.rows.extend(std::iter::repeat_n(row, 200));
        let bytes = Format::Pdf.write(&long, "en");
        assert!(bytes.starts_with(b"%PDF-1.4\n") && bytes.ends_with(b"%%EOF\n"));
        let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
        assert!(text.matches("/Type /Page ").count() >= 4, "200 rows take several pages");
        assert!(text.contains("Z\u{fc}rich"), "in the encoding of the page");
        // Each object is where the table says, counted in bytes.
        let at: usize = text.rsplit("startxref\n").next().unwrap().lines().next().unwrap().parse().unwrap();
        assert!(bytes[at..].starts_with(b"xref\n"));
        let table = text.rsplit("\nxref\n").next().unwrap();
        let offsets = table.lines().skip(2).take_while(|line| line.ends_with(" n "));
        for (number, line) in (1..).zip(offsets) {
            let offset: usize = line[..10].parse().unwrap();
            assert!(bytes[offset..].starts_with(format!("{number} 0 obj").as_bytes()), "{line}");
        }
    }
}
