//! Being called: their INVITE, our responses, their CANCEL and ACK (RFC 3261 §13.3, §9.2).

use super::{Headers, Leg, Phase, Unacknowledged, outgoing::capabilities, reliable::Reliable};
use crate::{
    Flow, LegEnd, LegEvent, LegId, Message,
    build::{Draft, reason_of},
    dialog::{Dialog, LocalEnd},
    headers::HeaderName,
    session::Session,
    stack::Stack,
    transaction::TransactionRef,
};
use bytes::Bytes;
use std::time::{Duration, Instant};

/// A provisional response is repeated this often, or proxies on the way give up (RFC 3261 §13.3.1.1).
const KEEP_RINGING: Duration = Duration::from_mins(1);

/// Their INVITE without our final response.
#[derive(Debug)]
pub(super) struct Ringing {
    invite: TransactionRef,
    has_offer: bool,
    /// The last provisional response and when to send it again.
    last: Option<(Bytes, u16, Instant)>,
    /// The caller wants provisional responses acknowledged.
    pub(super) reliable: Option<Box<Reliable>>,
    /// The answer waits for a PRACK.
    pub(super) answer_waits: Option<(Option<Bytes>, Headers)>,
}

impl Ringing {
    pub(super) fn invite(&self) -> TransactionRef {
        self.invite
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        let again = self.last.as_ref().map(|(_, _, at)| *at);
        let reliable = self.reliable.as_ref().and_then(|reliable| reliable.next_timeout());
        [again, reliable].into_iter().flatten().min()
    }
}

pub(super) fn invited(now: Instant, stack: &mut Stack, id: LegId, flow: &Flow, request: &Message) -> Leg {
    let local = LocalEnd {
        call_id: request.call_id().unwrap_or(b"").into(),
        tag: stack.new_tag(),
        party: request.header(HeaderName::To).unwrap_or(b"").into(),
        cseq: stack.new_cseq(),
    };
    let invite = stack.open_server(now, flow, request, local.tag, Some(id));
    if let Some(mut trying) = stack.draft(invite, 100, None) {
        trying.product("Server", &stack.config.user_agent);
        stack.respond_in(now, invite, 100, trying.finish(None));
    }
    let mut session = Session::default();
    session.they_offered();
    let reliable = Reliable::for_invite(request, stack.new_cseq());
    let ringing = Ringing { invite, has_offer: request.sdp().is_some(), last: None, reliable, answer_waits: None };
    let phase = Phase::Ringing(Box::new(ringing), Box::new(Dialog::of_request(request, flow)));
    Leg::new(id, local, phase, session)
}

impl Leg {
    pub(super) fn progress(
        &mut self,
        now: Instant,
        stack: &mut Stack,
        status: u16,
        sdp: Option<Bytes>,
        headers: &[(String, String)],
    ) -> bool {
        let Phase::Ringing(ringing, dialog) = &mut self.phase else { return false };
        if !(101..=199).contains(&status) {
            return false;
        }
        // An offer of ours may not go with an unreliable response (RFC 6337 §2.2).
        let sdp = sdp.filter(|_| ringing.has_offer);
        let Some(mut draft) = draft_in_dialog(stack, ringing.invite, status, &dialog.flow) else { return false };
        if let Some(reliable) = &mut ringing.reliable
            && !reliable.admit(status, sdp.as_ref(), headers, &mut draft)
        {
            return true;
        }
        let bytes = finish(draft, stack, headers, sdp.as_ref());
        match &mut ringing.reliable {
            Some(reliable) => reliable.sent(now, stack, status, sdp.is_some(), &bytes),
            None => ringing.last = Some((bytes.clone(), status, now + KEEP_RINGING)),
        }
        if let Some(sdp) = sdp {
            self.session.answered_early(sdp);
        }
        stack.respond_in(now, ringing.invite, status, bytes)
    }

    pub(super) fn answer(
        &mut self,
        now: Instant,
        stack: &mut Stack,
        sdp: Option<Bytes>,
        headers: &[(String, String)],
    ) -> bool {
        let Phase::Ringing(ringing, dialog) = &mut self.phase else { return false };
        if ringing.reliable.as_ref().is_some_and(|reliable| reliable.holds_answer()) {
            ringing.answer_waits = Some((sdp, headers.to_vec()));
            return true;
        }
        let Some(sdp) = self.session.final_answer(sdp) else { return false };
        let (invite, has_offer) = (ringing.invite, ringing.has_offer);
        let cseq = stack.request_of(invite).and_then(|request| request.cseq()).map_or(0, |cseq| cseq.number);
        let Some(mut draft) = draft_in_dialog(stack, invite, 200, &dialog.flow) else { return false };
        capabilities(&mut draft, stack, self.session_policy);
        self.renew_timer(now, stack, &mut draft, invite);
        let bytes = finish(draft, stack, headers, Some(&sdp));
        if has_offer {
            self.session.settle();
        } else {
            self.session.we_offered();
        }
        if let Phase::Ringing(_, dialog) = std::mem::replace(&mut self.phase, Phase::Gone) {
            self.phase = Phase::Up(dialog);
        }
        self.send_success(now, stack, invite, bytes, cseq, true)
    }

