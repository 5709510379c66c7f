//! REFER: the other party asks to be connected elsewhere (RFC 3515), and is told what came of it, unless it does not
//! want to know (RFC 4488).

use super::{Leg, Phase, incoming::draft_in_dialog};
use crate::{
    LegEvent, Message, Method, NameAddr, Refer, Replaces,
    headers::{HeaderName, text},
    stack::Stack,
    transaction::{Outcome, Purpose, TransactionRef, User},
};
use bytes::Bytes;
use std::time::Instant;

/// How long a referral may take as the other party is told; it is over long before.
const LASTS: &str = "active;expires=180";

/// A REFER, from its arrival to the last NOTIFY.
#[derive(Debug)]
pub(super) struct Referral {
    /// The REFER, until it is answered.
    asked: Option<TransactionRef>,
    /// The CSeq that tells it from earlier ones in this dialog (RFC 3515 §2.4.6); `None` for the first.
    id: Option<u32>,
    wants_news: bool,
    /// A NOTIFY is out.
    in_flight: bool,
    /// What happened since: the next NOTIFY says it.
    news: Option<u16>,
    /// The last NOTIFY is out.
    told_all: bool,
}

impl Leg {
    pub(super) fn on_refer(&mut self, now: Instant, stack: &mut Stack, transaction: TransactionRef, request: &Message) {
        if !matches!(self.phase, Phase::Up(_)) {
            return stack.respond_status(now, transaction, 481, |_| {});
        }
        if self.referral.is_some() {
            return stack.respond_status(now, transaction, 491, |_| {});
        }
        let mut lines = request.lines(HeaderName::ReferTo);
        let target = lines.next().and_then(NameAddr::parse).and_then(|to| to.uri());
        let (Some(uri), None) = (target, lines.next()) else {
            return stack.respond_status(now, transaction, 400, |_| {});
        };
        let replaces = Replaces::of_uri_headers(uri.headers());
        if replaces.is_none() && uri.headers().to_ascii_lowercase().starts_with(b"replaces=") {
            return stack.respond_status(now, transaction, 400, |_| {});
        }
        let end = memchr::memchr(b'?', uri.as_bytes()).unwrap_or(uri.as_bytes().len());
        let to = text(&uri.as_bytes()[..end]).into_owned();
        let referred_by = request.text(HeaderName::ReferredBy).map(|by| by.into_owned());
        let wants_news = request.header_named("Refer-Sub").is_none_or(|value| !value.eq_ignore_ascii_case(b"false"));
        let cseq = request.cseq().map(|cseq| cseq.number);
        self.referral = Some(Box::new(Referral {
            asked: Some(transaction),
            id: cseq.filter(|_| std::mem::replace(&mut self.was_referred, true)),
            wants_news,
            in_flight: false,
            news: None,
            told_all: false,
        }));
        stack.leg_event(self.id, LegEvent::Refer(Box::new(Refer { to, replaces, referred_by })));
    }

    pub(super) fn accept_refer(&mut self, now: Instant, stack: &mut Stack) -> bool {
        let Phase::Up(dialog) = &self.phase else { return false };
        let flow = dialog.flow;
        let Some(referral) = &mut self.referral else { return false };
        let Some(transaction) = referral.asked.take() else { return false };
        let wants_news = referral.wants_news;
        if let Some(mut draft) = draft_in_dialog(stack, transaction, 202, &flow) {
            if !wants_news {
                draft.header("Refer-Sub", "false");
            }
            draft.product("Server", &stack.config.user_agent);
            stack.respond_in(now, transaction, 202, draft.finish(None));
        }
        if wants_news {
            self.refer_progress(now, stack, 100)
        } else {
            self.referral = None;
            true
        }
    }

    pub(super) fn reject_refer(&mut self, now: Instant, stack: &mut Stack, status: u16) -> bool {
        let asked = self.referral.as_ref().and_then(|referral| referral.asked);
        let Some(transaction) = asked.filter(|_| (300..=699).contains(&status)) else { return false };
        self.referral = None;
        stack.respond_status(now, transaction, status, |_| {});
        true
    }

    /// Tell how the referral goes; a final status ends it. One that overtakes another that waits replaces it.
    pub(super) fn refer_progress(&mut self, now: Instant, stack: &mut Stack, status: u16) -> bool {
        let Some(referral) = self.referral.as_mut().filter(|referral| referral.asked.is_none()) else {
            // It did not want to know, or its subscription failed: nobody is waiting.
            return true;
        };
        referral.news = Some(status);
        self.tell_news(now, stack);
        true
    }

    fn tell_news(&mut self, now: Instant, stack: &mut Stack) {
        let Some(referral) = self.referral.as_mut().filter(|referral| !referral.in_flight) else { return };
        let Some(status) = referral.news.take() else { return };
        let is_last = status >= 200;
        (referral.in_flight, referral.told_all) = (true, is_last);
        let event = referral.id.map_or_else(|| String::from("refer"), |id| format!("refer;id={id}"));
        let fragment = Bytes::from(format!("SIP/2.0 {status} {}\r\n", crate::build::reason_phrase(status)));
        let user = User::Leg(self.id, Purpose::Refer);
        let sent = self.request_in_dialog(now, stack, Method::Notify, user, |mut draft, flow| {
            draft.contact(flow).header("Event", &event);
            draft.header("Subscription-State", if is_last { "terminated;reason=noresource" } else { LASTS });
            draft.finish(Some(("message/sipfrag;version=2.0", &fragment)))
        });
        if sent.is_none() {
            self.referral = None;
        }
    }

    pub(super) fn on_refer_notice(&mut self, now: Instant, stack: &mut Stack, outcome: &Outcome) {
        let heard = match outcome {
            Outcome::Response(response, _) => match response.status().unwrap_or(0) {
                ..200 => return,
                status => status < 300,
            },
            Outcome::TimedOut | Outcome::TransportFailed => false,
        };
        let Some(referral) = &mut self.referral else { return };
        referral.in_flight = false;
        if !heard || referral.told_all {
            self.referral = None;
        } else {
            self.tell_news(now, stack);
        }
    }
}
