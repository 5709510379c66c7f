//! Printing to a plugin: the document becomes pages of the plugin's, of which it is told by a request that no page can make.

use crate::{
    grants,
    interfaces::documents,
    registry::{Host, Loaded},
    web::{self, WebBody, WebError, WebRequest, WebUser},
};
use std::sync::Arc;

/// The method of that request. Browsers cannot use it: what it names belongs to whoever prints.
const METHOD: &str = "PRINT";
/// How much of a refusal is passed on.
const LONGEST_REFUSAL: usize = 300;

/// A document on its way to a plugin.
#[derive(Clone, Debug)]
pub struct Printed {
    /// What it is called.
    pub name: String,
    /// The numbers that it is for, as far as the one who prints has said.
    pub to: Vec<String>,
    /// PDF, TIFF or text.
    pub content: Vec<u8>,
    /// Who prints.
    pub user: WebUser,
}

/// A document was not printed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrintError {
    /// No such plugin, it is off, or it prints nothing.
    #[error("there is no such printer")]
    Unknown,
    /// Too much at once.
    #[error("too much is printed at once")]
    Busy,
    /// The plugin or the house cannot take this document: a sentence.
    #[error("{0}")]
    Refused(String),
    /// The plugin has failed: a sentence.
    #[error("{0}")]
    Failed(String),
}

/// The name of a plugin's printer, if it has one and is on.
pub(crate) fn name(plugin: &Loaded) -> Option<&str> {
    let granted = plugin.record.grants.iter().any(|granted| granted == grants::DOCUMENTS);
    let usable = plugin.record.enabled && plugin.code.is_ok() && granted;
    let manifest = &plugin.body.as_ref().filter(|_| usable)?.package.manifest;
    manifest.printer.as_ref().map(|printer| printer.name.as_str())
}

/// Make pages of a document and tell the plugin.
pub(crate) async fn print(host: &Arc<Host>, plugin: &Arc<Loaded>, printed: Printed) -> Result<(), PrintError> {
    if name(plugin).is_none() {
        return Err(PrintError::Unknown);
    }
    let Printed { name, to, content, user } = printed;
    let kept = documents::keep_for(host, plugin, content).await.map_err(PrintError::Refused)?;
    let id = kept.id.clone();
    let query = [("document", kept.id), ("pages", kept.pages.to_string()), ("name", name), ("to", to.join(","))];
    let request = WebRequest {
        method: METHOD.into(),
        path: "/".into(),
        query: query.map(|(key, value)| (key.to_owned(), value)).into(),
        headers: Vec::new(),
        body: Vec::new(),
        user,
    };
    let refused = match web::answer(host, plugin, request).await {
        Ok(answer) if (200..300).contains(&answer.status) => return Ok(()),
        Ok(answer) => {
            let text = match answer.body {
                WebBody::Bytes(bytes) => String::from_utf8_lossy(&bytes).chars().take(LONGEST_REFUSAL).collect(),
                WebBody::Recording(_) | WebBody::Blob { .. } => String::new(),
            };
            PrintError::Refused(text)
        }
        Err(WebError::Unknown) => PrintError::Unknown,
        Err(WebError::Busy) => PrintError::Busy,
        Err(error @ WebError::Failed(..)) => PrintError::Failed(error.to_string()),
    };
    // Nobody knows of these pages.
    if let Err(why) = documents::erase_of(host, &plugin.record.id, &id).await {
        tracing::warn!(plugin = plugin.record.id, why, "a document that was not taken is left over");
    }
    Err(refused)
}
