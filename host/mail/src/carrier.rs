//! Handing a letter over to a server.

use crate::letter::address;
use async_trait::async_trait;
use jackfield_model::{EmailAddress, MailFault, MailSecurity, MailSettings, MailTrouble, Secret};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Tokio1Executor,
    address::Envelope,
    transport::smtp::{
        self,
        authentication::Credentials,
        client::{Tls, TlsParameters},
        extension::ClientId,
    },
};
use std::{error::Error as _, time::Duration};

/// How long a server may be silent.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long handing over one letter may take in all: 12 MiB on a slow line.
const WHOLE: Duration = Duration::from_secs(300);
/// How much of what a server says is kept.
const LONGEST: usize = 300;
/// What servers say to a name or password that they do not like, or to none (RFC 4954 §6).
const LET_IN: [u16; 5] = [530, 534, 535, 538, 454];

/// Takes letters to a server.
#[async_trait]
pub(crate) trait Carrier: Send + Sync + 'static {
    /// Hand over `content` from `sender` to `recipient`; when this returns `Ok`, the server has taken it.
    async fn carry(
        &self,
        settings: &MailSettings,
        sender: &EmailAddress,
        recipient: &EmailAddress,
        content: &[u8],
    ) -> Result<(), MailTrouble>;
}

/// By SMTP, one connection for each letter.
pub(crate) struct Smtp;

#[async_trait]
impl Carrier for Smtp {
    async fn carry(
        &self,
        settings: &MailSettings,
        sender: &EmailAddress,
        recipient: &EmailAddress,
        content: &[u8],
    ) -> Result<(), MailTrouble> {
        let refused = |said: String| MailTrouble { fault: MailFault::Refused, said };
        let envelope =
            Envelope::new(Some(address(sender).map_err(refused)?), vec![address(recipient).map_err(refused)?])
                .map_err(|error| refused(error.to_string()))?;
        let transport = transport(settings)?;
        match tokio::time::timeout(WHOLE, transport.send_raw(&envelope, content)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(trouble(&error)),
            Err(_) => Err(MailTrouble {
                fault: MailFault::Unreachable,
                said: format!("the server did not take it within {} s", WHOLE.as_secs()),
            }),
        }
    }
}

fn transport(settings: &MailSettings) -> Result<AsyncSmtpTransport<Tokio1Executor>, MailTrouble> {
    let parameters = || {
        TlsParameters::new(settings.server.clone())
            .map_err(|error| MailTrouble { fault: MailFault::Tls, said: said(&error) })
    };
    let tls = match settings.security {
        MailSecurity::None => Tls::None,
        MailSecurity::StartTls => Tls::Required(parameters()?),
        MailSecurity::Tls => Tls::Wrapper(parameters()?),
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.server)
        .port(settings.port)
        .tls(tls)
        .timeout(Some(PATIENCE))
        .hello_name(ClientId::Domain(settings.sender.domain().to_owned()));
    if let Some(user) = settings.user.as_ref().filter(|user| !user.is_empty()) {
        let password = settings.password.as_ref().map_or("", Secret::reveal);
        builder = builder.credentials(Credentials::new(user.clone(), password.to_owned()));
    }
    Ok(builder.build())
}

/// What it means that a server, or the way to it, did not do as it should.
fn trouble(error: &smtp::Error) -> MailTrouble {
    let status = error.status().map(u16::from);
    let fault = match status {
        Some(code) if LET_IN.contains(&code) => MailFault::Password,
        Some(500..) => MailFault::Refused,
        Some(_) => MailFault::Later,
        // It offers no STARTTLS, or no way of signing in that we know: the library tells them apart in words alone.
        None if error.is_client() && error.to_string().contains("TLS") => MailFault::Tls,
        None if error.is_client() => MailFault::Password,
        None if error.is_tls() => MailFault::Tls,
        None => MailFault::Unreachable,
    };
    MailTrouble { fault, said: said(error) }
}

/// An error with its causes, on one line. It holds what the server has said and never what we have.
fn said(error: &smtp::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect()
}
