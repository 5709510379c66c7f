//! A party's picture: passed on between two who talk and both have one. Nobody else answers one: scripts, rooms and whoever
//! is outside or in a browser have none.

use super::{Party, transport};
use jackfield_media::{
    StreamConfig,
    sdp::{Anchor, Encryption, Format, Sdp, Transport, without_video},
};
use jackfield_net::MediaStream;
use smallvec::SmallVec;
use tokio::sync::mpsc;
use tracing::{info, warn};

type Formats = SmallVec<[Format; 8]>;

/// The port of a party's picture, and what was agreed about it.
pub(super) struct Picture {
    transport: Transport,
    stream: MediaStream,
    /// The formats that the party was told last, by which it sends; `None` while it was told of no picture.
    pub(super) told: Option<Formats>,
    /// Those that it has described itself, by which it is sent to; empty before it has.
    own: Formats,
}

impl Picture {
    /// Whether what its party sends is what the other one has asked for.
    fn is_seen_by(&self, other: &Self) -> bool {
        let told = self.told.as_ref();
        told.is_some_and(|told| told.iter().all(|format| other.own.contains(format)))
    }
}

impl Party {
    /// Whether it may have a picture. Trunks are not asked for one, nor who is held to codecs of sound.
    pub(crate) fn may_see(&self) -> bool {
        self.codecs.is_empty() && self.channel.is_none() && self.encryption() != Encryption::Browser
    }

    /// The section that offers it the other party's picture.
    pub(super) fn describe_picture(&mut self, other: &Sdp<'_>) -> Option<Vec<u8>> {
        let video = other.video()?;
        let (picture, anchor) = self.picture_at()?;
        picture.transport.offer_as(&video.transport.protocol);
        other.video_section(&anchor, &picture.transport)
    }

    /// The section that answers its offer with the other party's picture, where both have one.
    pub(super) fn answer_picture(&mut self, offer: &Sdp<'_>, answer: &Sdp<'_>) -> Option<Vec<u8>> {
        let asked = offer.video()?;
        answer.video()?;
        let (picture, anchor) = self.picture_at()?;
        if let Err(error) = picture.transport.accept(&asked.transport) {
            info!(number = %self.who.number, %error, "a picture is refused");
            return None;
        }
        answer.video_section(&anchor, &picture.transport)
    }

    /// Its picture and where it shall send it; binds the ports at the first call. `None` when it may have none.
    fn picture_at(&mut self) -> Option<(&mut Picture, Anchor)> {
        if !self.may_see() {
            return None;
        }
        if self.picture.is_none() {
            // What happens to it is nothing that a call would have to know.
            let (events, _) = mpsc::channel(1);
            let bound = self.exchange.media.bind(self.flow.local.ip(), self.call, rand::random(), events);
            let stream = bound.inspect_err(|error| warn!(%error, "no media port for a picture")).ok()?;
            let transport = transport(&self.exchange, &self.flow, self.encryption());
            self.picture = Some(Picture { transport, stream, told: None, own: Formats::new() });
        }
        let picture = self.picture.as_mut()?;
        let local = picture.stream.address();
        let address = self.exchange.config.public_address.unwrap_or(local.ip());
        // Whoever has the sound of this party has numbered its description.
        Some((picture, Anchor { address, port: local.port(), session: 0, version: 0 }))
    }

    /// Let its picture flow as it has described it; one that is no longer agreed ends.
    pub(super) fn open_picture(&mut self, theirs: &Sdp<'_>) {
        let Some(mut picture) = self.picture.take() else { return };
        let (Some(video), Some(told)) = (theirs.video(), picture.told.as_ref()) else { return };
        if self.asked
            && let Err(error) = picture.transport.conclude(&video.transport)
        {
            info!(number = %self.who.number, %error, "a picture cannot travel");
            return;
        }
        let security = picture.transport.security().clone();
        picture.stream.configure(StreamConfig::of_video(&video, told, Some(self.flow.remote.ip()), security));
        picture.own = video.formats;
        self.picture = Some(picture);
    }

    /// Nobody has answered the picture that it has offered: what is left of its description is what holds.
    pub(super) fn has_no_picture(&mut self) {
        let Some(theirs) = self.theirs.as_mut() else { return };
        if Sdp::parse(theirs).is_ok_and(|sdp| sdp.video().is_some()) {
            *theirs = without_video(theirs).into();
        }
    }

    fn pictured(&self) -> Option<&Picture> {
        self.picture.as_ref().filter(|picture| picture.told.is_some() && picture.stream.is_open())
    }

    /// Tell it that there is no picture any longer.
    async fn end_picture(&mut self) {
        if self.pictured().is_none() {
            return;
        }
        self.picture = None;
        self.has_no_picture();
        match self.offer(self.speaks()) {
            Ok(sdp) => self.ask(sdp).await,
            Err(refused) => info!(why = refused.why, "a party is not told that its picture is over"),
        }
    }
}

/// Let two who are connected see each other. Where one alone has a picture, or they have agreed on different ones with somebody
/// who is gone, they talk on without.
pub(crate) async fn share_pictures(one: &mut Party, other: &mut Party) {
    let fit = match (one.pictured(), other.pictured()) {
        (None, None) => return,
        (Some(first), Some(second)) => first.is_seen_by(second) && second.is_seen_by(first),
        _ => false,
    };
    let (true, Some(first), Some(second)) = (fit, &mut one.picture, &mut other.picture) else {
        one.end_picture().await;
        other.end_picture().await;
        return;
    };
    second.stream.move_beside(&first.stream).await;
    first.stream.connect(&second.stream);
}
