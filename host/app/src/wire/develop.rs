//! For plugin authors: packages that are installed again whenever their file changes.

use anyhow::{Context, Result};
use jackfield_runtime::{Consent, Plugins};
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};
use tokio::{fs, time::sleep};

/// How often a file is looked at.
const PERIOD: Duration = Duration::from_millis(100);

/// Keep the plugin in `package` as its file is, for ever: whoever starts a host so has made the package, so what it asks for is
/// approved and no signature is asked for. Live calls end on the version that they began with.
pub async fn follow(package: PathBuf, plugins: Plugins) {
    let mut seen = None;
    loop {
        let now = stamp(&package).await;
        if now.is_some() && now != seen {
            let began = Instant::now();
            match install(&package, &plugins).await {
                Ok(what) => tracing::info!("{what} is in place after {} ms", began.elapsed().as_millis()),
                Err(error) => tracing::error!("{} is not installed: {error:#}", package.display()),
            }
        }
        seen = now;
        sleep(PERIOD).await;
    }
}

/// What tells one state of a file from another.
async fn stamp(package: &Path) -> Option<(SystemTime, u64)> {
    let metadata = fs::metadata(package).await.ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

async fn install(package: &Path, plugins: &Plugins) -> Result<String> {
    let archive = fs::read(package).await.context("it cannot be read")?;
    let status = plugins.install(&archive, Consent::everything()).await?;
    // One that has failed before it was mended starts afresh.
    plugins.enable(&status.id).await?;
    Ok(format!("{} {}", status.id, status.version))
}
