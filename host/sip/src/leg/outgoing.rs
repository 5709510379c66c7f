//! Calling: our INVITE, its forks, its CANCEL (RFC 3261 §13.2, §9.1).

use super::{Leg, Phase, reliable, session_timer};
use crate::{
    Flow, LegEvent, LegId, Message, Method, NewInvite, Reason, SessionPolicy,
    build::{Draft, party},
    challenge::Answerer,
    dialog::{Dialog, LocalEnd},
    headers::HeaderName,
    ids::Tag,
    session::Session,
    stack::Stack,
    transaction::{Outcome, Purpose, TransactionRef, User},
};
use bytes::Bytes;
use std::time::Instant;

/// Early dialogs kept for one INVITE; more forks than that still ring, but may not speak before they answer.
const MOST_EARLY_DIALOGS: usize = 16;

/// Our INVITE without a final response.
#[derive(Debug)]
pub(super) struct Calling {
    invite: TransactionRef,
    /// The INVITE itself and the way it went, to be sent once more after a challenge.
    request: Bytes,
    flow: Flow,
    cseq: u32,
    /// Seconds that a 422 has asked for.
    session_at_least: u64,
    target: Box<[u8]>,
    has_offer: bool,
    pub(super) early: Vec<Dialog>,
    /// The user hung up: send CANCEL as soon as that is allowed.
    cancelling: Option<Option<Reason>>,
    /// CANCEL is out; without a final response until then the INVITE is taken for dead (RFC 3261 §9.1).
    give_up: Option<Instant>,
}

impl Calling {
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.give_up
    }

    pub(super) fn early_dialog(&self, tag: &[u8]) -> Option<&Dialog> {
        self.early.iter().find(|dialog| *dialog.remote_tag == *tag)
    }

    pub(super) fn early_dialog_mut(&mut self, tag: &[u8]) -> Option<&mut Dialog> {
        self.early.iter_mut().find(|dialog| *dialog.remote_tag == *tag)
    }

    fn send_cancel(&mut self, now: Instant, stack: &mut Stack) {
        if self.give_up.is_none()
            && let Some(reason) = &self.cancelling
            && stack.may_cancel(self.invite)
        {
            stack.cancel(now, self.invite, reason.as_ref());
            self.give_up = Some(now + stack.config.timers.give_up());
        }
    }
}

pub(super) fn invite(now: Instant, stack: &mut Stack, id: LegId, invite: NewInvite) -> Leg {
    let NewInvite {
        target,
        flow,
        from,
        to,
        sdp,
        headers,
        max_forwards,
        call_id,
        account,
        patience,
        session_timer: policy,
    } = invite;
    let local = LocalEnd {
        call_id: call_id.unwrap_or_else(|| stack.new_call_id()).into_bytes().into(),
        tag: stack.new_tag(),
        party: party(&from).into(),
        cseq: stack.new_cseq(),
    };
    let branch = stack.new_branch();
    let mut draft = Draft::request(Method::Invite, target.as_bytes(), &flow, branch);
    draft.field("Max-Forwards", format_args!("{max_forwards}"));
    draft.header("From", [&*local.party, b";tag=", local.tag.to_string().as_bytes()].concat());
    draft.header("To", party(&to)).header("Call-ID", &local.call_id);
    draft.field("CSeq", format_args!("{} INVITE", local.cseq)).contact(&flow);
    capabilities(&mut draft, stack, policy);
    session_timer::ask(&mut draft, policy.interval(stack.config.session_interval), 0);
    if matches!(policy, SessionPolicy::Required(_)) {
        draft.header("Require", "timer");
    }
    draft.product("User-Agent", &stack.config.user_agent).extra_in_dialog(&headers);
    let bytes = draft.finish_sdp(sdp.as_ref());
    let user = User::Leg(id, Purpose::Invite);
    let transaction = stack.send_request(now, flow, branch, Method::Invite, bytes.clone(), user);
    if let Some(patience) = patience {
        stack.be_impatient(now, transaction, now + patience);
    }
    let mut session = Session::default();
    if sdp.is_some() {
        session.we_offered();
    }
    let calling = Calling {
        invite: transaction,
        request: bytes,
        flow,
        cseq: local.cseq,
        session_at_least: 0,
        target: target.into_bytes().into(),
        has_offer: sdp.is_some(),
        early: Vec::new(),
        cancelling: None,
        give_up: None,
    };
    let mut leg = Leg::new(id, local, Phase::Calling(Box::new(calling)), session);
    leg.session_policy = policy;
    leg.answerer = account.map(|account| Box::new(Answerer::new(account)));
    leg
}

