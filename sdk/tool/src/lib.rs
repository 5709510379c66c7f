//! Makes, builds, checks, tests, packs and signs plugins: what `jackfield-plugin` does, for programs.
//!
//! What a plugin's folder holds, and how its package is made, is in `jackfield_pack`. The repository builds its own plugins
//! with it.
//!
//! Read first: [`check()`], [`test()`], [`run()`].

mod check;
mod key;
mod new;
mod publish;
mod run;
mod test;

pub use check::{Report, check};
pub use jackfield_pack::{Packed, build, pack};
pub use jackfield_registry::Published;
pub use key::{default_key, new_key, read_key, verify};
pub use new::{Kind, Language, new};
pub use publish::publish;
pub use run::run;
pub use test::{TestOptions, test};
