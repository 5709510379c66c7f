//! Who has sent a call on before it came to us, and how often (Diversion, RFC 5806; History-Info, RFC 7044).
//!
//! It is told, shown and passed on. It never makes anybody answer for a call: whoever calls can write it.

use jackfield_sip::{HeaderName, Message, NameAddr};

/// How often a call may have been sent on. One that was sent on as often goes in circles.
pub(crate) const MOST: u32 = 10;
/// Octets of a value that is passed on; a longer one counts all the same.
const LONGEST: usize = 256;
/// What stands in the place of somebody who does not want to be named (RFC 7044 §10.1.2).
const UNNAMED: &str = "sip:anonymous@anonymous.invalid";

/// What is known of the way of a call before it came to us.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Diversions {
    /// How often it was sent on, at least.
    count: u32,
    /// The numbers that did, the last one first.
    numbers: Vec<String>,
    /// Values of Diversion, the last one first.
    diversion: Vec<String>,
    /// Values of History-Info, the first one first.
    history: Vec<String>,
    /// The index of the last of them, which is where we were called.
    index: Option<String>,
}

/// One entry of History-Info.
struct Entry {
    index: Option<String>,
    /// The index of the entry that this one takes the place of, by somebody's wish.
    instead_of: Option<String>,
    number: Option<String>,
    value: String,
}

impl Diversions {
    /// Read the header fields of an INVITE; `number` makes a user part the number that we know it by.
    pub(crate) fn read(request: &Message, number: impl Fn(&str) -> String) -> Self {
        let mut read = Self::default();
        let most = MOST as usize;
        for value in request.values(HeaderName::Diversion).take(most) {
            let named = NameAddr::parse(value);
            let counter = named.and_then(|named| named.params.value("counter")?.parse::<u32>().ok());
            // What cannot be read was a diversion too.
            read.count = read.count.saturating_add(counter.unwrap_or(1).max(1));
            let Some(named) = named.filter(|_| is_plain(value)) else { continue };
            let privacy = named.params.value("privacy");
            let is_private = privacy.is_some_and(|privacy| !privacy.eq_ignore_ascii_case("off"));
            read.diversion.push(written(&named, is_private));
            read.numbers.extend(user(&named).filter(|_| !is_private).map(|user| number(&user)));
        }
        let entries: Vec<_> = request.values(HeaderName::HistoryInfo).take(2 * most).filter_map(Entry::read).collect();
        let by_wish = entries.iter().filter_map(|entry| entry.instead_of.as_ref());
        read.count = read.count.max(by_wish.clone().count() as u32);
        if read.numbers.is_empty() {
            let of = |index: &String| entries.iter().find(|entry| entry.index.as_ref() == Some(index));
            let numbers = by_wish.rev().filter_map(|index| of(index)?.number.as_deref());
            read.numbers = numbers.map(number).collect();
        }
        read.index = entries.last().and_then(|last| last.index.clone());
        read.history = entries.into_iter().map(|entry| entry.value).collect();
        read
    }

    /// Whether it was sent on so often that it must go in circles.
    pub(crate) fn go_in_circles(&self) -> bool {
        self.count >= MOST
    }

    /// Whether it has been at this number, which has sent it on.
    pub(crate) fn name(&self, number: &str) -> bool {
        self.numbers.iter().any(|named| named == number)
    }

    /// The number that has sent it on last, if it has a name.
    pub(crate) fn last(&self) -> Option<&str> {
        self.numbers.first().map(String::as_str)
    }

    /// The header fields for the next hop. `by` is the address of who sends it on now, if somebody does, and `target`
    /// where it goes.
    pub(crate) fn onward(&self, by: Option<&str>, target: &str) -> Vec<(String, String)> {
        let now = by.map(|by| format!("<{by}>;reason=unconditional;counter=1"));
        let diversion = now.into_iter().chain(self.diversion.iter().cloned());
        let mut headers: Vec<_> = diversion.map(|value| (String::from("Diversion"), value)).collect();
        let history = match (&self.index, by) {
            // Where it was before stays; this is its next step (RFC 7044 §10.3).
            (Some(index), by) => {
                let how = if by.is_some() { "mp" } else { "rc" };
                let next = format!("<{target}>;index={index}.1;{how}={index}");
                Some(self.history.iter().map(String::as_str).chain([next.as_str()]).collect::<Vec<_>>().join(", "))
            }
            (None, Some(by)) => Some(format!("<{by}>;index=1, <{target}>;index=1.1;mp=1")),
            (None, None) => None,
        };
        headers.extend(history.map(|value| (String::from("History-Info"), value)));
        headers
    }
}

impl Entry {
    fn read(value: &[u8]) -> Option<Self> {
        let named = NameAddr::parse(value).filter(|_| is_plain(value))?;
        let index = |name| named.params.value(name).filter(|index| is_index(index)).map(|index| index.into_owned());
        let own = index("index");
        // RFC 4458 §2: before there was `mp`, a cause in the URI has said that somebody had wished it.
        let has_cause = named.uri().is_some_and(|uri| uri.params().has("cause"));
        let parent = || own.as_ref().and_then(|own| Some(own.rsplit_once('.')?.0.to_owned()));
        let instead_of = index("mp").or_else(|| parent().filter(|_| has_cause));
        let asks = named.uri_bytes().to_ascii_lowercase();
        let is_private = asks.windows(b"privacy=".len()).any(|part| part == b"privacy=");
        let number = user(&named).filter(|_| !is_private);
        Some(Self { value: written(&named, is_private), index: own, instead_of, number })
    }
}

