//! Finding a Rust toolchain that can build for WebAssembly.
//!
//! In this order: the target that is installed; `rustup target add`; Debian's Rust, which builds the standard library
//! for the target itself.

use anyhow::{Context, Result, bail};
use std::{path::Path, process::Command};

/// What plugins are built for: no WASI, so that a plugin imports what it asks for and nothing else.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";
const DEBIAN_PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];
/// Debian's linkers for WebAssembly, newest first.
const DEBIAN_LINKERS: [u8; 4] = [22, 21, 20, 19];

/// A way to build for [`TARGET`].
pub(crate) enum Toolchain {
    /// The `cargo` on the path has the target.
    Installed,
    /// Debian's, with the linker to use.
    Debian { linker: String },
}

impl Toolchain {
    /// Find one, installing what is missing where that is possible.
    pub(crate) fn find() -> Result<Self> {
        if target_is_installed() {
            return Ok(Self::Installed);
        }
        let added = Command::new("rustup").args(["target", "add", TARGET]).status();
        if added.is_ok_and(|status| status.success()) && target_is_installed() {
            return Ok(Self::Installed);
        }
        match debian() {
            Ok(toolchain) => Ok(toolchain),
            Err(why) => bail!(
                "no Rust toolchain here can build for {TARGET} ({why:#}).\n\
                 With rustup: rustup target add {TARGET}\n\
                 On Debian, as root: apt-get install {} lld-{}",
                DEBIAN_PACKAGES.join(" "),
                DEBIAN_LINKERS[0]
            ),
        }
    }

    /// `cargo build` for the target.
    pub(crate) fn cargo_build(&self) -> Command {
        let mut cargo = match self {
            Self::Installed => Command::new("cargo"),
            Self::Debian { .. } => Command::new("/usr/bin/cargo"),
        };
        cargo.args(["build", "--target", TARGET]);
        // Flags for the machine's own programs do not fit the target.
        cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS").env_remove("CARGO_BUILD_TARGET");
        if let Self::Debian { linker } = self {
            cargo
                .args(["-Z", "build-std=std,panic_abort"])
                .env("RUSTC", "/usr/bin/rustc")
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
                .env_remove("RUSTUP_TOOLCHAIN");
        }
        cargo
    }
}

fn target_is_installed() -> bool {
    let Ok(output) = Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).output() else {
        return false;
    };
    let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
}

fn debian() -> Result<Toolchain> {
    let there = |program: &str| Path::new("/usr/bin").join(program).exists();
    let linker = || DEBIAN_LINKERS.iter().map(|n| format!("wasm-ld-{n}")).find(|linker| there(linker));
    let sources = || Path::new("/usr/src").read_dir().is_ok_and(|mut d| d.any(|e| e.is_ok_and(|e| is_rust_source(&e))));
    if !(there("rustc") && there("cargo") && sources() && linker().is_some()) {
        let lld = format!("lld-{}", DEBIAN_LINKERS[0]);
        let installed = Command::new("apt-get")
            .args(["install", "--yes", "--no-install-recommends"])
            .args(DEBIAN_PACKAGES)
            .arg(lld)
            .status()
            .context("there is neither rustup nor apt-get")?;
        if !installed.success() {
            bail!("apt-get install did not succeed");
        }
    }
    let linker = linker().context("there is no wasm-ld in /usr/bin")?;
    Ok(Toolchain::Debian { linker })
}

fn is_rust_source(entry: &std::fs::DirEntry) -> bool {
    entry.file_name().to_string_lossy().starts_with("rustc")
}
