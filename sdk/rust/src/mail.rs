//! Letters to people of the house, and to addresses that an administrator has listed in the plugin's settings.
//!
//! ```no_run
//! use jackfield_sdk::prelude::*;
//! # fn example(recording: &str) -> Result<(), mail::Refusal> {
//! mail::to_extension("100")
//!     .about("A message from 200", "200 has left you a message.")
//!     .attach_recording("message.wav", recording)
//!     .once("left/17")
//!     .send()
//! # }
//! ```
//!
//! A letter that was accepted is on the disk, and goes as soon as a mail server takes it.

use crate::{
    Result,
    bindings::imports::jackfield::services::mail::{self, Attachment, Content, Letter as Contract, Recipient},
};
pub use mail::Refusal;

/// The address in the profile of the person whose extension this is.
///
/// # Errors
/// When it is not permitted.
pub fn address_of(extension: &str) -> Result<Option<String>> {
    Ok(mail::address_of(extension)?)
}

/// Begin a letter to the person of an extension.
pub fn to_extension(number: &str) -> Letter {
    Letter::default().and_extension(number)
}

/// Begin a letter to an address that stands in the setting which `plugin.toml` names.
pub fn to_address(address: &str) -> Letter {
    Letter::default().and_address(address)
}

/// A letter that is being written. Each recipient gets one of their own.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent before send()"]
pub struct Letter(Contract);

impl Default for Letter {
    fn default() -> Self {
        Self(Contract {
            to: Vec::new(),
            subject: String::new(),
            text: String::new(),
            html: None,
            attachments: Vec::new(),
            once: None,
            not_before: None,
        })
    }
}

impl Letter {
    /// For the person of this extension too.
    pub fn and_extension(mut self, number: &str) -> Self {
        self.0.to.push(Recipient::Extension(number.to_owned()));
        self
    }

    /// For this address too.
    pub fn and_address(mut self, address: &str) -> Self {
        self.0.to.push(Recipient::Address(address.to_owned()));
        self
    }

    /// With this subject, on one line, and this text.
    pub fn about(mut self, subject: &str, text: &str) -> Self {
        (self.0.subject, self.0.text) = (subject.to_owned(), text.to_owned());
        self
    }

    /// With the text as HTML besides.
    pub fn html(mut self, html: &str) -> Self {
        self.0.html = Some(html.to_owned());
        self
    }

    /// With a recording attached, as WAV.
    pub fn attach_recording(self, name: &str, recording: &str) -> Self {
        self.attach(name, Content::Recording(recording.to_owned()))
    }

    /// With a document attached, as PDF.
    pub fn attach_document(self, name: &str, document: &str) -> Self {
        self.attach(name, Content::Document(document.to_owned()))
    }

    /// With bytes of a media type such as `text/csv` attached.
    pub fn attach_bytes(self, name: &str, kind: &str, bytes: &[u8]) -> Self {
        self.attach(name, Content::Bytes((kind.to_owned(), bytes.to_vec())))
    }

    /// A second letter of this name is accepted and not sent, for seven days: work that is done twice writes once.
    pub fn once(mut self, name: &str) -> Self {
        self.0.once = Some(name.to_owned());
        self
    }

    /// Not sent before this, in milliseconds since 1970-01-01T00:00:00Z.
    pub fn not_before(mut self, at: u64) -> Self {
        self.0.not_before = Some(at);
        self
    }

    /// Have it sent.
    ///
    /// # Errors
    /// When it was not accepted, for none of its recipients.
    pub fn send(self) -> Result<(), Refusal> {
        mail::send(&self.0)
    }

    fn attach(mut self, name: &str, content: Content) -> Self {
        self.0.attachments.push(Attachment { name: name.to_owned(), content });
        self
    }
}

impl From<Refusal> for crate::Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NoAddress(extension) => Self::Failed(format!("{extension} has no mail address")),
            Refusal::NotSetUp => Self::Failed("mail is not set up in this house".into()),
            Refusal::Invalid(text) => Self::Invalid(text),
            Refusal::Denied(text) => Self::Denied(text),
            Refusal::TooMuch(text) | Refusal::Failed(text) => Self::Failed(text),
            Refusal::Other((code, text)) => Self::Failed(format!("{code}: {text}")),
        }
    }
}
