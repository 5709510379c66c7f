//! How a request fails: `application/problem+json` (RFC 9457).

use crate::{InstallFault, PluginFault, SettingsFault};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use jackfield_store::StoreError;
use serde::Serialize;
use utoipa::ToSchema;

/// A request that failed. `detail` says what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which problem.
    pub kind: ProblemKind,
    /// What happened and the next step, for a person.
    pub detail: String,
    /// What is wrong with which field.
    pub fields: Vec<FieldError>,
    /// Seconds after which a retry makes sense.
    pub retry_after: Option<u64>,
}

/// The problems there are. The last part of `type` is the stable name for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// The body or the query is no well-formed input.
    Malformed,
    /// No session, or it has expired.
    NotSignedIn,
    /// Login and password do not fit.
    WrongCredentials,
    /// The role does not allow it.
    NotAllowed,
    /// Signed in with a one-time password: set your own first.
    PasswordChangeRequired,
    /// The request may come from another site's page.
    CrossSite,
    /// Nothing there.
    NotFound,
    /// The path exists, the method does not.
    WrongMethod,
    /// Somebody else has this value.
    Taken,
    /// The state of things forbids it.
    Conflict,
    /// The body is too large.
    TooLarge,
    /// Some field is wrong.
    Invalid,
    /// Too many failed attempts to sign in.
    TooManyAttempts,
    /// One person asks for too much at a time.
    TooManyRequests,
    /// A plugin that had to answer has failed.
    PluginFailed,
    /// Another server does not answer, or not as it should.
    Unreachable,
    /// The server has too much to do just now.
    Busy,
    /// The disk is full.
    StorageFull,
    /// Something broke.
    Internal,
}

/// What is wrong with one field of the body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON Pointer into the body, e.g. `/login`.
    pub field: String,
    /// Stable name for programs, e.g. `too-short`.
    pub code: String,
    /// What is wrong and how to mend it.
    pub message: String,
}

/// The body of a failed request.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// `/problems/<name>`; the name is stable.
    #[serde(rename = "type")]
    kind: String,
    /// The problem in a few words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What happened and the next step.
    detail: String,
    /// What is wrong with which field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldError>,
}

impl ProblemKind {
    /// The stable name, the status, and the title.
    pub fn describe(self) -> (&'static str, StatusCode, &'static str) {
        match self {
            Self::Malformed => ("malformed", StatusCode::BAD_REQUEST, "The request cannot be read"),
            Self::NotSignedIn => ("not-signed-in", StatusCode::UNAUTHORIZED, "Not signed in"),
            Self::WrongCredentials => ("wrong-credentials", StatusCode::UNAUTHORIZED, "Login and password do not fit"),
            Self::NotAllowed => ("not-allowed", StatusCode::FORBIDDEN, "Not allowed"),
            Self::PasswordChangeRequired => {
                ("password-change-required", StatusCode::FORBIDDEN, "Set a password of your own first")
            }
            Self::CrossSite => ("cross-site", StatusCode::FORBIDDEN, "Refused: not from this site's own page"),
            Self::NotFound => ("not-found", StatusCode::NOT_FOUND, "Not found"),
            Self::WrongMethod => ("wrong-method", StatusCode::METHOD_NOT_ALLOWED, "Wrong method"),
            Self::Taken => ("taken", StatusCode::CONFLICT, "Taken already"),
            Self::Conflict => ("conflict", StatusCode::CONFLICT, "Not possible now"),
            Self::TooLarge => ("too-large", StatusCode::PAYLOAD_TOO_LARGE, "Too large"),
            Self::Invalid => ("invalid", StatusCode::UNPROCESSABLE_ENTITY, "Something is not filled in right"),
            Self::TooManyAttempts => ("too-many-attempts", StatusCode::TOO_MANY_REQUESTS, "Too many attempts"),
            Self::TooManyRequests => {
                ("too-many-requests", StatusCode::TOO_MANY_REQUESTS, "Too many requests at a time")
            }
            Self::PluginFailed => ("plugin-failed", StatusCode::BAD_GATEWAY, "A plugin has failed"),
            Self::Unreachable => ("unreachable", StatusCode::BAD_GATEWAY, "Another server cannot be reached"),
            Self::Busy => ("busy", StatusCode::SERVICE_UNAVAILABLE, "Too busy"),
            Self::StorageFull => ("storage-full", StatusCode::INSUFFICIENT_STORAGE, "The disk is full"),
            Self::Internal => ("internal", StatusCode::INTERNAL_SERVER_ERROR, "Something broke"),
        }
    }
}

