//! BYE: ending a leg, from either side (RFC 3261 §15).

use super::{Leg, Phase};
use crate::{
    LegEnd, LegEvent, Message, Method, Reason,
    build::reason_of,
    stack::Stack,
    transaction::{Outcome, Purpose, TransactionRef, User},
};
use std::time::Instant;

impl Leg {
    /// End the leg by whatever fits its state.
    pub(super) fn hang_up(&mut self, now: Instant, stack: &mut Stack, reason: Option<Reason>) -> bool {
        match &self.phase {
            Phase::Calling(_) => self.cancel(now, stack, reason),
            Phase::Ringing(..) => self.decline(now, stack, 480, |draft| {
                draft.reason(reason.as_ref());
            }),
            Phase::Up(_) if self.leaving.is_some() => false,
            // The callee must not send BYE before the ACK (RFC 3261 §15).
            Phase::Up(_) if self.unacknowledged.is_some() => {
                self.leaving = Some(reason);
                true
            }
            Phase::Up(_) => {
                self.leave(now, stack, reason);
                true
            }
            Phase::Leaving(_) | Phase::Gone => false,
        }
    }

    /// Send BYE and wait for its response.
    pub(super) fn leave(&mut self, now: Instant, stack: &mut Stack, reason: Option<Reason>) {
        self.settle_open_offers(now, stack);
        self.send_bye(now, stack, reason, User::Leg(self.id, Purpose::Bye));
        if let Phase::Up(dialog) = std::mem::replace(&mut self.phase, Phase::Gone) {
            self.phase = Phase::Leaving(dialog);
        }
    }

    pub(super) fn send_bye(&mut self, now: Instant, stack: &mut Stack, reason: Option<Reason>, user: User) {
        self.acknowledge_owed(stack, None);
        self.request_in_dialog(now, stack, Method::Bye, user, |mut draft, _| {
            draft.reason(reason.as_ref());
            draft.finish(None)
        });
    }

    pub(super) fn on_bye(&mut self, now: Instant, stack: &mut Stack, transaction: TransactionRef, request: &Message) {
        stack.respond_status(now, transaction, 200, |_| {});
        let reason = reason_of(request);
        match &self.phase {
            Phase::Up(_) => {
                self.end(now, stack, LegEnd::Bye { reason });
            }
            // A caller may end an early dialog by BYE (RFC 3261 §15).
            Phase::Ringing(ringing, _) => {
                let invite = ringing.invite();
                stack.respond_status(now, invite, 487, |_| {});
                self.leave_quietly(now, stack);
                stack.leg_event(self.id, LegEvent::Cancelled { reason });
            }
            // A callee may not; what it means is clear.
            Phase::Calling(_) => {
                self.cancel(now, stack, None);
            }
            Phase::Leaving(_) | Phase::Gone => {}
        }
    }

    /// Our BYE was answered, or never will be: either way the leg is gone.
    pub(super) fn on_bye_notice(&mut self, now: Instant, stack: &mut Stack, outcome: &Outcome) {
        let is_provisional =
            matches!(outcome, Outcome::Response(response, _) if response.status().is_some_and(|status| status < 200));
        if matches!(self.phase, Phase::Leaving(_)) && !is_provisional {
            self.end(now, stack, LegEnd::Local);
        }
    }

    /// Offers of both sides that will come to nothing.
    pub(super) fn settle_open_offers(&mut self, now: Instant, stack: &mut Stack) {
        if let Some(offer) = self.their_offer.take() {
            stack.respond_status(now, offer.transaction(), 487, |_| {});
        }
        // Its 2xx may be lost for good once the other party has heard our BYE.
        if let Some(invite) = self.our_offer.take().and_then(|offer| offer.sent()) {
            stack.limit(now, invite);
        }
    }
}
