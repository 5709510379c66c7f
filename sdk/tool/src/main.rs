//! `jackfield-plugin`: makes, builds, checks, tests, packs and signs plugins.

#![expect(clippy::print_stdout, reason = "a command-line tool speaks on standard output")]

use anyhow::{Context, Result};
use clap::{Parser, Subcommand, ValueEnum};
use jackfield_plugin::{Kind, Language, Published, TestOptions};
use jackfield_runtime::{
    package,
    signature::{SigningKey, grouped},
};
use std::{
    fs,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Makes, builds, checks, tests, packs and signs plugins for Jackfield.
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
        /// Its name: lower-case letters, digits and hyphens. May be a path whose last part is the name. Asked for when
        /// you do not say.
        folder: Option<PathBuf>,
        /// What it is written in; asked for when you do not say.
        #[arg(long, value_enum)]
        language: Option<Tongue>,
        /// What it does; asked for when you do not say.
        #[arg(long, value_enum)]
        kind: Option<Shape>,
        /// Use the SDK of this checkout (its `sdk` folder) rather than the published one, which there is for Rust alone.
        #[arg(long, value_name = "FOLDER")]
        sdk: Option<PathBuf>,
    },
    /// Build the WebAssembly component into dist/.
    Build(Folder),
    /// Build it, see whether a host would take it, and say what it may do.
    Check(Folder),
    /// Build it, and run its scenarios and tests against the component in virtual time.
    Test(TestArguments),
    /// Start a host with it on this machine, which takes each change as soon as it is saved.
    Run {
        /// The plugin's folder.
        #[arg(default_value = ".")]
        folder: PathBuf,
        /// The host's program; the one beside this or on the path when you do not say.
        #[arg(long, value_name = "FILE")]
        host: Option<PathBuf>,
    },
    /// Build it, and write the archive to install into dist/, signed when you have a key.
    Pack(PackArguments),
    /// Sign archives, in place of signatures that they bear.
    Sign(SignArguments),
    /// Put signed archives into a registry: a folder that, copied to any web server, hosts find plugins in.
    Publish {
        /// The registry's folder; it is made when it is not there.
        #[arg(long, value_name = "FOLDER")]
        to: PathBuf,
        /// The archives.
        #[arg(required = true)]
        packages: Vec<PathBuf>,
    },
    /// Say whether archives are whole and who has signed them.
    Verify {
        /// The archives.
        #[arg(required = true)]
        packages: Vec<PathBuf>,
    },
    /// The key that you sign with.
    #[command(subcommand)]
    Key(KeyCommand),
}

#[derive(Subcommand)]
enum KeyCommand {
    /// Make a key. Keep a copy of its file in a safe place: your plugins can be updated with it alone.
    New(KeyFile),
    /// Show its fingerprint, which administrators compare, and the key that they can trust beforehand.
    Show(KeyFile),
}

#[derive(clap::Args)]
struct KeyFile {
    /// The key's file; $JACKFIELD_KEY or ~/.config/jackfield/publisher.key when you do not say.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

#[derive(clap::Args)]
struct SignArguments {
    /// The archives.
    #[arg(required = true)]
    packages: Vec<PathBuf>,
    #[command(flatten)]
    key: KeyFile,
}

#[derive(clap::Args)]
struct Folder {
    /// The plugin's folder.
    #[arg(default_value = ".")]
    folder: PathBuf,
}

#[derive(clap::Args)]
struct TestArguments {
    /// The plugin's folder.
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Afterwards make so many calls of the scenarios in a row, twice, say how long they took, and fail when the two do not go
    /// the same way to the last byte.
    #[arg(long, value_name = "NUMBER")]
    calls: Option<usize>,
    /// Show what happened in every scenario, rather than in those that fail.
    #[arg(long)]
    trace: bool,
    /// Run the files in scenarios/ alone, and not the plugin's own tests by cargo.
    #[arg(long)]
    scenarios_only: bool,
}

#[derive(clap::Args)]
struct PackArguments {
    /// The plugins' folders.
    #[arg(default_value = ".")]
    folders: Vec<PathBuf>,
    /// Write the archives here rather than into each plugin's dist/.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    #[command(flatten)]
    key: KeyFile,
    /// Do not sign, whatever keys there are.
    #[arg(long, conflicts_with = "key")]
    unsigned: bool,
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

#[derive(Clone, Copy, ValueEnum)]
enum Tongue {
    /// Rust: small components, the most complete SDK.
    Rust,
    /// JavaScript: built by npm, in QuickJS.
    #[value(alias = "js")]
    Javascript,
    /// Python: built by componentize-py, in CPython; too heavy for many calls at once.
    Python,
    /// C: built by make and clang, the smallest components after Rust.
    C,
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
        Command::New { folder, language, kind, sdk } => {
            let folder = folder.map_or_else(ask_for_name, Ok)?;
            let language = language.map_or_else(|| choose("What is it written in?", "--language"), Ok)?;
            let kind = kind.map_or_else(|| choose("What does it do?", "--kind"), Ok)?;
            new(&folder, language, kind, sdk.as_deref())
        }
        Command::Build(Folder { folder }) => {
            let component = jackfield_plugin::build(&folder)?;
            let path = write(&folder.join("dist"), "component.wasm", &component)?;
            println!("{} ({} kB)", path.display(), component.len().div_ceil(1_000));
            Ok(())
        }
        Command::Check(Folder { folder }) => {
            println!("{}", jackfield_plugin::check(&jackfield_plugin::pack(&folder, None)?)?);
            Ok(())
        }
        Command::Test(TestArguments { folder, calls, trace, scenarios_only }) => {
            let options = TestOptions { calls, trace, scenarios_only };
            jackfield_plugin::test(&folder, &jackfield_plugin::pack(&folder, None)?, options)
        }
        Command::Run { folder, host } => jackfield_plugin::run(&folder, host.as_deref()),
        Command::Pack(PackArguments { folders, out, key, unsigned }) => {
            let key = if unsigned { None } else { key.find()? };
            folders.iter().try_for_each(|folder| {
                let packed = jackfield_plugin::pack(folder, key.as_ref())?;
                jackfield_plugin::check(&packed)?;
                let place = out.clone().unwrap_or_else(|| folder.join("dist"));
                let path = write(&place, &packed.file_name(), &packed.archive)?;
                let seal = if key.is_some() { "signed" } else { "not signed" };
                println!("{} ({} kB, {seal})", path.display(), packed.archive.len().div_ceil(1_000));
                Ok(())
            })
        }
        Command::Sign(SignArguments { packages, key }) => {
            let key = jackfield_plugin::read_key(&key.path()?)?;
            packages.iter().try_for_each(|path| {
                let signed = package::sign(&read(path)?, &key).with_context(|| path.display().to_string())?;
                let folder = path.parent().unwrap_or(Path::new("."));
                let name = path.file_name().and_then(|name| name.to_str()).context("a package is a file")?;
                println!("{} is signed", write(folder, name, &signed)?.display());
                Ok(())
            })
        }
        Command::Publish { to, packages } => {
            for path in &packages {
                let published = jackfield_plugin::publish(&to, &read(path)?);
                let (what, outcome) = published.with_context(|| path.display().to_string())?;
                match outcome {
                    Published::Added => println!("{what} is published in {}", to.display()),
                    Published::AlreadyThere => println!("{what} is there already, with the same content"),
                }
            }
            println!("Copy the folder to a web server, and hosts find it by plugins.catalogues = [\"https://…/\"].");
            Ok(())
        }
        Command::Verify { packages } => packages.iter().try_for_each(|path| {
            let said = jackfield_plugin::verify(&read(path)?).with_context(|| path.display().to_string())?;
            println!("{}: {said}", path.display());
            Ok(())
        }),
        Command::Key(KeyCommand::New(file)) => {
            let path = file.path()?;
            let key = jackfield_plugin::new_key(&path)?;
            println!(
                "{} is your key. Keep a copy in a safe place: your plugins can be updated with it alone.",
                path.display()
            );
            println!("Administrators compare its fingerprint: {}", grouped(&key.fingerprint()));
            Ok(())
        }
        Command::Key(KeyCommand::Show(file)) => {
            let key = jackfield_plugin::read_key(&file.path()?)?.public();
            println!("fingerprint  {}\nkey          {key}", grouped(&key.fingerprint()));
            Ok(())
        }
    }
}

impl KeyFile {
    fn path(&self) -> Result<PathBuf> {
        self.key.clone().map_or_else(jackfield_plugin::default_key, Ok)
    }

