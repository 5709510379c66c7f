//! Answering what a plugin's page asks for: one fresh instance per request, within bounds, a few at a time.

use crate::{
    bindings::pages::exports::jackfield::hooks::web as guest,
    blobs::OpenBlob,
    breaker::Change,
    code::Code,
    grants, hook,
    instance::{self, Fault, Running, State},
    interfaces::{documents, recording},
    links,
    log::one_line,
    registry::{Host, Loaded},
};
use jackfield_model::{Language, Level, Role, UserId};
use std::{
    fs::File,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, timeout},
};

/// Requests of one plugin's pages that are answered at a time.
const AT_ONCE: usize = 8;
/// Further ones that wait for their turn.
const WAITING: usize = 32;
/// Largest body of an answer.
const LARGEST_ANSWER: usize = 4 << 20;
/// What one answer may bring from the guest in all; what is too large is refused in words rather than by a trap.
const ANSWER_FUEL: usize = 2 * LARGEST_ANSWER;
/// Headers that a plugin may set.
const HEADERS: [&str; 4] = ["content-type", "content-disposition", "cache-control", "etag"];
const LONGEST_HEADER: usize = 1_000;
/// How much of a path the breaker tells apart.
const LONGEST_KEY: usize = 200;
/// How much of an error's text a page is told.
const LONGEST_ERROR: usize = 300;

/// What a page asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebRequest {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: String,
    /// The path below the plugin, decoded, beginning with `/`.
    pub path: String,
    /// The parameters after `?`, decoded.
    pub query: Vec<(String, String)>,
    /// The few headers that plugins see; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// Who asks.
    pub user: WebUser,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebUser {
    /// The person.
    pub id: UserId,
    /// Their name.
    pub name: String,
    /// Their first extension.
    pub extension: Option<String>,
    /// Their role.
    pub role: Role,
    /// Their language.
    pub language: Language,
}

/// What a plugin answers.
#[derive(Debug)]
pub struct WebAnswer {
    /// 200 to 599.
    pub status: u16,
    /// Those headers that plugins may set; names in lower case.
    pub headers: Vec<(String, String)>,
    /// What is sent.
    pub body: WebBody,
}

/// The body of an answer.
#[derive(Debug)]
pub enum WebBody {
    /// These bytes.
    Bytes(Vec<u8>),
    /// A recording of the plugin: a WAV file.
    Recording(File),
    /// A blob of the plugin.
    Blob {
        /// Has the content at its beginning, and more behind it.
        file: File,
        /// How many bytes the content has.
        size: u64,
    },
}

/// A plugin did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebError {
    /// No such plugin, it is off, or it answers no requests.
    #[error("there is nothing to ask")]
    Unknown,
    /// Too many requests at once.
    #[error("too much is asked at once")]
    Busy,
    /// It trapped, ran out of time or budget, rests after that, or made no sense: the plugin's name and why.
    #[error("“{0}” has failed: {1}")]
    Failed(String, String),
}

/// Lets a few requests in at a time.
pub(crate) struct Door {
    places: Semaphore,
    there: AtomicUsize,
}

struct Turn<'a> {
    door: &'a Door,
    _place: Option<SemaphorePermit<'a>>,
}

impl Default for Door {
    fn default() -> Self {
        Self { places: Semaphore::new(AT_ONCE), there: AtomicUsize::new(0) }
    }
}

impl Door {
    /// Wait for a turn; `None` when too many wait, or it takes longer than `patience`.
    async fn enter(&self, patience: Duration) -> Option<Turn<'_>> {
        // Counted first and given back by drop when it was one too many.
        let there = self.there.fetch_add(1, Relaxed);
        let mut turn = Turn { door: self, _place: None };
        if there >= AT_ONCE + WAITING {
            return None;
        }
        turn._place = Some(timeout(patience, self.places.acquire()).await.ok()?.ok()?);
        Some(turn)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.door.there.fetch_sub(1, Relaxed);
    }
}

