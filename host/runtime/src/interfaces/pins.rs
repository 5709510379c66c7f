//! `jackfield:services/pins`: hashing and checking PINs, away from the threads that carry calls.

use crate::{
    bindings::imports::jackfield::{services::pins, types::types::Error},
    instance::{Running, State},
};
use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

const LONGEST_PIN: usize = 64;
const LONGEST_HASH: usize = 256;
/// Hashings at the same time: each takes 19 MiB and a core for some 20 ms.
static TURNS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(2));

impl pins::Host for State {
    async fn hash(&mut self, pin: String) -> Result<String, Error> {
        self.check_pin(&pin)?;
        let hashed =
            in_turn(move || Argon2::default().hash_password(pin.as_bytes()).map(|hash| hash.to_string())).await;
        self.cpu.refill();
        hashed.ok_or_else(ending)?.map_err(|error| Error::Failed(format!("the PIN cannot be hashed: {error}")))
    }

    async fn matches(&mut self, pin: String, hash: String) -> Result<bool, Error> {
        self.check_pin(&pin)?;
        if hash.len() > LONGEST_HASH {
            return Err(Error::Invalid("this is no hash of a PIN".into()));
        }
        let checked = in_turn(move || {
            let hash = PasswordHash::new(&hash).map_err(|_| Error::Invalid("this is no hash of a PIN".into()))?;
            Ok(Argon2::default().verify_password(pin.as_bytes(), &hash).is_ok())
        })
        .await;
        self.cpu.refill();
        checked.ok_or_else(ending)?
    }
}

impl State {
    fn check_pin(&self, pin: &str) -> Result<(), Error> {
        if matches!(self.running, Running::Decision | Running::Settings) {
            return Err(Error::Denied(format!("PINs cannot be hashed {}", self.running.while_doing())));
        }
        if !(1..=LONGEST_PIN).contains(&pin.len()) {
            return Err(Error::Invalid(format!("a PIN has 1 to {LONGEST_PIN} bytes")));
        }
        Ok(())
    }
}

async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let _turn = TURNS.acquire().await.ok()?;
    tokio::task::spawn_blocking(work).await.ok()
}

fn ending() -> Error {
    Error::Failed("the host is ending".into())
}
