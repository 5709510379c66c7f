//! Passwords of people: hashing (argon2id, RFC 9106), checking, one-time passwords, what a good one is.

use crate::error::{FieldError, Problem, ProblemKind};
use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use rand::RngExt;
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::sync::Semaphore;

/// Least and most characters of a password that somebody chooses.
pub const LENGTH: std::ops::RangeInclusive<usize> = 10..=200;
/// Hashings at the same time: each takes 19 MiB and a core for some 20 ms.
const AT_ONCE: usize = 2;
/// How long a sign-in waits for its turn.
const TURN: Duration = Duration::from_secs(5);

/// Passwords of ten characters and more that guessers try first.
const COMMON: [&str; 16] = [
    "1234567890",
    "0123456789",
    "12345678910",
    "0987654321",
    "qwertyuiop",
    "azertyuiop",
    "qwertzuiop",
    "1q2w3e4r5t",
    "password12",
    "password123",
    "passwort123",
    "motdepasse",
    "motdepasse1",
    "administrator",
    "administrateur",
    "changeme123",
];

/// Hashes a password for the store. Takes some 20 ms of CPU: not for an async task.
///
/// # Panics
/// Never for a password of at most 4 GiB on a system that has random numbers.
pub fn hash(password: &str) -> String {
    let hash: PasswordHash = Argon2::default().hash_password(password.as_bytes()).expect("the length is bounded");
    hash.to_string()
}

/// A random password to be used once: four groups of four, 75 bits.
pub fn one_time() -> String {
    const ALPHABET: &[u8; 27] = b"abcdefghjkmnpqrstuvwxyz2345";
    let mut random = rand::rng();
    let mut group = || (0..4).map(|_| char::from(ALPHABET[random.random_range(0..ALPHABET.len())])).collect::<String>();
    [group(), group(), group(), group()].join("-")
}

/// Whether a password is fit to be somebody's; `field` is where it stands in the body.
pub(crate) fn check(password: &str, login: &str, field: &str) -> Result<(), Problem> {
    let length = password.chars().count();
    let lower = password.to_lowercase();
    let same = password.chars().all(|c| password.starts_with(c));
    let (code, message) = if length < *LENGTH.start() {
        ("too-short", "Use at least 10 characters: a few words that only you would put together are good.")
    } else if length > *LENGTH.end() {
        ("too-long", "Use at most 200 characters.")
    } else if same || COMMON.contains(&lower.as_str()) {
        ("too-common", "This password is among the first that a guesser tries; choose another.")
    } else if login.chars().count() > 3 && lower.contains(&login.to_lowercase()) {
        ("contains-login", "The password must not contain the login; choose another.")
    } else {
        return Ok(());
    };
    Err(Problem::invalid(vec![FieldError::new(field, code, message)]))
}

/// Hashes and verifies, a few at a time and off the async threads.
pub(crate) struct Hasher {
    turns: Arc<Semaphore>,
    /// Stands in for the hash of a login that does not exist, so that the answer takes as long.
    nobody: Arc<OnceLock<String>>,
}

impl Default for Hasher {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), nobody: Arc::default() }
    }
}

impl Hasher {
    /// Hashes a password.
    pub(crate) async fn hash(&self, password: String) -> Result<String, Problem> {
        self.in_turn(move || hash(&password)).await
    }

    /// Whether the password is the one that was hashed; takes as long when there is no hash.
    pub(crate) async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, Problem> {
        let nobody = Arc::clone(&self.nobody);
        self.in_turn(move || {
            let known = hash.as_deref().and_then(|text| PasswordHash::new(text).ok());
            match known {
                Some(known) => Argon2::default().verify_password(password.as_bytes(), &known).is_ok(),
                None => {
                    let text = nobody.get_or_init(|| self::hash(&one_time()));
                    let other = PasswordHash::new(text).ok();
                    // The verdict is thrown away: nobody has this password, and if somebody guessed it there is no account.
                    let _ = other.map(|other| Argon2::default().verify_password(password.as_bytes(), &other));
                    false
                }
            }
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let busy = || {
            Problem::new(ProblemKind::Busy, "Many people are signing in just now. Try again in a few seconds.")
                .retry_after(5)
        };
        let turn = tokio::time::timeout(TURN, Arc::clone(&self.turns).acquire_owned()).await.map_err(|_| busy())?;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.map_err(|error| Problem::internal(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_fits() {
        let hasher = Hasher::default();
        let hash = hasher.hash("correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(hasher.verify("correct horse".into(), Some(hash.clone())).await.unwrap());
        assert!(!hasher.verify("correct hors".into(), Some(hash)).await.unwrap());
        assert!(!hasher.verify("".into(), Some(String::new())).await.unwrap(), "an empty hash fits nothing");
        assert!(!hasher.verify("x".into(), None).await.unwrap());
    }

    #[test]
    fn bad_passwords_are_told_why() {
        let code = |password: &str| check(password, "karl", "password").map_err(|p| p.fields[0].code.clone());
        assert_eq!(code("short"), Err("too-short".into()));
        assert_eq!(code(&"x".repeat(201)), Err("too-long".into()));
        assert_eq!(code("zzzzzzzzzzzz"), Err("too-common".into()));
        assert_eq!(code("MotDePasse"), Err("too-common".into()));
        assert_eq!(code("i am Karl the first"), Err("contains-login".into()));
        assert_eq!(code("quiet blue tram"), Ok(()));
        assert_eq!(code(&one_time()), Ok(()));
    }
}
