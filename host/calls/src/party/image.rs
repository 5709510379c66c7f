//! A party that faxes by packets (T.38) in place of sound: its descriptions, with the host as the other end or in the middle.

use super::{NoSound, Party};
use bytes::Bytes;
use jackfield_media::{
    StreamConfig,
    fax::Recovery,
    sdp::{Encryption, Image, Sdp, image_offer},
    secure::Keying,
};
use jackfield_sip::LegCommand;
use tracing::info;

/// The fax by packets that a description is one of, if it is.
pub(crate) fn image_of(sdp: &[u8]) -> Option<Image> {
    Sdp::parse(sdp).ok()?.image()
}

impl Party {
    /// The fax by packets that it has described last; `None` when it speaks.
    pub(crate) fn image(&self) -> Option<Image> {
        image_of(self.theirs.as_ref()?)
    }

    /// Whether it may fax by packets, which are not encrypted; `asked` when it is not its own wish.
    fn may_fax(&self, asked: bool) -> Result<(), NoSound> {
        let may = match self.encryption() {
            Encryption::Off => true,
            Encryption::Offered => !asked || self.transport.security().keying == Keying::Clear,
            Encryption::Required | Encryption::Dtls | Encryption::Browser => false,
        };
        if may { Ok(()) } else { Err(NoSound::unusable("packets of a fax are not encrypted, and this side is to be")) }
    }

    /// Offer the other party's fax to this one, with ourselves as the place to send to.
    pub(super) fn describe_image(&mut self, other: &Sdp<'_>) -> Result<Bytes, NoSound> {
        self.may_fax(true)?;
        let anchor = self.anchor()?;
        let described = other.image_anchored(None, &anchor).map_err(NoSound::unusable)?;
        self.lay_out(&described, None)
    }

    /// The other party's answer as the answer to this one's `offer`.
    pub(super) fn describe_image_answer(&mut self, offer: &Sdp<'_>, other: &[u8]) -> Result<Bytes, NoSound> {
        self.may_fax(false)?;
        let anchor = self.anchor()?;
        let answer = Sdp::parse(other).map_err(NoSound::unusable)?;
        let described = answer.image_anchored(Some(offer), &anchor).map_err(NoSound::unusable)?;
        self.note(&described, false);
        Ok(described.into())
    }

    /// Offer it a fax by packets, with the host as its other end: the same as before where it faxes so already.
    pub(super) fn image_offer(&mut self) -> Result<Bytes, NoSound> {
        self.may_fax(self.image().is_none())?;
        let recovery = self.image().map_or(Recovery::Redundancy(3), |image| image.recovery);
        let anchor = self.anchor()?;
        self.lay_out(&image_offer(&anchor, recovery), None)
    }

    /// Ask it to fax by packets, with the host as its other end; false when it is not to be asked. It goes on in sound until it
    /// has accepted.
    pub(crate) async fn ask_for_image(&mut self) -> bool {
        match self.image_offer() {
            Ok(sdp) => {
                self.ask(sdp).await;
                true
            }
            Err(refused) => {
                info!(why = refused.why, "a fax goes as sound");
                false
            }
        }
    }

    /// Accept its offer of a fax by packets, with the host as its other end; false when it had to be refused.
    pub(crate) async fn accept_image(&mut self, offer: Bytes) -> bool {
        let before = self.theirs.replace(offer.clone());
        match self.answer_image(&offer) {
            Ok(sdp) => {
                self.leg.command(LegCommand::AnswerReoffer { sdp: Some(sdp) }).await;
                true
            }
            Err(refused) => {
                info!(why = refused.why, "a fax by packets is refused");
                self.theirs = before;
                self.leg.command(LegCommand::RejectReoffer { status: refused.status }).await;
                false
            }
        }
    }

    fn answer_image(&mut self, offer: &[u8]) -> Result<Bytes, NoSound> {
        self.may_fax(false)?;
        let offer = Sdp::parse(offer).map_err(NoSound::unusable)?;
        let image = offer.image().ok_or_else(|| NoSound::unusable("no fax by packets is offered"))?;
        let anchor = self.anchor()?;
        let answer = offer.image_answer(&anchor).map_err(NoSound::unusable)?;
        self.note(&answer, false);
        self.configure_image(&image);
        Ok(answer.into())
    }

    pub(super) fn configure_image(&mut self, image: &Image) {
        let config = StreamConfig::of_image(image, Some(self.flow.remote.ip()));
        if let Some(sound) = &mut self.sound {
            sound.stream.configure(config);
            sound.note();
        }
    }
}
