//! What an [`Endpoint`](crate::Endpoint) is made with.

use crate::Method;
use std::time::Duration;

/// Settings of an endpoint.
#[derive(Clone, Debug)]
pub struct Config {
    /// Written as `User-Agent` into requests and as `Server` into responses; empty leaves both out.
    pub user_agent: String,
    /// Option tags that the user of the endpoint implements, for `Supported` and the check of `Require`
    /// (RFC 3261 §8.2.2.3). The endpoint adds its own.
    pub extensions: Vec<String>,
    /// Methods outside dialogs that reach the user as [`Event::Request`](crate::Event::Request); others are answered 405,
    /// or 501 if unknown. They stand in Allow after the endpoint's own.
    pub methods: Vec<Method<'static>>,
    /// How long a session lasts unless it is renewed (RFC 4028); `None` asks for no session timer and grants none.
    pub session_interval: Option<Duration>,
    /// The shortest session interval that is taken, at least 90 s; a shorter one is answered 422.
    pub min_session: Duration,
    /// Sizes that a message must keep to.
    pub limits: Limits,
    /// The three times that all timers of RFC 3261 are computed from.
    pub timers: Timers,
    /// Most transactions alive at once; above that a new request is answered 503 with Retry-After.
    pub max_transactions: usize,
    /// Most legs alive at once; above that a new INVITE is answered 503 with Retry-After.
    pub max_legs: usize,
    /// Most subscriptions alive at once; above that a new SUBSCRIBE is answered 503 with Retry-After.
    pub max_subscriptions: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            user_agent: String::from("Jackfield"),
            extensions: Vec::new(),
            methods: vec![Method::Register, Method::Options, Method::Message],
            session_interval: Some(Duration::from_secs(1_800)),
            min_session: Duration::from_secs(90),
            limits: Limits::default(),
            timers: Timers::default(),
            max_transactions: 200_000,
            max_legs: 50_000,
            max_subscriptions: 50_000,
        }
    }
}

/// Sizes that a message must keep to; beyond them it is answered 513 where it can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a whole message, body included (default 65,536).
    pub message: usize,
    /// Header fields of a message (default 128).
    pub headers: usize,
    /// Bytes of the start line or of one header field (default 8,192, at most 65,535).
    pub header: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { message: 65_536, headers: 128, header: 8_192 }
    }
}

/// The base times of RFC 3261 §17.1.1.1 (table 4 in its appendix A).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timers {
    /// Estimate of the round trip: first retransmission interval (default 500 ms, at least 1 ms).
    pub t1: Duration,
    /// Longest interval between retransmissions of a non-INVITE request or an INVITE response (default 4 s, at least T1).
    pub t2: Duration,
    /// Longest time a message stays in the network (default 5 s).
    pub t4: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Self { t1: Duration::from_millis(500), t2: Duration::from_secs(4), t4: Duration::from_secs(5) }
    }
}

impl Timers {
    /// 64*T1: how long a transaction tries (timers B, F, H), and how long it remembers (J, L, M).
    pub fn give_up(&self) -> Duration {
        self.t1 * 64
    }

    /// Timer D: how long an INVITE client answers repeated final responses; at least 32 s on an unreliable transport.
    pub fn d(&self) -> Duration {
        self.give_up().max(Duration::from_secs(32))
    }
}