pub(super) fn capabilities(draft: &mut Draft, stack: &Stack, policy: SessionPolicy) {
    draft.header("Allow", &stack.allow).header("Supported", session_timer::supported(stack, policy).as_bytes());
}

/// See [`super::turn_down`].
pub(super) fn turn_down(now: Instant, stack: &mut Stack, invite: TransactionRef, response: &Message, flow: &Flow) {
    let (Some(from), Some(cseq), Some(call_id)) = (response.from(), response.cseq(), response.call_id()) else {
        return;
    };
    let Some(tag) = from.tag().and_then(Tag::parse) else { return };
    let party = [b"<", from.uri_bytes(), b">"].concat().into();
    let local = LocalEnd { call_id: call_id.into(), tag, party, cseq: cseq.number };
    let dialog = Dialog::of_response(response, flow, from.uri_bytes());
    let ack_branch = stack.new_branch();
    let ack = dialog.draft(&local, Method::Ack, cseq.number, ack_branch).finish(None);
    stack.acknowledge(invite, &dialog.remote_tag, dialog.flow, ack);
    let branch = stack.new_branch();
    let bye = dialog.draft(&local, Method::Bye, cseq.number + 1, branch).finish(None);
    stack.send_request(now, dialog.flow, branch, Method::Bye, bye, User::Nobody);
}

impl Leg {
    pub(super) fn on_invite_notice(
        &mut self,
        now: Instant,
        stack: &mut Stack,
        transaction: TransactionRef,
        outcome: Outcome,
    ) {
        match outcome {
            Outcome::Response(response, flow) => match response.status().unwrap_or(0) {
                200..=299 => self.on_success(now, stack, transaction, response, &flow),
                status @ 300.. => self.on_failure(now, stack, status, Some(response)),
                status => self.on_provisional(now, stack, status, &response, &flow),
            },
            Outcome::TimedOut => self.on_failure(now, stack, 408, None),
            Outcome::TransportFailed => self.on_failure(now, stack, 503, None),
        }
    }

    fn on_provisional(&mut self, now: Instant, stack: &mut Stack, status: u16, response: &Message, flow: &Flow) {
        let Phase::Calling(calling) = &mut self.phase else { return };
        let tag = response.to().and_then(|to| to.tag()).unwrap_or(b"");
        if status > 100 && !tag.is_empty() {
            if let Some(dialog) = calling.early_dialog_mut(tag) {
                dialog.heard(response, flow);
            } else if calling.early.len() < MOST_EARLY_DIALOGS {
                let dialog = Dialog::of_response(response, flow, &calling.target);
                calling.early.push(dialog);
            }
            let cseq = calling.cseq;
            if let Some(dialog) = calling.early_dialog_mut(tag)
                && !reliable::acknowledge(now, stack, dialog, &mut self.local, cseq, response)
            {
                return;
            }
        }
        if calling.cancelling.is_some() {
            calling.send_cancel(now, stack);
        } else if status > 100 {
            let sdp = response.sdp().filter(|_| calling.has_offer);
            if sdp.is_some() {
                self.session.settle();
            }
            stack.leg_event(self.id, LegEvent::Progress { status, sdp });
        }
    }

