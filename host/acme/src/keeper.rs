//! When a certificate is asked for.

use crate::{Authority, Challenges, Files, order};
use rand::RngExt;
use std::time::{Duration, SystemTime};
use tokio::time::sleep;
use tracing::{info, warn};

/// Longest sleep between two looks at the clock, which may be set meanwhile.
const LOOK: Duration = Duration::from_secs(3_600);
/// The pause after a first failure; it doubles. Authorities count failures by the hour.
const AGAIN: Duration = Duration::from_secs(300);
/// The longest such pause.
const LONGEST: Duration = Duration::from_secs(12 * 3_600);

/// Keeps one certificate valid.
#[derive(Debug)]
pub struct Keeper {
    /// Who gives it.
    pub authority: Authority,
    /// Where it lies.
    pub files: Files,
    /// What the web server answers with meanwhile.
    pub challenges: Challenges,
}

impl Keeper {
    /// Ask for a certificate whenever one is due, for ever.
    pub async fn run(self) {
        let mut failures = 0;
        loop {
            if let Ok(left) = self.files.due().duration_since(SystemTime::now()) {
                sleep(left.min(LOOK)).await;
                continue;
            }
            let names = self.files.names();
            match order::renew(&self.authority, &self.files, &self.challenges).await {
                Ok(()) if self.files.due() > SystemTime::now() => {
                    info!(?names, "the authority has given a new certificate");
                    failures = 0;
                    continue;
                }
                Ok(()) => warn!(?names, "the authority has given a certificate that is of no use"),
                Err(error) => warn!(?names, %error, "the certificate is not renewed"),
            }
            sleep(pause(failures)).await;
            failures += 1;
        }
    }
}

/// After so many failures before; houses that failed together shall not come back together.
fn pause(failures: u32) -> Duration {
    let pause = AGAIN.saturating_mul(1 << failures.min(16)).min(LONGEST);
    pause.mul_f64(rand::rng().random_range(0.8..1.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_half_a_day() {
        assert!(pause(0) < AGAIN * 2);
        let far = pause(40);
        assert!(far > LONGEST / 2 && far < LONGEST * 2, "{far:?}");
    }
}
