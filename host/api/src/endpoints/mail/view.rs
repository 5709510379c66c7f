//! How mail is sent, as the web page sees it and as it comes from there.

use crate::{ApiState, error::Problem, input::Check};
use jackfield_model::{EmailAddress, MailSecurity, MailSettings, Secret};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use utoipa::ToSchema;

const MOST_A_DAY: u32 = 100_000;

/// How mail is sent, and how the outbox stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct MailView {
    /// How mail is sent, without the password; none while it is not set up.
    settings: Option<MailSettings>,
    /// Whether there is a password.
    has_password: bool,
    /// Letters that wait.
    waiting: u64,
    /// Letters that were given up.
    failed: u64,
    /// Letters that went within the last 24 hours.
    sent_today: u64,
}

impl MailView {
    pub(super) async fn of(state: &ApiState) -> Result<Self, Problem> {
        let settings = state.store().mail_settings().await?;
        let counts = state.store().letter_counts(state.now()).await?;
        Ok(Self {
            has_password: settings.as_ref().is_some_and(|settings| settings.password.is_some()),
            settings,
            waiting: counts.waiting,
            failed: counts.failed,
            sent_today: counts.sent_today,
        })
    }
}

/// How mail is to be sent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MailInput {
    /// Name or address of the SMTP server that takes our mail.
    #[schema(min_length = 1, max_length = 253)]
    server: String,
    /// Its port, 1 to 65,535.
    port: u16,
    /// How the way there is protected.
    security: MailSecurity,
    /// The user name, where the server wants one.
    #[serde(default)]
    #[schema(max_length = 256)]
    user: String,
    /// The password to it. Without one, the one that is there stays; an empty one takes it away.
    #[schema(value_type = Option<String>, write_only, max_length = 256)]
    password: Option<Secret>,
    /// The address that our mail comes from.
    #[schema(max_length = 254)]
    sender: String,
    /// The name that stands before it.
    #[serde(default)]
    #[schema(max_length = 100)]
    sender_name: String,
    /// Most letters within 24 hours, 1 to 100,000.
    daily_limit: u32,
}

impl MailInput {
    /// The settings as they are to be kept.
    pub(super) fn check(self, kept: Option<Secret>) -> Result<MailSettings, Problem> {
        let mut check = Check::default();
        let server = check.text("server", &self.server, 253);
        if !server.is_empty() && !is_host(&server) {
            check.add("server", "not-a-host", "Give the server’s name, such as mail.example.org, or its address.");
        }
        if self.port == 0 {
            check.add("port", "out-of-range", "A port is from 1 to 65535.");
        }
        if !(1..=MOST_A_DAY).contains(&self.daily_limit) {
            check.add("daily_limit", "out-of-range", "Give a number from 1 to 100000.");
        }
        let user = Some(check.note("user", &self.user, 256)).filter(|user| !user.is_empty());
        let password = match self.password {
            None => kept.filter(|_| user.is_some()),
            Some(password) => Some(password).filter(|password| !password.is_empty()),
        };
        if password.as_ref().is_some_and(|secret| secret.reveal().len() > 256) {
            check.add("password", "too-long", "A password has at most 256 characters.");
        }
        if password.is_some() && user.is_none() {
            check.add("user", "user-for-password", "A password needs a user.");
        }
        if user.is_some() && self.security == MailSecurity::None {
            let message = "The password would travel in the clear. Choose STARTTLS or TLS, or leave the user empty.";
            check.add("security", "password-in-clear", message);
        }
        let sender = check.email("sender", &self.sender);
        if self.sender.trim().is_empty() {
            check.add("sender", "empty", "Fill in the sender.");
        }
        let sender_name = check.note("sender_name", &self.sender_name, 100);
        check.done()?;
        let Some(sender) = sender else { return Err(Problem::internal(&"a sender that passed is none")) };
        let Self { port, security, daily_limit, .. } = self;
        Ok(MailSettings { server, port, security, user, password, sender, sender_name, daily_limit })
    }
}

/// A host name (RFC 1123 §2.1) or an address.
fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        let inner = label.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-');
        (1..=63).contains(&label.len()) && inner && !label.starts_with('-') && !label.ends_with('-')
    };
    text.parse::<IpAddr>().is_ok() || text.split('.').all(label)
}

/// Where a letter to try out settings goes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestInput {
    /// The address.
    pub(super) to: String,
    /// The settings that are tried; those that are kept when there are none. Without a password, the one that is kept.
    pub(super) settings: Option<MailInput>,
}

impl TestInput {
    pub(super) fn address(&self) -> Result<EmailAddress, Problem> {
        let mut check = Check::default();
        let address = check.email("to", &self.to);
        if self.to.trim().is_empty() {
            check.add("to", "empty", "Give a mail address such as anna@example.org.");
        }
        check.done()?;
        address.ok_or_else(|| Problem::internal(&"an address that passed is none"))
    }
}
