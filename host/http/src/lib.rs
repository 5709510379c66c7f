//! Questions to web servers (RFC 9110, HTTP/1.1 by RFC 9112).
//!
//! [`exchange`] asks one question over a connection that somebody else has made, and gives the whole answer, or says what it was
//! too much of: neither head nor body grows beyond its bound, whatever the server sends. Where a server points is resolved by
//! [`redirection`]; whether that is followed is for who asks to say.

mod exchange;

pub use exchange::{ExchangeError, Request, Response, exchange, reason};
pub use url::Url;

/// Where an answer of this status and `Location` points, asked for at `at` (RFC 9110 section 10.2.2); `None` when it points
/// nowhere, or nowhere on the web.
pub fn redirection(at: &Url, status: u16, location: Option<&str>) -> Option<Url> {
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let next = at.join(location?).ok()?;
    matches!(next.scheme(), "http" | "https").then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_points_with_whole_and_with_partial_addresses() {
        let at: Url = "https://a.example/v1/send?x=1".parse().unwrap();
        for (location, next) in [
            ("https://b.example/", "https://b.example/"),
            ("//b.example/y", "https://b.example/y"),
            ("/y?z", "https://a.example/y?z"),
            ("y", "https://a.example/v1/y"),
            ("../y", "https://a.example/y"),
        ] {
            assert_eq!(redirection(&at, 302, Some(location)).unwrap().as_str(), next);
        }
        for location in [None, Some("ftp://a.example/"), Some("http://["), Some("data:text/plain,x")] {
            assert_eq!(redirection(&at, 302, location), None, "{location:?}");
        }
        assert_eq!(redirection(&at, 200, Some("/y")), None);
        assert_eq!(redirection(&at, 304, Some("/y")), None);
    }
}
