//! The table of contents: every path of the API, and who may use it.

use crate::{
    ApiState, cross_site,
    endpoints::{
        audit_log, bans, calls, catalogue, conferences, contacts, extensions, history, mail, me, pages, people, phone,
        phone_keys, plugins, publisher_keys, recordings, registrations, schedules, session, sounds, system, trunks,
        users,
    },
    error::{Problem, ProblemKind},
    events, headers, ipp, links, metrics, openapi, page_files, web,
};
use axum::{
    Router,
    extract::{DefaultBodyLimit, OriginalUri},
    middleware,
    routing::{any, get, post},
};
use std::time::Duration;
use tower::ServiceBuilder;
use tower_http::trace::TraceLayer;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Most bytes of a JSON body.
const BODY: usize = 64 * 1024;
/// Most bytes of a plugin's settings.
const SETTINGS: usize = 1024 * 1024;
/// Most bytes of a plugin package.
const PACKAGE: usize = 32 * 1024 * 1024;
/// How long a request may take, reading its body included; the event stream and exports begin within it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Everything that the listener serves: the API and, at every other path, the web shell.
pub fn app(state: ApiState) -> Router {
    let (api, document) = api().split_for_parts();
    let document = openapi::finish(document);
    let api = Router::new()
        .nest("/v1", api.route("/openapi.json", get(async move || axum::Json(document))).merge(plugins_own()))
        .fallback(no_such_endpoint)
        .method_not_allowed_fallback(no_such_method)
        .layer(
            ServiceBuilder::new()
                .layer(middleware::from_fn(headers::data))
                .layer(middleware::from_fn(impatient))
                .layer(middleware::from_fn(cross_site::guard)),
        );
    // Beside what is logged: their addresses are secrets.
    let secure = middleware::from_fn_with_state(state.clone(), headers::secure);
    let links = Router::new()
        .route("/link/{plugin}/{word}", get(links::enter))
        .route("/link/{plugin}/{word}/", get(links::index))
        .route("/link/{plugin}/{word}/{*path}", get(links::ask))
        .layer(secure.clone());
    Router::new()
        .nest("/api", api)
        .route("/ipp/print/{plugin}", post(ipp::serve).layer(DefaultBodyLimit::max(ipp::BODY)))
        .route("/metrics", get(metrics::metrics))
        .route("/plugin-ui/kit/1/{file}", get(page_files::kit))
        .route("/plugin-ui/{ticket}/{plugin}/{*path}", get(page_files::file))
        .fallback(web::shell)
        .layer(secure)
        .layer(TraceLayer::new_for_http())
        .merge(links)
        .with_state(state)
}

/// The paths below `/api/v1` with their documentation.
pub(crate) fn api() -> OpenApiRouter<ApiState> {
    OpenApiRouter::with_openapi(openapi::head())
        .merge(everybody())
        .merge(signed_in())
        .merge(admins())
        .layer(DefaultBodyLimit::max(BODY))
        .merge(settings().layer(DefaultBodyLimit::max(SETTINGS)))
        .merge(packages().layer(DefaultBodyLimit::max(PACKAGE)))
}

/// Without signing in.
fn everybody() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(session::create::create)).routes(routes!(system::health::health))
}

/// For every role; what belongs to others is left out. The first three also with a one-time password.
fn signed_in() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(session::read::read, session::delete::delete))
        .routes(routes!(me::password::change))
        .routes(routes!(me::update::update))
        .routes(routes!(me::availability::read, me::availability::set))
        .routes(routes!(pages::list::list))
        .routes(routes!(phone_keys::list))
        .routes(routes!(people::list::list))
        .routes(routes!(contacts::list::list))
        .routes(routes!(contacts::elsewhere::elsewhere))
        .routes(routes!(registrations::list::list))
        .routes(routes!(calls::list::list, calls::start::start))
        .routes(routes!(calls::record::record))
        .routes(routes!(calls::explain::explain))
        .routes(routes!(recordings::list::list))
        .routes(routes!(recordings::play::play))
        .routes(routes!(history::list::list))
        .routes(routes!(history::export::export))
        .routes(routes!(events::events))
        .routes(routes!(phone::connect))
        .routes(routes!(phone::relays))
}

