//! Makes, builds, checks, tests, packs and signs plugins: what `jackfield-plugin` does, for programs.
//!
//! A plugin is a folder with `Cargo.toml`, `plugin.toml`, `src/`, and whatever of `settings.schema.json`, `locales/`,
//! `prompts/`, `README.md` it has. [`build()`] makes its WebAssembly component, [`pack()`] the archive that is
//! installed. The repository builds its own plugins with it, and so does the test kit.
//!
//! Read first: [`build()`], [`pack()`], [`check()`].

mod build;
mod check;
mod key;
mod new;
mod pack;
mod publish;
mod run;
mod test;
mod toolchain;

pub use build::build;
pub use check::{Report, check};
pub use jackfield_registry::Published;
pub use key::{default_key, new_key, read_key, verify};
pub use new::{Kind, new};
pub use pack::{Packed, pack};
pub use publish::publish;
pub use run::run;
pub use test::test;
