//! Two who are connected change from sound to a fax by packets (T.38) or back: both do, and packets pass through; or one does
//! and a gateway stands between them.

use super::{Change, pass_offer};
use crate::{
    exchange::Exchange,
    fax::Gateway,
    party::{Party, image_of},
};
use bytes::Bytes;
use jackfield_sip::LegCommand;
use std::sync::Arc;
use tracing::info;

/// What a conversation knows of faxes.
pub(super) struct Faxing {
    exchange: Arc<Exchange>,
    gateway: Option<Gateway>,
}

impl Change {
    /// Whether it is to a fax by packets.
    pub(super) fn is_fax(&self) -> bool {
        image_of(&self.offer).is_some()
    }

    /// Whether it is to a fax by packets, which this answer does not accept.
    pub(super) fn is_refused_by(&self, answer: Option<&Bytes>) -> bool {
        self.is_fax() && answer.is_none_or(|answer| image_of(answer).is_none())
    }
}

impl Faxing {
    pub(super) fn of(exchange: &Arc<Exchange>) -> Self {
        Self { exchange: Arc::clone(exchange), gateway: None }
    }

    /// Whether a gateway stands between the two.
    pub(super) fn is_gateway(&self) -> bool {
        self.gateway.is_some()
    }

    /// Have no gateway there any longer.
    pub(super) fn end(&mut self, first: &Party, second: &Party) {
        if let Some(gateway) = self.gateway.take() {
            gateway.end(first, second);
        }
    }

    /// One of the two asks for a change of session: what waits for the other's answer. `mixed`: others hear them, so that they
    /// stay with sound.
    pub(super) async fn reoffer(
        &mut self,
        first: &mut Party,
        second: &mut Party,
        by_first: bool,
        sdp: Option<Bytes>,
        mixed: bool,
    ) -> Option<Change> {
        let fax = sdp.as_ref().is_some_and(|offer| image_of(offer).is_some());
        if let Some(gateway) = &self.gateway {
            let stays = sdp.is_none() || fax == gateway.is_by_packets(by_first);
            let from = if by_first { &mut *first } else { &mut *second };
            match sdp {
                // Each side goes on as it does, by itself.
                Some(offer) if stays && fax => {
                    from.accept_image(offer).await;
                    return None;
                }
                sdp if stays => {
                    from.accept_reoffer(sdp).await;
                    return None;
                }
                _ => {}
            }
        }
        self.end(first, second);
        let (from, to) = if by_first { (first, second) } else { (second, first) };
        match sdp {
            None => {
                super::offer_again(from, to).await;
                None
            }
            Some(_) if fax && mixed => {
                from.leg.command(LegCommand::RejectReoffer { status: 488 }).await;
                None
            }
            Some(offer) if fax => match to.describe(&offer, false) {
                Ok(sdp) => {
                    to.leg.command(LegCommand::Reoffer { sdp }).await;
                    Some(Change { by_first, offer })
                }
                Err(refused) => {
                    info!(why = refused.why, "a fax by packets goes no further than the host");
                    self.gateway = Gateway::open(&self.exchange, (from, by_first), to, offer, refused.status).await;
                    None
                }
            },
            Some(offer) => pass_offer(from, to, by_first, offer).await,
        }
    }

    /// The other party does not take the fax by packets that `asks` has offered, or has said so in its `answer`: a gateway
    /// stands between the two, or the offer is refused with this status.
    pub(super) async fn stand_between(
        &mut self,
        asks: &mut Party,
        refuses: &mut Party,
        change: Change,
        answer: Option<Bytes>,
        status: u16,
    ) {
        let Change { by_first, offer } = change;
        if answer.is_some() {
            // Its answer leaves it without any stream.
            refuses.offer_anew().await;
        }
        self.gateway = Gateway::open(&self.exchange, (asks, by_first), refuses, offer, status).await;
    }
}
