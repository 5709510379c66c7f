//! Provisional responses that are acknowledged: 100rel and PRACK (RFC 3262), both sides.

use super::{Headers, Leg, Phase};
use crate::{
    Flow, Message, Method,
    build::Draft,
    dialog::Dialog,
    headers::{HeaderName, number, trim},
    stack::Stack,
    transaction::{TransactionRef, User},
};
use bytes::Bytes;
use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// Provisional responses that wait for the PRACK of the one before; later ones are left out.
const MOST_WAITING: usize = 4;

/// Our provisional responses on one INVITE that wants them acknowledged.
#[derive(Debug)]
pub(super) struct Reliable {
    last: u32,
    /// The one that is out.
    out: Option<Out>,
    waiting: VecDeque<(u16, Option<Bytes>, Headers)>,
}

#[derive(Debug)]
struct Out {
    bytes: Bytes,
    status: u16,
    has_sdp: bool,
    next: Instant,
    interval: Duration,
    give_up: Instant,
}

impl Reliable {
    /// For an INVITE that requires it; others get plain ones.
    pub(super) fn for_invite(request: &Message, first: u32) -> Option<Box<Self>> {
        request
            .lists(HeaderName::Require, "100rel")
            .then(|| Box::new(Self { last: first, out: None, waiting: VecDeque::new() }))
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.out.as_ref().map(|out| out.next.min(out.give_up))
    }

    /// Whether one with a description is out: then the 2xx waits (RFC 3262 §3).
    pub(super) fn holds_answer(&self) -> bool {
        self.out.as_ref().is_some_and(|out| out.has_sdp)
    }

    /// Number a response and mark it, or keep it until its turn comes. `None` when it was kept.
    pub(super) fn admit(
        &mut self,
        status: u16,
        sdp: Option<&Bytes>,
        headers: &[(String, String)],
        draft: &mut Draft,
    ) -> bool {
        if self.out.is_some() {
            if self.waiting.len() < MOST_WAITING {
                self.waiting.push_back((status, sdp.cloned(), headers.to_vec()));
            }
            return false;
        }
        self.last += 1;
        draft.header("Require", "100rel").field("RSeq", format_args!("{}", self.last));
        true
    }

    pub(super) fn sent(&mut self, now: Instant, stack: &Stack, status: u16, has_sdp: bool, bytes: &Bytes) {
        let t1 = stack.config.timers.t1;
        let give_up = now + stack.config.timers.give_up();
        self.out = Some(Out { bytes: bytes.clone(), status, has_sdp, next: now + t1, interval: t1, give_up });
    }
}

/// Acknowledge a provisional response of theirs if it wants that. False when it is a repetition or overtook another
/// (RFC 3262 §4).
pub(super) fn acknowledge(
    now: Instant,
    stack: &mut Stack,
    dialog: &mut Dialog,
    local: &mut crate::dialog::LocalEnd,
    invite_cseq: u32,
    response: &Message,
) -> bool {
    if !response.lists(HeaderName::Require, "100rel") {
        return true;
    }
    let Some(rseq) = response.header(HeaderName::Rseq).and_then(|value| number(trim(value))) else { return true };
    if dialog.rseq.is_some_and(|last| rseq != last + 1) {
        return false;
    }
    dialog.rseq = Some(rseq);
    local.cseq += 1;
    let branch = stack.new_branch();
    let mut draft = dialog.draft(local, Method::Prack, local.cseq, branch);
    draft.field("RAck", format_args!("{rseq} {invite_cseq} INVITE"));
    draft.product("User-Agent", &stack.config.user_agent);
    stack.send_request(now, dialog.flow, branch, Method::Prack, draft.finish(None), User::Nobody);
    true
}

impl Leg {
    pub(super) fn on_prack(&mut self, now: Instant, stack: &mut Stack, transaction: TransactionRef, request: &Message) {
        let rack = request.header(HeaderName::Rack).map(|value| {
            let mut words = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            (words.next().and_then(number), words.next().and_then(number))
        });
        let Phase::Ringing(ringing, _) = &mut self.phase else {
            return stack.respond_status(now, transaction, 481, |_| {});
        };
        let cseq =
            stack.request_of(ringing.invite()).and_then(|invite| invite.cseq()).map(|cseq| u64::from(cseq.number));
        let Some(reliable) = ringing
            .reliable
            .as_mut()
            .filter(|reliable| reliable.out.is_some() && rack == Some((Some(reliable.last.into()), cseq)))
        else {
            return stack.respond_status(now, transaction, 481, |_| {});
        };
        // An offer in a PRACK would have to be answered in its 200; nobody we know makes one.
        if request.sdp().is_some() {
            return stack.respond_status(now, transaction, 488, |_| {});
        }
        reliable.out = None;
        let waiting = reliable.waiting.pop_front();
        let answer = ringing.answer_waits.take();
        stack.respond_status(now, transaction, 200, |_| {});
        if let Some((sdp, headers)) = answer {
            self.answer(now, stack, sdp, &headers);
        } else if let Some((status, sdp, headers)) = waiting {
            self.progress(now, stack, status, sdp, &headers);
        }
    }

    /// Repeat what is not acknowledged; after 64*T1 the INVITE is refused (RFC 3262 §3).
    pub(super) fn repeat_reliable(&mut self, now: Instant, stack: &mut Stack) {
        let Phase::Ringing(ringing, dialog) = &mut self.phase else { return };
        let (invite, flow): (_, Flow) = (ringing.invite(), dialog.flow);
        let Some(out) = ringing.reliable.as_mut().and_then(|reliable| reliable.out.as_mut()) else { return };
        if out.give_up <= now {
            self.decline(now, stack, 504, |_| {});
        } else if out.next <= now {
            out.interval *= 2;
            out.next = now + out.interval;
            tracing::trace!(remote = %flow.remote, "provisional response repeated");
            stack.counters.retransmissions_sent += 1;
            stack.respond_in(now, invite, out.status, out.bytes.clone());
        }
    }
}
