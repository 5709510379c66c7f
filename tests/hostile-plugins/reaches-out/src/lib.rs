//! Connects wherever it is told to and wherever it may not.

use jackfield_sdk::{
    prelude::*,
    tcp::{Connection, Security},
};

#[router]
fn route(_request: &Request) -> Decision {
    let tried = reach("127.0.0.1", 22);
    log::info!("in a decision: {tried}");
    Decision::pass()
}

#[web]
fn answer(request: &web::Request) -> Result<web::Response> {
    let host = request.query("host").unwrap_or_default();
    let port = request.query("port").and_then(|port| port.parse().ok()).unwrap_or_default();
    match request.route()[..] {
        ["GET", "reach"] => web::Response::json(&reach(host, port)),
        // What the server says first.
        ["GET", "hear"] => web::Response::json(&match Connection::connect(host, port, Security::None) {
            Ok(connection) => match connection.read(1_000, secs(2)) {
                Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                Err(failure) => format!("{:?}", failure.kind),
            },
            Err(failure) => format!("{:?}: {failure}", failure.kind),
        }),
        ["GET", "many"] => {
            let mut held = Vec::new();
            web::Response::json(&loop {
                match Connection::connect(host, port, Security::None) {
                    Ok(connection) if held.len() < 100 => held.push(connection),
                    Ok(_) => break "without end".to_owned(),
                    Err(failure) => break format!("{} and then: {failure}", held.len()),
                }
            })
        }
        _ => Ok(web::Response::not_found()),
    }
}

fn reach(host: &str, port: u16) -> String {
    match Connection::connect(host, port, Security::None) {
        Ok(_) => "connected".to_owned(),
        Err(failure) => format!("{:?}: {failure}", failure.kind),
    }
}
