//! `jackfield user …`

use super::{House, Reread, Table, language, say};
use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand};
use jackfield_api::password;
use jackfield_calls::now_ms;
use jackfield_model::{Language, Role};
use jackfield_store::{Credentials, NewUser, Store};

#[derive(Subcommand)]
pub(super) enum Command {
    /// List everybody who can sign in
    List,
    /// Add a person and print a one-time password
    Add(Add),
    /// Give a person a new one-time password and print it; whoever is signed in as them is signed out
    SetPassword(Named),
    /// Remove a person
    Remove(Named),
}

#[derive(Args)]
pub(super) struct Add {
    /// The name typed at sign-in
    login: String,
    /// The name that others see; the login when there is none
    #[arg(long)]
    name: Option<String>,
    /// What this person may do: admin or user
    #[arg(long, default_value = "user", value_parser = role)]
    role: Role,
    /// Language of the web page: en, fr or de
    #[arg(long, default_value = "en", value_parser = language)]
    language: Language,
}

#[derive(Args)]
pub(super) struct Named {
    /// The name typed at sign-in
    login: String,
}

pub(super) async fn run(command: Command, house: &House) -> Result<()> {
    match command {
        Command::List => list(house).await,
        Command::Add(add) => self::add(add, house).await,
        Command::SetPassword(named) => set_password(named, house).await,
        Command::Remove(named) => remove(named, house).await,
    }
}

async fn list(house: &House) -> Result<()> {
    let mut table = Table::new(["LOGIN", "NAME", "ROLE", "NUMBERS"]);
    for (user, numbers) in house.store.users("", 0, u32::MAX).await?.items {
        let numbers: Vec<_> = numbers.iter().map(|number| number.as_str()).collect();
        table.row([user.login, user.name, user.role.as_str().to_owned(), numbers.join(" ")]);
    }
    say(table)
}

async fn add(add: Add, house: &House) -> Result<()> {
    let length = add.login.chars().count();
    ensure!((1..=64).contains(&length) && !add.login.contains(char::is_control), "a login has 1 to 64 characters");
    let password = password::one_time();
    let new = NewUser {
        name: add.name.unwrap_or_else(|| add.login.clone()),
        login: add.login,
        role: add.role,
        language: add.language,
        password_hash: password::hash(&password),
        email: None,
        must_change_password: true,
    };
    let user = house.store.create_user(&new, now_ms()).await?;
    say(format_args!("{} can sign in once with the password {password} and then chooses another.", user.login))?;
    house.tell_running_host(Reread::OnHangUp)
}

async fn set_password(named: Named, house: &House) -> Result<()> {
    let user = find(&house.store, &named.login).await?.user;
    let password = password::one_time();
    house.store.set_password(user.id, &password::hash(&password), true, None).await?;
    say(format_args!("{} can sign in once with the password {password} and then chooses another.", user.login))
}

async fn remove(named: Named, house: &House) -> Result<()> {
    let user = find(&house.store, &named.login).await?.user;
    house.store.delete_user(user.id, now_ms()).await?;
    say(format_args!("{} is removed.", user.login))?;
    house.tell_running_host(Reread::OnHangUp)
}

/// The person with this login.
pub(super) async fn find(store: &Store, login: &str) -> Result<Credentials> {
    store.credentials(login).await?.with_context(|| format!("nobody has the login “{login}”"))
}

fn role(text: &str) -> Result<Role, String> {
    text.parse()
}
