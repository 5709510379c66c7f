//! Files that people put on a page and take from it: `blobs`, handed out by the host in the parts that the browser wants.

use jackfield_sdk::prelude::*;
use serde::Serialize;

/// Whatever it was sent as, it is handed out as something to be saved.
const MEDIA_TYPE: &str = "application/octet-stream";

/// A file as the page shows it.
#[derive(Serialize)]
struct File {
    name: String,
    size: u64,
    changed: u64,
}

#[web]
fn answer(request: &web::Request) -> Result<web::Response> {
    match request.route()[..] {
        ["GET", "files"] => {
            let files = blobs::scan("")?.into_iter();
            let shown = |blob: blobs::Blob| File { name: blob.name, size: blob.size, changed: blob.changed };
            web::Response::json(&files.map(shown).collect::<Vec<_>>())
        }
        ["PUT", "files", name] => {
            blobs::write(name, MEDIA_TYPE, request.body())?;
            Ok(web::Response::done())
        }
        ["GET", "files", name] => {
            metrics::add("handed_out_total", &[], 1.0);
            web::Response::blob(name)
        }
        ["DELETE", "files", name] if blobs::delete(name)? => Ok(web::Response::done()),
        _ => Ok(web::Response::not_found()),
    }
}
