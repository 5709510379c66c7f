//! Header field names: which one a line bears, in any case of letters, long or compact.

/// A header field name that the crate knows; all others are [`HeaderName::Other`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
#[repr(u8)]
#[expect(missing_docs, reason = "the names are the documentation; see RFC 3261 §20")]
pub enum HeaderName {
    Other,
    Accept,
    AcceptEncoding,
    AlertInfo,
    Allow,
    Authorization,
    CallId,
    CallInfo,
    Contact,
    ContentDisposition,
    ContentEncoding,
    ContentLength,
    ContentType,
    Cseq,
    Date,
    Diversion,
    Event,
    Expires,
    From,
    HistoryInfo,
    Join,
    MaxForwards,
    MinExpires,
    MinSe,
    PAssertedIdentity,
    PPreferredIdentity,
    Path,
    Privacy,
    ProxyAuthenticate,
    ProxyAuthorization,
    ProxyRequire,
    Rack,
    Reason,
    RecordRoute,
    ReferTo,
    ReferredBy,
    Replaces,
    Require,
    RetryAfter,
    Route,
    Rseq,
    Server,
    SessionExpires,
    Subject,
    SubscriptionState,
    Supported,
    To,
    Unsupported,
    UserAgent,
    Via,
    Warning,
    WwwAuthenticate,
}

impl HeaderName {
    /// Which name this is, without regard to case; compact forms (RFC 3261 §7.3.3) included.
    pub fn from_bytes(name: &[u8]) -> Self {
        if let [letter] = name {
            return Self::from_compact(letter.to_ascii_lowercase());
        }
        // Length and first letter leave at most a few candidates.
        let candidates: &[Self] = match (name.len(), name.first().map_or(0, u8::to_ascii_lowercase)) {
            (2, b't') => &[Self::To],
            (3, b'v') => &[Self::Via],
            (4, b'f') => &[Self::From],
            (4, b'c') => &[Self::Cseq],
            (4, b'd') => &[Self::Date],
            (4, b'p') => &[Self::Path],
            (4, b'r') => &[Self::Rack, Self::Rseq],
            (4, b'j') => &[Self::Join],
            (5, b'r') => &[Self::Route],
            (5, b'a') => &[Self::Allow],
            (5, b'e') => &[Self::Event],
            (6, b'a') => &[Self::Accept],
            (6, b'm') => &[Self::MinSe],
            (6, b'r') => &[Self::Reason],
            (6, b's') => &[Self::Server],
            (7, b'c') => &[Self::CallId, Self::Contact],
            (7, b'e') => &[Self::Expires],
            (7, b'p') => &[Self::Privacy],
            (7, b'r') => &[Self::Require],
            (7, b's') => &[Self::Subject],
            (7, b'w') => &[Self::Warning],
            (8, b'r') => &[Self::ReferTo, Self::Replaces],
            (9, b'c') => &[Self::CallInfo],
            (9, b'd') => &[Self::Diversion],
            (9, b's') => &[Self::Supported],
            (10, b'a') => &[Self::AlertInfo],
            (10, b'u') => &[Self::UserAgent],
            (11, b'm') => &[Self::MinExpires],
            (11, b'r') => &[Self::RetryAfter, Self::ReferredBy],
            (11, b'u') => &[Self::Unsupported],
            (12, b'm') => &[Self::MaxForwards],
            (12, b'c') => &[Self::ContentType],
            (12, b'r') => &[Self::RecordRoute],
            (12, b'h') => &[Self::HistoryInfo],
            (13, b'a') => &[Self::Authorization],
            (13, b'p') => &[Self::ProxyRequire],
            (14, b'c') => &[Self::ContentLength],
            (15, b's') => &[Self::SessionExpires],
            (15, b'a') => &[Self::AcceptEncoding],
            (16, b'c') => &[Self::ContentEncoding],
            (16, b'w') => &[Self::WwwAuthenticate],
            (18, b'p') => &[Self::ProxyAuthenticate],
            (18, b's') => &[Self::SubscriptionState],
            (19, b'c') => &[Self::ContentDisposition],
            (19, b'p') => &[Self::ProxyAuthorization, Self::PAssertedIdentity],
            (20, b'p') => &[Self::PPreferredIdentity],
            _ => &[],
        };
        let found = candidates.iter().find(|candidate| candidate.as_str().as_bytes().eq_ignore_ascii_case(name));
        found.copied().unwrap_or(Self::Other)
    }

