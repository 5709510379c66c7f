//! `jackfield:services/contacts`.

use crate::{
    bindings::imports::jackfield::{
        services::contacts::{self, Contact, NumberKind, Outcome},
        types::types::Error,
    },
    contacts::Replacement,
    grants,
    instance::State,
    interfaces::arguments::shortened,
};
use jackfield_model::{self as model, DialPlan, LONGEST_TEXT, MOST_NUMBERS};
use std::sync::Arc;
use wasmtime::component::Resource;

const MOST_AT_ONCE: usize = 1_000;
const MOST: usize = 100_000;

/// What stands behind a guest's `replacement`.
pub struct Replacing {
    book: Box<dyn Replacement>,
    put: usize,
    finished: bool,
}

impl contacts::Host for State {}

impl contacts::HostReplacement for State {
    async fn begin(&mut self) -> wasmtime::Result<Result<Resource<Replacing>, Error>> {
        if let Err(denied) = self.permit(grants::CONTACTS) {
            return Ok(Err(denied));
        }
        let host = Arc::clone(&self.host);
        let begun = host.contacts.replace(&self.plugin.record.id).await;
        self.cpu.refill();
        Ok(match begun {
            Ok(book) => Ok(self.handles.push(Replacing { book, put: 0, finished: false })?),
            Err(why) => Err(Error::Failed(why)),
        })
    }

    async fn put(
        &mut self,
        replacement: Resource<Replacing>,
        contacts: Vec<Contact>,
    ) -> wasmtime::Result<Result<(), Error>> {
        let replacing = self.handles.get_mut(&replacement)?;
        if contacts.len() > MOST_AT_ONCE || replacing.put + contacts.len() > MOST {
            let text = format!("{} contacts: at most {MOST_AT_ONCE} at once and {MOST} in all", contacts.len());
            return Ok(Err(Error::Invalid(text)));
        }
        if replacing.finished {
            return Ok(Err(Error::Invalid("it is finished already".into())));
        }
        let checked: Result<Vec<_>, String> = contacts.into_iter().map(check).collect();
        let contacts = match checked {
            Ok(contacts) => contacts,
            Err(why) => return Ok(Err(Error::Invalid(why))),
        };
        replacing.put += contacts.len();
        let put = replacing.book.put(contacts).await;
        self.cpu.refill();
        Ok(put.map_err(Error::Failed))
    }

    async fn finish(&mut self, replacement: Resource<Replacing>) -> wasmtime::Result<Result<Outcome, Error>> {
        let replacing = self.handles.get_mut(&replacement)?;
        if std::mem::replace(&mut replacing.finished, true) {
            return Ok(Err(Error::Invalid("it is finished already".into())));
        }
        let finished = replacing.book.finish().await;
        self.cpu.refill();
        let outcome =
            finished.map(|done| Outcome { contacts: done.contacts, added: done.added, removed: done.removed });
        Ok(outcome.map_err(Error::Failed))
    }

    async fn drop(&mut self, replacement: Resource<Replacing>) -> wasmtime::Result<()> {
        self.handles.delete(replacement)?;
        Ok(())
    }
}

/// A contact as the house keeps it.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn check(contact: Contact) -> Result<model::Contact, String> {
    let Contact { key, name, company, numbers, mail, note } = contact;
    let wrong = |why: &str| Err(format!("contact “{}”: {why}", shortened(&key)));
    if key.is_empty() {
        return wrong("it has no key");
    }
    if name.trim().is_empty() && company.trim().is_empty() {
        return wrong("it has no name and no company");
    }
    if [&key, &name, &company, &mail, &note].iter().any(|text| text.len() > LONGEST_TEXT) {
        return wrong(&format!("texts have at most {LONGEST_TEXT} bytes"));
    }
    if numbers.len() > MOST_NUMBERS {
        return wrong(&format!("it has more than {MOST_NUMBERS} numbers"));
    }
    // The plugin knows its country; here a number only loses what is written for the eye.
    let plan = DialPlan::default();
    let mut checked = Vec::with_capacity(numbers.len());
    for number in numbers {
        let kind = match number.kind {
            NumberKind::Work => model::NumberKind::Work,
            NumberKind::Mobile => model::NumberKind::Mobile,
            NumberKind::Home => model::NumberKind::Home,
            NumberKind::Other => model::NumberKind::Other,
        };
        match plan.normalised(&number.number) {
            Some(number) => checked.push(model::ContactNumber { kind, number }),
            None => return wrong(&format!("“{}” is no telephone number", shortened(&number.number))),
        }
    }
    // One line each: names are shown on telephones and in lists.
    let line = |text: String| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    let [name, company, mail, note] = [name, company, mail, note].map(line);
    Ok(model::Contact { key, name, company, numbers: checked, mail, note })
}