    fn on_success(
        &mut self,
        now: Instant,
        stack: &mut Stack,
        transaction: TransactionRef,
        response: Box<Message>,
        flow: &Flow,
    ) {
        let tag = response.to().and_then(|to| to.tag()).unwrap_or(b"");
        let calling = match &mut self.phase {
            Phase::Calling(calling) => calling,
            // The same 2xx again, while the user still makes up the answer that our ACK shall carry.
            Phase::Up(dialog) if *dialog.remote_tag == *tag && self.owed_ack.is_some() => return,
            Phase::Ringing(..) | Phase::Up(_) | Phase::Leaving(_) | Phase::Gone => {
                return turn_down(now, stack, transaction, &response, flow);
            }
        };
        let mut dialog = Dialog::of_response(&response, flow, &calling.target);
        dialog.remote_cseq = calling.early_dialog(tag).and_then(|early| early.remote_cseq);
        let (has_offer, cseq, cancelling) = (calling.has_offer, calling.cseq, calling.cancelling.take());
        self.phase = Phase::Up(Box::new(dialog));
        let sdp = response.sdp();
        self.owed_ack = Some((transaction, cseq));
        self.learn_timer(now, stack, &response);
        if let Some(answerer) = &mut self.answerer {
            answerer.accepted();
        }
        if has_offer || sdp.is_none() {
            self.session.settle();
            self.acknowledge_owed(stack, None);
        } else {
            self.session.they_offered();
        }
        match cancelling {
            // Our CANCEL came too late (RFC 3261 §15.1.1).
            Some(reason) => self.leave(now, stack, reason),
            None => stack.leg_event(self.id, LegEvent::Answered { sdp, message: response }),
        }
    }

    fn on_failure(&mut self, now: Instant, stack: &mut Stack, status: u16, message: Option<Box<Message>>) {
        if message.as_deref().is_some_and(|response| self.try_again(now, stack, response)) {
            return;
        }
        let Phase::Calling(calling) = &self.phase else { return };
        let status = if message.is_none() && calling.cancelling.is_some() { 487 } else { status };
        self.leave_quietly(now, stack);
        stack.leg_event(self.id, LegEvent::Rejected { status, message });
    }

    /// Send the INVITE once more with what a 401, 407 or 422 asks for.
    fn try_again(&mut self, now: Instant, stack: &mut Stack, response: &Message) -> bool {
        let Phase::Calling(calling) = &mut self.phase else { return false };
        let mut at_least = calling.session_at_least;
        let can = calling.cancelling.is_none()
            && match response.status() {
                Some(401 | 407) => self.answerer.as_mut().is_some_and(|answerer| answerer.take_challenge(response)),
                Some(422) => {
                    at_least = session_timer::wanted_by(response);
                    at_least > calling.session_at_least
                }
                _ => false,
            };
        if !can {
            return false;
        }
        use HeaderName::{Authorization, MinSe, ProxyAuthorization, SessionExpires};
        let interval = self.session_policy.interval(stack.config.session_interval);
        let answerer = self.answerer.as_mut();
        let replaced = [Authorization, ProxyAuthorization, MinSe, SessionExpires];
        let again = stack.once_more(
            &calling.request,
            &calling.flow,
            self.local.cseq + 1,
            &replaced,
            |stack, draft, method, uri| {
                session_timer::ask(draft, interval, at_least);
                if let Some(answerer) = answerer {
                    answerer.authorize(stack, draft, method, uri);
                }
            },
        );
        let Some((branch, bytes)) = again else { return false };
        self.local.cseq += 1;
        (calling.cseq, calling.session_at_least, calling.request) = (self.local.cseq, at_least, bytes.clone());
        calling.early.clear();
        let user = User::Leg(self.id, Purpose::Invite);
        calling.invite = stack.send_request(now, calling.flow, branch, Method::Invite, bytes, user);
        true
    }

    /// Send the ACK that the answered INVITE still lacks.
    pub(super) fn acknowledge_owed(&mut self, stack: &mut Stack, sdp: Option<&Bytes>) {
        let Some((invite, cseq)) = self.owed_ack.take() else { return };
        let (Phase::Up(dialog) | Phase::Leaving(dialog)) = &self.phase else { return };
        let branch = stack.new_branch();
        let ack = dialog.draft(&self.local, Method::Ack, cseq, branch).finish_sdp(sdp);
        stack.acknowledge(invite, &dialog.remote_tag, dialog.flow, ack);
    }

    pub(super) fn cancel(&mut self, now: Instant, stack: &mut Stack, reason: Option<Reason>) -> bool {
        let Phase::Calling(calling) = &mut self.phase else { return false };
        if calling.cancelling.is_some() {
            return false;
        }
        calling.cancelling = Some(reason);
        calling.send_cancel(now, stack);
        true
    }

    pub(super) fn on_calling_timeout(&mut self, now: Instant, stack: &mut Stack) {
        let Phase::Calling(calling) = &self.phase else { return };
        if calling.give_up.is_some_and(|give_up| give_up <= now) {
            stack.drop_transaction(calling.invite);
            self.on_failure(now, stack, 487, None);
        }
    }
}
