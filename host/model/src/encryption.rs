//! How sound travels to and from a trunk or an extension.

use serde::{Deserialize, Serialize};

/// Whether sound is encrypted (SRTP). Browsers always encrypt, whatever is said here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum SoundEncryption {
    /// As the house has it (`media.encryption`).
    #[default]
    House,
    /// Never encrypted.
    Off,
    /// Encrypted where the other side asks for it, and offered by TLS.
    Offered,
    /// Calls without encryption are refused; keys by signalling.
    Required,
    /// The same with keys by DTLS.
    Dtls,
}

impl SoundEncryption {
    /// The word kept in the store and sent by the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::House => "house",
            Self::Off => "off",
            Self::Offered => "offered",
            Self::Required => "required",
            Self::Dtls => "dtls",
        }
    }
}

impl std::str::FromStr for SoundEncryption {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::House, Self::Off, Self::Offered, Self::Required, Self::Dtls];
        let unknown = || format!("unknown encryption “{text}”: use house, off, offered, required or dtls");
        all.into_iter().find(|one| one.as_str() == text).ok_or_else(unknown)
    }
}
