//! Pages that a plugin shows to whoever has a link, without signing in: a wallboard.
//!
//! Whom a link is good for is the plugin's to say: it has made the word in it, and is asked with it, by a request of a method that no
//! page can use.

use crate::{
    grants,
    registry::{Host, Loaded},
    ui::UiFile,
    web::{self, WebAnswer, WebError, WebRequest, WebUser},
};
use jackfield_model::{Language, Role, UserId};
use std::sync::Arc;

/// The method of that request. Browsers cannot use it: whoever asks so is nobody.
pub(crate) const METHOD: &str = "LINK";

/// The folder of a plugin's pages behind links, if it has some and is on.
fn folder(plugin: &Loaded) -> Option<&str> {
    let granted = plugin.record.grants.iter().any(|granted| granted == grants::WEB_LINKS);
    let usable = plugin.record.enabled && plugin.code.is_ok() && granted;
    let manifest = &plugin.body.as_ref().filter(|_| usable)?.package.manifest;
    manifest.links.as_ref().map(|links| links.folder.as_str())
}

/// A file of such a page, by its path below the folder. They are the same for everybody.
pub(crate) fn file(plugin: &Loaded, path: &str) -> Option<UiFile> {
    let folder = folder(plugin)?;
    plugin.body.as_ref()?.package.ui.find(&format!("{folder}/{path}"))
}

/// What the page shows to who has a link with this word.
pub(crate) async fn answer(host: &Arc<Host>, plugin: &Arc<Loaded>, word: &str) -> Result<WebAnswer, WebError> {
    if folder(plugin).is_none() {
        return Err(WebError::Unknown);
    }
    let user =
        WebUser { id: UserId(0), name: String::new(), extension: None, role: Role::User, language: Language::En };
    let request = WebRequest {
        method: METHOD.into(),
        path: "/".into(),
        query: vec![("word".into(), word.to_owned())],
        headers: Vec::new(),
        body: Vec::new(),
        user,
    };
    web::answer(host, plugin, request).await
}
