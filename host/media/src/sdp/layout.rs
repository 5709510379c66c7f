//! The order of streams: within a dialog each `m=` line keeps its place, whatever becomes of its stream (RFC 3264 §8), and an answer
//! has the lines of its offer (§6).

use super::{
    negotiate::{push, push_line},
    parse::{Media, Sdp, SdpError},
};

/// What each `m=` line of one dialog stands for, by what either side has described last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout(Vec<Slot>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Slot {
    kind: String,
    protocol: String,
    formats: String,
}

impl Layout {
    /// Take note of what was described, by us or by the other side. Lines that it lacks keep their places.
    pub fn note(&mut self, description: &Sdp<'_>) {
        for (at, media) in description.media.iter().enumerate() {
            let slot = Slot::of(media);
            match self.0.get_mut(at) {
                Some(place) => *place = slot,
                None => self.0.push(slot),
            }
        }
    }

    /// An offer of ours with each of its streams in the place that it has in the dialog, new ones after them. `picture`, a
    /// section of its own, stands where a refused one stood.
    ///
    /// # Errors
    /// When the description cannot be read.
    pub fn offer(&self, description: &[u8], picture: Option<&[u8]>) -> Result<Vec<u8>, SdpError> {
        lay_out(description, picture, &self.0, true)
    }

    /// The same for an answer, to this offer.
    ///
    /// # Errors
    /// When the description cannot be read.
    pub fn answer(offer: &Sdp<'_>, description: &[u8], picture: Option<&[u8]>) -> Result<Vec<u8>, SdpError> {
        let slots: Vec<_> = offer.media.iter().map(Slot::of).collect();
        lay_out(description, picture, &slots, false)
    }
}

impl Slot {
    fn of(media: &Media<'_>) -> Self {
        let (kind, protocol, formats) = (media.kind.into(), media.protocol.into(), media.formats.clone().into_owned());
        Self { kind, protocol, formats }
    }

    /// Whether a stream of this kind may stand here. A fax takes the place of sound, and gives it back (T.38 annex D.2.2.4.2).
    fn may_become(&self, kind: &str) -> bool {
        let sounds = |kind: &str| matches!(kind, "audio" | "image");
        self.kind == kind || (sounds(&self.kind) && sounds(kind))
    }
}

/// One section as it is written.
struct Section {
    kind: String,
    is_refused: bool,
    octets: Vec<u8>,
}

impl Section {
    fn of(media: &Media<'_>) -> Self {
        let mut octets = Vec::with_capacity(256);
        push(&mut octets, b'm', &format!("{} {} {} {}", media.kind, media.port, media.protocol, media.formats));
        media.lines.iter().for_each(|line| push_line(&mut octets, line));
        Self { kind: media.kind.into(), is_refused: media.port == 0, octets }
    }
}

