//! What the endpoint tells its user, and what the user tells a leg.

use crate::{Flow, Message, Method, Replaces, digest::Ha1};
use bytes::Bytes;
use std::{borrow::Cow, time::Duration};

/// A leg: one INVITE dialog (or dialog to be) with one party.
///
/// The user of the endpoint chooses the ids of outgoing legs below 2^63; those of incoming legs are minted by the
/// endpoint with bit 63 set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LegId(pub u64);

impl LegId {
    pub(crate) const INCOMING: u64 = 1 << 63;

    /// Whether the other party made the INVITE.
    pub fn is_incoming(self) -> bool {
        self.0 & Self::INCOMING != 0
    }
}

/// A request outside dialogs that waits for [`Endpoint::respond`](crate::Endpoint::respond).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ServerTransactionId(pub(crate) u64);

/// A request outside dialogs that we sent; chosen by the user of the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientTransactionId(pub u64);

/// Somebody who wants to be told what happens (RFC 6665); minted by the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SubscriptionId(pub u64);

/// Something happened.
#[derive(Debug)]
pub enum Event {
    /// A new call comes in; 100 Trying is already sent.
    Invite(LegId, Box<IncomingInvite>),
    /// Something happened on a leg.
    Leg(LegId, LegEvent),
    /// A request outside dialogs: REGISTER, OPTIONS, MESSAGE …; must be answered by
    /// [`Endpoint::respond`](crate::Endpoint::respond) within 64*T1, after which its sender has given up.
    Request(ServerTransactionId, Box<IncomingRequest>),
    /// The final response to a request made with [`Endpoint::request`](crate::Endpoint::request).
    Response(ClientTransactionId, Result<Box<Message>, RequestFailure>),
    /// Somebody wants to subscribe; must be answered by [`SubscriptionCommand::Accept`] or
    /// [`SubscriptionCommand::Refuse`] within 64*T1, after which it is forgotten.
    Subscribe(SubscriptionId, Box<IncomingRequest>),
    /// Something happened to a subscription.
    Subscription(SubscriptionId, SubscriptionEvent),
}

/// What happens to a subscription that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionEvent {
    /// It was renewed, or asked to end: either way a NOTIFY with the whole state must follow (RFC 6665 §4.2.1.2).
    Refreshed,
    /// The last NOTIFY was answered: the next one may go.
    Notified,
    /// It is over; its id means nothing any more.
    Ended,
}

/// What a subscription is told to do. What does not fit its state is ignored.
#[derive(Debug)]
pub enum SubscriptionCommand {
    /// Accept it for at most so many seconds; a NOTIFY must follow at once.
    Accept {
        /// Seconds.
        expires: u32,
        /// Extra header fields, repeated in the answer to each renewal.
        headers: Vec<(String, String)>,
    },
    /// Refuse it, which ends it.
    Refuse {
        /// 300 to 699; 489 for an event that nobody knows.
        status: u16,
        /// Extra header fields.
        headers: Vec<(String, String)>,
    },
    /// Tell the state. Ignored while another NOTIFY is out: wait for [`SubscriptionEvent::Notified`]. It is the last one
    /// when the subscription asked to end.
    Notify {
        /// Content-Type and body.
        body: Option<(String, Bytes)>,
        /// Extra header fields.
        headers: Vec<(String, String)>,
    },
    /// End it.
    End {
        /// `deactivated` (subscribe again), `noresource`, `rejected` … (RFC 6665 §4.1.3).
        reason: &'static str,
        /// Content-Type and body.
        body: Option<(String, Bytes)>,
    },
}

/// An INVITE that starts a call.
#[derive(Clone, Debug)]
pub struct IncomingInvite {
    /// The INVITE. Keeping it keeps the bytes of the datagram alive.
    pub request: Message,
    /// Where it came from.
    pub flow: Flow,
    /// The caller's offer; `None` asks us for one in the 200.
    pub sdp: Option<Bytes>,
}

/// A request outside dialogs.
#[derive(Clone, Debug)]
pub struct IncomingRequest {
    /// The request.
    pub request: Message,
    /// Where it came from.
    pub flow: Flow,
}

