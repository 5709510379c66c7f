//! A leg: one party of a call, from its INVITE to its BYE (RFC 3261 §13, §14, §15).
//!
//! One file per verb: `outgoing` calls, `incoming` is called, `reoffer` changes the session, `refer` sends it elsewhere,
//! `bye` ends it, `info` carries digits, `reliable` acknowledges what comes before the answer, `session_timer` notices
//! that nobody is there any more.

mod bye;
mod incoming;
mod info;
mod outgoing;
mod refer;
mod reliable;
mod reoffer;
pub(crate) mod session_timer;

use crate::{
    Flow, LegCommand, LegEnd, LegEvent, LegId, Message, Method, NewInvite, Reason, SessionPolicy,
    build::Draft,
    challenge::Answerer,
    check,
    dialog::{Dialog, LocalEnd},
    session::Session,
    stack::Stack,
    transaction::{Notice, Outcome, Purpose, TransactionRef, User},
};
use bytes::Bytes;
use incoming::Ringing;
use outgoing::Calling;
use refer::Referral;
use reoffer::{OurOffer, TheirOffer};
use session_timer::SessionTimer;
use std::time::{Duration, Instant};

/// Header fields given by the user of the endpoint.
type Headers = Vec<(String, String)>;

#[derive(Debug)]
pub(crate) struct Leg {
    id: LegId,
    local: LocalEnd,
    phase: Phase,
    session: Session,
    /// Our re-INVITE, under way or waiting for its turn.
    our_offer: Option<Box<OurOffer>>,
    /// Their re-INVITE or UPDATE that waits for the user's answer.
    their_offer: Option<TheirOffer>,
    /// Our 2xx whose ACK has not come.
    unacknowledged: Option<Box<Unacknowledged>>,
    /// The 2xx to our INVITE whose ACK has not gone, and the INVITE's CSeq.
    owed_ack: Option<(TransactionRef, u32)>,
    /// CSeq of our last re-INVITE.
    reinvite_cseq: u32,
    /// BYE waits for the ACK to our 2xx.
    leaving: Option<Option<Reason>>,
    /// Their REFER.
    referral: Option<Box<Referral>>,
    /// There was a REFER before.
    was_referred: bool,
    timer: Option<Box<SessionTimer>>,
    session_policy: SessionPolicy,
    /// Answers challenges to our requests.
    answerer: Option<Box<Answerer>>,
}

#[derive(Debug)]
enum Phase {
    /// Our INVITE is out.
    Calling(Box<Calling>),
    /// Their INVITE is unanswered.
    Ringing(Box<Ringing>, Box<Dialog>),
    /// A 2xx came or went.
    Up(Box<Dialog>),
    /// Our BYE is out.
    Leaving(Box<Dialog>),
    /// Nothing is left; the endpoint forgets the leg.
    Gone,
}

/// A 2xx to an INVITE, repeated until its ACK comes (RFC 3261 §13.3.1.4).
#[derive(Debug)]
struct Unacknowledged {
    bytes: Bytes,
    flow: Flow,
    cseq: u32,
    /// It is the answer to the INVITE that made the leg.
    is_first: bool,
    next: Instant,
    interval: Duration,
    give_up: Instant,
}

impl Leg {
    fn new(id: LegId, local: LocalEnd, phase: Phase, session: Session) -> Self {
        Self {
            id,
            local,
            phase,
            session,
            our_offer: None,
            their_offer: None,
            unacknowledged: None,
            owed_ack: None,
            reinvite_cseq: 0,
            leaving: None,
            referral: None,
            was_referred: false,
            timer: None,
            session_policy: SessionPolicy::default(),
            answerer: None,
        }
    }

    pub(crate) fn id(&self) -> LegId {
        self.id
    }

    pub(crate) fn local(&self) -> &LocalEnd {
        &self.local
    }

    pub(crate) fn is_gone(&self) -> bool {
        matches!(self.phase, Phase::Gone)
    }

    /// Whether a request bears this dialog's identifiers; its To tag was compared already (RFC 3261 §12.2.2).
    pub(crate) fn owns(&self, request: &Message) -> bool {
        let from_tag = request.from().and_then(|from| from.tag()).unwrap_or(b"");
        request.call_id() == Some(&*self.local.call_id)
            && match &self.phase {
                Phase::Calling(calling) => calling.early_dialog(from_tag).is_some(),
                Phase::Ringing(_, dialog) | Phase::Up(dialog) | Phase::Leaving(dialog) => {
                    *dialog.remote_tag == *from_tag
                }
                Phase::Gone => false,
            }
    }

    /// Whether the dialog has these identifiers, its own tag compared already (RFC 3891 §3).
    pub(crate) fn is_dialog(&self, call_id: &[u8], remote_tag: &[u8]) -> bool {
        *self.local.call_id == *call_id
            && match &self.phase {
                Phase::Calling(calling) => calling.early_dialog(remote_tag).is_some(),
                Phase::Ringing(_, dialog) | Phase::Up(dialog) => *dialog.remote_tag == *remote_tag,
                Phase::Leaving(_) | Phase::Gone => false,
            }
    }

