//! A guest's question: checked, and written out for one place, with the secrets that belong there.

use crate::{
    bindings::imports::jackfield::services::http::{Encoding, Failure, Field, Piece, Request, Secret},
    interfaces::arguments::shortened,
    network::{Question, Reach},
    origins::Origin,
    secrets::PluginSecrets,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use url::{Url, form_urlencoded};

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const LONGEST_URL: usize = 8 << 10;
const MOST_HEADERS: usize = 64;
/// Names and values of all header fields, in bytes, before secrets are put in.
const LARGEST_HEADERS: usize = 32 << 10;
const LARGEST_BODY: usize = 1 << 20;
const LARGEST_AUTHORITIES: usize = 256 << 10;
const MOST_PIECES: usize = 256;
const MOST_REDIRECTS: u8 = 5;
/// Fields that say how a message is carried: with them a guest could smuggle a second question behind the first (RFC 9112
/// section 11.2).
const OURS: [&str; 9] =
    ["host", "connection", "content-length", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];
/// Fields that are for one origin alone.
const PERSONAL: [&str; 2] = ["authorization", "cookie"];

/// A question that may go to several places in turn.
pub(super) struct Asking {
    method: String,
    pub(super) url: Url,
    headers: Vec<Field>,
    body: Vec<Piece>,
    authorities: String,
    /// How many redirections may still be followed.
    pub(super) redirects: u8,
}

impl Asking {
    pub(super) fn new(request: Request) -> Result<Self, Failure> {
        let Request { method, url, headers, body, authorities, redirects, timeout: _ } = request;
        let refuse = |text: String| Err(Failure::Invalid(text));
        if !METHODS.contains(&method.as_str()) {
            return refuse(format!("“{}” is none of the methods {}", shortened(&method), METHODS.join(", ")));
        }
        if url.len() > LONGEST_URL {
            return refuse(format!("an address has at most {} KiB", LONGEST_URL >> 10));
        }
        // What is wrong with it is said without it: it may hold what nobody is to read.
        let url: Url = url.parse().map_err(|why| Failure::Invalid(format!("the address is none: {why}")))?;
        if redirects > MOST_REDIRECTS {
            return refuse(format!("{redirects} redirections: at most {MOST_REDIRECTS} are followed"));
        }
        let fields: usize = headers.iter().map(|field| field.name.len() + size(&field.value)).sum();
        if headers.len() > MOST_HEADERS || fields > LARGEST_HEADERS {
            let most = LARGEST_HEADERS >> 10;
            return refuse(format!("a request has at most {MOST_HEADERS} header fields and {most} KiB of them"));
        }
        let pieces = headers.iter().map(|field| field.value.len()).sum::<usize>() + body.len();
        if size(&body) > LARGEST_BODY || pieces > MOST_PIECES {
            let most = LARGEST_BODY >> 20;
            return refuse(format!("a request has a body of at most {most} MiB, and {MOST_PIECES} pieces in all"));
        }
        if authorities.len() > LARGEST_AUTHORITIES {
            return refuse(format!("authorities have at most {} KiB", LARGEST_AUTHORITIES >> 10));
        }
        let ours = |name: &str| OURS.contains(&name) || name.starts_with("proxy-");
        if let Some(field) = headers.iter().find(|field| ours(&field.name.to_ascii_lowercase())) {
            return refuse(format!("the header field “{}” is the host’s to write", field.name));
        }
        Ok(Self { method, url, headers, body, authorities, redirects })
    }

    /// For the log: what is asked of whom. Paths and queries may hold what nobody is to read.
    pub(super) fn name(&self) -> String {
        let origin = Origin::of(&self.url).map_or_else(|_| "nobody".into(), |origin| origin.to_string());
        format!("{} {origin}", self.method)
    }

    /// Written out for this place.
    pub(super) fn written(
        &self,
        to: &Origin,
        reach: Reach,
        secrets: &PluginSecrets,
        most: usize,
    ) -> Result<Question, Failure> {
        let in_clear = !to.secure && reach != Reach::Named;
        if in_clear && (self.headers.iter().any(|field| is_secret(&field.value)) || is_secret(&self.body)) {
            let text = format!("secrets do not go in clear to {to}, which no administrator has named: use https");
            return Err(Failure::Denied(text));
        }
        let field = |field: &Field| Ok((field.name.clone(), whole(&field.value, secrets)?));
        Ok(Question {
            method: self.method.clone(),
            url: self.url.clone(),
            authority: to.authority(),
            headers: self.headers.iter().map(field).collect::<Result<_, Failure>>()?,
            body: whole(&self.body, secrets)?,
            authorities: self.authorities.clone(),
            most,
        })
    }

    /// Ask elsewhere from here on, as an answer of this status says (RFC 9110 section 15.4).
    pub(super) fn turn(&mut self, status: u16, from: &Origin, to: Url) -> Result<(), Failure> {
        let origin = Origin::of(&to).map_err(|why| Failure::Denied(format!("{from} points to an address: {why}")))?;
        if from.secure && !origin.secure {
            return Err(Failure::Denied(format!("{from} points to {origin}, where it would be asked in clear")));
        }
        if status == 303 && self.method != "HEAD" || matches!(status, 301 | 302) && self.method == "POST" {
            self.method = "GET".into();
            self.body.clear();
            self.headers.retain(|field| !field.name.to_ascii_lowercase().starts_with("content-"));
        }
        if origin != *from {
            if is_secret(&self.body) {
                let text = format!("{from} points to {origin}, and the body holds a secret that is for {from}");
                return Err(Failure::Denied(text));
            }
            let personal = |field: &Field| PERSONAL.contains(&field.name.to_ascii_lowercase().as_str());
            self.headers.retain(|field| !is_secret(&field.value) && !personal(field));
        }
        self.url = to;
        self.redirects -= 1;
        Ok(())
    }
}

fn size(pieces: &[Piece]) -> usize {
    let size = |piece: &Piece| match piece {
        Piece::Text(text) => text.len(),
        Piece::Bytes(bytes) => bytes.len(),
        Piece::Secret(secret) => secret.name.len(),
    };
    pieces.iter().map(size).sum()
}

fn is_secret(pieces: &[Piece]) -> bool {
    pieces.iter().any(|piece| matches!(piece, Piece::Secret(_)))
}

fn whole(pieces: &[Piece], secrets: &PluginSecrets) -> Result<Vec<u8>, Failure> {
    let mut whole = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => whole.extend_from_slice(text.as_bytes()),
            Piece::Bytes(bytes) => whole.extend_from_slice(bytes),
            Piece::Secret(secret) => whole.extend_from_slice(encoded(secret, secrets)?.as_bytes()),
        }
    }
    Ok(whole)
}

