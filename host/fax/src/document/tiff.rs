//! Reading TIFF 6.0 as far as faxes use it: black and white, strips, T.4 and T.6 and nothing else.
//!
//! Files may come from anybody: every offset is checked, and pages that point back to each other come to an end.

use super::DocumentError;
use std::ops::Range;

/// Most pages of a document.
pub const MOST_PAGES: usize = 500;
/// Most strips of a page.
const MOST_STRIPS: usize = 20_000;
/// Most entries of a directory that are looked at.
const MOST_ENTRIES: u16 = 512;
/// Widths that T.4 knows, at 204, 300 and 408 dots an inch.
const WIDTHS: [u32; 9] = [1_728, 2_048, 2_432, 2_592, 3_072, 3_648, 3_456, 4_096, 4_864];
/// Longest page in rows: more than a metre at the finest resolution.
const LONGEST: u32 = 20_000;

/// How rows are coded (tag 259).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// T.4 (value 3); with rows coded by the row above when told so.
    T4 {
        /// Two-dimensional.
        two_dimensional: bool,
        /// Rows begin with fill bits, so that their EOL ends on an octet.
        aligned: bool,
    },
    /// T.6 (value 4).
    T6,
    /// Not at all (value 1).
    None,
}

/// One page.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Dots an inch across and down.
    pub resolution: (f32, f32),
    /// How rows are coded.
    pub compression: Compression,
    /// Whether a bit of 0 is black (photometric 1).
    pub black_is_zero: bool,
    /// Whether the first dot is the lowest bit of an octet (fill order 2).
    pub low_bit_first: bool,
    /// Where in the file the strips are, and how many rows each has.
    pub strips: Vec<(Range<usize>, u32)>,
}

/// The pages of a file.
///
/// # Errors
/// When it is no such TIFF, or has no page.
pub fn pages(file: &[u8]) -> Result<Vec<Page>, DocumentError> {
    let little = match file.get(..4) {
        Some(b"II*\0") => true,
        Some(b"MM\0*") => false,
        _ => return Err(unusable("this is no TIFF")),
    };
    let reader = Reader { file, little };
    let mut directory = reader.long(4).ok_or_else(cut)? as usize;
    let mut pages = Vec::new();
    while directory != 0 {
        if pages.len() == MOST_PAGES {
            return Err(unusable(&format!("this TIFF has more than {MOST_PAGES} pages")));
        }
        let (page, next) = reader.page(directory)?;
        pages.push(page);
        directory = next;
    }
    if pages.is_empty() { Err(unusable("this TIFF has no pages")) } else { Ok(pages) }
}

/// Whether a fax can carry it as it is.
///
/// # Errors
/// When it cannot, with what would help.
pub fn fit_for_fax(file: &[u8]) -> Result<usize, DocumentError> {
    let pages = pages(file)?;
    for page in &pages {
        if !WIDTHS.contains(&page.width) {
            let text = format!("a page is {} dots wide, and a fax 1,728: save the document as PDF", page.width);
            return Err(unusable(&text));
        }
        if page.height == 0 || page.height > LONGEST {
            return Err(unusable(&format!("a page has {} rows: 1 to {LONGEST} can be sent", page.height)));
        }
    }
    Ok(pages.len())
}

struct Reader<'a> {
    file: &'a [u8],
    little: bool,
}

/// An entry of a directory: its type, how many values, and where they are.
#[derive(Clone, Copy)]
struct Entry {
    kind: u16,
    count: usize,
    at: usize,
}

