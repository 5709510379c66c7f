//! INFO: digits of a phone that sends them in signalling (RFC 2976).

use super::{Leg, Phase};
use crate::{
    LegEvent, Message, Method,
    stack::Stack,
    transaction::{TransactionRef, User},
};
use bytes::Bytes;
use std::time::Instant;

const DTMF_TYPES: [&str; 2] = ["application/dtmf-relay", "application/dtmf"];

impl Leg {
    pub(super) fn send_info(&mut self, now: Instant, stack: &mut Stack, content_type: &str, body: &Bytes) -> bool {
        if !matches!(self.phase, Phase::Up(_)) {
            return false;
        }
        // What the other party thinks of it changes nothing for the call.
        let finish = |draft: crate::build::Draft, _: &_| draft.finish(Some((content_type, body)));
        self.request_in_dialog(now, stack, Method::Info, User::Nobody, finish).is_some()
    }

    pub(super) fn on_info(&mut self, now: Instant, stack: &mut Stack, transaction: TransactionRef, request: &Message) {
        if request.body().is_empty() {
            return stack.respond_status(now, transaction, 200, |_| {});
        }
        let kind = request.content_type();
        let Some(known) = DTMF_TYPES.into_iter().find(|known| kind.is_some_and(|kind| kind.is(known))) else {
            return stack.respond_status(now, transaction, 415, |draft| {
                draft.header("Accept", DTMF_TYPES.join(", "));
            });
        };
        stack.respond_status(now, transaction, 200, |_| {});
        if !matches!(self.phase, Phase::Leaving(_) | Phase::Gone) {
            let body = Bytes::copy_from_slice(request.body());
            stack.leg_event(self.id, LegEvent::Info { content_type: known.to_owned(), body });
        }
    }
}
