//! Text as a PDF in the typewriter's face, which every reader of PDF has.

use super::pdf::Writer;

/// Characters of a line and lines of a page: 10 points high on A4, with margins of 20 mm.
const COLUMNS: usize = 80;
const LINES: usize = 60;
/// Most pages that are written; what is beyond is left out.
const MOST_PAGES: usize = 100;

/// A PDF of this text. Characters beyond Latin-1 become `?`.
pub fn to_pdf(text: &str) -> Vec<u8> {
    let mut pages: Vec<Vec<String>> = Vec::new();
    // A form feed begins a page.
    for part in text.split('\u{c}') {
        let lines: Vec<String> = part.lines().flat_map(wrapped).collect();
        if lines.is_empty() {
            pages.push(Vec::new());
        }
        pages.extend(lines.chunks(LINES).map(<[String]>::to_vec));
    }
    pages.truncate(MOST_PAGES);
    let mut pdf = Writer::new(text.len() * 2 + 4_096);
    let tree = pdf.reserve();
    let font = pdf.object("<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>");
    let mut kids = String::new();
    for lines in &pages {
        let mut content = b"BT /F 10 Tf 12.4 TL 57 780 Td\n".to_vec();
        for line in lines {
            content.push(b'(');
            for character in line.chars() {
                match character {
                    '(' | ')' | '\\' => content.extend([b'\\', character as u8]),
                    // WinAnsi has the euro where Latin-1 has nothing.
                    '€' => content.push(0x80),
                    ' '..='~' | '\u{a0}'..='\u{ff}' => content.push(u32::from(character) as u8),
                    _ => content.push(b'?'),
                }
            }
            content.extend_from_slice(b") Tj T*\n");
        }
        content.extend_from_slice(b"ET");
        let content = pdf.stream("", &content);
        let page = pdf.object(&format!(
            "<< /Type /Page /Parent {tree} 0 R /MediaBox [0 0 595 842] /Contents {content} 0 R \
             /Resources << /Font << /F {font} 0 R >> >> >>"
        ));
        kids += &format!("{page} 0 R ");
    }
    pdf.define(tree, &format!("<< /Type /Pages /Count {} /Kids [ {kids}] >>", pages.len()));
    let catalog = pdf.object(&format!("<< /Type /Catalog /Pages {tree} 0 R >>"));
    pdf.finish(catalog)
}

/// A line as lines that are short enough, broken between words where there are any.
fn wrapped(line: &str) -> Vec<String> {
    let line = line.replace('\t', "    ");
    let mut lines = Vec::new();
    let mut rest: Vec<char> = line.trim_end().chars().collect();
    while rest.len() > COLUMNS {
        let at = rest[..COLUMNS].iter().rposition(|c| *c == ' ').filter(|at| *at > COLUMNS / 2).unwrap_or(COLUMNS);
        let tail = rest.split_off(at);
        lines.push(rest.into_iter().collect());
        rest = tail.into_iter().skip_while(|c| *c == ' ').collect();
    }
    lines.push(rest.into_iter().collect());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_broken_between_words_and_long_texts_into_pages() {
        let lines = wrapped(&"word ".repeat(40));
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.len() <= COLUMNS && !line.starts_with(' ')));
        assert_eq!(wrapped(&"x".repeat(200)).len(), 3);
        let pdf = String::from_utf8_lossy(&to_pdf(&"line\n".repeat(130))).into_owned();
        assert!(pdf.contains("/Count 3"));
        assert!(String::from_utf8_lossy(&to_pdf("a\u{c}b (c)")).contains("/Count 2"));
    }
}
