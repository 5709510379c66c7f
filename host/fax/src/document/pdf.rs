//! Writing PDF around the pages of a fax: each strip becomes an image, its octets unchanged (ISO 32000-1 §7.4.6).

use super::{
    DocumentError,
    tiff::{self, Compression, Page},
};

/// The pages of a TIFF as PDF.
///
/// # Errors
/// When it is no TIFF of a fax.
pub fn of_tiff(tiff: &[u8]) -> Result<Vec<u8>, DocumentError> {
    let pages = tiff::pages(tiff)?;
    let mut pdf = Writer::new(tiff.len() + 2_048 * pages.len());
    let tree = pdf.reserve();
    let mut kids = Vec::with_capacity(pages.len());
    for page in &pages {
        kids.push(write_page(&mut pdf, tree, tiff, page));
    }
    let listed: String = kids.iter().map(|kid| format!("{kid} 0 R ")).collect();
    pdf.define(tree, &format!("<< /Type /Pages /Count {} /Kids [ {listed}] >>", kids.len()));
    let catalog = pdf.object(&format!("<< /Type /Catalog /Pages {tree} 0 R >>"));
    Ok(pdf.finish(catalog))
}

fn write_page(pdf: &mut Writer, tree: usize, tiff: &[u8], page: &Page) -> usize {
    let (across, down) = page.resolution;
    let (width, height) = (page.width as f32 * 72.0 / across, page.height as f32 * 72.0 / down);
    let mut images = String::new();
    let mut content = String::new();
    let mut above = 0;
    for (index, (place, rows)) in page.strips.iter().filter(|(_, rows)| *rows > 0).enumerate() {
        let octets = &tiff[place.clone()];
        let turned: Vec<u8>;
        let octets = if page.low_bit_first {
            turned = octets.iter().map(|octet| octet.reverse_bits()).collect();
            &turned
        } else {
            octets
        };
        let filter = match page.compression {
            Compression::None => String::new(),
            Compression::T6 => filter(-1, page, *rows, false),
            Compression::T4 { two_dimensional: true, aligned } => filter(1, page, *rows, aligned),
            Compression::T4 { two_dimensional: false, aligned } => filter(0, page, *rows, aligned),
        };
        // Coded rows say which runs are black; only bare ones follow the file's own idea of it.
        let inverted = match page.compression {
            Compression::None => !page.black_is_zero,
            _ => page.black_is_zero,
        };
        let decode = if inverted { " /Decode [1 0]" } else { "" };
        let dictionary = format!(
            "/Type /XObject /Subtype /Image /Width {} /Height {rows} /ColorSpace /DeviceGray /BitsPerComponent 1{filter}{decode}",
            page.width
        );
        let image = pdf.stream(&dictionary, octets);
        images += &format!("/I{index} {image} 0 R ");
        let (bottom, tall) = (page.height.saturating_sub(above + rows), *rows as f32 * 72.0 / down);
        let bottom = bottom as f32 * 72.0 / down;
        content += &format!("q {width:.2} 0 0 {tall:.2} 0 {bottom:.2} cm /I{index} Do Q\n");
        above += rows;
    }
    let content = pdf.stream("", content.as_bytes());
    pdf.object(&format!(
        "<< /Type /Page /Parent {tree} 0 R /MediaBox [0 0 {width:.2} {height:.2}] /Contents {content} 0 R \
         /Resources << /XObject << {images}>> >> >>"
    ))
}

fn filter(k: i8, page: &Page, rows: u32, aligned: bool) -> String {
    let aligned = if aligned { " /EncodedByteAlign true" } else { "" };
    format!(
        " /Filter /CCITTFaxDecode /DecodeParms << /K {k} /Columns {} /Rows {rows} /EndOfBlock false{aligned} >>",
        page.width
    )
}

/// Objects one after the other, and where each begins.
pub(super) struct Writer {
    out: Vec<u8>,
    places: Vec<usize>,
}

impl Writer {
    pub(super) fn new(about: usize) -> Self {
        let mut out = Vec::with_capacity(about);
        // Four octets above 127 say that the file is not text (§7.5.2).
        out.extend_from_slice(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n");
        Self { out, places: Vec::new() }
    }

    /// A number for an object that is defined later.
    pub(super) fn reserve(&mut self) -> usize {
        self.places.push(0);
        self.places.len()
    }

    pub(super) fn define(&mut self, number: usize, text: &str) {
        self.places[number - 1] = self.out.len();
        self.out.extend_from_slice(format!("{number} 0 obj\n{text}\nendobj\n").as_bytes());
    }

    pub(super) fn object(&mut self, text: &str) -> usize {
        let number = self.reserve();
        self.define(number, text);
        number
    }

    pub(super) fn stream(&mut self, dictionary: &str, octets: &[u8]) -> usize {
        let number = self.reserve();
        self.places[number - 1] = self.out.len();
        let head = format!("{number} 0 obj\n<< {dictionary} /Length {} >>\nstream\n", octets.len());
        self.out.extend_from_slice(head.as_bytes());
        self.out.extend_from_slice(octets);
        self.out.extend_from_slice(b"\nendstream\nendobj\n");
        number
    }

    pub(super) fn finish(mut self, catalog: usize) -> Vec<u8> {
        let table = self.out.len();
        let mut tail = format!("xref\n0 {}\n0000000000 65535 f \n", self.places.len() + 1);
        for place in &self.places {
            tail += &format!("{place:010} 00000 n \n");
        }
        tail +=
            &format!("trailer\n<< /Size {} /Root {catalog} 0 R >>\nstartxref\n{table}\n%%EOF\n", self.places.len() + 1);
        self.out.extend_from_slice(tail.as_bytes());
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_go_in_unchanged_and_every_object_is_where_the_table_says() {
        let tiff = tiff::written(&[(1_728, 100, 4, b"\x01\x02first"), (1_728, 50, 3, b"second")]);
        let pdf = of_tiff(&tiff).unwrap();
        assert!(pdf.windows(7).any(|octets| octets == b"\x01\x02first"));
        let text = String::from_utf8_lossy(&pdf);
        assert!(text.contains("/Count 2") && text.contains("/K -1") && text.contains("/K 0 "));
        let table = pdf.windows(6).position(|word| word == b"\nxref\n").unwrap() + 1;
        let lines: Vec<_> = std::str::from_utf8(&pdf[table..]).unwrap().lines().skip(3).collect();
        let mut seen = 0;
        for (number, line) in lines.iter().take_while(|line| line.ends_with("n ")).enumerate() {
            let at: usize = line[..10].parse().unwrap();
            assert!(pdf[at..].starts_with(format!("{} 0 obj", number + 1).as_bytes()), "{line}");
            seen += 1;
        }
        assert_eq!(seen, 8);
    }
}
