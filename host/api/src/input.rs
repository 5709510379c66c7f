//! Reading requests: JSON bodies, queries and paths whose faults are problems too.

use crate::error::{FieldError, Problem, ProblemKind};
use axum::{
    extract::{
        FromRequest, FromRequestParts, Request,
        rejection::{BytesRejection, JsonRejection, PathRejection, QueryRejection},
    },
    http::{StatusCode, request::Parts},
};
use jackfield_model::{EmailAddress, Number, TimestampMs};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use utoipa::IntoParams;

/// A JSON body.
pub(crate) struct Json<T>(pub T);
/// The parameters after `?`.
pub(crate) struct Query<T>(pub T);
/// The parameters in the path.
pub(crate) struct Path<T>(pub T);
/// A file as the body.
pub(crate) struct Upload(pub bytes::Bytes);

/// Which part of a short list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Only rows with this in a name or number; accents and case do not matter.
    #[serde(default)]
    pub q: String,
    /// How many rows to skip.
    #[serde(default)]
    pub offset: u32,
    /// How many rows to send, at most 500.
    #[serde(default = "fifty")]
    #[param(maximum = 500)]
    pub limit: u32,
}

impl ListQuery {
    pub(crate) fn limit(&self) -> u32 {
        self.limit.clamp(1, 500)
    }
}

/// `Some(None)` for null, `None` (with `default`) for a field that is not there.
pub(crate) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

pub(crate) fn fifty() -> u32 {
    50
}

/// Collects what is wrong with the fields of a body.
#[derive(Default)]
pub(crate) struct Check(Vec<FieldError>);

impl Check {
    /// A text of 1 to `most` characters without control characters; gives it back without space around it.
    pub(crate) fn text(&mut self, field: &str, text: &str, most: usize) -> String {
        let text = text.trim();
        if text.is_empty() {
            self.0.push(FieldError::new(field, "empty", format!("Fill in the {field}.")));
        } else if text.chars().count() > most {
            self.0.push(FieldError::new(field, "too-long", format!("Use at most {most} characters for the {field}.")));
        } else if text.chars().any(char::is_control) {
            self.0.push(FieldError::new(field, "control-characters", format!("Type the {field} on one line.")));
        }
        text.to_owned()
    }

    /// Something that only the endpoint knows is wrong.
    pub(crate) fn add(&mut self, field: &str, code: &str, message: &str) {
        self.0.push(FieldError::new(field, code, message));
    }

    /// A note: a text that may be empty, on one line; gives it back without space around it.
    pub(crate) fn note(&mut self, field: &str, text: &str, most: usize) -> String {
        if text.trim().is_empty() { String::new() } else { self.text(field, text, most) }
    }

    /// A time that is still to come, at most ten years from now.
    pub(crate) fn future(&mut self, field: &str, at: TimestampMs, now: TimestampMs) {
        const TEN_YEARS: u64 = 10 * 366 * 24 * 60 * 60 * 1000;
        if at <= now || at > now + TEN_YEARS {
            self.0.push(FieldError::new(field, "not-to-come", "Give a time that is still to come."));
        }
    }

    /// A login: a text without space in it, so that it can be typed again.
    pub(crate) fn login(&mut self, field: &str, text: &str) -> String {
        let login = self.text(field, text, 64);
        if login.contains(char::is_whitespace) {
            self.0.push(FieldError::new(field, "space", "A login has no space in it."));
        }
        login
    }

    /// A mail address; empty is none.
    pub(crate) fn email(&mut self, field: &str, text: &str) -> Option<EmailAddress> {
        if text.trim().is_empty() {
            return None;
        }
        let address = text.parse::<EmailAddress>();
        address.map_err(|error| self.0.push(FieldError::new(field, "not-an-email", format!("{error}.")))).ok()
    }

    /// A telephone number.
    pub(crate) fn number(&mut self, field: &str, text: &str) -> Option<Number> {
        let number = text.parse::<Number>();
        number.map_err(|error| self.0.push(FieldError::new(field, "not-a-number", format!("{error}.")))).ok()
    }

    /// A SIP URI, as far as it can be told here; empty is none.
    pub(crate) fn sip_uri(&mut self, field: &str, text: &str) -> Option<String> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let host = text.strip_prefix("sip:").or_else(|| text.strip_prefix("sips:"));
        let plain = text.len() <= 255 && text.chars().all(|c| c.is_ascii_graphic() && !"<>\"".contains(c));
        if !plain || host.is_none_or(|rest| rest.rsplit('@').next().is_none_or(str::is_empty)) {
            let message = "Give a SIP URI such as sip:100@192.0.2.7:5060, or leave it empty.";
            self.0.push(FieldError::new(field, "not-a-sip-uri", message));
        }
        Some(text.to_owned())
    }

    /// The problem with all that was found.
    pub(crate) fn done(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::invalid(self.0)) }
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = axum::Json::<T>::from_request(request, state).await;
        body.map(|axum::Json(value)| Self(value)).map_err(|error| match error {
            JsonRejection::MissingJsonContentType(_) => {
                Problem::new(ProblemKind::Malformed, "Send JSON with “Content-Type: application/json”.")
            }
            other => of_body(other.status(), other.body_text()),
        })
    }
}

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = bytes::Bytes::from_request(request, state).await;
        body.map(Self).map_err(|error: BytesRejection| of_body(error.status(), error.body_text()))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(|error: QueryRejection| Problem::new(ProblemKind::Malformed, error.body_text()))
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(value)| Self(value))
            .map_err(|error: PathRejection| Problem::new(ProblemKind::NotFound, error.body_text()))
    }
}

fn of_body(status: StatusCode, text: String) -> Problem {
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::new(ProblemKind::TooLarge, "The body is larger than this address takes; send less.");
    }
    Problem::new(ProblemKind::Malformed, text)
}
