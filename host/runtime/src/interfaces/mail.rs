//! `jackfield:services/mail`: letters to people of the house and to listed addresses.

use crate::{
    background::SHARED,
    bindings::imports::jackfield::{
        services::mail::{self, Attachment, Content, Letter, Recipient, Refusal},
        types::types::Error,
    },
    grants,
    instance::State,
    interfaces::{arguments::shortened, documents, recording},
    manifest::CapabilityUse,
    post::{PluginLetter, Post, PostRefusal},
    registry::{Host, Loaded},
};
use jackfield_model::EmailAddress;
use serde_json::Value;
use std::{io::Read, sync::Arc};

const MOST_RECIPIENTS: usize = 20;
const MOST_ATTACHMENTS: usize = 10;
/// Recordings that one letter carries, in bytes.
const LARGEST_RECORDINGS: u64 = 12 << 20;
const LARGEST_BYTES: usize = 2 << 20;
/// Letters of a plugin within an hour and within a day, when its manifest says nothing else.
const PER_HOUR: u32 = 60;
const PER_DAY: u32 = 300;

impl mail::Host for State {
    async fn send(&mut self, letter: Letter) -> Result<(), Refusal> {
        self.permit(grants::MAIL).map_err(denied)?;
        let post = self.post().map_err(denied)?;
        let (host, plugin, shared) = (Arc::clone(&self.host), Arc::clone(&self.plugin), self.shared.clone());
        let sent = match written(&host, &plugin, &shared, &*post, letter).await {
            Ok(letter) => post.send(letter).await.map_err(Into::into),
            Err(refusal) => Err(refusal),
        };
        self.cpu.refill();
        sent
    }

    async fn address_of(&mut self, extension: String) -> Result<Option<String>, Error> {
        self.permit(grants::MAIL)?;
        let found = self.post()?.address_of(&extension).await;
        self.cpu.refill();
        found.map(|address| address.map(Into::into)).map_err(Error::Failed)
    }
}

impl State {
    fn post(&self) -> Result<Arc<dyn Post>, Error> {
        let later = || Error::Failed("the house is not open yet: try again later".into());
        self.host.post.get().cloned().ok_or_else(later)
    }
}

