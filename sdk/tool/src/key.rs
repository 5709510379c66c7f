//! The key that packages are signed with, and where it lies.

use anyhow::{Context, Result, bail};
use jackfield_runtime::{
    package,
    signature::{PublicKey, SigningKey, grouped},
};
use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// The variable that names the key's file.
const VARIABLE: &str = "JACKFIELD_KEY";

/// Where a key is when nobody says: `$JACKFIELD_KEY`, else `jackfield/publisher.key` where this user's settings are.
///
/// # Errors
/// When the user has no home.
pub fn default_key() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os(VARIABLE) {
        return Ok(path.into());
    }
    let settings = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let settings = settings.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".config")));
    Ok(settings.context("there is no home to keep a key in: say where with --key")?.join("jackfield/publisher.key"))
}

/// Make a key in a new file that nobody else can read.
///
/// # Errors
/// When the file is there already, or cannot be written.
pub fn new_key(file: &Path) -> Result<PublicKey> {
    let (key, text) = SigningKey::generate()?;
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let mut made = match made {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!(
                "{} is there already: plugins that it has signed can be updated with it alone, so keep it",
                file.display()
            )
        }
        made => made.with_context(|| format!("{} cannot be written", file.display()))?,
    };
    made.write_all(text.as_bytes()).and_then(|()| made.sync_all())?;
    Ok(key.public())
}

/// Read a key.
///
/// # Errors
/// When there is none, or it is no key.
pub fn read_key(file: &Path) -> Result<SigningKey> {
    let text = match fs::read_to_string(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!("there is no key {}: make one with “jackfield-plugin key new”", file.display())
        }
        text => text.with_context(|| format!("{} cannot be read", file.display()))?,
    };
    SigningKey::from_pem(&text).with_context(|| file.display().to_string())
}

/// Whose signature a package bears, as a sentence.
///
/// # Errors
/// When it is no sound package, or not signed.
pub fn verify(archive: &[u8]) -> Result<String> {
    let Some(key) = package::signer(archive)? else {
        bail!("the package is whole, but nobody has signed it: “jackfield-plugin sign” does");
    };
    Ok(format!("whole, signed with the key {}", grouped(&key.fingerprint())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new/publisher.key");
        let public = new_key(&file).unwrap();
        assert_eq!(read_key(&file).unwrap().public(), public);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let refused = new_key(&file).unwrap_err().to_string();
        assert!(refused.contains("is there already"), "{refused}");
        let missing = read_key(&folder.path().join("none")).err().unwrap().to_string();
        assert!(missing.contains("jackfield-plugin key new"), "{missing}");
    }
}
