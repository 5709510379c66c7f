//! From a plugin's folder to its WebAssembly component.

use crate::{bindings, contract, pack::read_manifest, toolchain::Toolchain};
use anyhow::{Context, Result, bail};
use jackfield_runtime::manifest::Build;
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// How much time a build may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speed {
    /// As much as a small component takes: what is packed, tested and installed.
    Small,
    /// As little as possible: what is tried a moment after it was saved.
    Quick,
}

/// How guests are compiled, whatever their own `Cargo.toml` says: small and quick to start. A panic ends the instance,
/// so there is nothing to unwind; the stack of a plugin is 64 kB, so that an instance starts with few pages.
const SMALL: [&str; 7] = [
    "profile.release.opt-level=\"s\"",
    "profile.release.lto=\"fat\"",
    "profile.release.codegen-units=1",
    "profile.release.panic=\"abort\"",
    "profile.release.debug=false",
    "profile.release.strip=\"symbols\"",
    "target.wasm32-unknown-unknown.rustflags=[\"-Clink-arg=-zstack-size=65536\"]",
];

/// The same where time matters more than size. Not wholly unoptimised: such code wants a larger stack.
const QUICK: [&str; 6] = [
    "profile.dev.opt-level=1",
    "profile.dev.panic=\"abort\"",
    "profile.dev.debug=false",
    "profile.dev.incremental=true",
    "profile.dev.package.\"*\".opt-level=1",
    "target.wasm32-unknown-unknown.rustflags=[\"-Clink-arg=-zstack-size=65536\"]",
];

/// Build the component of the plugin in `folder`.
///
/// # Errors
/// When there is no toolchain, the code does not compile, or it is no plugin; the text says what to do.
pub fn build(folder: &Path) -> Result<Vec<u8>> {
    build_at(folder, Speed::Small)
}

/// The same at a speed.
///
/// # Errors
/// As [`build()`].
pub fn build_at(folder: &Path, speed: Speed) -> Result<Vec<u8>> {
    match read_manifest(folder)?.build {
        Some(step) => made_by(&step, folder),
        None => {
            let module = compile(folder, speed)?;
            let module = fs::read(&module).with_context(|| format!("{} cannot be read", module.display()))?;
            componentized(&module)
                .context("the module is no plugin: does a function carry #[router], #[script] or #[web]?")
        }
    }
}

/// A component of a core module that tells its world in a section, as the binding generators of the component model put it there.
fn componentized(module: &[u8]) -> Result<Vec<u8>> {
    wit_component::ComponentEncoder::default().validate(true).module(module).and_then(|encoder| encoder.encode())
}

/// Have the author's own tools make the component: they find the contract, with the plugin's own world, in `dist/wit`.
fn made_by(step: &Build, folder: &Path) -> Result<Vec<u8>> {
    let manifest = read_manifest(folder)?;
    contract::write(&manifest, &folder.join("dist/wit"))?;
    if step.bindings.is_some() {
        bindings::in_c(&folder.join("dist/wit"), &folder.join("dist/bindings"))?;
    }
    let (program, arguments) = step.command.split_first().context("build.command names a program")?;
    let said = step.command.join(" ");
    let status = Command::new(program).args(arguments).current_dir(folder).status();
    let status = status.with_context(|| format!("“{said}” cannot be started; plugin.toml names it under [build]"))?;
    if !status.success() {
        bail!("“{said}”, by which plugin.toml has {} built, has failed ({status})", folder.display());
    }
    let path = folder.join(&step.component);
    let made = fs::read(&path).with_context(|| format!("“{said}” has left no {}", path.display()))?;
    match made.get(..8) {
        Some([0, b'a', b's', b'm', _, _, 1, 0]) => Ok(made),
        Some([0, b'a', b's', b'm', 1, 0, 0, 0]) => {
            componentized(&made).with_context(|| format!("{} is a module that is no plugin", path.display()))
        }
        _ => bail!("{} is no WebAssembly component", path.display()),
    }
}

/// Run cargo and give the path of the core module.
fn compile(folder: &Path, speed: Speed) -> Result<PathBuf> {
    let manifest = folder.join("Cargo.toml");
    let manifest =
        manifest.canonicalize().with_context(|| format!("{} is no plugin: it has no Cargo.toml", folder.display()))?;
    let mut cargo = Toolchain::find()?.cargo_build();
    let settings: &[&str] = match speed {
        Speed::Small => {
            cargo.arg("--release");
            &SMALL
        }
        Speed::Quick => {
            cargo.arg("--quiet");
            &QUICK
        }
    };
    cargo.args(["--lib", "--message-format=json-render-diagnostics", "--manifest-path"]).arg(&manifest);
    for setting in settings {
        cargo.args(["--config", setting]);
    }
    let mut cargo = cargo.stdout(Stdio::piped()).spawn().context("cargo cannot be started")?;
    let lines = BufReader::new(cargo.stdout.take().context("cargo has no output")?).lines();
    let mut module = None;
    for line in lines {
        let message: Value = serde_json::from_str(&line.context("cargo's output cannot be read")?).unwrap_or_default();
        if message["reason"] == "compiler-artifact"
            && message["manifest_path"].as_str().map(Path::new) == Some(&manifest)
        {
            let files = message["filenames"].as_array().into_iter().flatten().filter_map(Value::as_str);
            module = files.map(PathBuf::from).find(|file| file.extension().is_some_and(|e| e == "wasm")).or(module);
        }
    }
    if !cargo.wait().context("cargo did not end")?.success() {
        bail!("the plugin in {} does not compile", folder.display());
    }
    module.with_context(|| format!("{} makes no module: add crate-type = [\"cdylib\"] under [lib]", manifest.display()))
}
