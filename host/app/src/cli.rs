//! The commands.

mod check_config;
mod compile;
mod extension;
mod plugin;
mod terminal;
mod user;

pub use compile::workshop;
pub use terminal::{Table, say};

use crate::{config::Config, data_dir::DataDir, serve};
use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use jackfield_model::Language;
use jackfield_store::Store;
use std::path::PathBuf;

/// An office telephone system: a small SIP host, and everything else a plugin.
///
/// Start with “jackfield serve --demo”: a company of ten people to try it with. Then copy jackfield.example.toml, change
/// what you need, and run “jackfield serve --config FILE”.
#[derive(Parser)]
#[command(name = "jackfield", version, max_term_width = 100, after_help = AFTER)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// The configuration file; without one the defaults hold, and data lives in “data” under the current folder
    #[arg(long, short, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

const AFTER: &str = "\
The commands user, extension and plugin work on the data folder itself, so they need no running host. A host that runs
on the same folder reads users and extensions again on SIGHUP; it takes over plugins at its next start. The web page
changes all three while calls go on.

Exit status: 0 when it is done, 1 with one sentence on standard error when not, 2 for a command that is not understood.";

#[derive(Subcommand)]
enum Command {
    /// Run the host until it gets SIGTERM or SIGINT; SIGHUP makes it read users and extensions again
    Serve(Serve),
    /// Say what is wrong with a configuration file, or that nothing is
    CheckConfig {
        /// The configuration file
        file: PathBuf,
    },
    /// People who sign in to the web page
    #[command(subcommand)]
    User(user::Command),
    /// Numbers and their SIP accounts
    #[command(subcommand)]
    Extension(extension::Command),
    /// Plugins
    #[command(subcommand)]
    Plugin(plugin::Command),
    /// Compile the component on standard input; the host starts this itself when a plugin is installed
    #[command(name = compile::COMMAND, hide = true)]
    Compile(compile::Bounds),
    /// The process of one fax; the host starts it itself
    #[command(hide = true)]
    FaxEngine,
}

#[derive(Args)]
struct Serve {
    /// Fill an empty data folder with a company of ten people, extensions 100 to 109, and print their accounts
    #[arg(long)]
    demo: bool,
    /// For plugin authors: install this package whoever has signed it, approve what it asks for, and do so again whenever the
    /// file changes. May be given more than once
    #[arg(long, value_name = "PACKAGE")]
    develop: Vec<PathBuf>,
}

/// Do what the command line asks.
///
/// # Errors
/// When it cannot be done: one sentence, with its causes.
pub fn run() -> Result<()> {
    let Cli { command, config } = Cli::parse();
    let read = || config.as_deref().map_or_else(|| Ok(Config::default()), Config::load);
    match command {
        Command::CheckConfig { file } => check_config::run(&file),
        Command::Serve(Serve { demo, develop }) => serve::serve(read()?, demo, develop),
        Command::User(command) => now(read()?, async |house| user::run(command, house).await),
        Command::Extension(command) => now(read()?, async |house| extension::run(command, house).await),
        Command::Compile(bounds) => compile::run(&bounds),
        Command::FaxEngine => Ok(jackfield_fax::engine::run()?),
        Command::Plugin(command) => now(read()?, async |house| plugin::run(command, house).await),
    }
}

/// What a command works on: the data folder and its database.
struct House {
    config: Config,
    data: DataDir,
    store: Store,
}

impl House {
    async fn open(config: Config) -> Result<Self> {
        let data = DataDir::open(&config.data_dir)?;
        let store = data.store(&config).await?;
        Ok(Self { config, data, store })
    }

    /// What to say after a change that a running host does not see by itself.
    fn tell_running_host(&self, how: Reread) -> Result<()> {
        match (self.data.host(), how) {
            (None, _) => Ok(()),
            (Some(pid), Reread::OnHangUp) => {
                say(format_args!("The running host takes this over with: kill -HUP {pid}"))
            }
            (Some(_), Reread::OnStart) => {
                say("The running host takes this over at its next start; the web page changes plugins at once.")
            }
        }
    }
}

/// Run a short command to its end.
fn now(config: Config, work: impl AsyncFnOnce(&House) -> Result<()>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
    runtime.block_on(async {
        let house = House::open(config).await?;
        let done = work(&house).await;
        house.store.close().await;
        done
    })
}

fn language(text: &str) -> Result<Language, String> {
    text.parse()
}

/// When a running host sees what a command has changed.
enum Reread {
    /// On SIGHUP.
    OnHangUp,
    /// At its next start.
    OnStart,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_and_every_option_has_a_sentence_of_help() {
        fn check(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{} has no help", command.get_name());
            for argument in command.get_arguments().filter(|a| !["help", "version"].contains(&a.get_id().as_str())) {
                assert!(argument.get_help().is_some(), "{} {} has no help", command.get_name(), argument.get_id());
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }
}