impl Problem {
    /// A problem with its next step.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), fields: Vec::new(), retry_after: None }
    }

    pub(crate) fn not_found(what: &str, which: impl std::fmt::Display) -> Self {
        Self::new(
            ProblemKind::NotFound,
            format!("There is no {what} “{which}”. It may have been deleted; reload the list."),
        )
    }

    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    pub(crate) fn invalid(fields: Vec<FieldError>) -> Self {
        let detail = fields.iter().map(|f| f.message.as_str()).collect::<Vec<_>>().join(" ");
        Self { fields, ..Self::new(ProblemKind::Invalid, detail) }
    }

    /// One wrong field, as part of a problem of this kind.
    pub(crate) fn field(kind: ProblemKind, field: &str, code: &str, message: impl Into<String>) -> Self {
        let error = FieldError::new(field, code, message);
        Self { fields: vec![error.clone()], ..Self::new(kind, error.message) }
    }

    /// Logs what the person who asked cannot mend, and tells them only that.
    pub(crate) fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a request failed");
        Self::new(
            ProblemKind::Internal,
            "The server could not do it; its log says why. Try again, then tell your admin.",
        )
    }
}

impl FieldError {
    pub(crate) fn new(field: &str, code: &str, message: impl Into<String>) -> Self {
        Self { field: format!("/{field}"), code: code.to_owned(), message: message.into() }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (name, status, title) = self.kind.describe();
        let body = ProblemBody {
            kind: format!("/problems/{name}"),
            title,
            status: status.as_u16(),
            detail: self.detail,
            errors: self.fields,
        };
        let mut response = (status, axum::Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken { field: "login" } => {
                Self::field(ProblemKind::Taken, "login", "taken", "Somebody has this login already; choose another.")
            }
            StoreError::Taken { field } => Self::field(
                ProblemKind::Taken,
                field,
                "taken",
                format!("This {field} is in use already; choose another."),
            ),
            StoreError::Dangling { field } => {
                Self::field(ProblemKind::Invalid, field, "unknown", "This person does not exist; choose another.")
            }
            StoreError::LastAdmin => Self::field(
                ProblemKind::Conflict,
                "role",
                "last-admin",
                "This is the last admin. Make somebody else admin first.",
            ),
            StoreError::Full => {
                tracing::error!("the disk that holds the database is full");
                Self::new(ProblemKind::StorageFull, "Nothing was changed. Free some space on the server and try again.")
            }
            other => Self::internal(&other),
        }
    }
}

impl From<PluginFault> for Problem {
    fn from(fault: PluginFault) -> Self {
        match fault {
            PluginFault::Unknown => Self::new(ProblemKind::NotFound, "This plugin is not installed; reload the list."),
            PluginFault::Refused(reason) => Self::new(ProblemKind::Conflict, reason),
            PluginFault::Failed(reason) => Self::internal(&reason),
        }
    }
}

impl From<InstallFault> for Problem {
    fn from(fault: InstallFault) -> Self {
        match fault {
            InstallFault::Invalid(reason) => Self::new(ProblemKind::Invalid, reason),
            InstallFault::NeedsApproval(missing) => Self::new(
                ProblemKind::Conflict,
                format!("The plugin asks for {}: look at the preview and approve it.", missing.join(", ")),
            ),
            InstallFault::Failed(reason) => Self::internal(&reason),
        }
    }
}

impl From<SettingsFault> for Problem {
    fn from(fault: SettingsFault) -> Self {
        match fault {
            SettingsFault::Unknown => PluginFault::Unknown.into(),
            SettingsFault::Failed(reason) => PluginFault::Failed(reason).into(),
            SettingsFault::Invalid(faults) => Self::invalid(
                faults
                    .into_iter()
                    .map(|fault| FieldError { field: fault.path, code: "invalid".to_owned(), message: fault.message })
                    .collect(),
            ),
        }
    }
}
