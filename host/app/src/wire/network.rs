//! The network for plugins: the host's sockets as the runtime asks for them.

use async_trait::async_trait;
use jackfield_http::{ExchangeError, Request, exchange, redirection};
use jackfield_net::egress::{self, Egress, EgressError};
use jackfield_runtime::{Answer, Network, NetworkFailure, Question, Reach, Stream};

/// Connects to other computers for plugins.
#[derive(Default)]
pub struct PluginNetwork(Egress);

impl PluginNetwork {
    /// These are the ports of this system itself, which no plugin reaches.
    pub fn keep_from(&self, ports: impl IntoIterator<Item = u16>) {
        self.0.keep_from(ports);
    }
}

#[async_trait]
impl Network for PluginNetwork {
    async fn connect(&self, host: &str, port: u16, reach: Reach) -> Result<Box<dyn Stream>, NetworkFailure> {
        let reach = match reach {
            Reach::Public => egress::Reach::Public,
            Reach::Named => egress::Reach::Named,
        };
        let stream = self.0.connect(host, port, reach).await.map_err(failure)?;
        Ok(Box::new(stream))
    }

    async fn secure(
        &self,
        stream: Box<dyn Stream>,
        host: &str,
        authorities: &str,
    ) -> Result<Box<dyn Stream>, NetworkFailure> {
        let stream = self.0.secure(stream, host, authorities).await.map_err(failure)?;
        Ok(Box::new(stream))
    }

    async fn ask(&self, host: &str, question: Question, reach: Reach) -> Result<Answer, NetworkFailure> {
        let Question { method, url, authority, headers, body, authorities, most } = question;
        let port = url.port_or_known_default().unwrap_or(0);
        let mut stream = self.connect(host, port, reach).await?;
        if url.scheme() == "https" {
            stream = self.secure(stream, host, &authorities).await?;
        }
        let target = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let request = Request { method, target, host: authority, headers, body };
        let answer = exchange(stream, request, most).await.map_err(|error| unanswered(host, error))?;
        let location = answer.headers.iter().find(|(name, _)| name == "location");
        let location = location.and_then(|(_, value)| str::from_utf8(value).ok());
        let elsewhere = redirection(&url, answer.status, location);
        Ok(Answer { status: answer.status, headers: answer.headers, body: answer.body, elsewhere })
    }
}

fn unanswered(host: &str, error: ExchangeError) -> NetworkFailure {
    let text = format!("{host}: {error}");
    match error {
        ExchangeError::TooLarge(_) => NetworkFailure::TooLarge(text),
        ExchangeError::Unwritable(_) | ExchangeError::Broken(_) => NetworkFailure::Failed(text),
    }
}

fn failure(error: EgressError) -> NetworkFailure {
    match error {
        EgressError::UnknownHost(text) => NetworkFailure::UnknownHost(text),
        EgressError::Refused(text) => NetworkFailure::Refused(text),
        EgressError::TimedOut(text) => NetworkFailure::TimedOut(text),
        EgressError::Untrusted(text) => NetworkFailure::Untrusted(text),
        EgressError::Denied(text) => NetworkFailure::Denied(text),
        EgressError::Failed(text) => NetworkFailure::Failed(text),
    }
}
