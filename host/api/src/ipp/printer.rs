//! What the printer answers (RFC 8011): a printer that hands each document to a plugin and is done with it.

use super::{
    jobs::{Job, PATIENCE},
    message::{Attribute, Group, JOB, Message, OPERATION, PRINTER, UNSUPPORTED},
};

pub(super) const PRINT_JOB: u16 = 0x0002;
pub(super) const VALIDATE_JOB: u16 = 0x0004;
pub(super) const CREATE_JOB: u16 = 0x0005;
pub(super) const SEND_DOCUMENT: u16 = 0x0006;
pub(super) const CANCEL_JOB: u16 = 0x0008;
pub(super) const GET_JOB: u16 = 0x0009;
pub(super) const GET_JOBS: u16 = 0x000a;
pub(super) const GET_PRINTER: u16 = 0x000b;
const OPERATIONS: [u16; 8] =
    [PRINT_JOB, VALIDATE_JOB, CREATE_JOB, SEND_DOCUMENT, CANCEL_JOB, GET_JOB, GET_JOBS, GET_PRINTER];

/// Statuses (RFC 8011 appendix B).
pub(super) const OK: u16 = 0x0000;
pub(super) const BAD_REQUEST: u16 = 0x0400;
pub(super) const NOT_POSSIBLE: u16 = 0x0404;
pub(super) const NOT_FOUND: u16 = 0x0406;
const FORMAT: u16 = 0x040a;
const CHARSET: u16 = 0x040d;
const COMPRESSION: u16 = 0x040f;
pub(super) const DOCUMENT: u16 = 0x0411;
pub(super) const INTERNAL: u16 = 0x0500;
const OPERATION_UNKNOWN: u16 = 0x0501;
const VERSION: u16 = 0x0503;
pub(super) const BUSY: u16 = 0x0507;
pub(super) const MULTIPLE_DOCUMENTS: u16 = 0x0509;

/// What can be printed.
const FORMATS: [&str; 4] = ["application/octet-stream", "application/pdf", "image/tiff", "text/plain"];
/// Most numbers that a document is for.
const MOST_NUMBERS: usize = 100;

/// A printer as its clients know it.
pub(super) struct Printer<'a> {
    pub name: &'a str,
    /// `ipp://…` or `ipps://…`
    pub uri: &'a str,
    pub encrypted: bool,
    /// Seconds since it has begun, at least 1.
    pub up: i32,
}

