//! `jackfield extension …`

use super::{House, Reread, Table, language, say, user};
use anyhow::{Context, Result, bail, ensure};
use clap::{Args, Subcommand};
use jackfield_calls::now_ms;
use jackfield_model::{Language, Number};
use jackfield_store::{NewExtension, SipPassword};

#[derive(Subcommand)]
pub(super) enum Command {
    /// List every extension of the database; those of the configuration file stand there
    List,
    /// Add an extension and print its SIP password, which is kept nowhere else
    Add(Add),
    /// Give an extension a new SIP password and print it
    SetPassword(SetPassword),
    /// Remove an extension
    Remove(Named),
}

#[derive(Args)]
pub(super) struct Add {
    /// The number, which is also the SIP user name
    number: Number,
    /// The name shown to the other party; the number when there is none
    #[arg(long)]
    name: Option<String>,
    /// The login of the person whose number this is
    #[arg(long, value_name = "LOGIN")]
    owner: Option<String>,
    /// A SIP URI that is rung in place of registered phones, for a gateway that never registers
    #[arg(long, value_name = "URI")]
    contact: Option<String>,
    /// Language of announcements: en, fr or de
    #[arg(long, default_value = "en", value_parser = language)]
    language: Language,
    /// Read the SIP password from the first line of standard input in place of making one
    #[arg(long)]
    stdin: bool,
}

#[derive(Args)]
pub(super) struct SetPassword {
    /// The number
    number: Number,
    /// Read the SIP password from the first line of standard input in place of making one
    #[arg(long)]
    stdin: bool,
}

#[derive(Args)]
pub(super) struct Named {
    /// The number
    number: Number,
}

pub(super) async fn run(command: Command, house: &House) -> Result<()> {
    match command {
        Command::List => list(house).await,
        Command::Add(add) => self::add(add, house).await,
        Command::SetPassword(set) => set_password(set, house).await,
        Command::Remove(named) => remove(named, house).await,
    }
}

async fn list(house: &House) -> Result<()> {
    let mut table = Table::new(["NUMBER", "NAME", "OWNER", "CONTACT"]);
    for (extension, owner) in house.store.extensions("", 0, u32::MAX).await?.items {
        table.row([
            extension.number.into(),
            extension.name,
            owner.unwrap_or_default(),
            extension.static_contact.unwrap_or_default(),
        ]);
    }
    say(table)
}

async fn add(add: Add, house: &House) -> Result<()> {
    let owner = match &add.owner {
        Some(login) => Some(user::find(&house.store, login).await?.user.id),
        None => None,
    };
    let new = NewExtension {
        name: add.name.unwrap_or_else(|| add.number.to_string()),
        number: add.number,
        owner,
        static_contact: add.contact,
        language: add.language,
        call_waiting: true,
        encryption: jackfield_model::SoundEncryption::default(),
        password: if add.stdin { Some(read_password()?) } else { None },
    };
    let (extension, password) = house.store.create_extension(&new, now_ms()).await?;
    let shown = if add.stdin { "the one you gave" } else { password.as_str() };
    say(format_args!("Extension {} has the SIP password {shown}", extension.number))?;
    house.tell_running_host(Reread::OnHangUp)
}

async fn set_password(set: SetPassword, house: &House) -> Result<()> {
    let password = if set.stdin { read_password()? } else { SipPassword::generate() };
    ensure!(house.store.set_sip_password(&set.number, &password).await?, "there is no extension {}", set.number);
    let shown = if set.stdin { "the one you gave" } else { password.as_str() };
    say(format_args!("Extension {} has the SIP password {shown}", set.number))?;
    house.tell_running_host(Reread::OnHangUp)
}

async fn remove(named: Named, house: &House) -> Result<()> {
    ensure!(house.store.delete_extension(&named.number, now_ms()).await?, "there is no extension {}", named.number);
    say(format_args!("Extension {} is removed.", named.number))?;
    house.tell_running_host(Reread::OnHangUp)
}

fn read_password() -> Result<SipPassword> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("cannot read the password")?;
    let line = line.trim_end_matches(['\r', '\n']);
    if !(8..=128).contains(&line.chars().count()) || line.contains(char::is_control) {
        bail!("a SIP password has 8 to 128 characters");
    }
    Ok(SipPassword::chosen(line))
}
