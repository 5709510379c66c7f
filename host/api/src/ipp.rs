//! Printing (IPP, RFC 8010 and 8011): `POST /ipp/print/{plugin}` is the printer of a plugin that has one.
//!
//! It is the host's, since people are: whoever prints signs in by name and password (HTTP Basic), as on the web page, and the plugin
//! is told who it was. The plugin gets pages, and never sees the language they were written in.

mod jobs;
mod message;
mod printer;

pub(crate) use jobs::Jobs;

use crate::{
    ApiState,
    auth::{Https, Source},
    error::Problem,
    input::Path,
    pages_port::{PageUser, PrintFault, PrintRequest},
};
use axum::{
    body::Bytes,
    extract::{FromRequest, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use jackfield_model::User;
use jobs::Job;
use message::{Message, OPERATION};
use printer::Printer;
use serde_json::json;
use std::net::IpAddr;

/// Most bytes of a request.
pub(crate) const BODY: usize = 32 * 1024 * 1024;
const MEDIA_TYPE: &str = "application/ipp";
const LONGEST_NAME: usize = 100;

/// Whatever is asked of the printer of a plugin.
///
/// Not in the OpenAPI document: the answers are IPP.
pub(crate) async fn serve(
    State(state): State<ApiState>,
    Source(source): Source,
    https: Https,
    Path(plugin): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
    // A form of another site cannot send this type.
    if text(header::CONTENT_TYPE) != Some(MEDIA_TYPE) {
        return Ok(StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response());
    }
    let user = match sign_in(&state, source, text(header::AUTHORIZATION)).await? {
        Ok(user) => user,
        Err(refused) => return Ok(refused),
    };
    let Some(name) = state.parts.pages.printer(&plugin) else { return Ok(StatusCode::NOT_FOUND.into_response()) };
    let (scheme, host) = (if https.0 { "ipps" } else { "ipp" }, text(header::HOST).unwrap_or("localhost"));
    let uri = format!("{scheme}://{host}/ipp/print/{plugin}");
    // Only now: nobody whom we do not know has us hold a document.
    let body = match Bytes::from_request(Request::from_parts(head, body), &state).await {
        Ok(body) => body,
        Err(refused) => return Ok(refused.into_response()),
    };
    let Some((request, at)) = Message::read(&body) else { return Ok(StatusCode::BAD_REQUEST.into_response()) };
    let up = i32::try_from(state.now().saturating_sub(state.started) / 1_000 + 1).unwrap_or(i32::MAX);
    let printer = Printer { name: &name, uri: &uri, encrypted: https.0, up };
    let answer = match printer::check(&request) {
        Err(refusal) => printer::unsupported(&request, refusal),
        Ok(()) => answer(&state, &printer, &plugin, user, source, &request, body.slice(at..)).await?,
    };
    Ok(([(header::CONTENT_TYPE, MEDIA_TYPE)], answer.write()).into_response())
}

/// Name and password, slowed down as at the web page; or what is answered instead.
async fn sign_in(state: &ApiState, source: IpAddr, sent: Option<&str>) -> Result<Result<User, Response>, Problem> {
    let wrong =
        || (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Basic realm=\"Jackfield\"")]).into_response();
    let given = sent.and_then(|sent| STANDARD.decode(sent.strip_prefix("Basic ")?.trim()).ok());
    let given = given.and_then(|given| String::from_utf8(given).ok());
    let Some((login, password)) = given.as_deref().and_then(|given| given.split_once(':')) else {
        return Ok(Err(wrong()));
    };
    if login.chars().count() > 64 || password.chars().count() > *crate::password::LENGTH.end() {
        return Ok(Err(wrong()));
    }
    if let Err(seconds) = state.throttle.admit(source, login, state.now()) {
        tracing::warn!(%source, "attempts to sign in at a printer are being slowed down");
        let later = [(header::RETRY_AFTER, seconds.to_string())];
        return Ok(Err((StatusCode::TOO_MANY_REQUESTS, later).into_response()));
    }
    let known = state.store().credentials(login).await?;
    let hash = known.as_ref().map(|known| known.password_hash.clone());
    let right = state.hasher.verify(password.to_owned(), hash).await?;
    let Some(known) = known.filter(|_| right) else { return Ok(Err(wrong())) };
    state.throttle.succeeded(source, login);
    // A one-time password opens nothing but the page that changes it.
    Ok(if known.must_change_password { Err(StatusCode::FORBIDDEN.into_response()) } else { Ok(known.user) })
}

