//! What tests of engines that are joined in memory share: documents, and their dots as libtiff reads them.

use jackfield_fax::{Direction, Finished, Job, Program, document::tiff};
use std::process::{Command, Stdio};

const WIDTH: u32 = 1_728;
const ROWS: u32 = 160;

/// Gives the dots of every page by libtiff: width, rows and octets, of which a bit of 1 is black.
const LIBTIFF: &str = r#"
import ctypes, sys
lib = ctypes.CDLL("libtiff.so.6")
lib.TIFFOpen.restype = ctypes.c_void_p
P, U = ctypes.c_void_p, ctypes.c_uint32
lib.TIFFSetDirectory.argtypes = [P, U]
lib.TIFFGetField.argtypes = [P, U, P]
lib.TIFFReadScanline.argtypes = [P, P, U, ctypes.c_uint16]
tiff, page = lib.TIFFOpen(sys.argv[1].encode(), b"r"), 0
while lib.TIFFSetDirectory(P(tiff), page):
    width, rows, kind = U(), U(), ctypes.c_uint16()
    lib.TIFFGetField(P(tiff), 256, ctypes.byref(width))
    lib.TIFFGetField(P(tiff), 257, ctypes.byref(rows))
    lib.TIFFGetField(P(tiff), 262, ctypes.byref(kind))
    sys.stdout.buffer.write(width.value.to_bytes(4, "little") + rows.value.to_bytes(4, "little"))
    line = ctypes.create_string_buffer((width.value + 7) // 8)
    for row in range(rows.value):
        assert lib.TIFFReadScanline(P(tiff), line, row, 0) == 1
        sys.stdout.buffer.write(bytes(b ^ 255 for b in line.raw) if kind.value == 1 else line.raw)
    page += 1
"#;

pub fn engine() -> Program {
    // Beside this test's own folder: target/debug/examples/engine.
    let deps = std::env::current_exe().expect("the path of this test");
    let path = deps.ancestors().nth(2).expect("a folder above it").join("examples/engine");
    assert!(path.exists(), "{} is not built", path.display());
    Program { path, arguments: Vec::new(), folder: std::env::temp_dir() }
}

pub fn job(direction: Direction, ecm: bool) -> Job {
    let station = if direction == Direction::Send { "+49 30 1" } else { "+33 1 2" };
    Job { direction, station: station.into(), header: String::new(), ecm, fastest: 14_400 }
}

/// Pages that look like writing, each another.
pub fn document(pages: u32) -> Vec<u8> {
    let mut dice = 1_u32;
    let pages: Vec<Vec<u8>> = (0..pages)
        .map(|page| {
            let mut dots = vec![0; (WIDTH / 8 * ROWS) as usize];
            for row in (0..ROWS).filter(|row| row % 24 < 14) {
                for octet in 20..196 {
                    dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223 + page);
                    if dice >> 29 == 0 {
                        dots[(row * WIDTH / 8 + octet) as usize] = (dice >> 16) as u8;
                    }
                }
            }
            dots
        })
        .collect();
    let pages: Vec<_> = pages.iter().map(|dots| (WIDTH, ROWS, 1, dots.as_slice())).collect();
    tiff::written(&pages)
}

/// The dots of every page.
pub fn dots(document: &[u8]) -> Vec<Vec<u8>> {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), document).expect("a document that is written");
    let mut python = Command::new("python3");
    let read = python.args(["-c", LIBTIFF]).arg(file.path()).stderr(Stdio::inherit()).output().expect("Python");
    assert!(read.status.success(), "libtiff cannot read it");
    let (mut rest, mut pages) = (read.stdout.as_slice(), Vec::new());
    while let Some((head, tail)) = rest.split_at_checked(8) {
        let number = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().expect("four octets")) as usize;
        let (page, tail) = tail.split_at(number(0).div_ceil(8) * number(4));
        pages.push(page.to_vec());
        rest = tail;
    }
    pages
}

pub fn came(received: &Finished) -> Vec<Vec<u8>> {
    dots(received.document.as_ref().expect("pages have come"))
}
