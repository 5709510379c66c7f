//! Session timers (RFC 4028): a call whose peer has vanished ends, whoever lost the BYE.

use super::{Leg, Phase};
use crate::{
    LegEnd, LegEvent, Message, Method, Reason, SessionPolicy,
    build::Draft,
    headers::{HeaderName, Params, number, trim},
    stack::Stack,
    transaction::{Outcome, Purpose, TransactionRef, User},
};
use std::{
    borrow::Cow,
    time::{Duration, Instant},
};

/// The session interval agreed with the other party, and who renews it.
#[derive(Debug)]
pub(super) struct SessionTimer {
    interval: Duration,
    we_refresh: bool,
    /// They take UPDATE; otherwise a re-INVITE renews, for which the user has the description.
    by_update: bool,
    at: Instant,
}

impl SessionTimer {
    pub(super) fn next_timeout(&self) -> Instant {
        self.at
    }

    /// Half the interval for who renews, and a little before its end for who waits (RFC 4028 §10).
    fn start(&mut self, now: Instant) {
        self.at = now
            + if self.we_refresh {
                self.interval / 2
            } else {
                self.interval - (self.interval / 3).min(Duration::from_secs(32))
            };
    }
}

/// Session-Expires: seconds, and the refresher if it is named.
fn session_expires(message: &Message) -> Option<(u64, Option<bool>)> {
    let value = message.header(HeaderName::SessionExpires)?;
    let end = memchr::memchr(b';', value).unwrap_or(value.len());
    let refresher = Params(&value[end..]).value("refresher");
    let by_uac = refresher.and_then(|name| match name.to_ascii_lowercase().as_str() {
        "uac" => Some(true),
        "uas" => Some(false),
        _ => None,
    });
    Some((number(trim(&value[..end]))?, by_uac))
}

/// The shortest interval that a request allows (RFC 4028 §5); 90 s if it says nothing.
fn min_se(message: &Message) -> u64 {
    let value =
        message.header(HeaderName::MinSe).map(|value| &value[..memchr::memchr(b';', value).unwrap_or(value.len())]);
    value.and_then(|value| number(trim(value))).unwrap_or(90)
}

/// Whether a request asks for a shorter interval than we take; then it is answered 422 (RFC 4028 §9).
pub(crate) fn too_short(request: &Message, stack: &Stack) -> bool {
    request.lists(HeaderName::Supported, "timer")
        && session_expires(request).is_some_and(|(interval, _)| interval < stack.config.min_session.as_secs())
}

/// Ask for a session timer in a request of ours (RFC 4028 §7.1).
pub(super) fn ask(draft: &mut Draft, interval: Option<Duration>, at_least: u64) {
    if let Some(interval) = interval {
        draft.field("Session-Expires", format_args!("{}", interval.as_secs().max(at_least)));
        if at_least > 90 {
            draft.field("Min-SE", format_args!("{at_least}"));
        }
    }
}

/// What a 422 wants.
pub(super) fn wanted_by(refusal: &Message) -> u64 {
    min_se(refusal).min(86_400)
}

/// The option tags that stand in Supported: without `timer` where no session is to be renewed.
pub(super) fn supported(stack: &Stack, policy: SessionPolicy) -> Cow<'_, str> {
    if policy != SessionPolicy::Off {
        return Cow::Borrowed(&stack.supported);
    }
    stack.supported.split(", ").filter(|tag| *tag != "timer").collect::<Vec<_>>().join(", ").into()
}

impl Leg {
    /// The interval that is asked for. Who insists gets one, whatever we would like, and keeps it.
    pub(super) fn session_interval(&self, stack: &Stack, insisted: bool) -> Option<Duration> {
        let interval = self.session_policy.interval(stack.config.session_interval);
        interval.or_else(|| stack.config.session_interval.filter(|_| insisted || self.timer.is_some()))
    }