impl Reader<'_> {
    fn short(&self, at: usize) -> Option<u16> {
        let octets: [u8; 2] = self.file.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.little { u16::from_le_bytes(octets) } else { u16::from_be_bytes(octets) })
    }

    fn long(&self, at: usize) -> Option<u32> {
        let octets: [u8; 4] = self.file.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.little { u32::from_le_bytes(octets) } else { u32::from_be_bytes(octets) })
    }

    /// A value of an entry of shorts or longs.
    fn value(&self, entry: Entry, index: usize) -> Option<u32> {
        if index >= entry.count {
            return None;
        }
        match entry.kind {
            1 => self.file.get(entry.at.checked_add(index)?).map(|octet| u32::from(*octet)),
            3 => self.short(entry.at.checked_add(index.checked_mul(2)?)?).map(u32::from),
            4 => self.long(entry.at.checked_add(index.checked_mul(4)?)?),
            _ => None,
        }
    }

    fn rational(&self, entry: Entry) -> Option<f32> {
        let (above, below) = (self.long(entry.at)?, self.long(entry.at.checked_add(4)?)?);
        (entry.kind == 5 && below != 0).then(|| above as f32 / below as f32)
    }

    /// A page, and where the directory of the next one is.
    fn page(&self, directory: usize) -> Result<(Page, usize), DocumentError> {
        let count = self.short(directory).ok_or_else(cut)?;
        if count > MOST_ENTRIES {
            return Err(unusable("this TIFF is damaged"));
        }
        let mut entries = Vec::with_capacity(usize::from(count));
        for index in 0..usize::from(count) {
            let at = directory + 2 + index * 12;
            let (tag, kind) = (self.short(at).ok_or_else(cut)?, self.short(at + 2).ok_or_else(cut)?);
            let count = self.long(at + 4).ok_or_else(cut)? as usize;
            let size = match kind {
                3 => 2,
                4 => 4,
                5 => 8,
                _ => 1,
            };
            let inline = count.checked_mul(size).is_some_and(|octets| octets <= 4);
            let place = if inline { at + 8 } else { self.long(at + 8).ok_or_else(cut)? as usize };
            entries.push((tag, Entry { kind, count, at: place }));
        }
        let next = self.long(directory + 2 + usize::from(count) * 12).ok_or_else(cut)? as usize;
        let entry = |tag| entries.iter().find(|(known, _)| *known == tag).map(|(_, entry)| *entry);
        let number = |tag| entry(tag).and_then(|entry| self.value(entry, 0));
        let (Some(width), Some(height)) = (number(256), number(257)) else { return Err(cut()) };
        if number(258).unwrap_or(1) != 1 || number(277).unwrap_or(1) != 1 {
            return Err(unusable("a fax is black and white: save the document as PDF, or as a TIFF of two colours"));
        }
        let options = number(292).unwrap_or(0);
        let compression = match number(259).unwrap_or(1) {
            1 => Compression::None,
            3 => Compression::T4 { two_dimensional: options & 1 != 0, aligned: options & 4 != 0 },
            4 => Compression::T6,
            _ => return Err(unusable("this TIFF is coded in a way that no fax knows: save the document as PDF")),
        };
        let (Some(offsets), Some(counts)) = (entry(273), entry(279)) else { return Err(cut()) };
        if offsets.count == 0 || offsets.count > MOST_STRIPS || counts.count != offsets.count {
            return Err(unusable("this TIFF is damaged"));
        }
        let rows = number(278).unwrap_or(u32::MAX).clamp(1, height.max(1));
        let mut strips = Vec::with_capacity(offsets.count);
        let mut left = height;
        for index in 0..offsets.count {
            let begin = self.value(offsets, index).ok_or_else(cut)? as usize;
            let length = self.value(counts, index).ok_or_else(cut)? as usize;
            let end = begin.checked_add(length).filter(|end| *end <= self.file.len()).ok_or_else(cut)?;
            strips.push((begin..end, rows.min(left)));
            left = left.saturating_sub(rows);
        }
        // Unit 3 is the centimetre; without one it is the inch.
        let unit = if number(296) == Some(3) { 2.54 } else { 1.0 };
        let dots = |tag, usual| {
            let dots = entry(tag).and_then(|entry| self.rational(entry)).map_or(usual, |dots| dots * unit);
            if (20.0..=2_400.0).contains(&dots) { dots } else { usual }
        };
        let page = Page {
            width,
            height,
            resolution: (dots(282, 204.0), dots(283, 196.0)),
            compression,
            black_is_zero: number(262) == Some(1),
            low_bit_first: number(266) == Some(2),
            strips,
        };
        Ok((page, next))
    }
}

/// A TIFF of pages: columns, rows, coding (1: none, 3: T.4, 4: T.6) and rows so coded, of which a bit of 1 is black.
pub fn written(pages: &[(u32, u32, u16, &[u8])]) -> Vec<u8> {
    let mut file = b"II*\0".to_vec();
    let mut pointer = file.len();
    file.extend([0; 4]);
    for (width, height, compression, strip) in pages {
        let begin = file.len() as u32;
        file.extend_from_slice(strip);
        let directory = (file.len() as u32).to_le_bytes();
        file[pointer..pointer + 4].copy_from_slice(&directory);
        let entries: [(u16, u16, u32); 8] = [
            (256, 4, *width),
            (257, 4, *height),
            (258, 3, 1),
            (259, 3, u32::from(*compression)),
            (262, 3, 0),
            (273, 4, begin),
            (278, 4, *height),
            (279, 4, strip.len() as u32),
        ];
        file.extend((entries.len() as u16).to_le_bytes());
        for (tag, kind, value) in entries {
            file.extend(tag.to_le_bytes());
            file.extend(kind.to_le_bytes());
            file.extend(1_u32.to_le_bytes());
            file.extend(value.to_le_bytes());
        }
        pointer = file.len();
        file.extend([0; 4]);
    }
    file
}

fn unusable(text: &str) -> DocumentError {
    DocumentError::Unusable(text.into())
}

fn cut() -> DocumentError {
    unusable("this TIFF is cut off or damaged")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_found_where_they_are() {
        let file = written(&[(1_728, 100, 4, b"first"), (1_728, 50, 3, b"second")]);
        let found = pages(&file).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(&file[found[1].strips[0].0.clone()], b"second");
        assert_eq!((found[0].height, found[0].compression), (100, Compression::T6));
        assert_eq!(fit_for_fax(&file), Ok(2));
        assert!(fit_for_fax(&written(&[(1_700, 100, 4, b"x")])).is_err());
        assert!(pages(&written(&[(1_728, 100, 7, b"x")])).is_err(), "a JPEG");
    }

    #[test]
    fn no_file_makes_it_panic_or_run_for_ever() {
        let file = written(&[(1_728, 100, 4, b"first"), (1_728, 50, 3, b"second")]);
        for cut in 0..file.len() {
            let _ = pages(&file[..cut]);
        }
        let mut dice = 7_u32;
        for _ in 0..20_000 {
            let mut broken = file.clone();
            for _ in 0..3 {
                dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = (dice >> 8) as usize % broken.len();
                broken[at] = dice as u8;
            }
            let _ = pages(&broken);
        }
        // A directory that follows itself.
        let mut circle = written(&[(1_728, 100, 4, b"x")]);
        let first: [u8; 4] = circle[4..8].try_into().unwrap();
        let end = circle.len() - 4;
        circle[end..].copy_from_slice(&first);
        assert!(pages(&circle).is_err());
    }
}