    /// Send a 2xx to an INVITE and repeat it until its ACK comes.
    pub(super) fn send_success(
        &mut self,
        now: Instant,
        stack: &mut Stack,
        invite: TransactionRef,
        bytes: Bytes,
        cseq: u32,
        is_first: bool,
    ) -> bool {
        let Some(flow) = stack.flow_of(invite) else { return false };
        let timers = stack.config.timers;
        self.unacknowledged = Some(Box::new(Unacknowledged {
            bytes: bytes.clone(),
            flow,
            cseq,
            is_first,
            next: now + timers.t1,
            interval: timers.t1,
            give_up: now + timers.give_up(),
        }));
        stack.respond_in(now, invite, 200, bytes)
    }

    pub(super) fn reject(
        &mut self,
        now: Instant,
        stack: &mut Stack,
        status: u16,
        headers: &[(String, String)],
    ) -> bool {
        (300..=699).contains(&status)
            && self.decline(now, stack, status, |draft| {
                draft.extra(headers);
            })
    }

    /// Refuse the INVITE, which ends the leg.
    pub(super) fn decline(
        &mut self,
        now: Instant,
        stack: &mut Stack,
        status: u16,
        more: impl FnOnce(&mut Draft),
    ) -> bool {
        let Phase::Ringing(ringing, _) = &self.phase else { return false };
        stack.respond_status(now, ringing.invite, status, more);
        self.end(now, stack, LegEnd::Local);
        true
    }

    /// CANCEL came for a transaction of this leg; it is answered already.
    pub(crate) fn on_cancel(&mut self, now: Instant, stack: &mut Stack, invite: TransactionRef, cancel: &Message) {
        if let Phase::Ringing(ringing, _) = &self.phase
            && ringing.invite == invite
        {
            stack.respond_status(now, invite, 487, |_| {});
            self.leave_quietly(now, stack);
            stack.leg_event(self.id, LegEvent::Cancelled { reason: reason_of(cancel) });
        } else if self.their_offer.as_ref().is_some_and(|offer| offer.transaction() == invite) {
            self.their_offer = None;
            self.session.settle();
            stack.respond_status(now, invite, 487, |_| {});
            self.start_offer(now, stack);
        }
    }

    /// ACK for a 2xx of ours.
    pub(crate) fn on_ack(&mut self, now: Instant, stack: &mut Stack, flow: &Flow, request: &Message) {
        let cseq = request.cseq().map(|cseq| cseq.number);
        let Some(sent) = self.unacknowledged.take_if(|sent| Some(sent.cseq) == cseq) else {
            stack.counters.stray += 1;
            return;
        };
        if let Phase::Up(dialog) = &mut self.phase {
            dialog.heard(request, flow);
        }
        let completes_offer = self.session.is_their_turn();
        if completes_offer {
            self.session.settle();
        }
        if let Some(reason) = self.leaving.take() {
            return self.leave(now, stack, reason);
        }
        if sent.is_first || completes_offer {
            let sdp = request.sdp().filter(|_| completes_offer);
            stack.leg_event(self.id, LegEvent::Confirmed { sdp });
        }
        self.start_offer(now, stack);
    }

    pub(super) fn on_ringing_timeout(&mut self, now: Instant, stack: &mut Stack) {
        let Phase::Ringing(ringing, _) = &mut self.phase else { return };
        if let Some((bytes, status, at)) = &mut ringing.last
            && *at <= now
        {
            *at = now + KEEP_RINGING;
            stack.respond_in(now, ringing.invite, *status, bytes.clone());
        }
    }
}

/// Begin a response that makes or refreshes a dialog (RFC 3261 §12.1.1): Record-Route comes back, Contact is ours.
pub(super) fn draft_in_dialog(stack: &Stack, transaction: TransactionRef, status: u16, flow: &Flow) -> Option<Draft> {
    let mut draft = stack.draft(transaction, status, None)?;
    draft.copy(stack.request_of(transaction)?, HeaderName::RecordRoute).contact(flow);
    Some(draft)
}

pub(super) fn finish(mut draft: Draft, stack: &Stack, headers: &[(String, String)], sdp: Option<&Bytes>) -> Bytes {
    draft.product("Server", &stack.config.user_agent).extra_in_dialog(headers);
    draft.finish_sdp(sdp)
}
