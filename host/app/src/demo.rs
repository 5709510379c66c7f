//! The demonstration company: ten people, extensions 100 to 109, an admin, and a past of four weeks for reports to show.

use crate::{cli::Table, data_dir::DataDir};
use anyhow::{Context, Result};
use jackfield_api::password;
use jackfield_calls::now_ms;
use jackfield_model::{Language, Number, Role};
use jackfield_store::{NewExtension, NewUser, Store, sample};
use std::{
    fmt::Write as _,
    fs::{File, OpenOptions},
    io::Write as _,
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
};

/// Where the accounts are written down, readable by the owner alone: the database holds no password in clear.
const NOTE: &str = "demo-accounts.txt";
/// The ten people.
const PEOPLE: [(&str, Language); 10] = [
    ("Ada", Language::En),
    ("Bruno", Language::Fr),
    ("Clara", Language::De),
    ("David", Language::En),
    ("Elise", Language::Fr),
    ("Felix", Language::De),
    ("Grace", Language::En),
    ("Hugo", Language::Fr),
    ("Ida", Language::De),
    ("Jonas", Language::En),
];
/// The first person's extension.
const FIRST: u32 = 100;

/// The company, and what is known of its passwords.
pub struct Company {
    note: PathBuf,
    /// What the note says; `None` when it is gone.
    accounts: Option<String>,
    /// Whether it has just been founded, and so has no past yet.
    pub is_new: bool,
}

/// How long the company has been there, and how many callers it has on a weekday.
const PAST_DAYS: u64 = 28;
const CALLERS: u64 = 300;
/// Records and facts that go into one transaction, so that the host's own go between.
const AT_ONCE: usize = 500;

/// Give the company a past, for reports to show: four weeks of calls, queues and agents.
///
/// # Errors
/// When the database cannot be written.
pub async fn remember(store: &Store) -> Result<()> {
    let office = sample::Office::new(now_ms(), PAST_DAYS, CALLERS);
    for calls in office.calls.chunks(AT_ONCE) {
        store.append_records(calls).await?;
    }
    for facts in office.facts.chunks(AT_ONCE) {
        store.record_facts(&facts.iter().map(|fact| (sample::SOURCE, fact)).collect::<Vec<_>>()).await?;
    }
    Ok(())
}

/// Found the company in an empty database; in one that is not empty, find the note of an earlier start.
///
/// # Errors
/// When the database or the note cannot be written.
pub async fn found(data: &DataDir, store: &Store) -> Result<Company> {
    let note = data.join(NOTE);
    if !store.has_no_users().await? || store.extensions("", 0, 1).await?.total > 0 {
        let accounts = std::fs::read_to_string(&note).ok();
        return Ok(Company { note, accounts, is_new: false });
    }
    let accounts = populate(store).await?;
    let written = File::options().owner_only().open(&note).and_then(|mut file| {
        file.write_all(accounts.as_bytes())?;
        file.sync_all()
    });
    written.with_context(|| format!("cannot write {}", note.display()))?;
    Ok(Company { note, accounts: Some(accounts), is_new: true })
}

impl Company {
    /// What a newcomer needs to know; `server` is where phones register.
    pub fn introduce(&self, server: SocketAddr) -> String {
        match &self.accounts {
            Some(accounts) => format!(
                "\nThe demonstration company. Phones register at {server} by UDP or TCP; the number is the user name.\n\
                 One-time passwords have to be changed at the first sign-in.\n\n{accounts}\n\
                 These passwords are kept in {} only; delete the file when you have given them out.",
                self.note.display()
            ),
            None => format!(
                "\nThis data folder is in use already and {} is gone, so its passwords cannot be shown again.\n\
                 New ones: “jackfield user set-password admin”, “jackfield extension set-password 100”.",
                self.note.display()
            ),
        }
    }
}

async fn populate(store: &Store) -> Result<String> {
    let now = now_ms();
    let mut table = Table::new(["NUMBER", "NAME", "SIP PASSWORD", "WEB SIGN-IN", "ONE-TIME PASSWORD"]);
    let add_user = async |name: &str, role, language| {
        let password = password::one_time();
        let new = NewUser {
            login: name.to_lowercase(),
            name: name.to_owned(),
            role,
            language,
            password_hash: password::hash(&password),
            email: None,
            must_change_password: true,
        };
        anyhow::Ok((store.create_user(&new, now).await?, password))
    };
    let (admin, admin_password) = add_user("Admin", Role::Admin, Language::En).await?;
    for (number, (name, language)) in (FIRST..).zip(PEOPLE) {
        let (user, one_time) = add_user(name, Role::User, language).await?;
        let number: Number = number.to_string().parse()?;
        let new = NewExtension { owner: Some(user.id), language, ..NewExtension::new(number, name) };
        let (extension, password) = store.create_extension(&new, now).await?;
        table.row([extension.number.into(), extension.name, password.as_str().to_owned(), user.login, one_time]);
    }
    let mut accounts = String::new();
    writeln!(accounts, "Web page: sign in as {} with the one-time password {admin_password}\n", admin.login)?;
    writeln!(accounts, "{table}")?;
    writeln!(
        accounts,
        "\n500 is the auto-attendant, 501 an echo test, 600 a conference, as long as their plugins are switched on."
    )?;
    Ok(accounts)
}

/// For files that hold secrets.
trait OwnerOnly {
    fn owner_only(&mut self) -> &mut Self;
}

impl OwnerOnly for OpenOptions {
    fn owner_only(&mut self) -> &mut Self {
        self.write(true).create(true).truncate(true).mode(0o600)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use std::os::unix::fs::PermissionsExt;

    #[tokio::test]
    async fn a_company_is_founded_once_and_shown_again() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path()).unwrap();
        let store = data.store(&Config::default()).await.unwrap();
        let first = found(&data, &store).await.unwrap();
        let text = first.introduce("192.0.2.7:5060".parse().unwrap());
        assert!(text.contains("192.0.2.7:5060") && text.contains("Jonas") && text.contains("109"), "{text}");
        assert_eq!(store.directory().await.unwrap().extensions.len(), 10);
        assert_eq!(store.directory().await.unwrap().users.len(), 11);
        let admin = store.credentials("admin").await.unwrap().unwrap();
        assert!(admin.must_change_password && admin.user.role == Role::Admin);
        assert_eq!(std::fs::metadata(folder.path().join(NOTE)).unwrap().permissions().mode() & 0o777, 0o600);

        let second = found(&data, &store).await.unwrap();
        assert_eq!(second.accounts, first.accounts);
        assert_eq!(store.directory().await.unwrap().extensions.len(), 10);

        std::fs::remove_file(folder.path().join(NOTE)).unwrap();
        let third = found(&data, &store).await.unwrap().introduce("192.0.2.7:5060".parse().unwrap());
        assert!(third.contains("set-password admin"), "{third}");
    }
}
