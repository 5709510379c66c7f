//! `/catalogue`: the plugins that can be had from the registries of this house.

use crate::{
    ApiState,
    auth::Admin,
    endpoints::plugins::{
        inspect::PreviewView,
        install::{InstallQuery, put_in_place},
    },
    error::{Problem, ProblemKind},
    input::{Path, Query},
};
use axum::{extract::State, http::StatusCode};
use jackfield_model::{PluginStatus, TimestampMs};
use jackfield_registry::{Fault, Listed, Listing, Offer, Release, Source};
use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

/// What the registries have.
#[derive(Serialize, ToSchema)]
pub(crate) struct CatalogueView {
    /// The registries, as configured.
    sources: Vec<CatalogueSource>,
    /// The plugins, by id.
    plugins: Vec<CatalogueEntry>,
}

/// A registry.
#[derive(Serialize, ToSchema)]
pub(crate) struct CatalogueSource {
    /// Its folder or address.
    place: String,
    /// What it calls itself; may be empty.
    name: String,
    /// When it was last read; null when it never was.
    read: Option<TimestampMs>,
    /// Why it could not be read the last time; null when it could.
    fault: Option<String>,
}

/// A plugin that can be had.
#[derive(Serialize, ToSchema)]
pub(crate) struct CatalogueEntry {
    /// Its id in reverse DNS form.
    id: String,
    /// Its name.
    name: String,
    /// Who says to have made it. Who has, its signature shows before it is installed.
    publisher: String,
    /// What it does.
    description: String,
    /// An SPDX expression.
    license: String,
    /// The folder or address of the registry that has it.
    source: String,
    /// The version that is installed; null when none is.
    installed: Option<String>,
    /// The newest version, when one that is older is installed.
    update: Option<String>,
    /// Its versions, newest first; at least one.
    releases: Vec<CatalogueRelease>,
}

/// One version of a plugin.
#[derive(Serialize, ToSchema)]
pub(crate) struct CatalogueRelease {
    /// Its version.
    version: String,
    /// Size of its package in bytes.
    size: u64,
    /// When it was published.
    published: TimestampMs,
    /// What has changed in it, as its author says; Markdown, perhaps empty.
    changes: String,
}

/// A release.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct Chosen {
    /// The plugin's id.
    id: String,
    /// The version.
    version: String,
}

/// Lists the plugins that can be had, as the registries had them when they were last read.
#[utoipa::path(get, path = "/catalogue", tag = "plugins",
    responses((status = 200, description = "The catalogue.", body = CatalogueView)))]
pub(crate) async fn list(State(state): State<ApiState>, _: Admin) -> axum::Json<CatalogueView> {
    axum::Json(CatalogueView::of(&state, &state.parts.catalogue.listed()))
}

/// Reads all registries anew, and lists what they have. What a registry had stays listed while it cannot be reached.
#[utoipa::path(post, path = "/catalogue/refresh", tag = "plugins",
    responses((status = 200, description = "The catalogue.", body = CatalogueView)))]
pub(crate) async fn refresh(State(state): State<ApiState>, _: Admin) -> axum::Json<CatalogueView> {
    axum::Json(CatalogueView::of(&state, &*state.parts.catalogue.refresh().await))
}

/// Fetches a package and says what is in it, as for one that is uploaded.
#[utoipa::path(post, path = "/catalogue/{id}/{version}/inspect", tag = "plugins", params(Chosen),
    responses((status = 200, description = "What it is and may do.", body = PreviewView)))]
pub(crate) async fn inspect(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(Chosen { id, version }): Path<Chosen>,
) -> Result<axum::Json<PreviewView>, Problem> {
    let archive = fetch(&state, &id, &version).await?;
    let preview = state.parts.plugins.inspect(&archive).await?;
    if preview.id != id || preview.version != version {
        return Err(other(&preview.id, &preview.version));
    }
    Ok(axum::Json(PreviewView::of(&state, preview, &archive, admin.user.language)))
}

/// Fetches a package and installs it, in place of an installed version.
#[utoipa::path(post, path = "/catalogue/{id}/{version}/install", tag = "plugins", params(Chosen, InstallQuery),
    responses((status = 201, description = "Installed.", body = PluginStatus)))]
pub(crate) async fn install(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(Chosen { id, version }): Path<Chosen>,
    Query(query): Query<InstallQuery>,
) -> Result<(StatusCode, axum::Json<PluginStatus>), Problem> {
    let archive = fetch(&state, &id, &version).await?;
    // The digest is of what was looked at, so the package is of that plugin and version.
    if !query.says_what_was_seen() {
        let detail = "Look at the preview first, and send its digest along.";
        return Err(Problem::new(ProblemKind::Conflict, detail));
    }
    put_in_place(&state, &admin, &archive, query, json!("catalogue")).await
}

async fn fetch(state: &ApiState, id: &str, version: &str) -> Result<Vec<u8>, Problem> {
    state.parts.catalogue.fetch(id, version).await.map_err(|fault| {
        let detail = sentence(&fault);
        match fault {
            Fault::Unknown(_) => Problem::new(ProblemKind::NotFound, detail),
            Fault::Unreachable { .. } | Fault::Index { .. } => Problem::new(ProblemKind::Unreachable, detail),
            Fault::Damaged { .. } => Problem::new(ProblemKind::Invalid, detail),
            Fault::Store(reason) => Problem::internal(&reason),
        }
    })
}

fn other(id: &str, version: &str) -> Problem {
    let detail =
        format!("The registry gives “{id}” {version} instead of what it lists: its publisher has to mend that.");
    Problem::new(ProblemKind::Invalid, detail)
}

/// A fault that begins with a capital letter and ends with a full stop.
fn sentence(fault: &Fault) -> String {
    let text = fault.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

impl CatalogueView {
    fn of(state: &ApiState, listed: &Listed) -> Self {
        let source = |Source { place, name, read, fault }: &Source| CatalogueSource {
            place: place.clone(),
            name: name.clone(),
            read: *read,
            fault: fault.clone(),
        };
        let entries = listed.offers.iter().filter(|offer| !offer.listing.releases.is_empty());
        Self {
            sources: listed.sources.iter().map(source).collect(),
            plugins: entries
                .map(|Offer { source, listing }| {
                    let source = listed.sources.get(*source).map_or_else(String::new, |source| source.place.clone());
                    let installed = state.parts.plugins.status(&listing.id).map(|status| status.version);
                    CatalogueEntry::of(listing, source, installed)
                })
                .collect(),
        }
    }
}

impl CatalogueEntry {
    fn of(listing: &Listing, source: String, installed: Option<String>) -> Self {
        let release = |Release { version, size, published, changes, .. }: &Release| CatalogueRelease {
            version: version.to_string(),
            size: *size,
            published: *published,
            changes: changes.clone(),
        };
        // Nobody is led to a version that is not finished.
        let newest = listing.releases.iter().map(|release| &release.version).find(|version| version.pre.is_empty());
        let ours = installed.as_deref().and_then(|version| Version::parse(version).ok());
        let update = newest.filter(|newest| ours.is_some_and(|ours| **newest > ours));
        Self {
            id: listing.id.clone(),
            name: listing.name.clone(),
            publisher: listing.publisher.clone(),
            description: listing.description.clone(),
            license: listing.license.clone(),
            source,
            update: update.map(ToString::to_string),
            installed,
            releases: listing.releases.iter().map(release).collect(),
        }
    }
}
