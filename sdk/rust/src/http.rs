//! Questions to web services. The manifest says to which: `http = { reason = "…", hosts = ["https://api.example.org"] }`, or
//! `hosts = [{ setting = "url" }]` for a setting that holds an address.
//!
//! ```no_run
//! use jackfield_sdk::{http::Text, prelude::*};
//!
//! # fn example(to: &str, text: &str) -> Result<(), http::Failure> {
//! let answer = http::post("https://api.example.org/v1/messages")
//!     .header("authorization", Text::template("Bearer {{secret:key}}"))
//!     .json(&serde_json::json!({ "to": to, "text": text }))
//!     .send()?;
//! if !answer.is_success() {
//!     log::warn!("the service has answered {}", answer.status);
//! }
//! # Ok(()) }
//! ```
//!
//! `key` is a setting with `"x-widget": "secret"`. The host puts it in on the way; with `"x-sealed": true` besides, the plugin never
//! gets to know it. Only [`Text::template`] and [`Text::secret`] name secrets: a text that came from a caller, a page or a service
//! goes out as it is, whatever stands in it.

use crate::{
    Error,
    bindings::imports::jackfield::services::{
        http::{self as contract, Encoding, Field, Piece, Secret},
        secrets,
    },
    to_ms,
};
use serde::{Serialize, de::DeserializeOwned};
use std::{fmt, time::Duration};

/// How long a question waits when nothing else is said: less than a page may take.
const USUAL: Duration = Duration::from_secs(8);

/// The names of the secrets that are set.
pub fn secrets() -> Vec<String> {
    secrets::names()
}

/// Begin to get what is at an address.
pub fn get(url: &str) -> Question {
    Question::new("GET", url)
}

/// Begin to hand something over.
pub fn post(url: &str) -> Question {
    Question::new("POST", url)
}

/// A question that is being written.
#[derive(Clone, Debug)]
#[must_use = "nothing is asked before send()"]
pub struct Question {
    method: String,
    url: String,
    headers: Vec<(String, Text)>,
    body: Text,
    authorities: String,
    redirects: u8,
    timeout: Duration,
}

impl Question {
    /// A question of any method: `GET`, `HEAD`, `POST`, `PUT`, `PATCH`, `DELETE` or `OPTIONS`.
    pub fn new(method: &str, url: &str) -> Self {
        Self {
            method: method.to_owned(),
            url: url.to_owned(),
            headers: Vec::new(),
            body: Text::default(),
            authorities: String::new(),
            redirects: 0,
            timeout: USUAL,
        }
    }

    /// With this header field.
    pub fn header(mut self, name: &str, value: impl Into<Text>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// With this body.
    pub fn body(mut self, body: impl Into<Text>) -> Self {
        self.body = body.into();
        self
    }

    /// With this as a body of JSON.
    ///
    /// # Panics
    /// When it cannot be written as JSON.
    pub fn json(self, body: &impl Serialize) -> Self {
        let text = serde_json::to_string(body).unwrap_or_else(|error| panic!("the body is no JSON: {error}"));
        self.header("content-type", "application/json").body(text)
    }

    /// Believing these authorities besides, certificates in PEM form.
    pub fn believing(mut self, authorities: &str) -> Self {
        self.authorities = authorities.to_owned();
        self
    }

    /// Following so many redirections, 5 at most; none when nothing is said.
    pub fn redirects(mut self, most: u8) -> Self {
        self.redirects = most;
        self
    }

    /// Waiting for so long, 25 s at most; 8 s when nothing is said.
    pub fn within(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Ask. An answer of any status is an answer.
    ///
    /// # Errors
    /// When it is not permitted, or there is no answer.
    pub fn send(self) -> Result<Answer, Failure> {
        let headers = self.headers.into_iter().map(|(name, value)| Field { name, value: value.0 });
        let answer = contract::send(&contract::Request {
            method: self.method,
            url: self.url,
            headers: headers.collect(),
            body: self.body.0,
            authorities: self.authorities,
            redirects: self.redirects,
            timeout: to_ms(self.timeout),
        })?;
        Ok(Answer { status: answer.status, headers: answer.headers, body: answer.body })
    }
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// 100 to 999.
    pub status: u16,
    /// Header fields, their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as it came.
    pub body: Vec<u8>,
}

impl Answer {
    /// Whether the status says that it was done: 200 to 299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// A header field, the first of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as text; what is no UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// When it is none, or does not fit `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| Error::Failed(format!("the answer cannot be read: {error}")))
    }
}

/// A value that may hold secrets, which the host puts in. A string becomes a text in which nothing is put in.
#[derive(Clone, Debug, Default)]
pub struct Text(Vec<Piece>);

impl Text {
    /// A text that your plugin or an administrator has written: `{{secret:NAME}}` in it is a secret, and so are
    /// `{{secret:NAME|json}}` for the inside of a JSON string, `{{secret:NAME|form}}` for a value in a form and
    /// `{{secret:NAME|basic:USER}}` for credentials (RFC 7617). Never make one of what callers, pages or services say: use
    /// [`Text::then`] for that.
    pub fn template(text: &str) -> Self {
        let mut whole = Self::default();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{secret:") {
            let Some((named, behind)) = after.split_once("}}") else { break };
            let (name, encoding) = named.split_once('|').unwrap_or((named, ""));
            let encoding = match encoding.split_once(':') {
                None if encoding.is_empty() => Encoding::Plain,
                None if encoding == "json" => Encoding::Json,
                None if encoding == "form" => Encoding::Form,
                Some(("basic", user)) => Encoding::Basic(user.to_owned()),
                // No encoding of ours: the text as it is, so that the author sees it.
                _ => {
                    whole = whole.then(&rest[..rest.len() - behind.len()]);
                    rest = behind;
                    continue;
                }
            };
            whole = whole.then(before);
            whole.0.push(Piece::Secret(Secret { name: name.to_owned(), encoding }));
            rest = behind;
        }
        whole.then(rest)
    }

