//! Answering the plugin's own pages: what `#[web]` functions take and give.
//!
//! ```
//! use jackfield_sdk::prelude::*;
//!
//! #[web]
//! fn answer(request: &web::Request) -> Result<web::Response> {
//!     match request.route()[..] {
//!         ["GET", "greeting"] => web::Response::json(&format!("Hello, {}!", request.user().name)),
//!         ["DELETE", "notes", id] if request.user().is_admin() => Ok(web::Response::text(format!("{id} is gone"))),
//!         _ => Ok(web::Response::not_found()),
//!     }
//! }
//! ```

use crate::{Error, Result, bindings::pages::exports::jackfield::hooks::web};
use serde::{Serialize, de::DeserializeOwned};

/// One request of a page.
#[derive(Clone, Debug)]
pub struct Request {
    inner: web::Request,
    user: User,
}

/// Who asks. The host vouches for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The person's id, which stays when the name changes.
    pub id: String,
    /// The person's name.
    pub name: String,
    /// The person's first extension.
    pub extension: Option<String>,
    /// What the person is: `user`, or `admin` and `user`.
    pub roles: Vec<String>,
}

/// What is answered.
#[derive(Clone, Debug)]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: web::Body,
}

impl Request {
    #[doc(hidden)]
    pub fn new(mut inner: web::Request) -> Self {
        let empty = web::User { id: String::new(), name: String::new(), extension: None, roles: Vec::new() };
        let web::User { id, name, extension, roles } = std::mem::replace(&mut inner.user, empty);
        Self { inner, user: User { id, name, extension, roles } }
    }

