//! A letter, and what it looks like on the wire.

use jackfield_model::{EmailAddress, MailSettings, TimestampMs};
use lettre::{
    Address, Message,
    message::{
        Attachment as Attached, Body, Mailbox, MultiPart, SinglePart,
        header::{ContentType, HeaderName, HeaderValue},
    },
};
use std::time::{Duration, UNIX_EPOCH};

/// Most addresses of one letter.
const MOST_ADDRESSES: usize = 20;
/// Most attachments.
const MOST_ATTACHMENTS: usize = 10;
/// Longest subject, in characters.
const LONGEST_SUBJECT: usize = 200;
/// Largest text, and largest HTML, in bytes.
const LARGEST_TEXT: usize = 256 << 10;
/// Everything that is attached together, in bytes. As it is sent it takes a third more.
const LARGEST_ATTACHED: usize = 12 << 20;

/// A letter to be sent. Each address gets one of its own and sees no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The id of the plugin that has written it.
    pub plugin: String,
    /// By what the plugin knows it; a second letter of this name is not accepted again for an address, for seven days.
    pub once: Option<String>,
    /// Whom it is for, 1 to 20.
    pub to: Vec<EmailAddress>,
    /// One line of 1 to 200 characters.
    pub subject: String,
    /// The text, at most 256 KiB.
    pub text: String,
    /// The same as HTML, at most 256 KiB.
    pub html: Option<String>,
    /// At most 10 of 12 MiB together.
    pub attachments: Vec<Attachment>,
    /// It is not sent before this.
    pub not_before: Option<TimestampMs>,
}

/// Something that is attached to a letter.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The name of the file, 1 to 100 characters without `/`, `\` and `"`.
    pub name: String,
    /// Its media type, such as `audio/wav`.
    pub kind: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl Letter {
    /// A letter of plain text.
    pub fn new(plugin: &str, to: Vec<EmailAddress>, subject: &str, text: &str) -> Self {
        Self {
            plugin: plugin.to_owned(),
            once: None,
            to,
            subject: subject.to_owned(),
            text: text.to_owned(),
            html: None,
            attachments: Vec::new(),
            not_before: None,
        }
    }

    /// What is wrong with it, in words for its author.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.to.is_empty() || self.to.len() > MOST_ADDRESSES {
            return Err(format!("a letter has 1 to {MOST_ADDRESSES} addresses, not {}", self.to.len()));
        }
        let length = self.subject.chars().count();
        if self.subject.trim().is_empty() || length > LONGEST_SUBJECT || self.subject.contains(char::is_control) {
            return Err(format!("a subject is one line of 1 to {LONGEST_SUBJECT} characters"));
        }
        if self.text.len() > LARGEST_TEXT || self.html.as_ref().is_some_and(|html| html.len() > LARGEST_TEXT) {
            return Err(format!("a text has at most {} KiB", LARGEST_TEXT >> 10));
        }
        if self.once.as_ref().is_some_and(|once| once.is_empty() || once.len() > 256) {
            return Err("the name of a letter has 1 to 256 bytes".into());
        }
        if self.attachments.len() > MOST_ATTACHMENTS {
            return Err(format!("a letter has at most {MOST_ATTACHMENTS} attachments"));
        }
        let bytes: usize = self.attachments.iter().map(|attachment| attachment.bytes.len()).sum();
        if bytes > LARGEST_ATTACHED {
            return Err(format!("what is attached has {bytes} bytes: at most {LARGEST_ATTACHED} are possible"));
        }
        self.attachments.iter().try_for_each(Attachment::check)
    }

    /// The letter as it goes to one address. Written once, when it is accepted, so that each try sends the same.
    pub(crate) fn write(
        &self,
        to: &EmailAddress,
        from: &MailSettings,
        id: u128,
        now: TimestampMs,
    ) -> Result<Vec<u8>, String> {
        let failed = |error: &dyn std::fmt::Display| format!("the letter cannot be written: {error}");
        let name = Some(from.sender_name.trim()).filter(|name| !name.is_empty());
        let builder = Message::builder()
            .message_id(Some(format!("<{id:032x}@{}>", from.sender.domain())))
            .date(UNIX_EPOCH + Duration::from_millis(now))
            .from(mailbox(&from.sender, name)?)
            .to(mailbox(to, None)?)
            .subject(self.subject.as_str());
        let text = SinglePart::plain(self.text.clone());
        let body = match &self.html {
            Some(html) => {
                MultiPart::mixed().multipart(MultiPart::alternative_plain_html(self.text.clone(), html.clone()))
            }
            None => MultiPart::mixed().singlepart(text.clone()),
        };
        let attach = |body: MultiPart, attachment: &Attachment| {
            let kind = ContentType::parse(&attachment.kind).map_err(|error| failed(&error))?;
            Ok::<_, String>(
                body.singlepart(Attached::new(attachment.name.clone()).body(Body::new(attachment.bytes.clone()), kind)),
            )
        };
        let written = match (&self.html, self.attachments.as_slice()) {
            (None, []) => builder.singlepart(text),
            (_, attachments) => builder.multipart(attachments.iter().try_fold(body, attach)?),
        };
        let mut message = written.map_err(|error| failed(&error))?;
        // RFC 3834 §5: nobody's mailbox answers that its owner is on vacation.
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        message.headers_mut().insert_raw(HeaderValue::new(automatic, "auto-generated".to_owned()));
        Ok(message.formatted())
    }
}