    fn from_compact(letter: u8) -> Self {
        match letter {
            b'b' => Self::ReferredBy,
            b'c' => Self::ContentType,
            b'e' => Self::ContentEncoding,
            b'f' => Self::From,
            b'i' => Self::CallId,
            b'k' => Self::Supported,
            b'l' => Self::ContentLength,
            b'm' => Self::Contact,
            b'o' => Self::Event,
            b'r' => Self::ReferTo,
            b's' => Self::Subject,
            b't' => Self::To,
            b'v' => Self::Via,
            b'x' => Self::SessionExpires,
            _ => Self::Other,
        }
    }

    /// The name in its usual spelling; empty for [`HeaderName::Other`].
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Other => "",
            Self::Accept => "Accept",
            Self::AcceptEncoding => "Accept-Encoding",
            Self::AlertInfo => "Alert-Info",
            Self::Allow => "Allow",
            Self::Authorization => "Authorization",
            Self::CallId => "Call-ID",
            Self::CallInfo => "Call-Info",
            Self::Contact => "Contact",
            Self::ContentDisposition => "Content-Disposition",
            Self::ContentEncoding => "Content-Encoding",
            Self::ContentLength => "Content-Length",
            Self::ContentType => "Content-Type",
            Self::Cseq => "CSeq",
            Self::Date => "Date",
            Self::Diversion => "Diversion",
            Self::Event => "Event",
            Self::Expires => "Expires",
            Self::From => "From",
            Self::HistoryInfo => "History-Info",
            Self::Join => "Join",
            Self::MaxForwards => "Max-Forwards",
            Self::MinExpires => "Min-Expires",
            Self::MinSe => "Min-SE",
            Self::PAssertedIdentity => "P-Asserted-Identity",
            Self::PPreferredIdentity => "P-Preferred-Identity",
            Self::Path => "Path",
            Self::Privacy => "Privacy",
            Self::ProxyAuthenticate => "Proxy-Authenticate",
            Self::ProxyAuthorization => "Proxy-Authorization",
            Self::ProxyRequire => "Proxy-Require",
            Self::Rack => "RAck",
            Self::Reason => "Reason",
            Self::RecordRoute => "Record-Route",
            Self::ReferTo => "Refer-To",
            Self::ReferredBy => "Referred-By",
            Self::Replaces => "Replaces",
            Self::Require => "Require",
            Self::RetryAfter => "Retry-After",
            Self::Route => "Route",
            Self::Rseq => "RSeq",
            Self::Server => "Server",
            Self::SessionExpires => "Session-Expires",
            Self::Subject => "Subject",
            Self::SubscriptionState => "Subscription-State",
            Self::Supported => "Supported",
            Self::To => "To",
            Self::Unsupported => "Unsupported",
            Self::UserAgent => "User-Agent",
            Self::Via => "Via",
            Self::Warning => "Warning",
            Self::WwwAuthenticate => "WWW-Authenticate",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::HeaderName;

    #[test]
    fn every_known_name_is_recognised_in_any_case() {
        for id in 1..=HeaderName::WwwAuthenticate as u8 {
            // Every discriminant between the first and the last name is one.
            let name = ALL[usize::from(id)];
            assert_eq!(name as u8, id);
            for spelling in [name.as_str().to_owned(), name.as_str().to_uppercase(), name.as_str().to_lowercase()] {
                assert_eq!(HeaderName::from_bytes(spelling.as_bytes()), name, "{spelling}");
            }
        }
        assert_eq!(HeaderName::from_bytes(b"X-Office"), HeaderName::Other);
        assert_eq!(HeaderName::from_bytes(b""), HeaderName::Other);
    }

    use HeaderName::*;
    const ALL: [HeaderName; 52] = [
        Other,
        Accept,
        AcceptEncoding,
        AlertInfo,
        Allow,
        Authorization,
        CallId,
        CallInfo,
        Contact,
        ContentDisposition,
        ContentEncoding,
        ContentLength,
        ContentType,
        Cseq,
        Date,
        Diversion,
        Event,
        Expires,
        From,
        HistoryInfo,
        Join,
        MaxForwards,
        MinExpires,
        MinSe,
        PAssertedIdentity,
        PPreferredIdentity,
        Path,
        Privacy,
        ProxyAuthenticate,
        ProxyAuthorization,
        ProxyRequire,
        Rack,
        Reason,
        RecordRoute,
        ReferTo,
        ReferredBy,
        Replaces,
        Require,
        RetryAfter,
        Route,
        Rseq,
        Server,
        SessionExpires,
        Subject,
        SubscriptionState,
        Supported,
        To,
        Unsupported,
        UserAgent,
        Via,
        Warning,
        WwwAuthenticate,
    ];
}
