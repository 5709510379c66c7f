//! Answering a challenge to a request of ours (RFC 3261 §22.2, RFC 8760), as a trunk makes one.

use crate::{
    Account, Flow, Message, Method,
    build::Draft,
    digest::{self, Login},
    headers::{AuthParams, HeaderName},
    ids::Branch,
    message::Framing,
    stack::Stack,
};
use bytes::Bytes;

/// How often one request is sent again with credentials: once, and once more for a nonce that had become stale.
const MOST_ANSWERS: u8 = 2;

/// An account, and the last challenge that it answered: later requests bear credentials at once.
#[derive(Debug)]
pub(crate) struct Answerer {
    account: Account,
    challenge: Option<Challenge>,
    answers: u8,
}

#[derive(Debug)]
struct Challenge {
    value: Box<[u8]>,
    is_proxy: bool,
    count: u32,
}

impl Answerer {
    pub(crate) fn new(account: Account) -> Self {
        Self { account, challenge: None, answers: 0 }
    }

    /// Take note of the challenge in a 401 or 407. False when there is none that can be answered, or when the account was
    /// refused already.
    pub(crate) fn take_challenge(&mut self, response: &Message) -> bool {
        let is_proxy = response.status() == Some(407);
        let name = if is_proxy { HeaderName::ProxyAuthenticate } else { HeaderName::WwwAuthenticate };
        let ha1 = self.account.ha1.as_ref();
        let probe = Login { user: "", password: "", ha1, cnonce: "", count: 1 };
        let can = |line: &&[u8]| {
            AuthParams::parse(line).is_some_and(|challenge| digest::answer(&challenge, "", "", &probe).is_some())
        };
        let Some(value) = response.lines(name).find(can) else { return false };
        if self.answers == MOST_ANSWERS || (self.answers > 0 && !is_new(self.challenge.as_ref(), value, is_proxy)) {
            return false;
        }
        self.answers += 1;
        self.challenge = Some(Challenge { value: value.into(), is_proxy, count: 0 });
        true
    }

    /// A request went through: the next challenge is a new matter.
    pub(crate) fn accepted(&mut self) {
        self.answers = 0;
    }

    /// Add credentials for the challenge that is known.
    pub(crate) fn authorize(&mut self, stack: &mut Stack, draft: &mut Draft, method: Method<'_>, uri: &[u8]) {
        let Some(challenge) = &mut self.challenge else { return };
        let (Some(params), Ok(uri)) = (AuthParams::parse(&challenge.value), std::str::from_utf8(uri)) else { return };
        challenge.count += 1;
        let cnonce = stack.new_tag().to_string();
        let Account { user, password, ha1 } = &self.account;
        let login = Login { user, password, ha1: ha1.as_ref(), cnonce: &cnonce, count: challenge.count };
        if let Some(value) = digest::answer(&params, method.as_str(), uri, &login) {
            draft.header(if challenge.is_proxy { "Proxy-Authorization" } else { "Authorization" }, value);
        }
    }
}

/// Another challenger, or the same with a nonce that is new because the old one was stale.
fn is_new(known: Option<&Challenge>, value: &[u8], is_proxy: bool) -> bool {
    let stale = AuthParams::parse(value).and_then(|challenge| challenge.value("stale"));
    known.is_none_or(|known| known.is_proxy != is_proxy)
        || stale.is_some_and(|stale| stale.eq_ignore_ascii_case("true"))
}

impl Stack {
    /// The same request once more (RFC 3261 §22.2): a new branch, the next CSeq, without the header fields that `leave_out`
    /// names and with those that `more` adds.
    pub(crate) fn once_more(
        &mut self,
        sent: &Bytes,
        flow: &Flow,
        cseq: u32,
        leave_out: &[HeaderName],
        more: impl FnOnce(&mut Self, &mut Draft, Method<'_>, &[u8]),
    ) -> Option<(Branch, Bytes)> {
        let request = Message::parse(sent.clone(), Framing::Datagram, &self.config.limits).ok()?;
        let (method, uri) = (request.method()?, request.request_uri_bytes()?);
        let branch = self.new_branch();
        let mut draft = Draft::request(method, uri, flow, branch);
        for header in request.headers() {
            use HeaderName::{ContentLength, ContentType, Cseq, Via};
            if header.name == Cseq {
                draft.field("CSeq", format_args!("{cseq} {method}"));
            } else if !matches!(header.name, Via | ContentLength | ContentType) && !leave_out.contains(&header.name) {
                draft.raw(header.raw_name, header.value);
            }
        }
        more(self, &mut draft, method, uri);
        let kind = request.text(HeaderName::ContentType);
        let body = kind.as_deref().map(|kind| (kind, request.body()));
        Some((branch, draft.finish(body)))
    }
}