impl Attachment {
    fn check(&self) -> Result<(), String> {
        let length = self.name.chars().count();
        let odd = |c: char| c.is_control() || "/\\\"".contains(c);
        if !(1..=100).contains(&length) || self.name.contains(odd) {
            return Err("the name of an attachment has 1 to 100 characters and no / \\ or \"".into());
        }
        if self.kind.len() > 100 || ContentType::parse(&self.kind).is_err() {
            return Err(format!("“{}” is no media type such as audio/wav", self.kind.escape_default()));
        }
        Ok(())
    }
}

impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // What is attached may be somebody's voice.
        write!(f, "Attachment({}, {}, {} bytes)", self.name, self.kind, self.bytes.len())
    }
}

/// An address as `lettre` knows it.
pub(crate) fn address(address: &EmailAddress) -> Result<Address, String> {
    address.as_str().parse().map_err(|error| format!("{address} cannot be written to: {error}"))
}

fn mailbox(to: &EmailAddress, name: Option<&str>) -> Result<Mailbox, String> {
    Ok(Mailbox::new(name.map(str::to_owned), address(to)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_model::MailSecurity;

    fn settings() -> MailSettings {
        MailSettings {
            server: "127.0.0.1".into(),
            port: 25,
            security: MailSecurity::None,
            user: None,
            password: None,
            sender: "house@example.org".parse().unwrap(),
            sender_name: "Häuschen \"<x>\"".into(),
            daily_limit: 500,
        }
    }

    fn letter() -> Letter {
        Letter::new("org.a", vec!["anna@example.org".parse().unwrap()], "Grüße", "Hällo\n.\nEnde")
    }

    fn written(letter: &Letter) -> String {
        String::from_utf8(letter.write(&letter.to[0], &settings(), 7, 1_772_000_000_000).unwrap()).unwrap()
    }

    #[test]
    fn what_is_written_names_itself_and_says_that_nobody_typed_it() {
        let text = written(&letter());
        for line in [
            "Message-ID: <00000000000000000000000000000007@example.org>\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "To: anna@example.org\r\n",
            "Date: Wed, 25 Feb 2026 06:13:20 +0000\r\n",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
        assert!(text.is_ascii() && !text.contains("Bcc"), "{text}");
    }

    #[test]
    fn sound_is_attached_beside_both_texts() {
        let sound = Attachment { name: "Nachricht 1.wav".into(), kind: "audio/wav".into(), bytes: vec![0, 1, 2, 255] };
        let with = Letter { html: Some("<p>Hällo</p>".into()), attachments: vec![sound], ..letter() };
        with.check().unwrap();
        let text = written(&with);
        for part in ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "audio/wav", "AAEC/w=="] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn what_would_end_a_header_or_a_folder_is_refused() {
        let file = |name: &str, kind: &str| Attachment { name: name.into(), kind: kind.into(), bytes: Vec::new() };
        for bad in [
            Letter { subject: "a\r\nBcc: b@example.org".into(), ..letter() },
            Letter { subject: " ".into(), ..letter() },
            Letter { to: Vec::new(), ..letter() },
            Letter { attachments: vec![file("../x", "audio/wav")], ..letter() },
            Letter { attachments: vec![file("x\r\ny", "audio/wav")], ..letter() },
            Letter { attachments: vec![file("x", "wav")], ..letter() },
            Letter { once: Some(String::new()), ..letter() },
            Letter { text: "x".repeat(LARGEST_TEXT + 1), ..letter() },
        ] {
            assert!(bad.check().is_err(), "{bad:?}");
        }
    }
}
