//! Changing the session: re-INVITE both ways, UPDATE from them (RFC 3261 §14, RFC 3311).

use super::{
    Leg, Phase,
    incoming::{draft_in_dialog, finish},
    outgoing::capabilities,
    session_timer,
};
use crate::{
    LegEnd, LegEvent, Message, Method,
    body::{self, Content},
    stack::Stack,
    transaction::{Outcome, Purpose, TransactionRef, User},
};
use bytes::Bytes;
use std::time::{Duration, Instant};

/// How often an offer is made again after 491 before the user is told.
const MOST_ATTEMPTS: u8 = 5;

/// How long a re-INVITE may stay without a final response (as a proxy's timer C, RFC 3261 §16.6).
const LONGEST_REOFFER: Duration = Duration::from_mins(3);

/// Our re-INVITE.
#[derive(Debug)]
pub(super) struct OurOffer {
    sdp: Bytes,
    state: OfferState,
    attempts: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OfferState {
    /// Something else must end first.
    Waiting,
    /// It met theirs (491): again at that time.
    Retry(Instant),
    /// It is out; if there is no final response by then it is cancelled.
    Sent(TransactionRef, Option<Instant>),
}

impl OurOffer {
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        match self.state {
            OfferState::Retry(at) => Some(at),
            OfferState::Sent(_, cancel_at) => cancel_at,
            OfferState::Waiting => None,
        }
    }

    /// The re-INVITE that is out.
    pub(super) fn sent(&self) -> Option<TransactionRef> {
        match self.state {
            OfferState::Sent(transaction, _) => Some(transaction),
            OfferState::Waiting | OfferState::Retry(_) => None,
        }
    }
}

/// Their re-INVITE or UPDATE.
#[derive(Debug)]
pub(super) struct TheirOffer {
    transaction: TransactionRef,
    /// The re-INVITE's CSeq; `None` for an UPDATE, which needs no ACK.
    invite_cseq: Option<u32>,
    has_offer: bool,
}

impl TheirOffer {
    pub(super) fn transaction(&self) -> TransactionRef {
        self.transaction
    }
}

impl Leg {
    /// Make an offer now or as soon as nothing stands in its way. Each ends in one `Reanswered` or `ReofferFailed`: one
    /// that has not left yet makes room for a newer one; while one is out a newer one fails at once.
    pub(super) fn reoffer(&mut self, now: Instant, stack: &mut Stack, sdp: Bytes) -> bool {
        let is_out = self.our_offer.as_ref().is_some_and(|offer| offer.sent().is_some());
        if is_out || !matches!(self.phase, Phase::Up(_)) || self.leaving.is_some() {
            stack.leg_event(self.id, LegEvent::ReofferFailed { status: 491 });
            return true;
        }
        let replaced = self.our_offer.replace(Box::new(OurOffer { sdp, state: OfferState::Waiting, attempts: 0 }));
        if replaced.is_some() {
            stack.leg_event(self.id, LegEvent::ReofferFailed { status: 491 });
        }
        self.start_offer(now, stack);
        true
    }

    /// Send the waiting offer if no INVITE is under way in either direction (RFC 3261 §14.1).
    pub(super) fn start_offer(&mut self, now: Instant, stack: &mut Stack) {
        let Some(offer) = &mut self.our_offer else { return };
        let is_free = self.unacknowledged.is_none()
            && self.their_offer.is_none()
            && self.owed_ack.is_none()
            && self.session.is_settled();
        if offer.state != OfferState::Waiting || !is_free || !matches!(self.phase, Phase::Up(_)) {
            return;
        }
        let sdp = offer.sdp.clone();
        self.session.we_offered();
        let (allow, supported) =
            (stack.allow.clone(), session_timer::supported(stack, self.session_policy).into_owned());
        let interval = self.session_interval(stack, false);
        let user = User::Leg(self.id, Purpose::Reoffer);
        let sent = self.request_in_dialog(now, stack, Method::Invite, user, |mut draft, flow| {
            draft.contact(flow).header("Allow", &allow).header("Supported", &supported);
            if let Some(interval) = interval {
                draft.field("Session-Expires", format_args!("{};refresher=uac", interval.as_secs()));
            }
            draft.finish_sdp(Some(&sdp))
        });
        self.reinvite_cseq = self.local.cseq;
        if let (Some(offer), Some(transaction)) = (&mut self.our_offer, sent) {
            offer.attempts += 1;
            offer.state = OfferState::Sent(transaction, Some(now + LONGEST_REOFFER));
        }
    }