/// Why a request of ours has no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestFailure {
    /// Nothing came within 64*T1 (timer F).
    #[error("no response")]
    Timeout,
    /// The transport could not deliver it.
    #[error("could not be sent")]
    Transport,
    /// More transactions than [`Config::max_transactions`](crate::Config::max_transactions), or a method that does
    /// not go outside dialogs.
    #[error("refused here")]
    Refused,
}

/// What happens on a leg. Each leg ends with exactly one of `Rejected`, `Cancelled`, `Ended`, after which its id
/// means nothing.
#[derive(Debug)]
pub enum LegEvent {
    /// 101 to 199 to our INVITE, with the callee's early media if it describes any. 100 is not reported.
    Progress {
        /// The status.
        status: u16,
        /// The answer in it.
        sdp: Option<Bytes>,
    },
    /// 2xx to our INVITE. The ACK is already sent, unless our INVITE had no offer: then `sdp` is the callee's offer and
    /// the ACK goes with [`LegCommand::AnswerReoffer`].
    Answered {
        /// The answer (or the offer, if we made none).
        sdp: Option<Bytes>,
        /// The whole response.
        message: Box<Message>,
    },
    /// Our INVITE failed.
    Rejected {
        /// 300 to 699.
        status: u16,
        /// The response; `None` when the failure was made here: 408 no response, 503 transport, 487 cancelled and
        /// never answered.
        message: Option<Box<Message>>,
    },
    /// The ACK to our 2xx arrived; after a re-INVITE it is reported only when it carries the answer to our offer.
    Confirmed {
        /// The answer in the ACK.
        sdp: Option<Bytes>,
    },
    /// The caller gave up before we answered; 487 is already sent.
    Cancelled {
        /// The Reason header field (RFC 3326), such as `SIP;cause=200;text="Call completed elsewhere"`.
        reason: Option<String>,
    },
    /// The other party wants to change the session by re-INVITE or UPDATE; answer with
    /// [`LegCommand::AnswerReoffer`] or [`LegCommand::RejectReoffer`].
    Reoffer {
        /// The offer. `None` asks us for one: our AnswerReoffer carries it and the answer comes with `Confirmed`.
        sdp: Option<Bytes>,
    },
    /// Our re-INVITE was accepted.
    Reanswered {
        /// The answer.
        sdp: Option<Bytes>,
    },
    /// Our re-INVITE was refused; the session goes on as it was.
    ReofferFailed {
        /// 300 to 699.
        status: u16,
    },
    /// The session must be renewed by [`LegCommand::Reoffer`] with the description that holds now (RFC 4028): the other
    /// party does not take UPDATE.
    RefreshDue,
    /// INFO arrived with DTMF (RFC 2976 as used by `application/dtmf-relay`); it is already answered.
    Info {
        /// `application/dtmf-relay` or `application/dtmf`.
        content_type: String,
        /// Its body.
        body: Bytes,
    },
    /// The other party asks to be connected elsewhere (RFC 3515); answer with [`LegCommand::AcceptRefer`] or
    /// [`LegCommand::RejectRefer`].
    Refer(Box<Refer>),
    /// The leg is gone.
    Ended {
        /// Why.
        cause: LegEnd,
    },
}

/// Where the other party asks to be connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refer {
    /// The URI of Refer-To without its header fields.
    pub to: String,
    /// The dialog that the new call shall take the place of; see [`Endpoint::find_leg`](crate::Endpoint::find_leg).
    pub replaces: Option<Replaces>,
    /// Referred-By (RFC 3892).
    pub referred_by: Option<String>,
}

/// Why a leg ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LegEnd {
    /// The other party hung up.
    Bye {
        /// The Reason header field (RFC 3326).
        reason: Option<String>,
    },
    /// No ACK for our 2xx came in 64*T1; BYE was sent (RFC 3261 §13.3.1.4).
    NoAck,
    /// The other party no longer answers in the dialog (408, 481; RFC 3261 §12.2.1.2); BYE was sent.
    Timeout,
    /// The transport failed.
    Transport,
    /// We ended it: our BYE is done, or our refusal of an incoming INVITE is sent.
    Local,
}

