//! Offer and answer (RFC 3264, RFC 6337): whose turn it is to describe the session.

use bytes::Bytes;

/// The state of the offer/answer exchange of a leg.
#[derive(Debug, Default)]
pub(crate) struct Session {
    turn: Turn,
    /// The answer that went with a provisional response: the 2xx repeats it (RFC 3261 §13.2.1, RFC 6337 §2.2).
    early_answer: Option<Bytes>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Turn {
    /// Nothing is open.
    #[default]
    Settled,
    /// We offered and wait for the answer.
    Theirs,
    /// They offered, or asked us to offer, and wait for us.
    Ours,
}

impl Session {
    /// Our offer leaves.
    pub(crate) fn we_offered(&mut self) {
        self.turn = Turn::Theirs;
    }

    /// Their offer, or their request for one, arrives.
    pub(crate) fn they_offered(&mut self) {
        self.turn = Turn::Ours;
    }

    /// The exchange ended: an answer came or went, or the offer was refused.
    pub(crate) fn settle(&mut self) {
        self.turn = Turn::Settled;
        self.early_answer = None;
    }

    /// An answer of ours leaves with an unreliable provisional response: it counts, and the 2xx will repeat it.
    pub(crate) fn answered_early(&mut self, sdp: Bytes) {
        self.early_answer = Some(sdp);
    }

    /// What the 2xx says: the description given now, or else the one that was given early.
    pub(crate) fn final_answer(&self, given: Option<Bytes>) -> Option<Bytes> {
        given.or_else(|| self.early_answer.clone())
    }

    /// Whether an early answer went out.
    pub(crate) fn has_early_answer(&self) -> bool {
        self.early_answer.is_some()
    }

    /// Whether no exchange is open, so that either side may offer.
    pub(crate) fn is_settled(&self) -> bool {
        self.turn == Turn::Settled
    }

    /// Whether we wait for their answer.
    pub(crate) fn is_their_turn(&self) -> bool {
        self.turn == Turn::Theirs
    }
}
