//! What the administrator sets.

use crate::{
    filter,
    mapping::{Mapping, Template},
};
use jackfield_sdk::FieldError;
use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
pub struct Settings {
    pub server: String,
    pub security: Security,
    pub authority: String,
    pub user: String,
    pub password: String,
    pub base: String,
    pub filter: String,
    pub mapping: Templates,
    pub country: String,
    pub national: String,
    pub every_hours: u64,
    pub most_entries: usize,
    pub page_size: i32,
    pub ask_directly: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    StartTls,
    Ldaps,
    None,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Templates {
    pub name: String,
    pub company: String,
    pub work: String,
    pub mobile: String,
    pub home: String,
    pub mail: String,
    pub note: String,
}

impl Settings {
    /// Whether there is a server to ask.
    pub fn is_set(&self) -> bool {
        !self.server.is_empty()
    }

    /// The server's name and its port.
    pub fn address(&self) -> (&str, u16) {
        let usual = if self.security == Security::Ldaps { 636 } else { 389 };
        let text = self.server.trim();
        if let Some((host, rest)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            return (host, rest.strip_prefix(':').and_then(|port| port.parse().ok()).unwrap_or(usual));
        }
        match text.split_once(':') {
            Some((host, port)) => (host, port.parse().unwrap_or(usual)),
            None => (text, usual),
        }
    }

    /// What becomes of an entry's attributes.
    ///
    /// # Errors
    /// Which template is none, and why.
    pub fn mapping(&self) -> Result<Mapping, (&'static str, String)> {
        let Templates { name, company, work, mobile, home, mail, note } = &self.mapping;
        let read = |field, text: &String| Template::read(text).map_err(|why| (field, why));
        Ok(Mapping {
            name: read("name", name)?,
            company: read("company", company)?,
            work: read("work", work)?,
            mobile: read("mobile", mobile)?,
            home: read("home", home)?,
            mail: read("mail", mail)?,
            note: read("note", note)?,
            country: self.country.clone(),
            national: self.national.clone(),
        })
    }

    /// What is wrong with them, beyond what the schema says.
    pub fn errors(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut wrong = |path: &str, message: String| errors.push(FieldError::new(path, message));
        if let Err(why) = filter::encode(&self.filter) {
            wrong("/filter", why);
        }
        if let Err((field, why)) = self.mapping() {
            wrong(&format!("/mapping/{field}"), why);
        }
        if self.is_set() && self.address().1 == 0 {
            wrong("/server", "0 is no port".into());
        }
        if !self.password.is_empty() && self.user.is_empty() {
            wrong("/user", "a password needs a user".into());
        }
        if !self.user.is_empty() && self.password.is_empty() {
            // RFC 4513 §5.1.2: servers take that for nobody, and whoever set it believes to be somebody.
            wrong("/password", "a user needs a password".into());
        }
        errors
    }

    /// Tells these from others, the password included, without saying anything of them.
    pub fn fingerprint(&self) -> u64 {
        let text = format!("{self:?}");
        // FNV-1a.
        text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
    }
}
