//! What a page asks its plugin, and what it is answered.

use crate::Plugin;
use jackfield_model::{Language, Role, UserId};
use jackfield_runtime::{PrintError, Printed, WebAnswer, WebBody, WebError, WebRequest, WebUser};
use serde::{Serialize, de::DeserializeOwned};
use std::io::Read;

/// One request of a page. Unless said otherwise the user Test asks, in English.
#[must_use = "nothing is asked before send()"]
pub struct WebCall<'a> {
    plugin: &'a Plugin,
    request: WebRequest,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebReply {
    /// The status; 502 when the plugin has failed, with the reason as the body.
    pub status: u16,
    /// The headers that reach the page; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; of a recording its WAV file, of a blob its content.
    pub body: Vec<u8>,
}

impl<'a> WebCall<'a> {
    pub(crate) fn new(plugin: &'a Plugin, method: &str, path: &str) -> Self {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let user = tester();
        let request = WebRequest {
            method: method.to_owned(),
            path: path.to_owned(),
            query: pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            headers: Vec::new(),
            body: Vec::new(),
            user,
        };
        Self { plugin, request }
    }

    /// Asked by somebody of this name.
    pub fn as_user(mut self, name: &str) -> Self {
        self.request.user.name = name.to_owned();
        self
    }

    /// Asked by somebody with this id, which tells people apart.
    pub fn with_id(mut self, id: i64) -> Self {
        self.request.user.id = UserId(id);
        self
    }

    /// Asked by an administrator.
    pub fn as_admin(mut self) -> Self {
        self.request.user.role = Role::Admin;
        self
    }

    /// Asked by somebody with this extension.
    pub fn with_extension(mut self, number: &str) -> Self {
        self.request.user.extension = Some(number.to_owned());
        self
    }

    /// Asked in this language: `en`, `fr`, `de`.
    pub fn in_language(mut self, code: &str) -> Self {
        let known = [Language::En, Language::Fr, Language::De].into_iter().find(|known| known.as_str() == code);
        self.request.user.language = known.unwrap_or_else(|| panic!("“{code}” is none of en, fr, de"));
        self
    }

    /// With this as a JSON body.
    pub fn json(mut self, value: &impl Serialize) -> Self {
        self.request.body = serde_json::to_vec(value).expect("a value that can be written as JSON");
        self.header("content-type", "application/json")
    }

    /// With this body.
    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.request.body = bytes.into();
        self
    }

    /// With a header: plugins see `accept`, `content-type` and `if-none-match`.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        self
    }

    /// Ask.
    pub fn send(self) -> WebReply {
        self.plugin.answer(self.request)
    }
}

impl WebReply {
    pub(crate) fn of(answer: Result<WebAnswer, WebError>) -> Self {
        let failed = |status, why: WebError| Self { status, headers: Vec::new(), body: why.to_string().into_bytes() };
        match answer {
            Ok(WebAnswer { status, headers, body: WebBody::Bytes(body) }) => Self { status, headers, body },
            Ok(WebAnswer { status, headers, body: WebBody::Recording(mut file) }) => {
                let mut body = Vec::new();
                file.read_to_end(&mut body).expect("a recording that was opened");
                Self { status, headers, body }
            }
            Ok(WebAnswer { status, headers, body: WebBody::Blob { file, size } }) => {
                let mut body = Vec::new();
                file.take(size).read_to_end(&mut body).expect("a blob that was opened");
                Self { status, headers, body }
            }
            Err(why @ WebError::Unknown) => failed(404, why),
            Err(why @ WebError::Busy) => failed(503, why),
            Err(why @ WebError::Failed(..)) => failed(502, why),
        }
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or_else(|_| panic!("the body is no text: {:?}", self.body))
    }

    /// The body as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> T {
        let body = self.text();
        serde_json::from_str(body).unwrap_or_else(|error| panic!("the body is no such JSON ({error}): {body}"))
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// A document that somebody prints. Unless said otherwise that is the user Test, who has no extension.
#[must_use = "nothing is printed before send()"]
pub struct PrintCall<'a> {
    plugin: &'a Plugin,
    printed: Printed,
}

impl<'a> PrintCall<'a> {
    pub(crate) fn new(plugin: &'a Plugin, name: &str, to: &[&str], content: Vec<u8>) -> Self {
        let to = to.iter().map(|number| (*number).to_owned()).collect();
        Self { plugin, printed: Printed { name: name.into(), to, content, user: tester() } }
    }

    /// Printed by somebody with this extension.
    pub fn as_extension(mut self, number: &str) -> Self {
        self.printed.user.extension = Some(number.to_owned());
        self
    }

    /// Print.
    ///
    /// # Errors
    /// When the plugin has no printer, or does not take this document.
    pub fn send(self) -> Result<(), PrintError> {
        self.plugin.take_print(self.printed)
    }
}

fn tester() -> WebUser {
    WebUser { id: UserId(1), name: "Test".into(), extension: None, role: Role::User, language: Language::En }
}