fn lay_out(description: &[u8], picture: Option<&[u8]>, slots: &[Slot], is_offer: bool) -> Result<Vec<u8>, SdpError> {
    let sdp = Sdp::parse(description)?;
    let kinds = sdp.media.iter().map(|media| media.kind);
    if picture.is_none() && (kinds.eq(slots.iter().map(|slot| slot.kind.as_str())) || (is_offer && slots.is_empty())) {
        return Ok(description.to_vec());
    }
    let mut sections: Vec<_> = sdp.media.iter().map(|media| Some(Section::of(media))).collect();
    if let Some(picture) = picture {
        let section = Section { kind: "video".into(), is_refused: false, octets: picture.to_vec() };
        match sections.iter_mut().flatten().find(|section| section.kind == "video") {
            Some(refused) => *refused = section,
            None => sections.push(Some(section)),
        }
    }
    let mut out = Vec::with_capacity(description.len() + picture.map_or(0, <[u8]>::len) + 64);
    sdp.session.iter().for_each(|line| push_line(&mut out, line));
    let mut placed: Vec<Option<Section>> = slots.iter().map(|_| None).collect();
    // What flows looks for its place first, then what has become something else; what is refused takes what is left.
    let passes: [fn(&Slot, &Section) -> bool; 3] = [
        |slot, section| !section.is_refused && slot.kind == section.kind,
        |slot, section| !section.is_refused && slot.may_become(&section.kind),
        |slot, section| slot.kind == section.kind,
    ];
    for fits in passes {
        for (slot, place) in slots.iter().zip(&mut placed).filter(|(_, place)| place.is_none()) {
            *place =
                sections.iter_mut().find(|one| one.as_ref().is_some_and(|one| fits(slot, one))).and_then(Option::take);
        }
    }
    for (slot, place) in slots.iter().zip(placed) {
        match place {
            Some(section) => out.extend_from_slice(&section.octets),
            None => push(&mut out, b'm', &format!("{} 0 {} {}", slot.kind, slot.protocol, slot.formats)),
        }
    }
    // What is refused needs no place that it has never had.
    let new = |section: &Section| is_offer && (!section.is_refused || slots.is_empty());
    sections.iter().flatten().filter(|section| new(section)).for_each(|section| out.extend_from_slice(&section.octets));
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n";

    fn described(media: &[&str]) -> Vec<u8> {
        let lines: String = media.iter().map(|line| format!("m={line}\r\n")).collect();
        format!("{HEAD}{lines}").into_bytes()
    }

    fn lines(description: &[u8]) -> Vec<String> {
        let text = String::from_utf8(description.to_vec()).unwrap();
        assert!(text.starts_with(HEAD), "{text}");
        text.lines().filter_map(|line| line.strip_prefix("m=")).map(str::to_owned).collect()
    }

    fn layout(media: &[&str]) -> Layout {
        let mut layout = Layout::default();
        layout.note(&Sdp::parse(&described(media)).unwrap());
        layout
    }

    #[test]
    fn streams_keep_their_places_in_a_dialog_and_what_ends_is_refused() {
        let dialog = layout(&["audio 4000 RTP/AVP 8", "video 4002 RTP/AVP 97"]);
        let offer = |media: &[&str], picture: Option<&str>| {
            let picture = picture.map(|line| format!("m={line}\r\n"));
            lines(&dialog.offer(&described(media), picture.as_deref().map(str::as_bytes)).unwrap())
        };
        assert_eq!(offer(&["audio 5000 RTP/AVP 0"], None), ["audio 5000 RTP/AVP 0", "video 0 RTP/AVP 97"]);
        let both = ["audio 5000 RTP/AVP 0", "video 6000 RTP/AVP 99"];
        assert_eq!(offer(&["audio 5000 RTP/AVP 0"], Some(both[1])), both);
        assert_eq!(offer(&["video 0 RTP/AVP 99", "audio 5000 RTP/AVP 0"], Some(both[1])), both, "another's order");
        let fax = "image 5000 udptl t38";
        assert_eq!(offer(&[fax], None), [fax, "video 0 RTP/AVP 97"], "a fax takes the place of sound");
        let refused = "application 0 TCP/BFCP *";
        assert_eq!(offer(&["audio 5000 RTP/AVP 0", refused], None).len(), 2, "nothing new to refuse");
        let offered = Layout::default().offer(&described(&["audio 5000 RTP/AVP 0", refused]), None).unwrap();
        assert_eq!(lines(&offered).len(), 2, "a first offer is told whole");
        assert_eq!(
            lines(&layout(&["audio 0 RTP/AVP 8", fax]).offer(&described(&["audio 5000 RTP/AVP 0"]), None).unwrap()),
            ["audio 5000 RTP/AVP 0", "image 0 udptl t38"]
        );
    }

    #[test]
    fn an_answer_has_the_lines_of_its_offer_and_no_others() {
        let offer = described(&["video 4002 RTP/AVP 97", "audio 4000 RTP/AVP 8", "video 4004 RTP/AVP 98"]);
        let offer = Sdp::parse(&offer).unwrap();
        let answer = described(&["audio 5000 RTP/AVP 8", "video 0 RTP/AVP 97"]);
        let picture = b"m=video 6000 RTP/AVP 97\r\n";
        let answered = |picture| lines(&Layout::answer(&offer, &answer, picture).unwrap());
        assert_eq!(
            answered(Some(&picture[..])),
            ["video 6000 RTP/AVP 97", "audio 5000 RTP/AVP 8", "video 0 RTP/AVP 98"]
        );
        assert_eq!(answered(None), ["video 0 RTP/AVP 97", "audio 5000 RTP/AVP 8", "video 0 RTP/AVP 98"]);
        let only_sound = described(&["audio 4000 RTP/AVP 8"]);
        let only_sound = Sdp::parse(&only_sound).unwrap();
        assert_eq!(lines(&Layout::answer(&only_sound, &answer, None).unwrap()), ["audio 5000 RTP/AVP 8"]);
        assert!(Layout::default().offer(b"nonsense", None).is_err());
    }

    #[test]
    fn a_description_with_fewer_lines_leaves_the_places_of_the_rest() {
        let mut dialog = layout(&["audio 4000 RTP/AVP 8", "video 4002 RTP/AVP 97"]);
        dialog.note(&Sdp::parse(&described(&["image 5000 udptl t38"])).unwrap());
        let offer = dialog.offer(&described(&["audio 5000 RTP/AVP 0"]), None).unwrap();
        assert_eq!(lines(&offer), ["audio 5000 RTP/AVP 0", "video 0 RTP/AVP 97"]);
    }
}
