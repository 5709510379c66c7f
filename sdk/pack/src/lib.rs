//! From a plugin's folder to the package that is installed.
//!
//! A plugin is a folder with `plugin.toml`, what its code is built of (`Cargo.toml` and `src/`, or a `[build]` step), and whatever of `settings.schema.json`, `locales/`,
//! `prompts/`, `README.md` it has. [`build()`] makes its WebAssembly component, [`pack()`] the archive that is installed.
//! The tool for authors and the test kit both begin with it.

mod bindings;
mod build;
pub mod contract;
mod pack;
mod toolchain;
pub mod typescript;

pub use build::{Speed, build, build_at};
pub use pack::{Packed, pack, pack_at};
