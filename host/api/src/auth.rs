//! Who asks: the session cookie, roles, and the order in which a request is refused.
//!
//! A handler says who may call it by the extractor that it takes: [`SignedIn`] or [`Admin`]; [`Session`] lets people in
//! whose one-time password still has to be changed. A handler without one of them is open to the world, and a test
//! over the OpenAPI document names those.

use crate::{
    ApiState,
    error::{Problem, ProblemKind},
    server::InTls,
};
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{Extensions, HeaderMap, HeaderValue, header, request::Parts},
};
use jackfield_calls::availability::Viewer;
use jackfield_model::{Number, Role, TimestampMs, User, UserId};
use jackfield_store::SessionToken;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// How long a session lasts without being used: 12 hours.
pub(crate) const LIFETIME: u64 = 12 * 60 * 60 * 1000;
/// A session is prolonged at most this often, so that reading does not write each time.
const PROLONG_EVERY: u64 = 60 * 1000;

/// Somebody with a session, perhaps one who must set a password first.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// Who and from where.
    pub who: SignedIn,
    /// Whether nothing but setting a password is allowed.
    pub must_change_password: bool,
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    /// Who.
    pub user: User,
    /// The session's token.
    pub token: SessionToken,
    /// The address that the request came from.
    pub source: String,
}

/// Somebody who is signed in and may do everything.
#[derive(Clone, Debug)]
pub(crate) struct Admin(pub SignedIn);

/// Where a request comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source(pub IpAddr);

/// Whether the browser has come by HTTPS, to us or to a proxy in front of us.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Https(pub bool);

impl SignedIn {
    pub(crate) fn is_admin(&self) -> bool {
        self.user.role == Role::Admin
    }

    /// The numbers whose recordings this person may hear; `None` for everybody's.
    pub(crate) async fn hears(&self, state: &ApiState) -> Result<Option<Vec<Number>>, Problem> {
        Ok(match (self.is_admin(), state.parts.recordings.users_listen) {
            (true, _) => None,
            (false, true) => Some(state.store().numbers_of(self.user.id).await?),
            (false, false) => Some(Vec::new()),
        })
    }

    /// What this person may see of another's availability.
    pub(crate) fn viewer_of(&self, person: Option<UserId>) -> Viewer {
        if self.is_admin() || person == Some(self.user.id) { Viewer::Trusted } else { Viewer::Colleague }
    }
}

impl FromRequestParts<ApiState> for Session {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let unknown = || Problem::new(ProblemKind::NotSignedIn, "Sign in and try again.");
        let token =
            cookie(&parts.headers, cookie_name(Https::of(&parts.extensions, state).0)).and_then(SessionToken::parse);
        let token = token.ok_or_else(unknown)?;
        let now = state.now();
        let session = state.store().session(&token, now).await?.ok_or_else(unknown)?;
        prolong(state, &token, session.seen, now).await;
        let Source(source) = Source::of(parts);
        let who = SignedIn { user: session.user, token, source: source.to_string() };
        Ok(Self { who, must_change_password: session.must_change_password })
    }
}

impl FromRequestParts<ApiState> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let session = Session::from_request_parts(parts, state).await?;
        if session.must_change_password {
            let detail = "You signed in with a one-time password. Set your own with PUT /api/v1/me/password.";
            return Err(Problem::new(ProblemKind::PasswordChangeRequired, detail));
        }
        Ok(session.who)
    }
}

impl FromRequestParts<ApiState> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let who = SignedIn::from_request_parts(parts, state).await?;
        if !who.is_admin() {
            return Err(Problem::new(
                ProblemKind::NotAllowed,
                "Only an admin may do this. Ask one, or sign in as one.",
            ));
        }
        Ok(Self(who))
    }
}

impl Https {
    pub(crate) fn of(extensions: &Extensions, state: &ApiState) -> Self {
        Self(state.parts.https || extensions.get::<InTls>().is_some())
    }
}

impl FromRequestParts<ApiState> for Https {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&parts.extensions, state))
    }
}

impl Source {
    fn of(parts: &Parts) -> Self {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Self(peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip().to_canonical()))
    }
}

impl<S: Sync> FromRequestParts<S> for Source {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(parts))
    }
}

/// The header that hands a session to the browser, or takes it away when there is no token.
pub(crate) fn set_cookie(Https(https): Https, token: Option<&SessionToken>) -> [(header::HeaderName, HeaderValue); 1] {
    let (value, seconds) = token.map_or(("", 0), |token| (token.as_str(), LIFETIME / 1000));
    let secure = if https { "; Secure" } else { "" };
    let name = cookie_name(https);
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    [(header::SET_COOKIE, HeaderValue::from_str(&text).expect("hexadecimal digits and our own words"))]
}

/// With HTTPS the prefix makes the browser refuse the cookie from anywhere else (RFC 6265bis §4.1.3.2).
fn cookie_name(https: bool) -> &'static str {
    if https { "__Host-jackfield" } else { "jackfield" }
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = pairs.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

async fn prolong(state: &ApiState, token: &SessionToken, seen: TimestampMs, now: TimestampMs) {
    if now.saturating_sub(seen) < PROLONG_EVERY {
        return;
    }
    if let Err(error) = state.store().prolong_session(token, now, LIFETIME).await {
        // The request itself can still be served; the session merely ends earlier.
        tracing::warn!(%error, "a session could not be prolonged");
    }
}