/// For admins.
fn admins() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(users::list::list, users::create::create))
        .routes(routes!(users::read::read, users::update::update, users::delete::delete))
        .routes(routes!(users::restore::restore))
        .routes(routes!(users::password::reset))
        .routes(routes!(users::availability::set))
        .routes(routes!(extensions::list::list, extensions::create::create))
        .routes(routes!(extensions::read::read, extensions::update::update, extensions::delete::delete))
        .routes(routes!(extensions::restore::restore))
        .routes(routes!(extensions::password::renew))
        .routes(routes!(extensions::availability::set))
        .routes(routes!(extensions::check_sync::check_sync))
        .routes(routes!(calls::hang_up::hang_up))
        .routes(routes!(calls::explain::export))
        .routes(routes!(calls::foresee::foresee))
        .routes(routes!(recordings::delete::delete))
        .routes(routes!(conferences::list::list))
        .routes(routes!(conferences::update::update, conferences::end::end))
        .routes(routes!(conferences::add::add))
        .routes(routes!(conferences::member::update, conferences::remove::remove))
        .routes(routes!(contacts::sources::sources))
        .routes(routes!(contacts::export::export))
        .routes(routes!(contacts::undo::undo))
        .routes(routes!(bans::list::list))
        .routes(routes!(bans::lift::lift))
        .routes(routes!(trunks::order::set_order))
        .routes(routes!(trunks::switch::enable))
        .routes(routes!(trunks::switch::disable))
        .routes(routes!(trunks::check::check))
        .routes(routes!(mail::read::read, mail::update::update, mail::update::delete))
        .routes(routes!(mail::test::test))
        .routes(routes!(mail::letters::list))
        .routes(routes!(mail::letters::retry))
        .routes(routes!(mail::letters::discard))
        .routes(routes!(sounds::list::list))
        .routes(routes!(sounds::play::play))
        .routes(routes!(sounds::update::update, sounds::delete::delete))
        .routes(routes!(sounds::music::set))
        .routes(routes!(schedules::force::force))
        .routes(routes!(catalogue::list))
        .routes(routes!(catalogue::refresh))
        .routes(routes!(catalogue::inspect))
        .routes(routes!(catalogue::install))
        .routes(routes!(plugins::list::list))
        .routes(routes!(plugins::order::set_order))
        .routes(routes!(plugins::read::read, plugins::remove::remove))
        .routes(routes!(plugins::enable::enable))
        .routes(routes!(plugins::disable::disable))
        .routes(routes!(plugins::approve::approve))
        .routes(routes!(plugins::versions::list))
        .routes(routes!(plugins::versions::roll_back))
        .routes(routes!(plugins::trial::read, plugins::trial::set_share, plugins::trial::end))
        .routes(routes!(plugins::trial::adopt))
        .routes(routes!(plugins::unpin::unpin))
        .routes(routes!(publisher_keys::list, publisher_keys::create))
        .routes(routes!(publisher_keys::revoke))
        .routes(routes!(publisher_keys::delete))
        .routes(routes!(plugins::permissions::permissions))
        .routes(routes!(plugins::log::log))
        .routes(routes!(plugins::metrics::metrics))
        .routes(routes!(plugins::inputs::list))
        .routes(routes!(plugins::inputs::retry))
        .routes(routes!(plugins::inputs::discard))
        .routes(routes!(plugins::events::list))
        .routes(routes!(plugins::events::retry))
        .routes(routes!(plugins::events::discard))
        .routes(routes!(system::read::read))
        .routes(routes!(audit_log::list::list))
}

/// What plugins answer to their pages, for every role.
fn plugins_own() -> Router<ApiState> {
    Router::new()
        .route("/plugins/{id}/web/", any(pages::ask::ask))
        .route("/plugins/{id}/web/{*path}", any(pages::ask::ask))
        .layer(DefaultBodyLimit::max(pages::ask::BODY))
}

/// For admins, with a larger body.
fn settings() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(plugins::settings_read::read, plugins::settings_write::write))
        .routes(routes!(schedules::list::list, schedules::change::create))
        .routes(routes!(schedules::change::update, schedules::change::delete))
        .routes(routes!(schedules::preview::preview))
        .routes(routes!(trunks::list::list, trunks::create::create))
        .routes(routes!(trunks::update::update, trunks::delete::delete))
}

/// For admins, with a much larger body.
fn packages() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(plugins::install::install))
        .routes(routes!(plugins::inspect::inspect))
        .routes(routes!(sounds::upload::upload))
        .routes(routes!(schedules::file::read))
        .routes(routes!(contacts::preview::preview))
        .routes(routes!(contacts::import::import, contacts::delete::delete))
}

async fn no_such_endpoint(OriginalUri(uri): OriginalUri) -> Problem {
    Problem::new(ProblemKind::NotFound, format!("There is nothing at {}. See /api/v1/openapi.json.", uri.path()))
}

async fn no_such_method(OriginalUri(uri): OriginalUri) -> Problem {
    Problem::new(
        ProblemKind::WrongMethod,
        format!("{} does not take this method. See /api/v1/openapi.json.", uri.path()),
    )
}

async fn impatient(
    request: axum::extract::Request,
    next: middleware::Next,
) -> Result<axum::response::Response, Problem> {
    let answer = tokio::time::timeout(PATIENCE, next.run(request)).await;
    answer
        .map_err(|_| Problem::new(ProblemKind::Busy, "This took too long and was given up. Try again.").retry_after(10))
}
