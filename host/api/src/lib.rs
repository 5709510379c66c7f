//! REST, WebSocket, OpenAPI and the web shell, on axum.
//!
//! The only crate that knows HTTP and JSON. It deliberately knows neither SIP nor WebAssembly: what it needs of the
//! telephone side it declares as [`Telephony`], what it needs of the plugin runtime as [`PluginAdmin`], and the binary
//! connects the two.
//!
//! Read first: `router.rs` (the table of contents: every path, and who may use it), [`ApiState`] (what a request can
//! reach), `auth.rs` (sign-in, roles), `events.rs` (the numbered event stream).
//!
//! ```no_run
//! # async fn example(parts: jackfield_api::ApiParts) -> std::io::Result<()> {
//! let app = jackfield_api::app(jackfield_api::ApiState::new(parts));
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! jackfield_api::serve(listener, app, std::future::pending()).await
//! # }
//! ```

mod audit;
mod auth;
mod cross_site;
mod endpoints;
mod error;
mod events;
mod headers;
mod input;
mod ipp;
mod links;
mod live;
mod metrics;
mod openapi;
mod page_files;
mod pages_port;
pub mod password;
mod plugins_port;
mod ranges;
mod rate;
mod relays;
mod router;
mod server;
mod spreadsheet;
mod state;
mod throttle;
mod web;

pub use axum::Router;
pub use error::{FieldError, Problem, ProblemKind};
pub use live::{Ends, Pipe, Telephony};
pub use openapi::document as openapi_document;
pub use pages_port::{
    PageAnswer, PageBody, PageFault, PageFile, PageRequest, PageUser, PluginPages, PrintFault, PrintRequest,
};
pub use plugins_port::{
    DeadEvent, DeadInput, DeadInputKind, FieldFault, InstallFault, KeptVersion, PackageSigner, Permission, PluginAdmin,
    PluginFault, PluginPreview, PluginPrompt, PluginSettings, PublisherKey, SettingsFault,
};
pub use relays::Relays;
pub use router::app;
pub use server::{doorway, serve, serve_tls};
pub use state::{ApiParts, ApiState, RecordingAccess};
