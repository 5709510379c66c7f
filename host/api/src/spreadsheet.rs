//! Tables for spreadsheets: cells that are safe to open (RFC 4180).

/// A cell, quoted where it must be. A text that a spreadsheet would take for a formula gets an apostrophe in front:
/// names and numbers come from strangers. A plain telephone number stays as it is.
pub(crate) fn cell(text: &str) -> String {
    let number = !text.is_empty() && text.trim_start_matches('+').bytes().all(|b| b.is_ascii_digit());
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !number;
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// A line of such cells.
pub(crate) fn line<T: AsRef<str>>(cells: &[T]) -> String {
    cells.iter().map(|text| cell(text.as_ref())).collect::<Vec<_>>().join(",") + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_named_like_a_formula_is_a_text() {
        assert_eq!(cell("=HYPERLINK(\"http://x\",\"y\")"), "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"");
        assert_eq!(cell("+33123456789"), "+33123456789");
        assert_eq!(cell("+1+2"), "'+1+2");
        assert_eq!(cell("-1"), "'-1");
        assert_eq!(cell("Anna, Berlin"), "\"Anna, Berlin\"");
    }
}