    /// The method and the parts of the path, to match on: `GET /notes/7` is `["GET", "notes", "7"]`.
    pub fn route(&self) -> Vec<&str> {
        let parts = self.inner.path.split('/').filter(|part| !part.is_empty());
        std::iter::once(self.inner.method.as_str()).chain(parts).collect()
    }

    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE` of a page; `PRINT` when somebody has printed to the plugin, whose parameters are
    /// `document`, `pages`, `name` and `to`; `LINK` when a page is open by a link, whose parameter is `word`. Nobody has signed in then.
    pub fn method(&self) -> &str {
        &self.inner.method
    }

    /// The path below the plugin, decoded, beginning with `/`.
    pub fn path(&self) -> &str {
        &self.inner.path
    }

    /// A parameter after `?`; the first of that name.
    pub fn query(&self, name: &str) -> Option<&str> {
        find(&self.inner.query, name)
    }

    /// A header: `accept`, `content-type` or `if-none-match`.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.inner.headers, &name.to_ascii_lowercase())
    }

    /// The body as it came.
    pub fn body(&self) -> &[u8] {
        &self.inner.body
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// When it is none that fits; answered with 400 when passed on by `?`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(self.body()).map_err(|error| Error::Invalid(error.to_string()))
    }

    /// Who asks.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// The person's language: `en`, `fr`, `de`.
    pub fn language(&self) -> &str {
        &self.inner.language
    }
}

impl User {
    /// Whether the person sets the system up.
    pub fn is_admin(&self) -> bool {
        self.roles.iter().any(|role| role == "admin")
    }
}

impl Response {
    fn of(status: u16, media_type: &str, body: Vec<u8>) -> Self {
        let headers = vec![("content-type".to_owned(), media_type.to_owned())];
        Self { status, headers, body: web::Body::Bytes(body) }
    }

    /// JSON.
    ///
    /// # Errors
    /// When the value cannot be written as JSON.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<Self> {
        let body = serde_json::to_vec(value).map_err(|error| Error::Failed(error.to_string()))?;
        Ok(Self::of(200, "application/json", body))
    }

    /// Plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::of(200, "text/plain; charset=utf-8", text.into().into_bytes())
    }

    /// Bytes of any media type.
    pub fn bytes(media_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self::of(200, media_type, bytes.into())
    }

    /// A recording of this plugin, by its id.
    pub fn recording(id: impl Into<String>) -> Self {
        Self { status: 200, headers: Vec::new(), body: web::Body::Recording(id.into()) }
    }

    /// A document of this plugin, by its id, as PDF.
    pub fn document(id: impl Into<String>) -> Self {
        Self { status: 200, headers: Vec::new(), body: web::Body::Document(id.into()) }
    }

    /// A blob of this plugin, by its name; 404 when there is none. Browsers save it unless a header `content-disposition` says otherwise,
    /// such as `inline`. This is the answer from now on: give it, and no other one.
    ///
    /// # Errors
    /// When it is not permitted.
    pub fn blob(name: &str) -> Result<Self> {
        let is_there = crate::bindings::imports::jackfield::services::blobs::answer_with(name)?;
        let found = Self { status: 200, headers: Vec::new(), body: web::Body::Bytes(Vec::new()) };
        Ok(if is_there { found } else { Self::not_found() })
    }

    /// 204: done, and nothing to say.
    pub fn done() -> Self {
        Self { status: 204, headers: Vec::new(), body: web::Body::Bytes(Vec::new()) }
    }

    /// 404.
    pub fn not_found() -> Self {
        Self::text("There is nothing here.").with_status(404)
    }

    /// 403, with the reason.
    pub fn denied(why: impl Into<String>) -> Self {
        Self::text(why).with_status(403)
    }

    /// The same with another status: 200 to 599, but for 502 to 504.
    #[must_use]
    pub fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// The same with a header: `content-type`, `content-disposition`, `cache-control` or `etag`.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        let name = name.to_ascii_lowercase();
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }
}

/// What a `#[web]` function may give.
pub trait IntoResponse {
    /// As the contract has it.
    fn into_response(self) -> Result<web::Response, String>;
}

impl IntoResponse for Response {
    fn into_response(self) -> Result<web::Response, String> {
        Ok(web::Response { status: self.status, headers: self.headers, body: self.body })
    }
}

impl IntoResponse for Result<Response> {
    fn into_response(self) -> Result<web::Response, String> {
        match self {
            Ok(response) => response.into_response(),
            Err(Error::Invalid(why)) => Response::text(why).with_status(400).into_response(),
            Err(Error::Denied(why)) => Response::denied(why).into_response(),
            Err(error) => Err(error.to_string()),
        }
    }
}

fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, path: &str) -> Request {
        let user = web::User { id: "7".into(), name: "Anna".into(), extension: None, roles: vec!["user".into()] };
        Request::new(web::Request {
            method: method.into(),
            path: path.into(),
            query: vec![("q".into(), "a b".into())],
            headers: Vec::new(),
            body: b"{\"x\":1}".to_vec(),
            user,
            language: "de".into(),
        })
    }

    #[test]
    fn routes_are_matched_by_their_parts() {
        for (method, path, expected) in [
            ("GET", "/", "list"),
            ("GET", "/notes/7", "one 7"),
            ("GET", "/notes/7/", "one 7"),
            ("DELETE", "/notes/7", "gone 7"),
            ("GET", "/notes/7/8", "nothing"),
        ] {
            let request = request(method, path);
            let found = match request.route()[..] {
                ["GET"] => "list".to_owned(),
                ["GET", "notes", id] => format!("one {id}"),
                ["DELETE", "notes", id] => format!("gone {id}"),
                _ => "nothing".to_owned(),
            };
            assert_eq!(found, expected, "{method} {path}");
        }
        assert_eq!(request("GET", "/").query("q"), Some("a b"));
        assert!(!request("GET", "/").user().is_admin());
    }

    #[test]
    fn a_body_that_does_not_fit_is_answered_with_400() {
        let wrong = request("POST", "/").json::<Vec<u8>>().map(|_| Response::done());
        assert_eq!(wrong.into_response().map(|response| response.status), Ok(400));
        let failed: Result<Response> = Err(Error::Failed("the disk is full".into()));
        assert_eq!(failed.into_response().map(|response| response.status), Err("the disk is full".into()));
    }
}
