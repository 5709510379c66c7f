//! Who sees what: administrators and supervisors everything, others what is their own.

use crate::{settings::Settings, template::Template};
use jackfield_sdk::{prelude::*, web::User};
use serde::{Deserialize, Serialize};

/// Somebody who looks at reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// The person's id.
    pub id: String,
    /// The extension whose figures are the person's own.
    pub extension: Option<String>,
    /// Whether the person sees everybody's.
    pub all: bool,
}

impl Viewer {
    pub fn of(user: &User, settings: &Settings) -> Self {
        let extension = user.extension.clone();
        let supervises = extension.as_ref().is_some_and(|own| settings.supervisors.contains(own));
        Self { id: user.id.clone(), all: user.is_admin() || supervises, extension }
    }

    /// Whether this report is for the person.
    pub fn sees(&self, template: &Template) -> bool {
        self.all || (template.own.is_some() && self.extension.is_some())
    }

    /// The field and the extension by which rows must be known, when the person does not see everybody's.
    ///
    /// # Errors
    /// When the report is not for the person.
    pub fn only<'a>(&'a self, template: &'a Template) -> Result<Option<(&'a str, &'a str)>> {
        if self.all {
            return Ok(None);
        }
        match (&template.own, &self.extension) {
            (Some(field), Some(extension)) => Ok(Some((field, extension))),
            _ => Err(Error::Denied("This report is for supervisors.".into())),
        }
    }
}
