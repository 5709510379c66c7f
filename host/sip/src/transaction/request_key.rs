//! What a request is recognised by when it comes again.

use crate::{Host, Message, Method, headers::HeaderName, ids::Branch};
use ahash::RandomState;
use std::hash::{BuildHasher, Hash, Hasher};

/// 128 bits that stand for all that makes two requests the same. They are keyed from the seed, so that a stranger cannot
/// look for two requests that share them, and kept in place of the bytes: a transaction stays for half a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RequestKey(u64, u64);

/// Makes the keys.
#[derive(Debug)]
pub(crate) struct RequestKeys([RandomState; 2]);

/// Two hashers that see the same bytes.
struct Pair<H>(H, H);

impl RequestKeys {
    pub(crate) fn new(keys: [RandomState; 2]) -> Self {
        Self(keys)
    }

    /// Branch, sent-by and method; for a branch without the magic cookie, or with nothing after it, what RFC 3261
    /// §17.2.3 takes from RFC 2543. The To tag is left out there: an ACK bears the one we added.
    pub(crate) fn of_transaction(&self, request: &Message, method: Method<'_>) -> RequestKey {
        self.key(|key| {
            let via = request.via();
            let branch = via.and_then(|via| via.branch()).filter(|branch| {
                branch.len() > Branch::COOKIE.len()
                    && branch[..Branch::COOKIE.len()].eq_ignore_ascii_case(Branch::COOKIE)
            });
            match (via, branch) {
                (Some(via), Some(branch)) => {
                    branch.hash(key);
                    match via.host {
                        Host::Name(name) => name.bytes().for_each(|byte| key.write_u8(byte.to_ascii_lowercase())),
                        Host::V4(ip) => ip.hash(key),
                        Host::V6(ip) => ip.hash(key),
                    }
                    via.port.hash(key);
                }
                _ => {
                    request.request_uri_bytes().hash(key);
                    origin(request, key);
                    request.values(HeaderName::Via).next().hash(key);
                }
            }
            method.as_str().hash(key);
        })
    }

    /// From tag, Call-ID, CSeq and method: what the same request that came by two paths has in common (§8.2.2.2).
    pub(crate) fn of_merged(&self, request: &Message) -> RequestKey {
        self.key(|key| {
            origin(request, key);
            request.method().unwrap_or(Method::Other("")).as_str().hash(key);
        })
    }

    fn key(&self, feed: impl FnOnce(&mut Pair<ahash::AHasher>)) -> RequestKey {
        let [first, second] = &self.0;
        let mut pair = Pair(first.build_hasher(), second.build_hasher());
        feed(&mut pair);
        RequestKey(pair.0.finish(), pair.1.finish())
    }
}

fn origin(request: &Message, key: &mut impl Hasher) {
    request.from().and_then(|from| from.tag()).hash(key);
    request.call_id().hash(key);
    request.cseq().map(|cseq| cseq.number).hash(key);
}

impl<H: Hasher> Hasher for Pair<H> {
    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
        self.1.write(bytes);
    }

    fn finish(&self) -> u64 {
        self.0.finish()
    }
}
