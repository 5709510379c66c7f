//! `GET /pages`: what plugins bring to the navigation.

use crate::{ApiState, auth::SignedIn};
use axum::extract::State;
use jackfield_model::{PagePlace, PluginPage, Role};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A page of a plugin, as the navigation shows it.
#[derive(Serialize, ToSchema)]
pub(crate) struct PageView {
    /// The plugin's id.
    plugin: String,
    /// The page's id, unique in the plugin.
    id: String,
    /// Its title in English.
    title: String,
    /// The same in other languages, by their codes.
    titles: BTreeMap<String, String>,
    /// The name of its icon.
    icon: String,
    /// Where it is found.
    place: PagePlace,
    /// What to show in a sandboxed frame. It needs no cookie, and is another one when a file of the page changes.
    url: String,
}

/// Lists the pages of plugins that are for the person who asks.
#[utoipa::path(get, path = "/pages", tag = "pages",
    responses((status = 200, description = "The pages, by plugin.", body = [PageView])))]
pub(crate) async fn list(State(state): State<ApiState>, who: SignedIn) -> axum::Json<Vec<PageView>> {
    let for_this_person =
        |page: &PluginPage| who.is_admin() || (page.place == PagePlace::Main && page.roles.contains(&Role::User));
    let pages = state.parts.pages.pages().into_iter().filter(for_this_person);
    let view = |page: PluginPage| PageView {
        url: state.tickets.url(&page),
        plugin: page.plugin,
        id: page.id,
        title: page.title,
        titles: page.titles,
        icon: page.icon,
        place: page.place,
    };
    axum::Json(pages.map(view).collect())
}
