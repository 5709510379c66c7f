//! The API as a browser uses it, without a socket.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

#[path = "../../examples/dev_server/house.rs"]
mod house;
#[path = "../../examples/dev_server/plugins.rs"]
mod plugins;
#[path = "../../examples/dev_server/registry.rs"]
mod registry;

mod admin;
mod catalogue;
mod conferences;
mod contacts;
mod event_stream;
mod explain;
mod mail;
mod metrics;
mod openapi;
mod pages;
mod phone;
mod recordings;
mod schedules;
mod sign_in;
mod sounds;
mod trunks;
mod web_shell;
mod who_may;

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderMap, Request, StatusCode, header},
};
use house::House;
use jackfield_api::{ApiParts, ApiState, RecordingAccess, Relays, app, password};
use jackfield_calls::events::EventBus;
use jackfield_model::*;
use jackfield_registry::{Catalogue, Place};
use jackfield_schedules::Schedules;
use jackfield_store::{NewUser, Store};
use plugins::Shelf;
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tower::ServiceExt;

const PASSWORD: &str = "a quiet blue tram";

/// A server with one admin, one user and a clock that the test turns.
struct Api {
    app: Router,
    store: Store,
    bus: EventBus,
    house: Arc<House>,
    clock: Arc<AtomicU64>,
    folder: tempfile::TempDir,
}

/// A browser with its cookie.
#[derive(Clone)]
struct Browser {
    app: Router,
    cookie: Option<String>,
    source: SocketAddr,
}

/// What came back.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
    text: String,
}

impl Api {
    async fn new() -> Self {
        Self::with(|parts| parts).await
    }

    async fn with(change: impl FnOnce(ApiParts) -> ApiParts) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("jackfield.db")).await.unwrap();
        // Hashing is slow on purpose: once for all tests of the process.
        static HASH: std::sync::OnceLock<String> = std::sync::OnceLock::new();
        let hash = HASH.get_or_init(|| password::hash(PASSWORD));
        for (login, role) in [("admin", Role::Admin), ("anna", Role::User), ("bruno", Role::User)] {
            let user = NewUser {
                login: login.into(),
                name: login.to_uppercase(),
                role,
                language: Language::En,
                password_hash: hash.clone(),
                email: None,
                must_change_password: false,
            };
            store.create_user(&user, 1).await.unwrap();
        }
        let bus = EventBus::new();
        let house = Arc::new(House::new(bus.clone()));
        house.set_store(store.clone());
        let clock = Arc::new(AtomicU64::new(1_764_000_000_000));
        let reading = Arc::clone(&clock);
        let shelf = Arc::new(Shelf::new(bus.clone(), 1_764_000_000_000));
        let parts = ApiParts {
            store: store.clone(),
            bus: bus.clone(),
            telephony: house.clone(),
            schedules: Schedules::default(),
            mail: jackfield_mail::Mail::start(store.clone(), || 1_764_000_000_000),
            catalogue: Catalogue::new(
                vec![Place::Folder(folder.path().join("registry"))],
                folder.path().join("catalogue"),
                || 1_764_000_000_000,
            ),
            pages: Arc::clone(&shelf) as _,
            plugins: shelf,
            clock: Arc::new(move || reading.load(Ordering::SeqCst)),
            https: false,
            web_dir: None,
            metrics_token: Some(Secret::new("a-token-for-the-collector")),
            version: "1.2.3".into(),
            recordings: RecordingAccess { folder: folder.path().join("recordings"), on: true, users_listen: false },
            sounds: folder.path().join("sounds"),
            relays: Relays::default(),
        };
        let app = app(ApiState::new(change(parts)));
        Self { app, store, bus, house, clock, folder }
    }

    fn browser(&self) -> Browser {
        Browser { app: self.app.clone(), cookie: None, source: "192.0.2.1:4000".parse().unwrap() }
    }

    /// A browser in which somebody has signed in.
    async fn signed_in(&self, login: &str) -> Browser {
        let mut browser = self.browser();
        let answer = browser.sign_in(login, PASSWORD).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        browser
    }

    /// Gives a number to somebody.
    async fn give_number(&self, login: &str, number: &str) {
        let owner = self.store.credentials(login).await.unwrap().unwrap().user.id;
        let new = jackfield_store::NewExtension {
            owner: Some(owner),
            ..jackfield_store::NewExtension::new(number.parse().unwrap(), login)
        };
        self.store.create_extension(&new, 1).await.unwrap();
    }

    /// Finished calls between these numbers.
    fn records(&self, pairs: &[(&str, &str)]) -> Vec<CallRecord> {
        let record = |(n, (from, to)): (usize, &(&str, &str))| CallRecord {
            id: CallId::new(7, n as u64),
            direction: Direction::Internal,
            caller: house::party(from, ""),
            callee: house::party(to, ""),
            trunk: None,
            diverted_by: None,
            answered_by: None,
            started: self.now() + n as u64,
            answered: None,
            ended: self.now() + 10,
            cause: EndCause::NoAnswer,
            detail: String::new(),
            recordings: 0,
            quality: None,
        };
        pairs.iter().enumerate().map(record).collect()
    }

    fn now(&self) -> u64 {
        self.clock.load(Ordering::SeqCst)
    }

    fn wait(&self, ms: u64) {
        self.clock.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Browser {
    async fn sign_in(&mut self, login: &str, password: &str) -> Answer {
        let answer = self.post("/session", json!({"login": login, "password": password})).await;
        if let Some(cookie) = answer.headers.get(header::SET_COOKIE) {
            self.cookie = cookie.to_str().unwrap().split(';').next().map(str::to_owned);
        }
        answer
    }

    async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, Some(body)).await
    }

    async fn send(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let request = Request::builder().method(method).uri(format!("/api/v1{path}")).header("x-jackfield", "1");
        let request = match body {
            Some(body) => {
                request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())).unwrap()
            }
            None => request.body(Body::empty()).unwrap(),
        };
        self.raw(request).await
    }

    async fn raw(&self, mut request: Request<Body>) -> Answer {
        if let Some(cookie) = &self.cookie {
            request.headers_mut().insert(header::COOKIE, cookie.parse().unwrap());
        }
        request.extensions_mut().insert(ConnectInfo(self.source));
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = axum::body::to_bytes(response.into_body(), 16 << 20).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null), text }
    }
}

impl Answer {
    /// Checks that this is a problem of this name with a next step; gives the codes of the fields.
    #[track_caller]
    fn problem(&self, status: u16, name: &str) -> Vec<String> {
        assert_eq!(
            (self.status.as_u16(), &self.body["type"]),
            (status, &json!(format!("/problems/{name}"))),
            "{self:?}"
        );
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(self.body["status"], status);
        assert!(self.body["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{self:?}");
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|e| format!("{} {}", e["field"].as_str().unwrap(), e["code"].as_str().unwrap())).collect()
    }

    #[track_caller]
    fn ok(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.body
    }
}