/// The letter with addresses and sounds in place of what names them.
async fn written(
    host: &Host,
    plugin: &Loaded,
    shared: &[(String, String)],
    post: &dyn Post,
    letter: Letter,
) -> Result<PluginLetter, Refusal> {
    let Letter { to, subject, text, html, attachments, once, not_before } = letter;
    if to.is_empty() || to.len() > MOST_RECIPIENTS || attachments.len() > MOST_ATTACHMENTS {
        return Err(Refusal::Invalid(format!(
            "{} recipients and {} attachments: 1 to {MOST_RECIPIENTS} and up to {MOST_ATTACHMENTS} are possible",
            to.len(),
            attachments.len()
        )));
    }
    let used = plugin.body.as_ref().and_then(|body| body.package.manifest.capabilities.get(grants::MAIL));
    let mut addresses: Vec<EmailAddress> = Vec::with_capacity(to.len());
    for recipient in to {
        let address = match recipient {
            Recipient::Extension(number) => match post.address_of(&number).await.map_err(Refusal::Failed)? {
                Some(address) => address,
                None => return Err(Refusal::NoAddress(shortened(&number))),
            },
            Recipient::Address(text) => listed(plugin, &text, used)?,
        };
        // Two extensions may belong to one person.
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    Ok(PluginLetter {
        plugin: plugin.record.id.clone(),
        to: addresses,
        subject,
        text,
        html,
        attachments: attached(host, plugin, shared, attachments).await?,
        once,
        not_before,
        per_hour: used.and_then(|used| used.per_hour).unwrap_or(PER_HOUR),
        per_day: used.and_then(|used| used.per_day).unwrap_or(PER_DAY),
    })
}

/// An address that an administrator has listed in the plugin's settings.
fn listed(plugin: &Loaded, text: &str, used: Option<&CapabilityUse>) -> Result<EmailAddress, Refusal> {
    let address: EmailAddress =
        text.parse().map_err(|error: jackfield_model::InvalidEmailAddress| Refusal::Invalid(error.to_string()))?;
    let settings: Value = serde_json::from_str(&plugin.settings).unwrap_or_default();
    let list = used.and_then(|used| settings.get(&used.addresses.as_ref()?.setting));
    if list.is_some_and(|list| is_listed(&address, list)) {
        return Ok(address);
    }
    Err(Refusal::Denied(format!("{address} is none of the addresses in this plugin’s settings")))
}

/// Whether a list has this address, or its domain with an `@` before it.
fn is_listed(address: &EmailAddress, list: &Value) -> bool {
    let mut entries = list.as_array().into_iter().flatten().filter_map(Value::as_str);
    entries.any(|entry| match entry.trim().strip_prefix('@') {
        Some(domain) => domain.eq_ignore_ascii_case(address.domain()),
        None => entry.parse::<EmailAddress>().is_ok_and(|entry| entry == *address),
    })
}

async fn attached(
    host: &Host,
    plugin: &Loaded,
    shared: &[(String, String)],
    attachments: Vec<Attachment>,
) -> Result<Vec<(String, String, Vec<u8>)>, Refusal> {
    let (mut recorded, mut given) = (0, 0);
    let mut attached = Vec::with_capacity(attachments.len());
    for Attachment { name, content } in attachments {
        let (kind, bytes) = match content {
            Content::Bytes((kind, bytes)) => {
                given += bytes.len();
                (kind, bytes)
            }
            Content::Recording(id) => {
                let own = (&plugin.record.id, &id);
                let (of, id) = match id.strip_prefix(SHARED) {
                    None => own,
                    Some(place) => {
                        let found = place.parse::<usize>().ok().and_then(|place| shared.get(place));
                        found.map(|(of, id)| (of, id)).ok_or_else(|| {
                            Refusal::Denied(format!("“{}” came with none of the events in hand", shortened(&id)))
                        })?
                    }
                };
                let file = recording::open(host, of, id).await.map_err(Refusal::Failed)?;
                let most = LARGEST_RECORDINGS - recorded;
                let bytes = recording::blocking(move || read(file, most)).await.map_err(Refusal::Invalid)?;
                recorded += bytes.len() as u64;
                ("audio/wav".to_owned(), bytes)
            }
            Content::Document(id) => {
                if !plugin.record.grants.iter().any(|granted| granted == grants::DOCUMENTS) {
                    return Err(Refusal::Denied(format!("“{}” is not approved for this plugin", grants::DOCUMENTS)));
                }
                let pdf = documents::pdf(host, &plugin.record.id, &id).await.map_err(Refusal::Failed)?;
                recorded += pdf.len() as u64;
                if recorded > LARGEST_RECORDINGS {
                    let text = format!("more than {} MiB are attached", LARGEST_RECORDINGS >> 20);
                    return Err(Refusal::Invalid(text));
                }
                ("application/pdf".to_owned(), pdf)
            }
        };
        if given > LARGEST_BYTES {
            let text = format!("{given} bytes are attached: at most {LARGEST_BYTES} are possible, besides recordings");
            return Err(Refusal::Invalid(text));
        }
        attached.push((name, kind, bytes));
    }
    Ok(attached)
}

fn read(file: std::fs::File, most: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(|error| format!("the recording cannot be read: {error}"))?;
    if bytes.len() as u64 > most {
        return Err(format!("recordings of more than {} MiB are attached", LARGEST_RECORDINGS >> 20));
    }
    Ok(bytes)
}

fn denied(error: Error) -> Refusal {
    match error {
        Error::Denied(text) => Refusal::Denied(text),
        Error::Failed(text) => Refusal::Failed(text),
        _ => Refusal::Denied("not permitted".into()),
    }
}

impl From<PostRefusal> for Refusal {
    fn from(refusal: PostRefusal) -> Self {
        match refusal {
            PostRefusal::NotSetUp => Self::NotSetUp,
            PostRefusal::TooMuch(text) => Self::TooMuch(text),
            PostRefusal::Invalid(text) => Self::Invalid(text),
            PostRefusal::Failed(text) => Self::Failed(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_address_is_listed_itself_or_with_its_domain() {
        let list = json!(["Boss@Example.org", "@example.com", "", 7, "nonsense"]);
        let listed = |address: &str| is_listed(&address.parse().unwrap(), &list);
        assert!(listed("Boss@example.org") && listed("anybody@EXAMPLE.com"));
        assert!(!listed("other@example.org") && !listed("a@sub.example.com") && !listed("a@example.com.evil"));
        assert!(!is_listed(&"a@x.org".parse().unwrap(), &json!("a@x.org")));
    }
}
