//! A fax between a party that sends packets (T.38) and one that is heard: the engine's modems speak to the latter.

use super::{
    Place, carries_modems,
    line::{Shared, Sound},
};
use crate::{exchange::Exchange, party::Party};
use bytes::Bytes;
use jackfield_fax::Session;
use jackfield_net::FaxPackets;
use jackfield_sip::LegCommand;
use std::{
    sync::{Arc, atomic::Ordering},
    thread,
    time::Duration,
};
use tracing::{info, warn};

/// How often the thread looks.
const TURN: Duration = Duration::from_millis(10);

/// A gateway at work between two parties. Dropping it ends the engine; [`Gateway::end`] gives the streams back, too.
pub(crate) struct Gateway {
    shared: Arc<Shared>,
    /// Whether the first of the two parties sends packets.
    first_by_packets: bool,
}

impl Gateway {
    /// Accept the offer of packets that `asks` has made and `refuses` does not take, and stand between the two. Without a gateway
    /// the offer is refused with this status, and the fax stays sound.
    pub(crate) async fn open(
        exchange: &Exchange,
        (asks, is_first): (&mut Party, bool),
        refuses: &Party,
        offer: Bytes,
        status: u16,
    ) -> Option<Self> {
        let heard = refuses.speaks().is_some_and(|speaks| carries_modems(speaks.codec));
        let place = if heard { exchange.fax.take().ok() } else { None };
        let Some(place) = place else {
            info!(
                status,
                heard, "a fax by packets is refused: the other party does not take it, and there is no gateway"
            );
            asks.leg.command(LegCommand::RejectReoffer { status }).await;
            return None;
        };
        if !asks.accept_image(offer).await {
            return None;
        }
        let begun = Self::begin(asks, refuses, place, is_first);
        if begun.is_none() {
            asks.offer_anew().await;
        }
        begun
    }

    fn begin(by_packets: &Party, heard: &Party, place: Place, first_by_packets: bool) -> Option<Self> {
        let (image, line) = (by_packets.image()?, by_packets.stream()?);
        let sound = Sound::of(heard.stream()?);
        let packets = line.end_fax(image.recovery, image.longest);
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        let begun = thread::Builder::new().name("fax-gateway".into()).spawn(move || {
            match Session::gateway(&place.program, image.fastest) {
                Ok(session) => translate(session, sound, packets, &own),
                Err(error) => warn!(%error, "a fax gateway cannot be started"),
            }
            drop(place.room);
        });
        begun.inspect_err(|error| warn!(%error, "no thread for a fax gateway")).ok()?;
        info!("a gateway stands between packets and sound of a fax");
        Some(Self { shared, first_by_packets })
    }

    /// Whether the first party, or else the second, is the one that sends packets.
    pub(crate) fn is_by_packets(&self, first: bool) -> bool {
        self.first_by_packets == first
    }

    /// End it: the two are to be connected by whatever they share now.
    pub(crate) fn end(self, first: &Party, second: &Party) {
        for stream in [first, second].into_iter().filter_map(Party::stream) {
            stream.tap(None);
            stream.stop_playing();
            stream.pass_fax();
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.shared.cut.store(true, Ordering::Release);
    }
}

fn translate(mut session: Session, mut sound: Sound, packets: FaxPackets, shared: &Shared) {
    while !shared.cut.load(Ordering::Acquire) {
        while let Some(ifp) = packets.take() {
            session.packet(ifp.number, ifp.octets());
        }
        let over = sound.carry(|frame| {
            let tick = session.tick(frame);
            for packet in &tick.packets {
                packets.send(packet.copies, &packet.ifp);
            }
            tick
        });
        if over {
            break;
        }
        thread::sleep(TURN);
    }
    let report = session.finish().report;
    info!(
        pages = report.pages,
        rate = report.bit_rate,
        ecm = report.ecm,
        why = report.explanation,
        "a fax gateway is done"
    );
}