    pub(super) fn on_offer_timeout(&mut self, now: Instant, stack: &mut Stack) {
        let Some(offer) = self.our_offer.as_mut().filter(|offer| offer.next_timeout().is_some_and(|at| at <= now))
        else {
            return;
        };
        match offer.state {
            OfferState::Retry(_) => {
                offer.state = OfferState::Waiting;
                self.start_offer(now, stack);
            }
            OfferState::Sent(transaction, _) => {
                offer.state = OfferState::Sent(transaction, None);
                if stack.may_cancel(transaction) {
                    stack.cancel(now, transaction, None);
                }
                stack.limit(now, transaction);
            }
            OfferState::Waiting => {}
        }
    }

    pub(super) fn on_reoffer_notice(
        &mut self,
        now: Instant,
        stack: &mut Stack,
        transaction: TransactionRef,
        outcome: Outcome,
    ) {
        let status = match &outcome {
            Outcome::Response(response, _) => response.status().unwrap_or(0),
            Outcome::TimedOut => 408,
            Outcome::TransportFailed => 503,
        };
        if status < 200 {
            return;
        }
        if let (Outcome::Response(response, _), 200..=299) = (&outcome, status) {
            self.on_reanswer(stack, transaction, response);
            self.learn_timer(now, stack, response);
        }
        let Some(mut offer) = self.our_offer.take_if(|offer| offer.sent().is_some()) else { return };
        self.session.settle();
        match (status, outcome) {
            (200..=299, Outcome::Response(response, _)) => {
                stack.leg_event(self.id, LegEvent::Reanswered { sdp: response.sdp() });
            }
            // Glare: whoever made the Call-ID waits longer (RFC 3261 §14.1).
            (491, _) if offer.attempts < MOST_ATTEMPTS => {
                let (from, to) = if self.id.is_incoming() { (0, 2_000) } else { (2_100, 4_000) };
                offer.state = OfferState::Retry(now + stack.random_delay(from, to));
                self.our_offer = Some(offer);
            }
            // They do not know the dialog, or are gone (RFC 3261 §12.2.1.2).
            (408 | 481, _) => {
                self.send_bye(now, stack, None, User::Nobody);
                return self.end(now, stack, LegEnd::Timeout);
            }
            (status, _) => stack.leg_event(self.id, LegEvent::ReofferFailed { status }),
        }
        self.start_offer(now, stack);
    }

    fn on_reanswer(&mut self, stack: &mut Stack, transaction: TransactionRef, response: &Message) {
        let (Phase::Up(dialog) | Phase::Leaving(dialog)) = &mut self.phase else { return };
        dialog.refresh(response);
        let branch = stack.new_branch();
        let ack = dialog.draft(&self.local, Method::Ack, self.reinvite_cseq, branch).finish(None);
        stack.acknowledge(transaction, response.to().and_then(|to| to.tag()).unwrap_or(b""), dialog.flow, ack);
    }

    pub(super) fn on_reinvite(
        &mut self,
        now: Instant,
        stack: &mut Stack,
        transaction: TransactionRef,
        request: &Message,
    ) {
        match &self.phase {
            Phase::Ringing(..) => return self.ask_again_later(now, stack, transaction),
            Phase::Calling(_) => return stack.respond_status(now, transaction, 491, |_| {}),
            Phase::Leaving(_) | Phase::Gone => return stack.respond_status(now, transaction, 481, |_| {}),
            Phase::Up(_) => {}
        }
        let we_are_out = self.our_offer.as_ref().is_some_and(|offer| offer.sent().is_some());
        if we_are_out || self.session.is_their_turn() {
            return stack.respond_status(now, transaction, 491, |_| {});
        }
        if self.their_offer.is_some()
            || self.unacknowledged.is_some()
            || self.leaving.is_some()
            || self.owed_ack.is_some()
        {
            return self.ask_again_later(now, stack, transaction);
        }
        let has_offer = match body::content(request) {
            Content::Unsupported => return refuse_content(now, stack, transaction),
            Content::Sdp => true,
            Content::None => false,
        };
        if let Phase::Up(dialog) = &mut self.phase {
            dialog.refresh(request);
        }
        stack.respond_status(now, transaction, 100, |_| {});
        self.session.they_offered();
        self.their_offer =
            Some(TheirOffer { transaction, invite_cseq: request.cseq().map(|cseq| cseq.number), has_offer });
        stack.leg_event(self.id, LegEvent::Reoffer { sdp: request.sdp() });
    }

