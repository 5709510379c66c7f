//! The network for plugins: the host's sockets as the runtime asks for them.

use async_trait::async_trait;
use jackfield_net::egress::{self, Egress, EgressError};
use jackfield_runtime::{Network, NetworkFailure, Reach, Stream};

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
