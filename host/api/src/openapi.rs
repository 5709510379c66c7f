//! The OpenAPI document: what the annotations on the handlers cannot say by themselves.

use crate::{
    endpoints::{calls::explain::ExportFormat, history::list::OutcomeWord},
    error::ProblemBody,
    events::ServerMessage,
    router,
};
use jackfield_model::Event;
use utoipa::{
    OpenApi,
    openapi::{
        self, Content, HttpMethod, Ref, RefOr, ResponseBuilder,
        path::{Operation, PathItem},
        security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme},
    },
};

const NO_SCOPES: [&str; 0] = [];

/// The document of the API as it is served, pretty-printed and ending in a line break.
///
/// The copy beside this crate, `openapi.json`, is what the web page's client is generated from; a test keeps them equal.
pub fn document() -> String {
    let document = finish(router::api().split_for_parts().1);
    serde_json::to_string_pretty(&document).expect("a document is made of strings and maps") + "\n"
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Jackfield",
        description = "The API of the Jackfield telephone system. Sign in with POST /session; the cookie does the rest. \
                       Requests that change something carry the header `X-Jackfield: 1`. Failures are \
                       `application/problem+json` (RFC 9457). Times are Unix milliseconds.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT")
    ),
    servers((url = "/api/v1")),
    components(schemas(Event, ServerMessage, ProblemBody, OutcomeWord, ExportFormat))
)]
struct Head;

/// The document without paths.
pub(crate) fn head() -> openapi::OpenApi {
    let mut document = Head::openapi();
    document.info.version = "1".to_owned();
    document
}

/// Adds to every operation what holds for all of them.
pub(crate) fn finish(mut document: openapi::OpenApi) -> openapi::OpenApi {
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("jackfield")));
    let mut header = ApiKeyValue::new("X-Jackfield");
    header.description = Some("Always `1`: shows that no other site's page makes the request.".to_owned());
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("session", cookie);
    components.add_security_scheme("same-site", SecurityScheme::ApiKey(ApiKey::Header(header)));
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            let problem = ResponseBuilder::new()
                .description("It failed; `type` says how, `detail` what to do.")
                .content("application/problem+json", Content::new(Some(RefOr::Ref(Ref::from_schema_name("Problem")))));
            operation.responses.responses.insert("default".to_owned(), RefOr::T(problem.build()));
            operation.operation_id = Some(operation_id(&method, path));
            let mut needs = SecurityRequirement::default();
            if !is_open(path, &method) {
                needs = needs.add("session", NO_SCOPES);
            }
            if !matches!(method, HttpMethod::Get) {
                needs = needs.add("same-site", NO_SCOPES);
            }
            operation.security = Some(vec![needs]);
        }
    }
    document
}

/// Whether anybody may use it without signing in.
fn is_open(path: &str, method: &HttpMethod) -> bool {
    path == "/health" || (path == "/session" && matches!(method, HttpMethod::Post))
}

/// A name that is unique and says what it is: `GET /users/{id}` is `getUsersById`.
fn operation_id(method: &HttpMethod, path: &str) -> String {
    let verb = match method {
        HttpMethod::Get => "get",
        HttpMethod::Post => "post",
        HttpMethod::Put => "put",
        HttpMethod::Patch => "patch",
        HttpMethod::Delete => "delete",
        HttpMethod::Options | HttpMethod::Head | HttpMethod::Trace => "ask",
    };
    let mut id = verb.to_owned();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        let name = part.trim_matches(['{', '}']);
        if name.len() < part.len() {
            id.push_str("By");
        }
        id.extend(name.chars().take(1).flat_map(char::to_uppercase));
        id.extend(name.chars().skip(1));
    }
    id
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (HttpMethod, &mut Operation)> {
    [
        (HttpMethod::Get, item.get.as_mut()),
        (HttpMethod::Post, item.post.as_mut()),
        (HttpMethod::Put, item.put.as_mut()),
        (HttpMethod::Patch, item.patch.as_mut()),
        (HttpMethod::Delete, item.delete.as_mut()),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation?)))
}