/// Ask one plugin.
pub(crate) async fn answer(host: &Arc<Host>, plugin: &Arc<Loaded>, request: WebRequest) -> Result<WebAnswer, WebError> {
    let (Ok(code), true) = (&plugin.code, plugin.record.enabled) else { return Err(WebError::Unknown) };
    if code.web.is_none() {
        return Err(WebError::Unknown);
    }
    let life = &plugin.life;
    let _turn = life.door.enter(host.limits.web_wall).await.ok_or(WebError::Busy)?;
    let Ok(Ok(_place)) = timeout(host.limits.web_wall, host.aside.acquire()).await else { return Err(WebError::Busy) };
    let name = plugin.body.as_ref().map_or(&plugin.record.id, |body| &body.package.manifest.name);
    let failed = |why: String| WebError::Failed(name.clone(), why);
    let what = format!("{} {}", request.method, request.path);
    // One person's one path: when that alone fails, all else is answered as before.
    let key: String = format!("{} {what}", request.user.id).chars().take(LONGEST_KEY).collect();
    let Some(ticket) = life.web.admit(Instant::now(), &key) else {
        life.meter.skipped();
        host.figures_changed(life);
        return Err(failed("it rests after failures".into()));
    };
    life.meter.begun();
    let outcome = handle(host, plugin, code, request).await;
    host.figures_changed(life);
    let response = match outcome {
        Ok(response) => {
            if ticket.succeeded(Instant::now()) == Change::Recovered {
                hook::recovered(host, life);
            }
            response
        }
        Err(Fault::Full) => return Err(WebError::Busy),
        Err(fault) => {
            let why = fault.to_string();
            let change = ticket.failed(Instant::now(), &key, &why, rand::random());
            life.meter.failed();
            host.find(life, Level::Error, &format!("{what}: {why}"), None);
            hook::rests(host, life, change, "its pages get no answers meanwhile");
            return Err(failed(why));
        }
    };
    let checked = match response {
        Ok((response, blob)) => check(host, plugin, response, blob).await,
        Err(text) => {
            let text: String = one_line(&text).chars().take(LONGEST_ERROR).collect();
            host.find(life, Level::Warn, &format!("{what}: {text}"), None);
            return Ok(WebAnswer::error(text));
        }
    };
    checked.map_err(|why| {
        host.find(life, Level::Warn, &format!("{what}: {why}"), None);
        failed(why)
    })
}

async fn handle(
    host: &Arc<Host>,
    plugin: &Arc<Loaded>,
    code: &Code,
    request: WebRequest,
) -> Result<Result<(guest::Response, Option<OpenBlob>), String>, Fault> {
    let Some(web) = &code.web else { return Err(Fault::Trapped("it answers no requests".into())) };
    let limits = &host.limits;
    let state = State::new(Running::Web, Arc::clone(plugin), Arc::clone(host), limits.web_memory, limits.web_cpu);
    let mut store = instance::store(&host.wasm, state);
    store.set_hostcall_fuel(ANSWER_FUEL);
    let mut cpu = Duration::ZERO;
    let request = guest::Request::from(request);
    let answered = async {
        let instance = web.instantiate_async(&mut store).await?;
        instance.jackfield_hooks_web().call_handle(&mut store, &request).await
    };
    let outcome = instance::within(limits.web_wall, instance::metered(&host.wasm.heart, &mut cpu, answered)).await;
    plugin.life.meter.used(cpu, store.data().memory.peak);
    match outcome {
        Some(Ok(response)) => Ok(response.map(|response| (response, store.data_mut().answers_with.take()))),
        Some(Err(error)) => Err(store.data_mut().fault(&error)),
        None => Err(Fault::Wall(limits.web_wall)),
    }
}

