//! What phones can subscribe to (RFC 6665 §5): the event packages and their documents, one file each.

pub(crate) mod dialog;
pub(crate) mod list;
pub(crate) mod presence;
pub(crate) mod presence_reader;
pub(crate) mod profile;
pub(crate) mod registration;
pub(crate) mod summary;
pub(crate) mod watchers;

/// The packages as a 489 names them (RFC 6665 §8.2.2).
pub(crate) const ALLOW_EVENTS: &str = "dialog, presence, presence.winfo, message-summary, reg, ua-profile";

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Package {
    /// What a line does (RFC 4235).
    Dialog,
    /// Where a person is and what their phones do (RFC 3856).
    Presence,
    /// Who watches one's presence (RFC 3857).
    Watchers,
    /// Messages that wait (RFC 3842).
    Summary,
    /// Which phones are registered (RFC 3680).
    Registration,
    /// Where a phone finds its settings (RFC 6080).
    Profile,
}

/// A document as it goes into a NOTIFY.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Document {
    /// Content-Type.
    pub kind: String,
    /// Body.
    pub text: String,
}

impl Package {
    /// The package of an Event header field, if there is one of that name.
    pub(crate) fn of(event: &str) -> Option<Self> {
        Some(match event.split(';').next().unwrap_or_default().trim() {
            "dialog" => Self::Dialog,
            "presence" => Self::Presence,
            "presence.winfo" => Self::Watchers,
            "message-summary" => Self::Summary,
            "reg" => Self::Registration,
            "ua-profile" => Self::Profile,
            _ => return None,
        })
    }

    /// Whether it may be had for a whole list (RFC 4662).
    pub(crate) fn is_for_lists(self) -> bool {
        matches!(self, Self::Dialog | Self::Presence)
    }

    /// Whether it is only for whom it is about, and for admins.
    pub(crate) fn is_private(self) -> bool {
        matches!(self, Self::Watchers | Self::Summary | Self::Registration)
    }
}

impl Document {
    pub(crate) fn new(kind: &str, text: String) -> Self {
        Self { kind: kind.to_owned(), text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_go_by_their_names_whatever_their_parameters() {
        assert_eq!(Package::of("dialog;sla"), Some(Package::Dialog));
        assert_eq!(Package::of(" presence.winfo ; id=4"), Some(Package::Watchers));
        assert_eq!(Package::of("ua-profile;profile-type=device;vendor=\"x\""), Some(Package::Profile));
        assert_eq!(Package::of("conference"), None);
        for name in ALLOW_EVENTS.split(", ") {
            assert!(Package::of(name).is_some(), "{name}");
        }
    }
}
