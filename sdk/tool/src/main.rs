//! `jackfield-plugin`: makes, builds, checks, tests and packs plugins.

#![expect(clippy::print_stdout, reason = "a command-line tool speaks on standard output")]

use anyhow::{Context, Result};
use clap::{Parser, Subcommand, ValueEnum};
use jackfield_plugin::Kind;
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Makes, builds, checks, tests and packs plugins for Jackfield.
#[derive(Parser)]
#[command(version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a new plugin to begin with, in a folder of its name.
    New {
        /// Its name: lower-case letters, digits and hyphens. May be a path whose last part is the name.
        folder: PathBuf,
        /// What it does.
        #[arg(long, value_enum, default_value_t = Shape::Script)]
        kind: Shape,
        /// Use the SDK of this checkout (its `sdk` folder) rather than the published one.
        #[arg(long, value_name = "FOLDER")]
        sdk: Option<PathBuf>,
    },
    /// Build the WebAssembly component into dist/.
    Build(Folder),
    /// Build it, see whether a host would take it, and say what it may do.
    Check(Folder),
    /// Build it, and run its tests against the component in virtual time.
    Test(Folder),
    /// Build it, and write the archive to install into dist/.
    Pack(PackArguments),
}

#[derive(clap::Args)]
struct Folder {
    /// The plugin's folder.
    #[arg(default_value = ".")]
    folder: PathBuf,
}

#[derive(clap::Args)]
struct PackArguments {
    /// The plugins' folders.
    #[arg(default_value = ".")]
    folders: Vec<PathBuf>,
    /// Write the archives here rather than into each plugin's dist/.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Shape {
    /// Decides where calls go.
    Router,
    /// Takes calls to a number and talks to the callers.
    Script,
    /// Has a page on the website, and answers what it asks.
    Page,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("jackfield-plugin: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::New { folder, kind, sdk } => new(&folder, kind, sdk.as_deref()),
        Command::Build(Folder { folder }) => {
            let component = jackfield_plugin::build(&folder)?;
            let path = write(&folder.join("dist"), "component.wasm", &component)?;
            println!("{} ({} kB)", path.display(), component.len().div_ceil(1_000));
            Ok(())
        }
        Command::Check(Folder { folder }) => {
            println!("{}", jackfield_plugin::check(&jackfield_plugin::pack(&folder)?)?);
            Ok(())
        }
        Command::Test(Folder { folder }) => jackfield_plugin::test(&folder, &jackfield_plugin::pack(&folder)?),
        Command::Pack(PackArguments { folders, out }) => folders.iter().try_for_each(|folder| {
            let packed = jackfield_plugin::pack(folder)?;
            jackfield_plugin::check(&packed)?;
            let place = out.clone().unwrap_or_else(|| folder.join("dist"));
            let path = write(&place, &packed.file_name(), &packed.archive)?;
            println!("{} ({} kB)", path.display(), packed.archive.len().div_ceil(1_000));
            Ok(())
        }),
    }
}

fn new(folder: &Path, kind: Shape, sdk: Option<&Path>) -> Result<()> {
    let name = folder.file_name().and_then(|name| name.to_str()).context("the folder has no name")?;
    let kind = match kind {
        Shape::Router => Kind::Router,
        Shape::Script => Kind::Script,
        Shape::Page => Kind::Page,
    };
    let sdk =
        sdk.map(|sdk| sdk.canonicalize().with_context(|| format!("{} is no folder", sdk.display()))).transpose()?;
    jackfield_plugin::new(folder, name, kind, sdk.as_deref())?;
    println!("{} is made. Next: cd {} && jackfield-plugin test", name, folder.display());
    Ok(())
}

/// Write a file so that it is there whole or not at all.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf> {
    let (path, incoming) = (folder.join(name), folder.join(format!(".{name}.incoming")));
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    fs::write(&incoming, bytes).with_context(|| format!("{} cannot be written", incoming.display()))?;
    fs::rename(&incoming, &path).with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(path)
}