    /// A secret and nothing else.
    pub fn secret(name: &str) -> Self {
        Self(vec![Piece::Secret(Secret { name: name.to_owned(), encoding: Encoding::Plain })])
    }

    /// With more behind it.
    #[must_use]
    pub fn then(mut self, more: impl Into<Self>) -> Self {
        self.0.extend(more.into().0);
        self
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        if text.is_empty() { Self::default() } else { Self(vec![Piece::Text(text)]) }
    }
}

impl From<Vec<u8>> for Text {
    fn from(bytes: Vec<u8>) -> Self {
        Self(vec![Piece::Bytes(bytes)])
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What to do about it.
    pub kind: Kind,
    /// A sentence for the administrator.
    pub text: String,
}

/// What to do about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// There is no such host.
    UnknownHost,
    /// Nobody takes connections there.
    Refused,
    /// It took too long.
    TimedOut,
    /// The server's certificate is not believed.
    Untrusted,
    /// The answer is larger than it may be.
    TooLarge,
    /// The arguments make no sense.
    Invalid,
    /// Not permitted to this plugin, or not in this place.
    Denied,
    /// The connection has broken, or what came is no HTTP.
    Failed,
}

impl Failure {
    /// Whether asking again later may help.
    pub fn may_pass(&self) -> bool {
        matches!(self.kind, Kind::UnknownHost | Kind::Refused | Kind::TimedOut | Kind::Failed)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Failure {}

impl From<contract::Failure> for Failure {
    fn from(failure: contract::Failure) -> Self {
        let (kind, text) = match failure {
            contract::Failure::UnknownHost(text) => (Kind::UnknownHost, text),
            contract::Failure::Refused(text) => (Kind::Refused, text),
            contract::Failure::TimedOut(text) => (Kind::TimedOut, text),
            contract::Failure::Untrusted(text) => (Kind::Untrusted, text),
            contract::Failure::TooLarge(text) => (Kind::TooLarge, text),
            contract::Failure::Invalid(text) => (Kind::Invalid, text),
            contract::Failure::Denied(text) => (Kind::Denied, text),
            contract::Failure::Failed(text) => (Kind::Failed, text),
            contract::Failure::Other((code, text)) => (Kind::Failed, format!("{code}: {text}")),
        };
        Self { kind, text }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure.kind {
            Kind::Invalid => Self::Invalid(failure.text),
            Kind::Denied => Self::Denied(failure.text),
            _ => Self::Failed(failure.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_names_secrets_and_a_text_does_not() {
        let pieces = |text: Text| -> Vec<String> {
            let shown = |piece: &Piece| match piece {
                Piece::Text(text) => text.clone(),
                Piece::Bytes(bytes) => format!("{bytes:?}"),
                Piece::Secret(secret) => format!("<{} {:?}>", secret.name, secret.encoding),
            };
            text.0.iter().map(shown).collect()
        };
        assert_eq!(pieces(Text::template("Bearer {{secret:key}}")), ["Bearer ", "<key Encoding::Plain>"]);
        assert_eq!(
            pieces(Text::template("{{secret:a/0/k|json}}-{{secret:b|form}}{{secret:c|basic:me}}!")),
            ["<a/0/k Encoding::Json>", "-", "<b Encoding::Form>", "<c Encoding::Basic(\"me\")>", "!"]
        );
        assert_eq!(pieces(Text::template("{{secret:key|rot13}} {{secret:")), ["{{secret:key|rot13}}", " {{secret:"]);
        assert_eq!(pieces("{{secret:key}}".into()), ["{{secret:key}}"]);
        let whole = Text::template("k={{secret:key|form}}&text=").then("{{secret:key}}");
        assert_eq!(pieces(whole).last().unwrap(), "{{secret:key}}");
    }
}