/// What a leg is told to do. A command that does not fit the leg's state is ignored and counted in
/// [`Counters::commands_ignored`](crate::Counters::commands_ignored).
#[derive(Debug)]
pub enum LegCommand {
    /// Call somebody; the leg's id is new.
    Invite(Box<NewInvite>),
    /// Send a provisional response on an unanswered incoming leg.
    Progress {
        /// 101 to 199.
        status: u16,
        /// An early answer.
        sdp: Option<Bytes>,
        /// Extra header fields.
        headers: Vec<(String, String)>,
    },
    /// Answer an incoming leg with 200.
    Answer {
        /// The answer to the caller's offer, or our offer if it made none. `None` repeats the answer that went with
        /// the last Progress.
        sdp: Option<Bytes>,
        /// Extra header fields.
        headers: Vec<(String, String)>,
    },
    /// Renew the session by these rules from now on, in place of those of the configuration.
    SessionTimer(SessionPolicy),
    /// Refuse an incoming leg, which ends it.
    Reject {
        /// 300 to 699.
        status: u16,
        /// Extra header fields.
        headers: Vec<(String, String)>,
    },
    /// Change the session by re-INVITE; ends in `Reanswered` or `ReofferFailed`. Held back while another offer is
    /// under way, and repeated after 491 (RFC 3261 §14.1).
    Reoffer {
        /// The new offer.
        sdp: Bytes,
    },
    /// Accept the other party's re-INVITE or UPDATE (or answer the offer in the 2xx to our INVITE without one).
    AnswerReoffer {
        /// The answer, or the offer if the other party made none.
        sdp: Option<Bytes>,
    },
    /// Refuse the other party's re-INVITE or UPDATE; the session goes on as it was.
    RejectReoffer {
        /// 300 to 699; 488 says that the offer cannot be met.
        status: u16,
    },
    /// Send INFO on a confirmed leg.
    Info {
        /// Content-Type.
        content_type: String,
        /// Body.
        body: Bytes,
    },
    /// Accept a REFER (202) and say that it is tried.
    AcceptRefer,
    /// Refuse a REFER.
    RejectRefer {
        /// 300 to 699.
        status: u16,
    },
    /// Tell who sent a REFER how it goes; a final status ends the matter. Nothing happens when it does not want to know.
    ReferProgress {
        /// 100 to 699.
        status: u16,
    },
    /// End the leg by whatever fits its state: CANCEL (held back until a provisional response came, RFC 3261 §9.1),
    /// BYE (held back until the ACK came, §15), or 480 on an unanswered incoming leg.
    HangUp {
        /// Why, for the other party (RFC 3326).
        reason: Option<Reason>,
    },
}

/// A Reason header field (RFC 3326).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// `SIP` or `Q.850`.
    pub protocol: Cow<'static, str>,
    /// The cause in that protocol.
    pub cause: u16,
    /// Text for people.
    pub text: Option<Cow<'static, str>>,
}

impl Reason {
    /// The call was answered by another phone: a phone that sees this lists no missed call.
    pub fn completed_elsewhere() -> Self {
        Self { protocol: "SIP".into(), cause: 200, text: Some("Call completed elsewhere".into()) }
    }
}

/// Who answers a challenge to a request of ours (RFC 3261 §22).
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// User name.
    pub user: String,
    /// Password; in memory only, and never shown.
    pub password: String,
    /// What stands in place of the password, for the realm of whoever challenges; it goes before the password. Challenges
    /// by an algorithm whose part is empty cannot be answered.
    pub ha1: Option<Ha1>,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("user", &self.user).finish_non_exhaustive()
    }
}

/// A party as it stands in From and To: display name and URI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Name to show; quoted and escaped by the endpoint.
    pub display: Option<String>,
    /// URI without angle brackets, such as `sip:101@example.com`.
    pub uri: String,
}

