//! Misbehaves while it answers its page; the page in `ui/` misbehaves too.

use jackfield_sdk::prelude::*;

#[web]
fn answer(request: &web::Request) -> Result<web::Response> {
    match request.route()[..] {
        ["GET", "loop"] => {
            let mut turns = 0u64;
            while std::hint::black_box(turns) < u64::MAX {
                turns += 1;
            }
            Ok(web::Response::done())
        }
        ["GET", "trap"] => panic!("{} has asked too much", request.user().name),
        ["GET", "memory"] => {
            let mut held = Vec::new();
            loop {
                held.push(std::hint::black_box(vec![1u8; 1 << 20]));
            }
        }
        ["GET", "large"] => Ok(web::Response::bytes("text/plain", vec![b'x'; (4 << 20) + 1])),
        ["GET", "largest"] => Ok(web::Response::bytes("text/plain", vec![b'x'; 4 << 20])),
        ["GET", "much-too-large"] => Ok(web::Response::bytes("text/plain", vec![b'x'; 20 << 20])),
        ["GET", "status"] => Ok(web::Response::text("as if the host had said so").with_status(502)),
        ["GET", "recording"] => Ok(web::Response::recording("../../other/recordings/1-2")),
        ["GET", "error"] => Err(Error::Failed("the disk is full".into())),
        ["GET", "headers"] => Ok(web::Response::bytes("text/html", "<script>alert(1)</script>")
            .with_header("set-cookie", "jackfield=stolen")
            .with_header("content-security-policy", "default-src *")
            .with_header("x-frame-options", "ALLOWALL")
            .with_header("location", "https://evil.example/")),
        _ => Ok(web::Response::text("still there")),
    }
}
