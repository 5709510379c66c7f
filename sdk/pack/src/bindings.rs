//! The contract in C.

use crate::contract::{WORLD, write_file};
use anyhow::{Context, Result};
use std::path::Path;
use wit_bindgen_core::{Files, wit_parser::Resolve};

/// Make `plugin.h`, `plugin.c` and an object file that tells the world, of a folder as [`crate::contract::write`] leaves it.
pub(crate) fn in_c(contract: &Path, folder: &Path) -> Result<()> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(contract).context("the contract cannot be read")?;
    let world = resolve.select_world(&[package], Some(WORLD)).context("the contract has no world")?;
    let mut files = Files::default();
    wit_bindgen_c::Opts::default().build().generate(&mut resolve, world, &mut files)?;
    for (name, content) in files.iter() {
        write_file(&folder.join(name), content)?;
    }
    Ok(())
}