async fn answer(
    state: &ApiState,
    printer: &Printer<'_>,
    plugin: &str,
    user: User,
    source: IpAddr,
    request: &Message,
    document: Bytes,
) -> Result<Message, Problem> {
    let found = |id: Option<i32>| state.jobs.of(user.id, plugin).into_iter().find(|job| Some(job.id) == id);
    Ok(match request.code {
        printer::GET_PRINTER => printer::response(request, printer::OK, "", vec![printer.described(request)]),
        printer::GET_JOBS => {
            let which = request.find(OPERATION, "which-jobs").map_or("not-completed", message::Attribute::first);
            let jobs = if which == "completed" { state.jobs.of(user.id, plugin) } else { Vec::new() };
            let groups = jobs.iter().map(|job| printer::about(job, printer, state.started)).collect();
            printer::response(request, printer::OK, "", groups)
        }
        printer::GET_JOB | printer::CANCEL_JOB => match found(printer::job_id(request)) {
            None => printer::response(request, printer::NOT_FOUND, "There is no such job.", Vec::new()),
            Some(_) if request.code == printer::CANCEL_JOB => {
                let sentence = "It has been printed already: stop it on the page of the plugin.";
                printer::response(request, printer::NOT_POSSIBLE, sentence, Vec::new())
            }
            Some(job) => {
                printer::response(request, printer::OK, "", vec![printer::about(&job, printer, state.started)])
            }
        },
        _ => match printer::check_job(request) {
            Err(refusal) => printer::unsupported(request, refusal),
            Ok(()) if request.code == printer::VALIDATE_JOB => printer::response(request, printer::OK, "", Vec::new()),
            Ok(()) => print(state, printer, plugin, user, source, request, document).await?,
        },
    })
}

async fn print(
    state: &ApiState,
    printer: &Printer<'_>,
    plugin: &str,
    user: User,
    source: IpAddr,
    request: &Message,
    document: Bytes,
) -> Result<Message, Problem> {
    let named = ["job-name", "document-name"].iter().find_map(|name| request.find(OPERATION, name));
    let name: String = named.map(message::Attribute::first).unwrap_or_default().chars().take(LONGEST_NAME).collect();
    let order = PrintRequest {
        name: name.clone(),
        to: printer::numbers(request),
        content: document.to_vec(),
        user: PageUser {
            id: user.id,
            name: user.name.clone(),
            extension: state.store().numbers_of(user.id).await?.into_iter().next(),
            role: user.role,
            language: user.language,
        },
    };
    let printed = state.parts.pages.print(plugin, order).await;
    let (status, why) = match printed {
        Ok(()) => (printer::OK, None),
        Err(PrintFault::Unknown) => (printer::NOT_FOUND, Some(String::from("This printer is switched off."))),
        Err(PrintFault::Busy) => (printer::BUSY, Some(String::from("Too much is printed at once. Try again."))),
        Err(PrintFault::Refused(why)) => (printer::DOCUMENT, Some(why)),
        Err(PrintFault::Failed(why)) => (printer::INTERNAL, Some(why)),
    };
    state.audit_as(&user.login, &source.to_string(), "plugin.print", plugin, json!({ "taken": why.is_none() })).await;
    let job = state.jobs.add(Job {
        id: 0,
        owner: user.id,
        owner_name: user.login,
        printer: plugin.to_owned(),
        name,
        at: state.now(),
        refused: why.clone(),
    });
    let about = if status == printer::OK { vec![printer::about(&job, printer, state.started)] } else { Vec::new() };
    Ok(printer::response(request, status, why.as_deref().unwrap_or_default(), about))
}