/// A status with its sentence.
pub(super) type Refusal = (u16, &'static str);

/// Whether a request is one that can be answered.
pub(super) fn check(request: &Message) -> Result<(), Refusal> {
    if !matches!(request.version.0, 1 | 2) {
        return Err((VERSION, "This printer speaks IPP 1.1 and 2.0."));
    }
    if !OPERATIONS.contains(&request.code) {
        return Err((OPERATION_UNKNOWN, "This printer prints, validates and tells; it cannot do that."));
    }
    let first = request.groups.first().filter(|group| group.tag == OPERATION).map(|group| &group.attributes[..]);
    let Some([charset, language, ..]) = first else {
        return Err((BAD_REQUEST, "Charset and language must come first."));
    };
    if request.request == 0 || charset.name != "attributes-charset" || language.name != "attributes-natural-language" {
        return Err((BAD_REQUEST, "Charset and language must come first, and the request needs a number."));
    }
    if !["utf-8", "us-ascii"].contains(&charset.first().to_ascii_lowercase().as_str()) {
        return Err((CHARSET, "This printer reads UTF-8."));
    }
    if !["printer-uri", "job-uri"].iter().any(|name| request.find(OPERATION, name).is_some()) {
        return Err((BAD_REQUEST, "The request does not say which printer it is for."));
    }
    Ok(())
}

/// Whether a document as it is described can be printed.
pub(super) fn check_job(request: &Message) -> Result<(), Refusal> {
    let said = |name| request.find(OPERATION, name).map(Attribute::first);
    if said("document-format").is_some_and(|format| !FORMATS.contains(&format)) {
        return Err((FORMAT, "This printer takes PDF, TIFF and text."));
    }
    if said("compression").is_some_and(|compression| compression != "none") {
        return Err((COMPRESSION, "This printer takes documents that are not compressed."));
    }
    Ok(())
}

/// The numbers that a document is for: `destination-uris` of the scheme `tel` (PWG 5100.15).
pub(super) fn numbers(request: &Message) -> Vec<String> {
    let said = [JOB, OPERATION].into_iter().find_map(|group| request.find(group, "destination-uris"));
    let uris = said.into_iter().flat_map(|attribute| attribute.members("destination-uri"));
    let numbers = uris.filter_map(|uri| uri.strip_prefix("tel:")?.split(';').next());
    numbers.take(MOST_NUMBERS).map(str::to_owned).collect()
}

/// The number of the job that is asked about.
pub(super) fn job_id(request: &Message) -> Option<i32> {
    match request.find(OPERATION, "job-id") {
        Some(id) => id.values.first()?.number(),
        None => request.find(OPERATION, "job-uri")?.first().rsplit('/').next()?.parse().ok(),
    }
}

/// A response, its sentence among the attributes.
pub(super) fn response(request: &Message, status: u16, sentence: &str, groups: Vec<Group>) -> Message {
    let mut operation =
        vec![Attribute::charset("attributes-charset"), Attribute::language("attributes-natural-language")];
    if !sentence.is_empty() {
        let sentence: String = sentence.chars().filter(|c| !c.is_control()).take(250).collect();
        operation.push(Attribute::text("status-message", &sentence));
    }
    let operation = Group { tag: OPERATION, attributes: operation };
    let version = if request.version.0 == 1 { (1, 1) } else { (2, 0) };
    Message { version, code: status, request: request.request, groups: [vec![operation], groups].concat() }
}

/// What a refused format looks like in a response.
pub(super) fn unsupported(request: &Message, refusal: Refusal) -> Message {
    let name = if refusal.0 == FORMAT { "document-format" } else { "compression" };
    let given = request.find(OPERATION, name).filter(|_| matches!(refusal.0, FORMAT | COMPRESSION));
    let groups = given.map(|given| Group { tag: UNSUPPORTED, attributes: vec![given.clone()] });
    response(request, refusal.0, refusal.1, groups.into_iter().collect())
}

/// One job as an answer.
pub(super) fn about(job: &Job, printer: &Printer<'_>, started: u64) -> Group {
    Group { tag: JOB, attributes: job.attributes(printer.uri, started) }
}

impl Printer<'_> {
    /// What is told of it, as far as it was asked for.
    pub(super) fn described(&self, request: &Message) -> Group {
        let mut attributes = self.attributes();
        if let Some(asked) = request.find(OPERATION, "requested-attributes") {
            let asked: Vec<&str> = asked.values.iter().map(|value| value.text()).collect();
            if !["all", "printer-description", "job-template"].iter().any(|group| asked.contains(group)) {
                attributes.retain(|attribute| asked.contains(&attribute.name.as_str()));
            }
        }
        Group { tag: PRINTER, attributes }
    }

    fn attributes(&self) -> Vec<Attribute> {
        let operations: Vec<i32> = OPERATIONS.iter().map(|operation| i32::from(*operation)).collect();
        let security = if self.encrypted { "tls" } else { "none" };
        vec![
            Attribute::uri("printer-uri-supported", self.uri),
            Attribute::keywords("uri-authentication-supported", &["basic"]),
            Attribute::keywords("uri-security-supported", &[security]),
            Attribute::name("printer-name", self.name),
            Attribute::text("printer-info", self.name),
            Attribute::text("printer-make-and-model", &format!("Jackfield {}", self.name)),
            Attribute::enums("printer-state", &[3]),
            Attribute::keywords("printer-state-reasons", &["none"]),
            Attribute::boolean("printer-is-accepting-jobs", true),
            Attribute::integer("printer-up-time", self.up),
            Attribute::integer("queued-job-count", 0),
            Attribute::keywords("ipp-versions-supported", &["1.1", "2.0"]),
            Attribute::enums("operations-supported", &operations),
            Attribute::boolean("multiple-document-jobs-supported", false),
            Attribute::integer("multiple-operation-time-out", PATIENCE as i32),
            Attribute::keywords("multiple-operation-time-out-action", &["abort-job"]),
            Attribute::keywords("which-jobs-supported", &["completed", "not-completed"]),
            Attribute::charset("charset-configured"),
            Attribute::charset("charset-supported"),
            Attribute::language("natural-language-configured"),
            Attribute::language("generated-natural-language-supported"),
            Attribute::mime_types("document-format-default", &["application/pdf"]),
            Attribute::mime_types("document-format-supported", &FORMATS),
            Attribute::keywords("compression-supported", &["none"]),
            Attribute::keywords("pdl-override-supported", &["not-attempted"]),
            Attribute::boolean("color-supported", false),
            Attribute::keywords("print-color-mode-supported", &["monochrome"]),
            Attribute::keywords("print-color-mode-default", &["monochrome"]),
            Attribute::keywords("media-supported", &["iso_a4_210x297mm"]),
            Attribute::keywords("media-default", &["iso_a4_210x297mm"]),
            Attribute::keywords("sides-supported", &["one-sided"]),
            Attribute::keywords("sides-default", &["one-sided"]),
            Attribute::range("copies-supported", 1, 1),
            Attribute::integer("copies-default", 1),
            Attribute::resolution("printer-resolution-supported", 204, 196),
            Attribute::resolution("printer-resolution-default", 204, 196),
            Attribute::uri_scheme("destination-uri-schemes-supported", "tel"),
        ]
    }
}
