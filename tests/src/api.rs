//! A web client: HTTP/1.1 with a session cookie, one connection per request.

use crate::Events;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    time::Duration,
};

const TIMEOUT: Duration = Duration::from_secs(20);

/// A client of one host's API.
#[derive(Clone, Debug)]
pub struct Api {
    server: SocketAddr,
    cookie: Option<String>,
}

/// What a request was answered with.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The body, `null` when it is no JSON.
    pub body: Value,
    /// The session cookie that it sets.
    pub cookie: Option<String>,
}

impl Api {
    /// A client that is not signed in.
    pub fn new(server: SocketAddr) -> Self {
        Self { server, cookie: None }
    }

    /// A client of the same host that is not signed in.
    pub fn stranger(&self) -> Self {
        Self { cookie: None, ..self.clone() }
    }

    /// Where the page is.
    pub fn url(&self) -> String {
        format!("http://{}", self.server)
    }

    /// Sign in with a one-time password and choose another, as the page makes people do.
    ///
    /// # Errors
    /// When one of the two is refused.
    pub fn sign_in_first(&mut self, login: &str, one_time: &str, password: &str) -> Result<()> {
        self.sign_in(login, one_time)?;
        let change = json!({ "current": one_time, "new": password });
        let changed = self.request("PUT", "/api/v1/me/password", Some(&change))?;
        ensure!(changed.status < 300, "the password is not changed: {changed:?}");
        if let Some(cookie) = changed.cookie {
            self.cookie = Some(cookie);
        }
        Ok(())
    }

    /// Sign in.
    ///
    /// # Errors
    /// When it is refused.
    pub fn sign_in(&mut self, login: &str, password: &str) -> Result<()> {
        let answer = self.request("POST", "/api/v1/session", Some(&json!({ "login": login, "password": password })))?;
        ensure!(answer.status < 300, "not signed in: {answer:?}");
        self.cookie = Some(answer.cookie.context("no session cookie")?);
        Ok(())
    }

    /// Get what is there.
    ///
    /// # Errors
    /// When the answer is not of the 200 class.
    pub fn get(&self, path: &str) -> Result<Value> {
        let answer = self.request("GET", path, None)?;
        ensure!(answer.status / 100 == 2, "GET {path}: {answer:?}");
        Ok(answer.body)
    }

    /// Change something.
    ///
    /// # Errors
    /// When the answer is not of the 200 class.
    pub fn act(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        let answer = self.request(method, path, body)?;
        ensure!(answer.status / 100 == 2, "{method} {path}: {answer:?}");
        Ok(answer.body)
    }

    /// Install a plugin package with everything that it asks for; how the plugin is then.
    ///
    /// # Errors
    /// When it cannot be read or is refused.
    pub fn install(&self, package: &Path) -> Result<Value> {
        let archive = std::fs::read(package).with_context(|| format!("cannot read {}", package.display()))?;
        // As the page does: look at it, approve what it asks for, and confirm the key when it is a new one.
        let seen = self.send_file("/api/v1/plugins/inspect", &archive)?;
        let mut path = format!("/api/v1/plugins?approve=true&digest={}", seen["digest"].as_str().unwrap_or_default());
        if let (Some(true), Some(key)) = (seen["signer"]["confirm"].as_bool(), seen["signer"]["fingerprint"].as_str()) {
            path = format!("{path}&trust_key={key}");
        }
        let answer = self.post_file(&path, &archive)?;
        ensure!(answer.status == 201, "{} is not installed: {answer:?}", package.display());
        Ok(answer.body)
    }

    /// Send a file; the answer.
    ///
    /// # Errors
    /// When the answer is not of the 200 class.
    pub fn send_file(&self, path: &str, file: &[u8]) -> Result<Value> {
        let answer = self.send("POST", path, "application/octet-stream", file)?;
        ensure!(answer.status / 100 == 2, "POST {path}: {answer:?}");
        Ok(answer.body)
    }

    /// Send a file; the answer whatever it is.
    ///
    /// # Errors
    /// When there is no answer that is HTTP.
    pub fn post_file(&self, path: &str, file: &[u8]) -> Result<Response> {
        self.send("POST", path, "application/octet-stream", file)
    }

    /// Send a file; what was made of it.
    ///
    /// # Errors
    /// When it is refused.
    pub fn upload(&self, path: &str, file: &[u8]) -> Result<Value> {
        let answer = self.send("POST", path, "application/octet-stream", file)?;
        ensure!(answer.status == 201, "POST {path}: {answer:?}");
        Ok(answer.body)
    }

    /// Change some of a plugin's settings; the others stay.
    ///
    /// # Errors
    /// When the plugin does not take them.
    pub fn set(&self, plugin: &str, changes: &Value) -> Result<()> {
        let path = format!("/api/v1/plugins/{plugin}/settings");
        let mut values = self.get(&path)?["values"].take();
        for (name, value) in changes.as_object().context("settings are an object")? {
            values[name] = value.clone();
        }
        self.act("PUT", &path, Some(&values)).map(drop)
    }

    /// The event stream from now on.
    ///
    /// # Errors
    /// When it is refused.
    pub fn events(&self) -> Result<Events> {
        Events::open(self.server, self.cookie.as_deref().context("not signed in")?)
    }

    /// Make a request, whatever the answer.
    ///
    /// # Errors
    /// When there is no answer that is HTTP.
    pub fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Response> {
        let body = body.map(Value::to_string).unwrap_or_default();
        self.send(method, path, "application/json", body.as_bytes())
    }

    fn send(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Result<Response> {
        let mut stream = TcpStream::connect_timeout(&self.server, TIMEOUT)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        let cookie = self.cookie.as_ref().map(|cookie| format!("Cookie: {cookie}\r\n")).unwrap_or_default();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nX-Jackfield: 1\r\n\
             Content-Type: {kind}\r\n{cookie}Content-Length: {}\r\n\r\n",
            self.server,
            body.len()
        );
        stream.write_all(&[head.as_bytes(), body].concat())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        parse(&answer).with_context(|| format!("{method} {path}: no HTTP answer"))
    }
}

fn parse(answer: &[u8]) -> Option<Response> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let field = |wanted: &str| {
        head.lines().skip(1).find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(wanted).then(|| value.trim())
        })
    };
    let body = &answer[end + 4..];
    let whole = match field("transfer-encoding") {
        Some("chunked") => unchunked(body)?,
        _ => body.to_vec(),
    };
    let cookie = field("set-cookie").and_then(|value| value.split(';').next()).map(str::to_owned);
    Some(Response { status, body: serde_json::from_slice(&whole).unwrap_or(Value::Null), cookie })
}

fn unchunked(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let line = body.windows(2).position(|two| two == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&body[..line]).ok()?.trim(), 16).ok()?;
        if size == 0 {
            return Some(whole);
        }
        whole.extend_from_slice(body.get(line + 2..line + 2 + size)?);
        body = body.get(line + 4 + size..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunked_answer_with_a_cookie_is_read() {
        let answer = b"HTTP/1.1 201 Created\r\nSet-Cookie: s=1; HttpOnly\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{\"a\"\r\n3\r\n:1}\r\n0\r\n\r\n";
        let answer = parse(answer).unwrap();
        assert_eq!((answer.status, &answer.body["a"]), (201, &json!(1)));
        assert_eq!(answer.cookie.as_deref(), Some("s=1"));
    }
}
