//! Dialogs (RFC 3261 §12): who the other party is, how to reach it, and in which order it speaks.

use crate::{
    Flow, Message, Method, Uri,
    build::{Draft, response_flow},
    headers::{HeaderName, NameAddr},
    ids::{Branch, Tag},
};

/// Our half of a dialog: what stays the same for all forks of one INVITE.
#[derive(Debug)]
pub(crate) struct LocalEnd {
    pub call_id: Box<[u8]>,
    pub tag: Tag,
    /// Our From (or, as the callee, To) without the tag.
    pub party: Box<[u8]>,
    /// CSeq of our last request.
    pub cseq: u32,
}

/// Their half.
#[derive(Debug)]
pub(crate) struct Dialog {
    /// Their tag; empty for an RFC 2543 party that gave none.
    pub remote_tag: Box<[u8]>,
    /// Their To (or From), tag included, as they wrote it.
    remote_party: Box<[u8]>,
    /// The URI in their Contact.
    target: Box<[u8]>,
    /// The route set in the order of our requests.
    routes: Box<[Box<[u8]>]>,
    /// CSeq of their last request.
    pub remote_cseq: Option<u32>,
    /// RSeq of their last reliable provisional response (RFC 3262).
    pub rseq: Option<u64>,
    /// The way their last message came, which is also the way to them: behind a NAT it is the only one.
    pub flow: Flow,
}

impl Dialog {
    /// As the callee (RFC 3261 §12.1.1).
    pub(crate) fn of_request(request: &Message, flow: &Flow) -> Self {
        let from = request.from();
        Self {
            remote_tag: from.and_then(|from| from.tag()).unwrap_or(b"").into(),
            remote_party: request.header(HeaderName::From).unwrap_or(b"").into(),
            target: contact(request).or(from.map(|from| from.uri_bytes())).unwrap_or(b"").into(),
            routes: request.values(HeaderName::RecordRoute).take(MOST_ROUTES).map(Box::from).collect(),
            remote_cseq: request.cseq().map(|cseq| cseq.number),
            rseq: None,
            flow: response_flow(request, flow),
        }
    }

    /// As the caller (RFC 3261 §12.1.2); `target` is what we called, for a response without Contact.
    pub(crate) fn of_response(response: &Message, flow: &Flow, target: &[u8]) -> Self {
        let mut routes: Vec<Box<[u8]>> =
            response.values(HeaderName::RecordRoute).take(MOST_ROUTES).map(Box::from).collect();
        routes.reverse();
        Self {
            remote_tag: response.to().and_then(|to| to.tag()).unwrap_or(b"").into(),
            remote_party: response.header(HeaderName::To).unwrap_or(b"").into(),
            target: contact(response).unwrap_or(target).into(),
            routes: routes.into(),
            remote_cseq: None,
            rseq: None,
            flow: *flow,
        }
    }

    /// A message of theirs that refreshes the target: INVITE, UPDATE or a 2xx to one (RFC 3261 §12.2).
    pub(crate) fn refresh(&mut self, message: &Message) {
        if let Some(target) = contact(message)
            && *self.target != *target
        {
            self.target = target.into();
        }
    }

    /// A message of theirs arrived this way.
    pub(crate) fn heard(&mut self, message: &Message, flow: &Flow) {
        self.flow = if message.is_request() { response_flow(message, flow) } else { *flow };
    }

    /// Whether a request has the next number; one out of order is answered 500 (RFC 3261 §12.2.2).
    pub(crate) fn advance(&mut self, cseq: u32) -> bool {
        let in_order = self.remote_cseq.is_none_or(|last| cseq > last);
        if in_order {
            self.remote_cseq = Some(cseq);
        }
        in_order
    }

    /// A connection is gone: the next request opens one to the address in their Contact, if it is an address and theirs. A
    /// GRUU is one of ours (RFC 5627), and `ob` says that only the connection leads to them (RFC 5626 §4.3).
    pub(crate) fn disconnect(&mut self) {
        self.flow.connection = None;
        let next_hop = self.routes.first().and_then(|route| NameAddr::parse(route)).map(|route| route.uri_bytes());
        let uri = Uri::parse(next_hop.unwrap_or(&self.target));
        let uri = uri.filter(|uri| uri.gr().is_none() && !uri.params().has("ob"));
        if let Some(address) = uri.and_then(|uri| uri.socket_addr()) {
            self.flow.remote = address;
        }
    }

    /// The Request-URI of requests in the dialog (RFC 3261 §12.2.1.1).
    pub(crate) fn request_uri(&self) -> &[u8] {
        self.strict_route().map_or(&*self.target, |first| first.uri_bytes())
    }

    fn strict_route(&self) -> Option<NameAddr<'_>> {
        let first = self.routes.first().and_then(|route| NameAddr::parse(route));
        first.filter(|first| first.uri().is_some_and(|uri| !uri.params().has("lr")))
    }

    /// Begin a request in the dialog (RFC 3261 §12.2.1.1): loose routing, or strict if the first route has no `lr`.
    pub(crate) fn draft(&self, local: &LocalEnd, method: Method<'_>, cseq: u32, branch: Branch) -> Draft {
        let strict = self.strict_route();
        let mut draft = Draft::request(method, self.request_uri(), &self.flow, branch);
        for route in self.routes.iter().skip(usize::from(strict.is_some())) {
            draft.header("Route", route);
        }
        if strict.is_some() {
            draft.header("Route", [b"<", &*self.target, b">"].concat());
        }
        draft.header("Max-Forwards", "70");
        draft.header("From", [&*local.party, b";tag=", local.tag.to_string().as_bytes()].concat());
        draft.header("To", &self.remote_party).header("Call-ID", &local.call_id);
        draft.field("CSeq", format_args!("{cseq} {method}"));
        draft
    }
}

/// Longest route set kept; a longer one is a mistake or an attack.
const MOST_ROUTES: usize = 32;

fn contact(message: &Message) -> Option<&[u8]> {
    message.contacts().next().map(|contact| contact.uri_bytes())
}