    /// Agree on a timer in a 2xx of ours (RFC 4028 §9), and say so in it.
    pub(super) fn grant_timer(&mut self, now: Instant, stack: &Stack, draft: &mut Draft, request: &Message) {
        let Some(ours) = self.session_interval(stack, request.lists(HeaderName::Require, "timer")) else { return };
        let ours = ours.as_secs();
        let they_know = [HeaderName::Supported, HeaderName::Require].iter().any(|name| request.lists(*name, "timer"));
        let asked = session_expires(request);
        let floor = min_se(request).max(stack.config.min_session.as_secs());
        let interval = asked.map_or(ours, |(theirs, _)| theirs.min(ours)).max(floor);
        let they_refresh = they_know && asked.and_then(|(_, by_uac)| by_uac).unwrap_or(true);
        if they_know {
            let refresher = if they_refresh { "uac" } else { "uas" };
            draft.field("Session-Expires", format_args!("{interval};refresher={refresher}"));
            if they_refresh {
                draft.header("Require", "timer");
            }
        }
        self.set_timer(now, interval, !they_refresh, request);
    }

    /// Take note of what a 2xx to our request says (RFC 4028 §7.2): who does not know timers is looked after by us.
    pub(super) fn learn_timer(&mut self, now: Instant, stack: &Stack, response: &Message) {
        let Some(ours) = self.session_interval(stack, false) else { return };
        let (interval, by_uac) = session_expires(response).unwrap_or((ours.as_secs(), None));
        self.set_timer(now, interval.clamp(90, 86_400), by_uac.unwrap_or(true), response);
    }

    fn set_timer(&mut self, now: Instant, interval: u64, we_refresh: bool, message: &Message) {
        let by_update = match message.header(HeaderName::Allow) {
            Some(_) => message.lists(HeaderName::Allow, "UPDATE"),
            None => self.timer.as_ref().is_some_and(|timer| timer.by_update),
        };
        let mut timer = SessionTimer { interval: Duration::from_secs(interval), we_refresh, by_update, at: now };
        timer.start(now);
        self.timer = Some(Box::new(timer));
    }

    pub(super) fn on_timer(&mut self, now: Instant, stack: &mut Stack) {
        let Some(timer) = self.timer.as_mut().filter(|timer| timer.at <= now) else { return };
        if !matches!(self.phase, Phase::Up(_)) || self.leaving.is_some() {
            self.timer = None;
        } else if !timer.we_refresh {
            self.timer = None;
            let reason = Reason { protocol: "SIP".into(), cause: 408, text: Some("Session timer expired".into()) };
            self.send_bye(now, stack, Some(reason), User::Nobody);
            self.end(now, stack, LegEnd::Timeout);
        } else {
            // The next try, should this one come to nothing.
            timer.at = now + timer.interval / 2;
            let interval = timer.interval.as_secs();
            if timer.by_update {
                let user = User::Leg(self.id, Purpose::Refresh);
                self.request_in_dialog(now, stack, Method::Update, user, |mut draft, flow| {
                    draft.contact(flow).header("Supported", "timer");
                    draft.field("Session-Expires", format_args!("{interval};refresher=uac"));
                    draft.finish(None)
                });
            } else if self.our_offer.is_none() {
                stack.leg_event(self.id, LegEvent::RefreshDue);
            }
        }
    }

    pub(super) fn on_refresh_notice(&mut self, now: Instant, stack: &mut Stack, outcome: &Outcome) {
        let status = match outcome {
            Outcome::Response(response, _) => response.status().unwrap_or(0),
            Outcome::TimedOut => 408,
            Outcome::TransportFailed => 503,
        };
        match (status, outcome) {
            (200..=299, Outcome::Response(response, _)) => self.learn_timer(now, stack, response),
            // They do not know the dialog, or are gone (RFC 3261 §12.2.1.2).
            (408 | 481, _) => {
                self.send_bye(now, stack, None, User::Nobody);
                self.end(now, stack, LegEnd::Timeout);
            }
            // They said UPDATE and do not mean it.
            (405 | 501, _) => {
                if let Some(timer) = &mut self.timer {
                    (timer.by_update, timer.at) = (false, now);
                }
            }
            _ => {}
        }
    }

    /// A request of theirs that renews the session; its 2xx is being written.
    pub(super) fn renew_timer(&mut self, now: Instant, stack: &Stack, draft: &mut Draft, transaction: TransactionRef) {
        if let Some(request) = stack.request_of(transaction).cloned() {
            self.grant_timer(now, stack, draft, &request);
        }
    }
}
