//! People who sign in.

use crate::{EmailAddress, UserId};
use serde::{Deserialize, Serialize};

/// A person who can sign in to the web page. Credentials never leave the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct User {
    /// Row id.
    pub id: UserId,
    /// The name typed at sign-in: 1 to 64 characters, unique without regard to case.
    pub login: String,
    /// The name that others see.
    pub name: String,
    /// What this person may do.
    pub role: Role,
    /// Language of the web page and of prompts meant for this person.
    pub language: Language,
    /// Where this person gets mail.
    pub email: Option<EmailAddress>,
}

/// What a person may do. An admin may do everything a user may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sets the system up.
    Admin,
    /// Sees and changes only what is their own.
    User,
}

/// The languages in which every text and prompt is complete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// French.
    Fr,
    /// German.
    De,
}

impl Role {
    /// The word kept in the store and sent by the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::User => "user",
        }
    }
}

impl Language {
    /// ISO 639-1 code.
    pub fn as_str(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::Fr => "fr",
            Language::De => "de",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "admin" => Ok(Role::Admin),
            "user" => Ok(Role::User),
            other => Err(format!("unknown role “{other}”: use admin or user")),
        }
    }
}

impl std::str::FromStr for Language {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "en" => Ok(Language::En),
            "fr" => Ok(Language::Fr),
            "de" => Ok(Language::De),
            other => Err(format!("unknown language “{other}”: use en, fr or de")),
        }
    }
}