    /// The key that was named, or the usual one when there is one.
    fn find(&self) -> Result<Option<SigningKey>> {
        match &self.key {
            Some(named) => jackfield_plugin::read_key(named).map(Some),
            None => match jackfield_plugin::default_key() {
                Ok(usual) if usual.exists() => jackfield_plugin::read_key(&usual).map(Some),
                _ => Ok(None),
            },
        }
    }
}

/// A line that somebody types; `None` when there is nobody.
fn ask(question: &str) -> Result<Option<String>> {
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    print!("{question} ");
    io::stdout().flush()?;
    let mut line = String::new();
    let read = io::stdin().read_line(&mut line).context("the answer cannot be read")?;
    Ok((read > 0).then(|| line.trim().to_owned()))
}

fn ask_for_name() -> Result<PathBuf> {
    let name = ask("What is it called? (lower-case letters, digits and hyphens)")?;
    name.filter(|name| !name.is_empty()).map(PathBuf::from).context("say what it is called: jackfield-plugin new NAME")
}

/// Have somebody choose one of these by its number.
fn choose<T: ValueEnum>(question: &str, flag: &str) -> Result<T> {
    let names = T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    if io::stdin().is_terminal() {
        println!("{question}");
        for (number, value) in names.clone().enumerate() {
            println!("  {}  {}", number + 1, value.get_help().map(ToString::to_string).unwrap_or_default());
        }
    }
    let answer = ask("Its number:")?;
    let chosen = answer.as_deref().and_then(|answer| answer.parse::<usize>().ok()?.checked_sub(1));
    let chosen = chosen.and_then(|at| T::value_variants().get(at).cloned());
    let ways: Vec<_> = names.map(|value| format!("{flag} {}", value.get_name())).collect();
    chosen.with_context(|| format!("{question} Say {}", ways.join(" or ")))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}

fn new(folder: &Path, language: Tongue, kind: Shape, sdk: Option<&Path>) -> Result<()> {
    let name = folder.file_name().and_then(|name| name.to_str()).context("the folder has no name")?;
    let kind = match kind {
        Shape::Router => Kind::Router,
        Shape::Script => Kind::Script,
        Shape::Page => Kind::Page,
    };
    let language = match language {
        Tongue::Rust => Language::Rust,
        Tongue::Javascript => Language::JavaScript,
        Tongue::Python => Language::Python,
        Tongue::C => Language::C,
    };
    let sdk =
        sdk.map(|sdk| sdk.canonicalize().with_context(|| format!("{} is no folder", sdk.display()))).transpose()?;
    jackfield_plugin::new(folder, name, language, kind, sdk.as_deref())?;
    let first = match language {
        Language::Rust | Language::C => "",
        Language::JavaScript => "npm install && ",
        Language::Python => "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt && ",
    };
    println!("{name} is made. Next: cd {} && {first}jackfield-plugin test", folder.display());
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
