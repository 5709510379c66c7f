//! What TLS is spoken with: the certificates of the configuration, one from an authority, or one that the host makes for
//! itself.

use crate::{config::Config, data_dir::DataDir, serve::reachable};
use anyhow::{Context, Result};
use jackfield_acme::{Authority, Challenges, Files, Keeper, LETS_ENCRYPT};
use jackfield_net::{CertificateFiles, TlsConfig, self_made_certificate};
use std::{collections::BTreeSet, fs::File, io::Write, os::unix::fs::OpenOptionsExt, path::Path};

/// Where the machine's name stands.
const HOST_NAME: &str = "/proc/sys/kernel/hostname";

/// The certificates to speak TLS with, the authority's after those that are configured. Where they are needed and there is none,
/// one is made in the data folder; it is made once, so that people who have accepted it are not asked again.
///
/// # Errors
/// When it cannot be made.
pub fn of(config: &Config, data: &DataDir, issued: Option<&Files>) -> Result<TlsConfig> {
    let given = config.tls.certificates.iter();
    let mut certificates: Vec<_> =
        given.map(|files| CertificateFiles { chain: files.chain.clone(), key: files.key.clone() }).collect();
    certificates.extend(issued.map(|files| CertificateFiles { chain: files.chain(), key: files.key() }));
    let speaks_tls = [&config.sip.tls, &config.sip.wss, &config.http.tls].iter().any(|listeners| !listeners.is_empty());
    if speaks_tls && certificates.is_empty() {
        let folder = data.join("tls");
        let files = CertificateFiles { chain: folder.join("certificate.pem"), key: folder.join("key.pem") };
        self_made(&files, own_names(config))?;
        certificates.push(files);
    }
    Ok(TlsConfig {
        certificates,
        client_ca: config.tls.client_ca.clone(),
        client_required: config.tls.client_required,
        peer_ca: config.tls.peer_ca.clone(),
    })
}

/// Where the authority's certificate lies, if one is asked for; until it has given one, one that signs itself.
///
/// # Errors
/// When the folder cannot be written to.
pub fn issued(config: &Config, data: &DataDir) -> Result<Option<Files>> {
    if !config.acme.is_on() {
        return Ok(None);
    }
    let files = Files::new(data.join("tls").join("acme"), config.acme.names.iter().cloned());
    self_made(&CertificateFiles { chain: files.chain(), key: files.key() }, files.names().clone())?;
    Ok(Some(files))
}

/// Who asks for it and renews it, and what the authority is answered meanwhile.
pub fn keeper(config: &Config, files: Files) -> (Keeper, Challenges) {
    let challenges = Challenges::default();
    let authority = Authority {
        directory: config.acme.directory.clone().unwrap_or_else(|| LETS_ENCRYPT.to_owned()),
        ca: config.acme.directory_ca.clone(),
        contact: config.acme.contact.clone(),
    };
    (Keeper { authority, files, challenges: challenges.clone() }, challenges)
}

/// What the host can be called by.
fn own_names(config: &Config) -> BTreeSet<String> {
    let mut names = BTreeSet::from([String::from("localhost")]);
    names.extend(std::fs::read_to_string(HOST_NAME).ok().map(|name| name.trim().to_owned()).filter(|n| is_name(n)));
    let listeners = config.sip.tls.iter().chain(&config.sip.wss).chain(&config.http.tls);
    names.extend(listeners.map(|listener| reachable(*listener).ip().to_string()));
    names
}

/// A certificate that signs itself, where there is none yet.
fn self_made(files: &CertificateFiles, names: BTreeSet<String>) -> Result<()> {
    if files.chain.exists() && files.key.exists() {
        return Ok(());
    }
    let (certificate, key) = self_made_certificate(names.into_iter().collect()).context("cannot make a certificate")?;
    if let Some(folder) = files.chain.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    // The certificate last: it is there only when its key is.
    write(&files.key, &key, 0o600)?;
    write(&files.chain, &certificate, 0o644)?;
    tracing::info!(certificate = %files.chain.display(), "made a certificate that signs itself: phones must be told to trust it");
    Ok(())
}

fn is_name(name: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    name.split('.').all(plain)
}

fn write(path: &Path, text: &str, mode: u32) -> Result<()> {
    let cannot = || format!("cannot write {}", path.display());
    let mut file: File =
        File::options().write(true).create(true).truncate(true).mode(mode).open(path).with_context(cannot)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).with_context(cannot)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_certificate_is_made_once_and_only_where_it_is_needed() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path()).unwrap();
        assert!(of(&Config::default(), &data, None).unwrap().certificates.is_empty());
        let config = Config::parse("[sip]\ntls = [\"127.0.0.1:5061\"]\n").unwrap();
        let made = of(&config, &data, None).unwrap().certificates.remove(0);
        let read = || (std::fs::read(&made.chain).unwrap(), std::fs::read(&made.key).unwrap());
        let first = read();
        assert_eq!(std::fs::metadata(&made.key).unwrap().permissions().mode() & 0o777, 0o600);
        of(&config, &data, None).unwrap();
        assert_eq!(read(), first);
    }
}
