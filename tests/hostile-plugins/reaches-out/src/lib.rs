//! Connects wherever it is told to and wherever it may not.

use jackfield_sdk::{
    http::Text,
    prelude::*,
    tcp::{Connection, Security},
};

#[router]
fn route(_request: &Request) -> Decision {
    let tried = reach("127.0.0.1", 22);
    log::info!("in a decision: {tried}");
    let asked = ask(http::get("http://127.0.0.1:8080/"));
    log::info!("in a decision: {asked}");
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
        ["GET", "ask"] => {
            let url = request.query("url").unwrap_or_default();
            web::Response::json(&ask(http::get(url).redirects(5).within(secs(3))))
        }
        // With secrets where they belong, and with texts that look like one where they do not.
        ["GET", "tell"] => {
            let question = http::post(request.query("url").unwrap_or_default())
                .header("authorization", Text::template("Bearer {{secret:key}}"))
                .header("x-caller", "{{secret:key}}")
                .body(Text::template("{\"key\": \"{{secret:key|json}}\", \"caller\": \"").then("{{secret:key}}\"}"))
                .redirects(5);
            web::Response::json(&ask(question))
        }
        // What it can find out about its secrets.
        ["GET", "secrets"] => web::Response::json(&(http::secrets(), settings::<serde_json::Value>())),
        // A second question behind the first.
        ["GET", "smuggle"] => {
            let url = request.query("url").unwrap_or_default();
            let tried: Vec<String> = [
                http::get(url).header("transfer-encoding", "chunked"),
                http::get(url).header("x", "y\r\nz: a"),
                http::get(url).header("x\r\ny", "z"),
                http::get(url).header("host", "evil.example"),
                http::Question::new("GET / HTTP/1.1\r\nx: y\r\n\r\nGET", url),
            ]
            .map(ask)
            .into();
            web::Response::json(&tried)
        }
        _ => Ok(web::Response::not_found()),
    }
}

fn ask(question: http::Question) -> String {
    match question.send() {
        Ok(answer) => format!("{}: {}", answer.status, answer.text()),
        Err(failure) => format!("{:?}: {failure}", failure.kind),
    }
}

fn reach(host: &str, port: u16) -> String {
    match Connection::connect(host, port, Security::None) {
        Ok(_) => "connected".to_owned(),
        Err(failure) => format!("{:?}: {failure}", failure.kind),
    }
}
