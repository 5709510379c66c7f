//! `presence.winfo` (RFC 3857, RFC 3858): who watches one's presence.

use super::Document;
use crate::xml::escaped;
use std::fmt::Write;

/// Somebody who watches.
#[derive(Debug)]
pub(crate) struct WatcherEntry {
    /// Tells it from others.
    pub id: u64,
    /// Its address.
    pub uri: String,
}

/// The document with every watcher of `entity`.
pub(crate) fn document(entity: &str, version: u32, watchers: &[WatcherEntry]) -> Document {
    let entity = escaped(entity);
    let mut text = format!(
        "<?xml version=\"1.0\"?>\r\n<watcherinfo xmlns=\"urn:ietf:params:xml:ns:watcherinfo\" version=\"{version}\" \
         state=\"full\">\r\n<watcher-list resource=\"{entity}\" package=\"presence\">\r\n"
    );
    for WatcherEntry { id, uri } in watchers {
        let uri = escaped(uri);
        // Writing into a String cannot fail.
        let _ = write!(text, "<watcher id=\"w{id:x}\" event=\"subscribe\" status=\"active\">{uri}</watcher>\r\n");
    }
    text.push_str("</watcher-list>\r\n</watcherinfo>\r\n");
    Document::new("application/watcherinfo+xml", text)
}