    /// Whether it is answered.
    pub(crate) fn is_up(&self) -> bool {
        matches!(self.phase, Phase::Up(_))
    }

    /// When the leg wants [`on_timeout`](Self::on_timeout).
    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        let phase = match &self.phase {
            Phase::Calling(calling) => calling.next_timeout(),
            Phase::Ringing(ringing, _) => ringing.next_timeout(),
            Phase::Up(_) | Phase::Leaving(_) | Phase::Gone => None,
        };
        let unacknowledged = self.unacknowledged.as_ref().map(|sent| sent.next.min(sent.give_up));
        let offer = self.our_offer.as_ref().and_then(|offer| offer.next_timeout());
        let timer = self.timer.as_ref().map(|timer| timer.next_timeout());
        [phase, unacknowledged, offer, timer].into_iter().flatten().min()
    }

    pub(crate) fn on_timeout(&mut self, now: Instant, stack: &mut Stack) {
        match &mut self.phase {
            Phase::Calling(_) => self.on_calling_timeout(now, stack),
            Phase::Ringing(..) => {
                self.on_ringing_timeout(now, stack);
                self.repeat_reliable(now, stack);
            }
            Phase::Up(_) | Phase::Leaving(_) | Phase::Gone => {}
        }
        self.repeat_unacknowledged(now, stack);
        self.on_offer_timeout(now, stack);
        self.on_timer(now, stack);
    }

    pub(crate) fn command(&mut self, now: Instant, stack: &mut Stack, command: LegCommand) {
        let fits = match command {
            LegCommand::Invite(_) => false,
            LegCommand::Progress { status, sdp, headers } => self.progress(now, stack, status, sdp, &headers),
            LegCommand::Answer { sdp, headers } => self.answer(now, stack, sdp, &headers),
            LegCommand::SessionTimer(policy) => {
                self.session_policy = policy;
                true
            }
            LegCommand::Reject { status, headers } => self.reject(now, stack, status, &headers),
            LegCommand::Reoffer { sdp } => self.reoffer(now, stack, sdp),
            LegCommand::AnswerReoffer { sdp } => self.answer_reoffer(now, stack, sdp),
            LegCommand::RejectReoffer { status } => self.reject_reoffer(now, stack, status),
            LegCommand::Info { content_type, body } => self.send_info(now, stack, &content_type, &body),
            LegCommand::AcceptRefer => self.accept_refer(now, stack),
            LegCommand::RejectRefer { status } => self.reject_refer(now, stack, status),
            LegCommand::ReferProgress { status } => self.refer_progress(now, stack, status),
            LegCommand::HangUp { reason } => self.hang_up(now, stack, reason),
        };
        if !fits {
            stack.counters.commands_ignored += 1;
            tracing::debug!(leg = self.id.0, "command does not fit the state of the leg");
        }
    }

    /// A new request in the dialog.
    pub(crate) fn on_request(&mut self, now: Instant, stack: &mut Stack, flow: &Flow, request: &Message) {
        let method = request.method().unwrap_or(Method::Other(""));
        if method == Method::Ack {
            return self.on_ack(now, stack, flow, request);
        }
        let transaction = stack.open_server(now, flow, request, self.local.tag, Some(self.id));
        let cseq = request.cseq().map_or(0, |cseq| cseq.number);
        let Some(dialog) = self.dialog_with(request) else { return };
        if !dialog.advance(cseq) {
            return stack.respond_status(now, transaction, 500, |draft| {
                draft.header("Retry-After", "0");
            });
        }
        dialog.heard(request, flow);
        if check::extensions_known(request, &stack.config).is_err() {
            let refused: Vec<Vec<u8>> = check::unsupported(request, &stack.config).map(<[u8]>::to_vec).collect();
            return stack.respond_status(now, transaction, 420, |draft| {
                for tag in &refused {
                    draft.header("Unsupported", tag);
                }
            });
        }
        match method {
            Method::Bye => self.on_bye(now, stack, transaction, request),
            Method::Invite => self.on_reinvite(now, stack, transaction, request),
            Method::Update => self.on_update(now, stack, transaction, request),
            Method::Info => self.on_info(now, stack, transaction, request),
            Method::Prack => self.on_prack(now, stack, transaction, request),
            Method::Refer => self.on_refer(now, stack, transaction, request),
            Method::Options => self.respond_capabilities(now, stack, transaction, 200),
            Method::Other(_) => self.respond_capabilities(now, stack, transaction, 501),
            _ => self.respond_capabilities(now, stack, transaction, 405),
        }
    }

    /// News of a request of this leg.
    pub(crate) fn on_notice(&mut self, now: Instant, stack: &mut Stack, purpose: Purpose, notice: Notice) {
        if let Outcome::Response(response, flow) = &notice.outcome
            && let Phase::Up(dialog) = &mut self.phase
            && purpose == Purpose::Reoffer
        {
            dialog.heard(response, flow);
        }
        match purpose {
            Purpose::Invite => self.on_invite_notice(now, stack, notice.transaction, notice.outcome),
            Purpose::Reoffer => self.on_reoffer_notice(now, stack, notice.transaction, notice.outcome),
            Purpose::Refresh => self.on_refresh_notice(now, stack, &notice.outcome),
            Purpose::Refer => self.on_refer_notice(now, stack, &notice.outcome),
            Purpose::Bye => self.on_bye_notice(now, stack, &notice.outcome),
        }
    }

    /// A connection closed.
    pub(crate) fn on_disconnect(&mut self, failed: &Flow) {
        let dialogs: &mut [Dialog] = match &mut self.phase {
            Phase::Calling(calling) => &mut calling.early,
            Phase::Ringing(_, dialog) | Phase::Up(dialog) | Phase::Leaving(dialog) => std::slice::from_mut(dialog),
            Phase::Gone => &mut [],
        };
        for dialog in dialogs.iter_mut().filter(|dialog| dialog.flow.connection == failed.connection) {
            dialog.disconnect();
        }
    }

    fn dialog_with(&mut self, request: &Message) -> Option<&mut Dialog> {
        match &mut self.phase {
            Phase::Calling(calling) => {
                calling.early_dialog_mut(request.from().and_then(|from| from.tag()).unwrap_or(b""))
            }
            Phase::Ringing(_, dialog) | Phase::Up(dialog) | Phase::Leaving(dialog) => Some(dialog),
            Phase::Gone => None,
        }
    }

    /// Send a request in the established dialog.
    fn request_in_dialog(
        &mut self,
        now: Instant,
        stack: &mut Stack,
        method: Method<'static>,
        user: User,
        complete: impl FnOnce(Draft, &Flow) -> Bytes,
    ) -> Option<TransactionRef> {
        let (Phase::Up(dialog) | Phase::Leaving(dialog)) = &self.phase else { return None };
        self.local.cseq += 1;
        let branch = stack.new_branch();
        let mut draft = dialog.draft(&self.local, method, self.local.cseq, branch);
        draft.product("User-Agent", &stack.config.user_agent);
        if let Some(answerer) = &mut self.answerer {
            answerer.authorize(stack, &mut draft, method, dialog.request_uri());
        }
        let flow = dialog.flow;
        Some(stack.send_request(now, flow, branch, method, complete(draft, &flow), user))
    }

    /// Answer with what we can do (RFC 3261 §11.2).
    fn respond_capabilities(&self, now: Instant, stack: &mut Stack, transaction: TransactionRef, status: u16) {
        let Some(mut draft) = stack.draft(transaction, status, None) else { return };
        draft.header("Allow", &stack.allow);
        if status == 200 {
            draft.header("Accept", "application/sdp").header("Supported", &stack.supported);
        }
        draft.product("Server", &stack.config.user_agent);
        stack.respond_in(now, transaction, status, draft.finish(None));
    }

    fn repeat_unacknowledged(&mut self, now: Instant, stack: &mut Stack) {
        let Some(sent) = &mut self.unacknowledged else { return };
        if sent.give_up <= now {
            self.unacknowledged = None;
            self.send_bye(now, stack, None, User::Nobody);
            self.end(now, stack, LegEnd::NoAck);
        } else if sent.next <= now {
            sent.interval = (sent.interval * 2).min(stack.config.timers.t2);
            sent.next = now + sent.interval;
            stack.counters.retransmissions_sent += 1;
            stack.transmit(sent.flow, sent.bytes.clone());
        }
    }

    /// The leg is over: nothing of it is left open, and the user is told.
    fn end(&mut self, now: Instant, stack: &mut Stack, cause: LegEnd) {
        self.leave_quietly(now, stack);
        stack.leg_event(self.id, LegEvent::Ended { cause });
    }

    fn leave_quietly(&mut self, now: Instant, stack: &mut Stack) {
        self.settle_open_offers(now, stack);
        self.phase = Phase::Gone;
        self.unacknowledged = None;
        self.timer = None;
    }
}

/// Make the leg of an outgoing call and send its INVITE.
pub(crate) fn invite(now: Instant, stack: &mut Stack, id: LegId, invite: NewInvite) -> Leg {
    outgoing::invite(now, stack, id, invite)
}

/// Make the leg of an incoming call; 100 Trying is sent.
pub(crate) fn invited(now: Instant, stack: &mut Stack, id: LegId, flow: &Flow, request: &Message) -> Leg {
    incoming::invited(now, stack, id, flow, request)
}

/// A fork's 2xx that no leg wants: acknowledge it and hang up (RFC 3261 §13.2.2.4).
pub(crate) fn turn_down(now: Instant, stack: &mut Stack, invite: TransactionRef, response: &Message, flow: &Flow) {
    outgoing::turn_down(now, stack, invite, response, flow);
}