fn encoded(secret: &Secret, secrets: &PluginSecrets) -> Result<String, Failure> {
    let Some(text) = secrets.get(&secret.name) else {
        let text = format!("the secret “{}” is not set: an administrator sets it", shortened(&secret.name));
        return Err(Failure::Invalid(text));
    };
    Ok(match &secret.encoding {
        Encoding::Plain => text.to_owned(),
        Encoding::Json => {
            let quoted = serde_json::Value::from(text).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        }
        Encoding::Form => form_urlencoded::byte_serialize(text.as_bytes()).collect(),
        Encoding::Basic(user) if user.contains(':') => {
            return Err(Failure::Invalid("a user’s name has no colon (RFC 7617)".into()));
        }
        Encoding::Basic(user) => BASE64_STANDARD.encode(format!("{user}:{text}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{secrets::SealedSettings, settings::Schema};
    use serde_json::json;
    use std::sync::Arc;

    fn secrets() -> Arc<PluginSecrets> {
        let schema = json!({ "type": "object", "properties": {
            "key": { "type": "string", "x-widget": "secret", "default": "" }
        } });
        SealedSettings::new(&Schema::new(schema).unwrap(), json!({ "key": "open \"sésame\"&" })).secrets
    }

    fn request() -> Request {
        Request {
            method: "POST".into(),
            url: "https://api.example.org/v1".into(),
            headers: vec![field("authorization", vec![Piece::Text("Bearer ".into()), secret(Encoding::Plain)])],
            body: vec![Piece::Text("{{secret:key}}".into())],
            authorities: String::new(),
            redirects: 2,
            timeout: 1_000,
        }
    }

    fn field(name: &str, value: Vec<Piece>) -> Field {
        Field { name: name.into(), value }
    }

    fn secret(encoding: Encoding) -> Piece {
        Piece::Secret(Secret { name: "key".into(), encoding })
    }

    fn origin(text: &str) -> Origin {
        Origin::parse(text).unwrap()
    }

    #[test]
    fn secrets_stand_where_they_are_named_and_a_text_names_none() {
        let asking = Asking::new(request()).unwrap();
        let question = asking.written(&origin("https://api.example.org"), Reach::Public, &secrets(), 1).unwrap();
        assert_eq!(question.headers[0].1, "Bearer open \"sésame\"&".as_bytes());
        assert_eq!(question.body, b"{{secret:key}}", "a caller's name is no template");
        let written = |encoding| encoded(&Secret { name: "key".into(), encoding }, &secrets()).unwrap();
        assert_eq!(written(Encoding::Json), "open \\\"sésame\\\"&");
        assert_eq!(written(Encoding::Form), "open+%22s%C3%A9same%22%26");
        assert_eq!(written(Encoding::Basic("me".into())), BASE64_STANDARD.encode("me:open \"sésame\"&"));
        let unknown = Secret { name: "other".into(), encoding: Encoding::Plain };
        assert!(matches!(encoded(&unknown, &secrets()), Err(Failure::Invalid(why)) if why.contains("is not set")));
    }

    #[test]
    fn in_clear_secrets_go_only_where_an_administrator_has_said() {
        let asking = Asking::new(request()).unwrap();
        let to = origin("http://api.example.org");
        assert!(asking.written(&to, Reach::Named, &secrets(), 1).is_ok());
        let denied = asking.written(&to, Reach::Public, &secrets(), 1).err();
        assert!(matches!(denied, Some(Failure::Denied(_))));
    }

    #[test]
    fn a_secret_stays_with_the_origin_that_it_was_for() {
        let from = origin("https://api.example.org");
        let turned = |status, to: &str, body: Vec<Piece>| {
            let mut asking = Asking::new(Request { body, ..request() }).unwrap();
            asking.turn(status, &from, to.parse().unwrap()).map(|()| asking)
        };
        let text = || vec![Piece::Text("hello".into())];
        let same = turned(307, "https://api.example.org/v2", text()).unwrap();
        assert_eq!((same.headers.len(), same.method.as_str(), same.body.len(), same.redirects), (1, "POST", 1, 1));
        let other = turned(307, "https://b.example.org/", text()).unwrap();
        assert_eq!((other.headers.len(), other.body.len()), (0, 1));
        assert!(turned(307, "https://b.example.org/", vec![secret(Encoding::Plain)]).is_err());
        assert!(turned(302, "http://api.example.org/", text()).is_err(), "in clear");
        let seen = turned(303, "https://b.example.org/", vec![secret(Encoding::Plain)]).unwrap();
        assert_eq!((seen.method.as_str(), seen.body.len()), ("GET", 0));
    }

    #[test]
    fn what_is_out_of_bounds_is_refused_without_repeating_it() {
        let refused = |change: fn(&mut Request)| {
            let mut request = request();
            change(&mut request);
            match Asking::new(request) {
                Err(Failure::Invalid(why)) => why,
                _ => "it was taken".into(),
            }
        };
        for (change, said) in [
            ((|r| r.method = "CONNECT".into()) as fn(&mut Request), "none of the methods"),
            (|r| r.url = "/v1".into(), "the address is none"),
            (|r| r.url = format!("https://a.example/{}", "x".repeat(9_000)), "at most 8 KiB"),
            (|r| r.headers = vec![field("Transfer-Encoding", vec![])], "is the host’s to write"),
            (|r| r.headers = vec![field("Proxy-Authorization", vec![])], "is the host’s to write"),
            (|r| r.headers = vec![field("x", vec![]); 65], "at most 64 header fields"),
            (|r| r.headers = vec![field("x", vec![Piece::Text("y".repeat(40_000))])], "at most 64 header fields"),
            (|r| r.body = vec![Piece::Bytes(vec![0; (1 << 20) + 1])], "at most 1 MiB"),
            (|r| r.body = vec![Piece::Text(String::new()); 300], "256 pieces"),
            (|r| r.redirects = 6, "at most 5"),
        ] {
            let why = refused(change);
            assert!(why.contains(said) && !why.contains("xxxx") && !why.contains("yyyy"), "{why}");
        }
    }
}