/// Whether a value can be passed on as it is.
fn is_plain(value: &[u8]) -> bool {
    value.len() <= LONGEST && !value.iter().any(u8::is_ascii_control) && std::str::from_utf8(value).is_ok()
}

/// Numbers with points between them (RFC 7044 §5.1).
fn is_index(index: &str) -> bool {
    index.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A value without the display name, which is nobody's business further on.
fn written(named: &NameAddr<'_>, is_private: bool) -> String {
    let uri = String::from_utf8_lossy(named.uri_bytes());
    let params = String::from_utf8_lossy(named.params.as_bytes());
    format!("<{}>{params}", if is_private { UNNAMED } else { &uri })
}

fn user(named: &NameAddr<'_>) -> Option<String> {
    named.uri()?.user().map(|user| user.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_sip::{Framing, Limits};

    fn read(headers: &str) -> Diversions {
        let text = format!(
            "INVITE sip:c@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nMax-Forwards: 70\r\nFrom: <sip:a@h>;tag=1\r\n\
             To: <sip:b@h>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContact: <sip:h>\r\n{headers}\r\n"
        );
        let message = Message::parse(text.into_bytes().into(), Framing::Datagram, &Limits::default()).unwrap();
        Diversions::read(&message, |user| user.trim_start_matches('0').to_owned())
    }

    #[test]
    fn the_last_who_sent_it_on_comes_first_and_all_of_them_count() {
        let diverted = read(
            "Diversion: \"Carl\" <sip:0300@h>;reason=user-busy;counter=2;privacy=off, <sip:0200@h>;reason=unconditional\r\n\
             Diversion: not a name\r\n",
        );
        assert_eq!((diverted.last(), diverted.count), (Some("300"), 4));
        assert!(diverted.name("200") && !diverted.name("400") && !diverted.go_in_circles());
        assert!(read("Diversion: <sip:0300@h>;counter=10\r\n").go_in_circles());
        assert!(read(&"Diversion: <sip:0300@h>\r\n".repeat(12)).go_in_circles());
        assert_eq!(read(""), Diversions::default());
    }

    #[test]
    fn a_history_names_who_has_wished_each_step() {
        let told = "History-Info: <sip:0200@h>;index=1, <sip:0300@h>;index=1.1;mp=1, <sip:c@h>;index=1.1.1;rc=1.1\r\n";
        let told = read(told);
        assert_eq!((told.last(), told.count, told.index.as_deref()), (Some("200"), 1, Some("1.1.1")));
        let old = "History-Info: <sip:0200@h>;index=1\r\nHistory-Info: <sip:c@h;cause=302>;index=1.1\r\n";
        assert_eq!((read(old).last(), read(old).count), (Some("200"), 1));
    }

    #[test]
    fn what_came_is_passed_on_and_we_are_added() {
        let both = "Diversion: \"Carl\" <sip:0300@h>;reason=user-busy\r\n\
                    History-Info: <sip:0300@h>;index=1, <sip:c@h>;index=1.1;mp=1\r\n";
        let onward = read(both).onward(Some("sip:105@h"), "sip:106@h");
        let values: Vec<_> = onward.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values[..2], ["<sip:105@h>;reason=unconditional;counter=1", "<sip:0300@h>;reason=user-busy"]);
        let history = "<sip:0300@h>;index=1, <sip:c@h>;index=1.1;mp=1, <sip:106@h>;index=1.1.1;mp=1.1";
        assert_eq!(values[2..], [history]);
        let unchanged = read(both).onward(None, "sip:106@h");
        assert!(unchanged[1].1.ends_with(", <sip:106@h>;index=1.1.1;rc=1.1"), "{unchanged:?}");
        assert_eq!(Diversions::default().onward(None, "sip:106@h"), []);
    }

    #[test]
    fn who_does_not_want_to_be_named_is_not() {
        let private = "Diversion: <sip:0300@h>;reason=away;privacy=full\r\n\
                       History-Info: <sip:0300@h?Privacy=history>;index=1, <sip:c@h>;index=1.1;mp=1\r\n";
        let private = read(private);
        assert_eq!((private.last(), private.count), (None, 1));
        let onward = private.onward(None, "sip:106@h");
        assert!(!format!("{onward:?}").contains("0300"), "{onward:?}");
    }

    #[test]
    fn what_is_broken_or_folded_is_not_passed_on() {
        let folded = read("Diversion: <sip:0300@h>\r\n ;reason=away\r\nHistory-Info: <sip:c@h>;index=1.x\r\n");
        assert_eq!((folded.count, folded.onward(None, "sip:x@h")), (1, Vec::new()));
    }
}