    pub(super) fn on_update(
        &mut self,
        now: Instant,
        stack: &mut Stack,
        transaction: TransactionRef,
        request: &Message,
    ) {
        if matches!(self.phase, Phase::Leaving(_) | Phase::Gone) {
            return stack.respond_status(now, transaction, 481, |_| {});
        }
        let has_offer = match body::content(request) {
            Content::Unsupported => return refuse_content(now, stack, transaction),
            Content::Sdp => true,
            Content::None => false,
        };
        if has_offer {
            // RFC 3311 §5.2.
            let unanswered = matches!(self.phase, Phase::Ringing(..)) && !self.session.has_early_answer();
            if self.session.is_their_turn() {
                return stack.respond_status(now, transaction, 491, |_| {});
            }
            if unanswered || self.their_offer.is_some() || self.owed_ack.is_some() {
                return self.ask_again_later(now, stack, transaction);
            }
        }
        let Some(dialog) = self.dialog_with(request) else { return };
        dialog.refresh(request);
        let flow = dialog.flow;
        if has_offer {
            if matches!(self.phase, Phase::Up(_)) {
                self.session.they_offered();
            }
            self.their_offer = Some(TheirOffer { transaction, invite_cseq: None, has_offer });
            stack.leg_event(self.id, LegEvent::Reoffer { sdp: request.sdp() });
        } else if let Some(mut draft) = draft_in_dialog(stack, transaction, 200, &flow) {
            if matches!(self.phase, Phase::Up(_)) {
                self.renew_timer(now, stack, &mut draft, transaction);
            }
            let bytes = finish(draft, stack, &[], None);
            stack.respond_in(now, transaction, 200, bytes);
        }
    }

    pub(super) fn answer_reoffer(&mut self, now: Instant, stack: &mut Stack, sdp: Option<Bytes>) -> bool {
        if self.owed_ack.is_some() && sdp.is_some() {
            self.session.settle();
            self.acknowledge_owed(stack, sdp.as_ref());
            self.start_offer(now, stack);
            return true;
        }
        // Either way our 200 describes something: the answer to their offer, or an offer for want of one.
        let Some(sdp) = sdp else { return false };
        let Some(offer) = self.their_offer.take() else { return false };
        let flow = match &self.phase {
            Phase::Ringing(_, dialog) | Phase::Up(dialog) | Phase::Leaving(dialog) => Some(dialog.flow),
            Phase::Calling(_) | Phase::Gone => stack.flow_of(offer.transaction),
        };
        let Some(mut draft) = flow.and_then(|flow| draft_in_dialog(stack, offer.transaction, 200, &flow)) else {
            self.session.settle();
            return false;
        };
        capabilities(&mut draft, stack, self.session_policy);
        if matches!(self.phase, Phase::Up(_)) {
            self.renew_timer(now, stack, &mut draft, offer.transaction);
        }
        let bytes = finish(draft, stack, &[], Some(&sdp));
        if matches!(self.phase, Phase::Ringing(..)) {
            self.session.answered_early(sdp);
        } else if offer.has_offer {
            self.session.settle();
        } else {
            self.session.we_offered();
        }
        match offer.invite_cseq {
            Some(cseq) => self.send_success(now, stack, offer.transaction, bytes, cseq, false),
            None => stack.respond_in(now, offer.transaction, 200, bytes),
        };
        self.start_offer(now, stack);
        true
    }

    pub(super) fn reject_reoffer(&mut self, now: Instant, stack: &mut Stack, status: u16) -> bool {
        if !(300..=699).contains(&status) {
            return false;
        }
        let Some(offer) = self.their_offer.take() else { return false };
        stack.respond_status(now, offer.transaction, status, |_| {});
        if !matches!(self.phase, Phase::Ringing(..)) {
            self.session.settle();
        }
        self.start_offer(now, stack);
        true
    }

    /// 500 with Retry-After for an offer on top of an open one (RFC 3261 §14.2, RFC 3311 §5.2).
    fn ask_again_later(&self, now: Instant, stack: &mut Stack, transaction: TransactionRef) {
        let seconds = stack.random_delay(0, 10_000).as_secs();
        stack.respond_status(now, transaction, 500, |draft| {
            draft.field("Retry-After", format_args!("{seconds}"));
        });
    }
}

fn refuse_content(now: Instant, stack: &mut Stack, transaction: TransactionRef) {
    stack.respond_status(now, transaction, 415, |draft| {
        draft.header("Accept", "application/sdp").header("Accept-Encoding", "identity");
    });
}