/// An INVITE to make.
#[derive(Clone, Debug)]
pub struct NewInvite {
    /// Request-URI.
    pub target: String,
    /// Where to send it.
    pub flow: Flow,
    /// From, without tag.
    pub from: Party,
    /// To, without tag.
    pub to: Party,
    /// Offer; `None` asks the callee for one.
    pub sdp: Option<Bytes>,
    /// Extra header fields, such as Route, P-Asserted-Identity or Authorization.
    pub headers: Vec<(String, String)>,
    /// Max-Forwards (RFC 3261 §8.1.1.6): 70 for a call of our own, one less than the incoming leg's for one passed on.
    pub max_forwards: u8,
    /// Call-ID; made from the seed if `None`.
    pub call_id: Option<String>,
    /// Who answers a challenge; with `None` a 401 or 407 is a failure like others.
    pub account: Option<Account>,
    /// How long to wait for any response at all, in place of timer B (64*T1): short when there is another way to try
    /// (RFC 3263 §4.3). Retransmissions go on meanwhile.
    pub patience: Option<Duration>,
    /// Whether the session must be renewed, and how often.
    pub session_timer: SessionPolicy,
}

/// Whether a session must be renewed to last (RFC 4028).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SessionPolicy {
    /// As [`Config::session_interval`](crate::Config::session_interval) says.
    #[default]
    AsConfigured,
    /// Never asked for. Granted only to who requires it (RFC 4028 §9).
    Off,
    /// Asked for and granted, with this interval, at least 90 s; who does not know it is called all the same.
    Offered(Duration),
    /// The same, and no call of ours goes to who does not know it (`Require: timer`, RFC 4028 §7.1).
    Required(Duration),
}

impl SessionPolicy {
    /// The interval that is asked for, if any.
    pub(crate) fn interval(self, configured: Option<Duration>) -> Option<Duration> {
        match self {
            Self::AsConfigured => configured,
            Self::Off => None,
            Self::Offered(interval) | Self::Required(interval) => Some(interval.max(Duration::from_secs(90))),
        }
    }
}

/// A request outside dialogs to make.
#[derive(Clone, Debug)]
pub struct OutOfDialog {
    /// REGISTER, OPTIONS, MESSAGE … but not INVITE, ACK, BYE, CANCEL.
    pub method: Method<'static>,
    /// Request-URI.
    pub target: String,
    /// Where to send it.
    pub flow: Flow,
    /// From, without tag.
    pub from: Party,
    /// To, without tag.
    pub to: Party,
    /// Extra header fields, such as Contact, Expires or Authorization; Max-Forwards in place of 70.
    pub headers: Vec<(String, String)>,
    /// Content-Type and body.
    pub body: Option<(String, Bytes)>,
    /// Call-ID; made from the seed if `None`. Registrations of one contact share one (RFC 3261 §10.2).
    pub call_id: Option<String>,
    /// CSeq number, below 2^31; 1 if `None`. It must grow within one Call-ID; an answered challenge takes further numbers,
    /// the response says which was the last.
    pub cseq: Option<u32>,
    /// Who answers a challenge; with `None` a 401 or 407 is a response like others.
    pub account: Option<Account>,
}

/// An answer to a request outside dialogs.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// 200 to 699; anything else is sent as 500.
    pub status: u16,
    /// Reason phrase; the one of RFC 3261 §21 if `None`.
    pub reason: Option<String>,
    /// Header fields in order. Via, From, To (with tag), Call-ID, CSeq and Server are added by the endpoint, and Allow,
    /// Accept and Supported in a 2xx to OPTIONS.
    pub headers: Vec<(Cow<'static, str>, String)>,
    /// Content-Type and body.
    pub body: Option<(String, Bytes)>,
}

/// Figures since the endpoint was made, and what is alive now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Messages received, well-formed or not, keep-alives not counted.
    pub received: u64,
    /// Malformed requests that were answered 4xx or 5xx.
    pub malformed_answered: u64,
    /// Malformed messages that could not be answered.
    pub malformed_dropped: u64,
    /// Well-formed requests refused by the endpoint itself (420, 481, 482, 483, 416, 503 …).
    pub refused: u64,
    /// Responses and ACKs that belong to nothing.
    pub stray: u64,
    /// Requests and responses received again and absorbed.
    pub retransmissions_received: u64,
    /// Requests and responses that we sent again.
    pub retransmissions_sent: u64,
    /// Client transactions that ended by timer B or F.
    pub timeouts: u64,
    /// Commands that did not fit the leg's state or named no leg.
    pub commands_ignored: u64,
    /// Transactions alive.
    pub transactions: usize,
    /// Legs alive.
    pub legs: usize,
    /// Subscriptions alive.
    pub subscriptions: usize,
}
