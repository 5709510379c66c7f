//! One certificate, from the order to the chain.

use crate::{Files, FilesError};
use instant_acme::{
    Account, AccountCredentials, AuthorizationStatus, ChallengeType, Identifier, NewAccount, NewOrder, Order,
    OrderStatus, RetryPolicy,
};
use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How long the authority may take for looking, and for issuing.
const PATIENCE: Duration = Duration::from_secs(120);
/// A whole order, whatever the network does.
const WHOLE: Duration = Duration::from_secs(600);

/// Who gives certificates.
#[derive(Clone, Debug)]
pub struct Authority {
    /// Its directory (RFC 8555 §7.1.1), an https address.
    pub directory: String,
    /// Who signs the certificate of the directory, a PEM file, when it is none that browsers trust.
    pub ca: Option<PathBuf>,
    /// Whom it writes to when something is wrong, a mail address.
    pub contact: Option<String>,
}

/// What the authority asks for while it looks whether a name is ours; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Challenges(Arc<Mutex<HashMap<String, String>>>);

/// There is no new certificate.
#[derive(Debug, thiserror::Error)]
pub enum AcmeError {
    /// It could not be kept.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// The authority could not be asked, or has refused.
    #[error("the authority gives no certificate: {0}")]
    Refused(#[from] instant_acme::Error),
    /// The authority does not believe that a name is ours.
    #[error(
        "the authority could not see that {name} is this house: {why}; port 80 of that name must lead to acme.listen"
    )]
    NotOurs {
        /// Which name.
        name: String,
        /// What it says.
        why: String,
    },
    /// The authority offers no proof by HTTP.
    #[error(
        "the authority offers no proof by HTTP for {0}; names with a star need one by DNS, which the host does not do"
    )]
    NoHttp(String),
    /// Nothing came for too long.
    #[error("the authority has not answered for {} minutes", WHOLE.as_secs() / 60)]
    TooLong,
}

impl Challenges {
    /// What is to be said at `/.well-known/acme-challenge/TOKEN` (RFC 8555 §8.3), if the authority may ask for that now.
    pub fn answer(&self, token: &str) -> Option<String> {
        self.lock().get(token).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, String>> {
        // Entries are put in and taken out whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Get a certificate for the names of the folder, and put it there.
pub(crate) async fn renew(authority: &Authority, files: &Files, challenges: &Challenges) -> Result<(), AcmeError> {
    let renewed = tokio::time::timeout(WHOLE, order(authority, files, challenges)).await;
    // Whatever became of it, nobody has to ask any more.
    challenges.lock().clear();
    renewed.unwrap_or(Err(AcmeError::TooLong))
}

async fn order(authority: &Authority, files: &Files, challenges: &Challenges) -> Result<(), AcmeError> {
    let account = account(authority, files).await?;
    let names: Vec<_> = files.names().iter().cloned().map(Identifier::Dns).collect();
    let mut order = account.new_order(&NewOrder::new(&names)).await?;
    prove(&mut order, challenges).await?;
    let patience = RetryPolicy::new().timeout(PATIENCE);
    let status = order.poll_ready(&patience).await?;
    if status != OrderStatus::Ready && status != OrderStatus::Valid {
        return Err(disbelieved(&mut order).await);
    }
    let key = order.finalize().await?;
    let chain = order.poll_certificate(&patience).await?;
    Ok(files.keep(&chain, &key)?)
}

/// The account that was kept, or a new one.
async fn account(authority: &Authority, files: &Files) -> Result<Account, AcmeError> {
    let builder = || match &authority.ca {
        Some(ca) => Account::builder_with_root(ca),
        None => Account::builder(),
    };
    let kept = files.account(&authority.directory);
    if let Some(kept) = kept.and_then(|kept| serde_json::from_slice::<AccountCredentials>(&kept).ok()) {
        return Ok(builder()?.from_credentials(kept).await?);
    }
    let contact = authority.contact.as_ref().map(|mail| format!("mailto:{mail}"));
    let contact: Vec<&str> = contact.as_deref().into_iter().collect();
    let new = NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
    let (account, credentials) = builder()?.create(&new, authority.directory.clone(), None).await?;
    let credentials = serde_json::to_vec(&credentials).map_err(instant_acme::Error::from)?;
    files.keep_account(&authority.directory, &credentials)?;
    Ok(account)
}

/// Have every name looked at that the authority does not believe in yet.
async fn prove(order: &mut Order, challenges: &Challenges) -> Result<(), AcmeError> {
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        if authorization.status != AuthorizationStatus::Pending {
            continue;
        }
        let name = authorization.identifier().to_string();
        let mut challenge =
            authorization.challenge(ChallengeType::Http01).ok_or_else(|| AcmeError::NoHttp(name.clone()))?;
        challenges.lock().insert(challenge.token.clone(), challenge.key_authorization().as_str().to_owned());
        challenge.set_ready().await?;
    }
    Ok(())
}

/// Which name the authority does not believe in, and why.
async fn disbelieved(order: &mut Order) -> AcmeError {
    let mut authorizations = order.authorizations();
    while let Some(Ok(authorization)) = authorizations.next().await {
        let problem = authorization.challenges.iter().find_map(|challenge| challenge.error.as_ref());
        if let Some(problem) = problem {
            let why = problem.detail.clone().unwrap_or_else(|| problem.to_string());
            return AcmeError::NotOurs { name: authorization.identifier().to_string(), why };
        }
    }
    let name = order.identifiers().next().await.and_then(Result::ok).map(|name| name.to_string());
    AcmeError::NotOurs { name: name.unwrap_or_default(), why: "it gives no reason".into() }
}
