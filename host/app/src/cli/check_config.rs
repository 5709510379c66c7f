//! `jackfield check-config FILE`

use super::say;
use crate::config::Config;
use anyhow::{Result, ensure};
use std::path::Path;

pub(super) fn run(file: &Path) -> Result<()> {
    let config = Config::load(file)?;
    for (key, folder) in [("plugins.packages", &config.plugins.packages), ("http.web_dir", &config.http.web_dir)] {
        if let Some(folder) = folder {
            ensure!(folder.is_dir(), "{}: {key} names {}, which is no folder", file.display(), folder.display());
        }
    }
    crate::log::check(&config.log)?;
    say(format_args!("{} is good.", file.display()))
}
