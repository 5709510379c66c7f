//! What is kept on the disk: the account with the authority, the certificate and its key.

use rustls_pki_types::{CertificateDer, pem::PemObject};
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};
use x509_parser::{extensions::GeneralName, prelude::FromDer};

/// A folder with a certificate for some names. Whoever opens it puts one there that signs itself, until there is another.
#[derive(Clone, Debug)]
pub struct Files {
    folder: PathBuf,
    names: BTreeSet<String>,
}

/// The folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}; see that the host may write there", path.display())]
pub struct FilesError {
    path: PathBuf,
    source: io::Error,
}

impl Files {
    /// This folder, and the names that its certificate is for.
    pub fn new(folder: PathBuf, names: impl IntoIterator<Item = String>) -> Self {
        Self { folder, names: names.into_iter().map(|name| name.to_ascii_lowercase()).collect() }
    }

    /// The certificate, and after it those that lead up to its authority, PEM.
    pub fn chain(&self) -> PathBuf {
        self.folder.join("fullchain.pem")
    }

    /// Its key, PEM.
    pub fn key(&self) -> PathBuf {
        self.folder.join("privkey.pem")
    }

    /// The names that it is for.
    pub fn names(&self) -> &BTreeSet<String> {
        &self.names
    }

    /// Put another certificate in its place.
    pub(crate) fn keep(&self, chain: &str, key: &str) -> Result<(), FilesError> {
        // The certificate last: whoever sees a new one finds its key.
        replace(&self.key(), key.as_bytes(), 0o600)?;
        replace(&self.chain(), chain.as_bytes(), 0o644)
    }

    /// The account at this authority, as it was kept.
    pub(crate) fn account(&self, directory: &str) -> Option<Vec<u8>> {
        fs::read(self.account_file(directory)).ok()
    }

    /// Remember the account at this authority.
    pub(crate) fn keep_account(&self, directory: &str, account: &[u8]) -> Result<(), FilesError> {
        replace(&self.account_file(directory), account, 0o600)
    }

    /// Each authority has its own.
    fn account_file(&self, directory: &str) -> PathBuf {
        let plain = |letter: char| if letter.is_ascii_alphanumeric() || letter == '.' { letter } else { '-' };
        let name: String = directory.trim_start_matches("https://").chars().map(plain).take(120).collect();
        self.folder.join(format!("account-{name}.json"))
    }

    /// When a new certificate is to be asked for: after two thirds of the life of this one, and at once when it signs itself,
    /// is for other names or cannot be read.
    pub(crate) fn due(&self) -> SystemTime {
        self.read().unwrap_or(SystemTime::UNIX_EPOCH)
    }

    fn read(&self) -> Option<SystemTime> {
        let pem = fs::read(self.chain()).ok()?;
        let der = CertificateDer::pem_slice_iter(&pem).next()?.ok()?;
        let (_, certificate) = x509_parser::certificate::X509Certificate::from_der(&der).ok()?;
        let named = certificate.subject_alternative_name().ok()??;
        let dns = |name: &GeneralName<'_>| match name {
            GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
            _ => None,
        };
        let names: BTreeSet<String> = named.value.general_names.iter().filter_map(dns).collect();
        if certificate.issuer() == certificate.subject() || names != self.names {
            return None;
        }
        let at = |time: i64| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(time).ok()?));
        let (from, to) =
            (at(certificate.validity().not_before.timestamp())?, at(certificate.validity().not_after.timestamp())?);
        Some(from + to.duration_since(from).ok()? * 2 / 3)
    }
}

/// Write a file whole or not at all.
fn replace(path: &Path, content: &[u8], mode: u32) -> Result<(), FilesError> {
    let new = path.with_extension("new");
    let write = || -> io::Result<()> {
        let mut file: File = File::options().write(true).create(true).truncate(true).mode(mode).open(&new)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    write().map_err(|source| FilesError { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    const DAY: Duration = Duration::from_secs(86_400);

    fn names() -> [String; 2] {
        ["PBX.example.org".into(), "telephone.example.org".into()]
    }

    /// A certificate for these names by an authority of the test, that has lived 30 of its 90 days.
    fn issued(names: &[&str]) -> (String, String) {
        let authority_key = rcgen::KeyPair::generate().unwrap();
        let authority = rcgen::CertificateParams::new(vec![]).unwrap();
        let issuer = rcgen::Issuer::new(authority, authority_key);
        let mut params =
            rcgen::CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, "ours");
        params.not_before = (SystemTime::now() - DAY * 30).into();
        params.not_after = (SystemTime::now() + DAY * 60).into();
        let key = rcgen::KeyPair::generate().unwrap();
        (params.signed_by(&key, &issuer).unwrap().pem(), key.serialize_pem())
    }

    #[test]
    fn none_and_one_that_signs_itself_are_to_be_replaced_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::new(folder.path().to_owned(), names());
        assert!(files.due() < SystemTime::now());
        let key = rcgen::KeyPair::generate().unwrap();
        let own = rcgen::CertificateParams::new(files.names().iter().cloned().collect::<Vec<_>>()).unwrap();
        files.keep(&own.self_signed(&key).unwrap().pem(), &key.serialize_pem()).unwrap();
        assert!(files.due() < SystemTime::now());
        assert_eq!(fs::metadata(files.key()).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_certificate_is_renewed_after_two_thirds_of_its_life() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::new(folder.path().to_owned(), names());
        let (chain, key) = issued(&["telephone.example.org", "pbx.example.org"]);
        files.keep(&chain, &key).unwrap();
        let wait = files.due().duration_since(SystemTime::now()).unwrap();
        assert!(wait > DAY * 29 && wait < DAY * 31, "{wait:?}");
    }

    #[test]
    fn one_for_other_names_or_that_is_damaged_is_replaced_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::new(folder.path().to_owned(), names());
        let (chain, key) = issued(&["telephone.example.org"]);
        files.keep(&chain, &key).unwrap();
        assert!(files.due() < SystemTime::now());
        files.keep("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", &key).unwrap();
        assert!(files.due() < SystemTime::now());
    }

    #[test]
    fn each_authority_has_its_own_account() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::new(folder.path().to_owned(), names());
        files.keep_account("https://one.example/directory", b"one").unwrap();
        assert_eq!(files.account("https://one.example/directory").as_deref(), Some(&b"one"[..]));
        assert_eq!(files.account("https://two.example/../directory"), None);
    }
}
