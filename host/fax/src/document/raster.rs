//! Turning PDF into pages of a fax: by Ghostscript, in a process apart that has little memory and little time.

use super::{DocumentError, tiff};
use std::{
    fs,
    io::Read,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Longest that it may take.
pub const LONGEST: Duration = Duration::from_secs(60);
/// Largest document that comes out.
const LARGEST: u64 = 64 << 20;
/// Kilobytes of memory, seconds of processor time, and blocks of 512 octets for files, for whoever runs after `exec`.
const LIMITS: &str = "ulimit -v 1048576 && ulimit -t 60 && ulimit -f 262144 && ulimit -c 0 && exec gs \"$@\"";
/// What Ghostscript says on its error output that is passed on.
const LONGEST_REASON: u64 = 2_000;

/// Pages of a PDF, fine (204 by 196 dots an inch) and as wide as a fax.
///
/// # Errors
/// When Ghostscript is not installed, or does not get along with the document.
pub fn pages(pdf: &[u8]) -> Result<Vec<u8>, DocumentError> {
    let failed =
        |error: std::io::Error| DocumentError::Raster(format!("the document cannot be turned into pages: {error}"));
    let folder = tempfile::Builder::new().prefix("pages-").tempdir().map_err(failed)?;
    fs::write(folder.path().join("in.pdf"), pdf).map_err(failed)?;
    let mut child = Command::new("/bin/sh")
        .args(["-c", LIMITS, "gs"])
        .args(["-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", "-sDEVICE=tiffg4", "-r204x196"])
        // Every page is A4, its content made to fit; lines are filled up to the 1,728 dots of T.4.
        .args(["-sPAPERSIZE=a4", "-dFIXEDMEDIA", "-dPDFFitPage", "-dAdjustWidth=1"])
        .args(["-sOutputFile=out.tif", "in.pdf"])
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("TMPDIR", folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let errors = child.stderr.take();
    let reasons = thread::spawn(move || {
        let mut reason = String::new();
        if let Some(mut errors) = errors {
            // What cannot be read is not passed on.
            let _ = errors.by_ref().take(LONGEST_REASON).read_to_string(&mut reason);
            let _ = std::io::copy(&mut errors, &mut std::io::sink());
        }
        reason
    });
    let until = Instant::now() + LONGEST;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            break Some(status);
        }
        if Instant::now() >= until {
            let _ = child.kill();
            let _ = child.wait();
            break None;
        }
        thread::sleep(Duration::from_millis(20));
    };
    let reason = reasons.join().unwrap_or_default();
    match status {
        Some(status) if status.success() => {}
        Some(status) if status.code() == Some(127) => {
            let text = "documents are turned into pages by Ghostscript, which is not installed: install the package \
                        ghostscript, or hand in a TIFF";
            return Err(DocumentError::Raster(text.into()));
        }
        Some(_) => {
            let first = reason.lines().find(|line| !line.trim().is_empty()).unwrap_or("no reason given");
            return Err(DocumentError::Raster(format!("this document cannot be turned into pages: {first}")));
        }
        None => return Err(DocumentError::Raster("this document takes too long to be turned into pages".into())),
    }
    let file = folder.path().join("out.tif");
    if fs::metadata(&file).map_err(failed)?.len() > LARGEST {
        return Err(DocumentError::Unusable("this document has too much in it for a fax".into()));
    }
    let tiff = fs::read(file).map_err(failed)?;
    tiff::fit_for_fax(&tiff)?;
    Ok(tiff)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{pages_of, pdf, text};

    /// Needs Ghostscript, which `tests/setup.sh` installs.
    #[test]
    fn text_and_pdf_become_pages_that_a_fax_carries_and_these_a_pdf_again() {
        let tiff = pages_of(&format!("{}\n", "Hello, Grüße ".repeat(60)).repeat(12).into_bytes()).unwrap();
        assert_eq!(tiff::fit_for_fax(&tiff).unwrap(), 2);
        let page = &tiff::pages(&tiff).unwrap()[0];
        assert_eq!((page.width, page.compression), (1_728, tiff::Compression::T6));
        // What we write, Ghostscript reads: the same number of pages, and something on them.
        let again = pages(&pdf::of_tiff(&tiff).unwrap()).unwrap();
        assert_eq!(tiff::fit_for_fax(&again).unwrap(), 2);
        assert!(again.len() > tiff.len() / 4, "{} of {}", again.len(), tiff.len());
        assert!(matches!(pages(b"%PDF-1.4\nnothing"), Err(DocumentError::Raster(_))));
        assert!(pages(&text::to_pdf("")).is_ok());
    }
}
