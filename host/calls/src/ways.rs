//! The ways to a phone or to the outside: by the proxies that a Path names (RFC 3327), and by the next flow, server or trunk
//! when one has failed (RFC 5626, RFC 3263).

use crate::{dial::Contact, exchange::Exchange};
use jackfield_model::Number;
use jackfield_sip::{Flow, Message, OutOfDialog, RequestFailure};
use std::{net::IpAddr, sync::Arc, time::Duration};
use tokio::time::timeout;

/// How long a response by one flow is waited for when there is another to try.
const PATIENCE: Duration = Duration::from_secs(4);
/// Flow Failed (RFC 5626 §11.5): the proxy next to a phone has lost it.
const FLOW_FAILED: u16 = 430;

impl Contact {
    /// A phone that there is one way to, with nobody in between.
    pub(crate) fn new(target: String, flow: Flow, extension: Option<Number>) -> Self {
        Self { target, flow, extension, trunk: None, route: Arc::default(), encryption: None, others: Vec::new() }
    }

    /// The header fields that lead a request by the proxies on the way.
    pub(crate) fn routes(&self) -> impl Iterator<Item = (String, String)> {
        self.route.iter().map(|proxy| (String::from("Route"), proxy.clone()))
    }

    /// The house as this phone knows it, for the host of URIs.
    pub(crate) fn house(&self) -> String {
        match self.flow.local.ip() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        }
    }

    /// The same phone by its next flow.
    pub(crate) fn next_way(self) -> Option<Self> {
        let mut others = self.others.into_iter();
        let next = others.next()?;
        Some(Self { others: others.collect(), ..next })
    }

    /// How long an INVITE waits for any response at all, if not for as long as it can.
    pub(crate) fn patience(&self) -> Option<Duration> {
        let patience = self.trunk.as_ref().map_or(PATIENCE, |trunk| trunk.config.patience);
        (!self.others.is_empty()).then_some(patience)
    }
}

/// Whether a refusal is the flow's and not the phone's, so that the phone may be tried by another one: it was made here for
/// want of any response, or a proxy says so. Whatever else is answered is the answer of the phone, which is not asked twice
/// (RFC 5626 §7).
pub(crate) fn is_of_flow(status: u16, made_here: bool) -> bool {
    status == FLOW_FAILED || (made_here && matches!(status, 408 | 503))
}

/// Send a request outside dialogs to a phone, by one flow after the other until one works.
///
/// # Errors
/// The failure of the last one.
pub(crate) async fn request(
    exchange: &Exchange,
    mut contact: Contact,
    mut make: impl FnMut(&Contact) -> OutOfDialog,
) -> Result<Box<Message>, RequestFailure> {
    loop {
        let mut request = make(&contact);
        request.headers.extend(contact.routes());
        let patience = contact.patience().unwrap_or(Duration::MAX);
        let answer = timeout(patience, exchange.sip.request(request)).await.unwrap_or(Err(RequestFailure::Timeout));
        let failed = match &answer {
            Ok(answer) => answer.status() == Some(FLOW_FAILED),
            Err(RequestFailure::Timeout | RequestFailure::Transport) => true,
            Err(RequestFailure::Refused) => false,
        };
        match contact.next_way().filter(|_| failed) {
            Some(next) => contact = next,
            None => return answer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_sip::Transport;

    fn contact(port: u16, others: Vec<Contact>) -> Contact {
        let [local, remote] = [5060, port].map(|port| ([192, 0, 2, 1], port).into());
        let flow = Flow { transport: Transport::Udp, local, remote, connection: None };
        Contact { others, ..Contact::new(format!("sip:192.0.2.1:{port}"), flow, None) }
    }

    #[test]
    fn ways_are_tried_in_order_and_the_last_one_is_waited_for() {
        let mut contact = contact(1, vec![contact(2, Vec::new()), contact(3, Vec::new())]);
        let mut seen = Vec::new();
        loop {
            seen.push((contact.flow.remote.port(), contact.patience().is_some()));
            match contact.next_way() {
                Some(next) => contact = next,
                None => break,
            }
        }
        assert_eq!(seen, [(1, true), (2, true), (3, false)]);
    }

    #[test]
    fn only_a_failed_flow_is_followed_by_another() {
        assert!(is_of_flow(430, false) && is_of_flow(503, true) && is_of_flow(408, true));
        for status in [404, 408, 480, 486, 503, 603] {
            assert!(!is_of_flow(status, false), "{status} is what the phone says");
        }
        assert!(!is_of_flow(487, true), "we have ended it ourselves");
    }
}
