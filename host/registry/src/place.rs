//! Where a registry is.

use hyper::Uri;
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    net::IpAddr,
    path::{Path, PathBuf},
    str::FromStr,
};

/// Where a registry is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Place {
    /// A folder of this machine.
    Folder(PathBuf),
    /// A site: `https`, or `http` on this machine itself. Its path ends with `/`.
    Site(Uri),
}

/// It is no place of a registry; the text says what one is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is no registry: name a folder, or an address that begins with https://")]
pub struct InvalidPlace(String);

impl Place {
    /// The same with a relative folder taken as one below `folder`.
    #[must_use]
    pub fn below(self, folder: &Path) -> Self {
        match self {
            Self::Folder(path) => Self::Folder(folder.join(path)),
            site @ Self::Site(_) => site,
        }
    }
}

/// Whether something may be fetched from an address: in clear from this machine alone, since whoever is on the way could hide
/// releases.
pub(crate) fn may_be_asked(uri: &Uri) -> bool {
    let here = |host: &str| {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    };
    match (uri.scheme_str(), uri.host()) {
        (Some("https"), Some(_)) => true,
        (Some("http"), Some(host)) => here(host),
        _ => false,
    }
}

impl FromStr for Place {
    type Err = InvalidPlace;

    fn from_str(text: &str) -> Result<Self, InvalidPlace> {
        let invalid = || InvalidPlace(text.into());
        if text.is_empty() {
            return Err(invalid());
        }
        if !text.contains("://") {
            return Ok(Self::Folder(text.into()));
        }
        let text = text.trim_end_matches("index.json");
        let slash = if text.ends_with('/') { "" } else { "/" };
        let uri: Uri = format!("{text}{slash}").parse().map_err(|_| invalid())?;
        // Addresses are told on a page and in the log: no passwords in them.
        let open = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
        if open && uri.query().is_none() && may_be_asked(&uri) { Ok(Self::Site(uri)) } else { Err(invalid()) }
    }
}

impl TryFrom<String> for Place {
    type Error = InvalidPlace;

    fn try_from(text: String) -> Result<Self, InvalidPlace> {
        text.parse()
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        place.to_string()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => path.display().fmt(f),
            Self::Site(uri) => uri.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_sites_are_told_apart() {
        assert_eq!("plugins".parse(), Ok(Place::Folder("plugins".into())));
        for text in ["https://example.org/p", "https://example.org/p/", "https://example.org/p/index.json"] {
            assert_eq!(text.parse::<Place>().unwrap().to_string(), "https://example.org/p/");
        }
        assert!("http://127.0.0.1:8080".parse::<Place>().is_ok());
        assert!("http://[::1]:8080/".parse::<Place>().is_ok());
        for text in
            ["", "http://example.org/", "ftp://example.org/", "https://me:secret@example.org/", "https://a/?b=c"]
        {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
    }
}