/// What a browser may be sent of it.
async fn check(
    host: &Host,
    plugin: &Loaded,
    response: guest::Response,
    blob: Option<OpenBlob>,
) -> Result<WebAnswer, String> {
    let status = response.status;
    if !(200..=599).contains(&status) || (502..=504).contains(&status) {
        return Err(format!("it answered with the status {status}, which is not its to give"));
    }
    let headers = response.headers.into_iter().filter_map(|(name, value)| {
        let name = name.to_ascii_lowercase();
        let sound = value.len() <= LONGEST_HEADER && value.chars().all(|c| !c.is_control());
        (sound && HEADERS.contains(&name.as_str())).then_some((name, value))
    });
    let mut kept: Vec<(String, String)> = Vec::new();
    for (name, value) in headers {
        if !kept.iter().any(|(known, _)| *known == name) {
            kept.push((name, value));
        }
    }
    if let Some(blob) = blob {
        if !matches!(&response.body, guest::Body::Bytes(bytes) if bytes.is_empty()) {
            return Err("it answered with a blob and with a body: one of them is possible".into());
        }
        return Ok(blob_answer(status, kept, blob));
    }
    let body = match response.body {
        guest::Body::Bytes(bytes) if bytes.len() > LARGEST_ANSWER => {
            return Err(format!("its answer has more than {} MiB", LARGEST_ANSWER >> 20));
        }
        guest::Body::Bytes(bytes) => WebBody::Bytes(bytes),
        guest::Body::Recording(id) => {
            if !plugin.record.grants.iter().any(|granted| granted == grants::CALL_RECORDING) {
                return Err(format!("it answered with a recording, for which it needs “{}”", grants::CALL_RECORDING));
            }
            match recording::open(host, &plugin.record.id, &id).await {
                Ok(file) => WebBody::Recording(file),
                // Somebody else may have erased it a moment ago.
                Err(why) => return Ok(WebAnswer { status: 404, ..WebAnswer::error(why) }),
            }
        }
        guest::Body::Document(id) => {
            if !plugin.record.grants.iter().any(|granted| granted == grants::DOCUMENTS) {
                return Err(format!("it answered with a document, for which it needs “{}”", grants::DOCUMENTS));
            }
            kept.retain(|(name, _)| name != "content-type");
            kept.push(("content-type".into(), "application/pdf".into()));
            match documents::pdf(host, &plugin.record.id, &id).await {
                Ok(pdf) => WebBody::Bytes(pdf),
                Err(why) => return Ok(WebAnswer { status: 404, ..WebAnswer::error(why) }),
            }
        }
    };
    Ok(WebAnswer { status, headers: kept, body })
}

/// A blob is what it was kept as, and saved under its name unless the plugin says otherwise.
fn blob_answer(status: u16, mut headers: Vec<(String, String)>, open: OpenBlob) -> WebAnswer {
    let OpenBlob { blob, file } = open;
    headers.retain(|(name, _)| name != "content-type");
    headers.push(("content-type".into(), blob.media_type));
    for (name, value) in [
        ("content-disposition", format!("attachment; filename*=UTF-8''{}", file_name(&blob.name))),
        ("etag", format!("\"{}\"", blob.sha256)),
    ] {
        if headers.iter().all(|(known, _)| known != name) {
            headers.push((name.into(), value));
        }
    }
    WebAnswer { status, headers, body: WebBody::Blob { file, size: blob.size } }
}

/// What a browser calls it: what stands behind the last `/` of its name (RFC 8187 §3.2).
fn file_name(name: &str) -> String {
    let last = name.rsplit('/').find(|part| !part.is_empty()).unwrap_or("file");
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    last.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

impl WebAnswer {
    /// 500 with a sentence.
    fn error(text: String) -> Self {
        let headers = vec![("content-type".to_owned(), "text/plain; charset=utf-8".to_owned())];
        Self { status: 500, headers, body: WebBody::Bytes(text.into_bytes()) }
    }
}

impl From<WebRequest> for guest::Request {
    fn from(request: WebRequest) -> Self {
        let WebRequest { method, path, query, headers, body, user } = request;
        let roles: &[&str] = match user.role {
            // Whoever has a link is nobody.
            _ if method == links::METHOD => &[],
            Role::Admin => &["admin", "user"],
            Role::User => &["user"],
        };
        Self {
            method,
            path,
            query,
            headers,
            body,
            user: guest::User {
                id: user.id.to_string(),
                name: user.name,
                extension: user.extension,
                roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            },
            language: user.language.as_str().to_owned(),
        }
    }
}
