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
use jackfield_model::{TimestampMs, User};
use jobs::{Job, JobState};
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
    let now = state.now();
    let jobs = || state.jobs.of(user.id, plugin, now);
    let found = |id: Option<i32>| jobs().into_iter().find(|job| Some(job.id) == id);
    let said = |status, sentence: &str| printer::response(request, status, sentence, Vec::new());
    let told =
        |job: &Job| printer::response(request, printer::OK, "", vec![printer::about(job, printer, state.started)]);
    Ok(match request.code {
        printer::GET_PRINTER => printer::response(request, printer::OK, "", vec![printer.described(request)]),
        printer::GET_JOBS => {
            let which = request.find(OPERATION, "which-jobs").map_or("not-completed", message::Attribute::first);
            let jobs = jobs().into_iter().filter(|job| job.is_over() == (which == "completed"));
            let groups = jobs.map(|job| printer::about(&job, printer, state.started)).collect();
            printer::response(request, printer::OK, "", groups)
        }
        printer::GET_JOB | printer::CANCEL_JOB | printer::SEND_DOCUMENT => {
            match (found(printer::job_id(request)), request.code) {
                (None, _) => said(printer::NOT_FOUND, "There is no such job."),
                (Some(job), printer::GET_JOB) => told(&job),
                (Some(job), printer::CANCEL_JOB) if !job.is_over() => {
                    state.jobs.settle(job.id, JobState::Cancelled, now);
                    said(printer::OK, "")
                }
                (Some(_), printer::CANCEL_JOB) => {
                    said(printer::NOT_POSSIBLE, "It has been printed already: stop it on the page of the plugin.")
                }
                (Some(job), _) => match (&job.state, document.is_empty()) {
                    (JobState::Open { numbers }, false) => match printer::check_job(request) {
                        Err(refusal) => printer::unsupported(request, refusal),
                        Ok(()) => {
                            let numbers = numbers.clone();
                            print(state, printer, plugin, user, source, request, (Some(job), numbers, document)).await?
                        }
                    },
                    (JobState::Open { .. }, true) if !ends(request) => {
                        said(printer::BAD_REQUEST, "There is no document in the request.")
                    }
                    // Its last document is none at all (RFC 8011 §4.3.1): there is nothing to print.
                    (JobState::Open { .. }, true) => {
                        state.jobs.settle(job.id, JobState::Refused(String::from("No document came for it.")), now);
                        found(Some(job.id)).as_ref().map_or_else(|| said(printer::NOT_FOUND, ""), told)
                    }
                    // The end is said after the one document that has come.
                    (JobState::Printed, true) if ends(request) => told(&job),
                    (JobState::Printed, _) => {
                        said(printer::MULTIPLE_DOCUMENTS, "A job has one document here: print the next one by itself.")
                    }
                    _ => said(printer::NOT_POSSIBLE, "This job is over: print its document as a new one."),
                },
            }
        }
        _ => match printer::check_job(request) {
            Err(refusal) => printer::unsupported(request, refusal),
            Ok(()) if request.code == printer::VALIDATE_JOB => said(printer::OK, ""),
            Ok(()) if request.code == printer::CREATE_JOB => {
                let state_of = JobState::Open { numbers: printer::numbers(request) };
                match state.jobs.add(new_job(&user, plugin, name_of(request), now, state_of)) {
                    Some(job) => told(&job),
                    None => said(printer::BUSY, "Too many jobs wait for their documents. Try again in two minutes."),
                }
            }
            Ok(()) => {
                let numbers = printer::numbers(request);
                print(state, printer, plugin, user, source, request, (None, numbers, document)).await?
            }
        },
    })
}

/// Whether no document follows in this job.
fn ends(request: &Message) -> bool {
    request.find(OPERATION, "last-document").is_some_and(message::Attribute::is_true)
}

fn name_of(request: &Message) -> String {
    let named = ["job-name", "document-name"].iter().find_map(|name| request.find(OPERATION, name));
    named.map(message::Attribute::first).unwrap_or_default().chars().take(LONGEST_NAME).collect()
}

fn new_job(user: &User, plugin: &str, name: String, at: TimestampMs, state: JobState) -> Job {
    let (owner_name, printer) = (user.login.clone(), plugin.to_owned());
    Job { id: 0, owner: user.id, owner_name, printer, name, at, state }
}

/// Have the plugin take a document for these numbers, of a job that has waited for it or of a new one.
async fn print(
    state: &ApiState,
    printer: &Printer<'_>,
    plugin: &str,
    user: User,
    source: IpAddr,
    request: &Message,
    (waited, to, document): (Option<Job>, Vec<String>, Bytes),
) -> Result<Message, Problem> {
    let name = match &waited {
        Some(job) if !job.name.is_empty() => job.name.clone(),
        _ => name_of(request),
    };
    let order = PrintRequest {
        name: name.clone(),
        to,
        content: document.to_vec(),
        user: PageUser {
            id: user.id,
            name: user.name.clone(),
            extension: state.store().numbers_of(user.id).await?.into_iter().next(),
            role: user.role,
            language: user.language,
        },
    };
    if let Some(job) = &waited {
        // A second document of the same job that comes meanwhile is one too many.
        state.jobs.settle(job.id, JobState::Printed, state.now());
    }
    let printed = state.parts.pages.print(plugin, order).await;
    let (status, why) = match printed {
        Ok(()) => (printer::OK, None),
        Err(PrintFault::Unknown) => (printer::NOT_FOUND, Some(String::from("This printer is switched off."))),
        Err(PrintFault::Busy) => (printer::BUSY, Some(String::from("Too much is printed at once. Try again."))),
        Err(PrintFault::Refused(why)) => (printer::DOCUMENT, Some(why)),
        Err(PrintFault::Failed(why)) => (printer::INTERNAL, Some(why)),
    };
    state.audit_as(&user.login, &source.to_string(), "plugin.print", plugin, json!({ "taken": why.is_none() })).await;
    let ended = why.clone().map_or(JobState::Printed, JobState::Refused);
    let job = match waited {
        Some(mut job) => {
            state.jobs.settle(job.id, ended.clone(), state.now());
            (job.name, job.state) = (name, ended);
            Some(job)
        }
        None => state.jobs.add(new_job(&user, plugin, name, state.now(), ended)),
    };
    let about = job.filter(|_| status == printer::OK).map(|job| printer::about(&job, printer, state.started));
    Ok(printer::response(request, status, why.as_deref().unwrap_or_default(), about.into_iter().collect()))
}
