//! `[acme]`: a certificate from an authority.

use serde::Deserialize;
use std::{net::SocketAddr, path::PathBuf};

/// `[acme]`
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct Acme {
    /// The names that the certificate is for; none: no certificate is asked for.
    pub names: Vec<String>,
    /// Whom the authority writes to, a mail address.
    pub contact: Option<String>,
    /// Whether the authority's terms are agreed to.
    pub agree_to_terms: bool,
    /// Where the authority looks whether the names are ours: port 80 of each name must lead here.
    pub listen: Option<SocketAddr>,
    /// The authority's directory; `None`: Let's Encrypt.
    pub directory: Option<String>,
    /// Who signs the certificate of the directory, when it is none that browsers trust. Relative to the configuration file.
    pub directory_ca: Option<PathBuf>,
}

impl Acme {
    /// Whether a certificate is asked for.
    pub fn is_on(&self) -> bool {
        !self.names.is_empty()
    }

    /// What no single key can know about itself.
    pub(super) fn check(&self) -> Result<(), String> {
        if !self.is_on() {
            return Ok(());
        }
        let plain = |name: &&String| {
            name.contains('.') && name.split('.').all(is_label) && name.parse::<std::net::IpAddr>().is_err()
        };
        if let Some(name) = self.names.iter().find(|name| !plain(name)) {
            return Err(format!("acme.names: “{name}” is no host name such as telephone.example.org"));
        }
        if !self.agree_to_terms {
            return Err("acme.names asks for a certificate, for which its authority wants you to agree to its terms: \
                        read them and set acme.agree_to_terms = true"
                .into());
        }
        if self.listen.is_none() {
            return Err(
                "acme.listen is missing: where the authority, by port 80 of acme.names, reaches the host".into()
            );
        }
        match &self.directory {
            Some(directory) if !directory.starts_with("https://") => {
                Err(format!("acme.directory: “{directory}” does not begin with https://"))
            }
            _ => Ok(()),
        }
    }
}

/// RFC 1123 §2.1.
fn is_label(label: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=63).contains(&label.len()) && label.bytes().all(inner) && !label.starts_with('-') && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::super::Config;

    fn wrong(text: &str) -> String {
        Config::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn a_certificate_needs_a_name_consent_and_a_door() {
        let whole = "[acme]\nnames = [\"pbx.example.org\"]\nagree_to_terms = true\nlisten = \"0.0.0.0:80\"\n";
        assert!(Config::parse(whole).unwrap().acme.is_on());
        assert!(!Config::default().acme.is_on());
        assert!(wrong(&whole.replace("agree_to_terms = true\n", "")).contains("agree to its terms"));
        assert!(wrong(&whole.replace("listen = \"0.0.0.0:80\"\n", "")).contains("acme.listen is missing"));
        for name in ["pbx", "192.0.2.1", "*.example.org", "a..b", "-a.example"] {
            assert!(wrong(&whole.replace("pbx.example.org", name)).contains("no host name"), "{name}");
        }
        assert!(wrong(&format!("{whole}directory = \"http://a/\"\n")).contains("https://"));
    }
}
