//! The web's listeners: the page in clear and inside TLS, and the door at which an authority of certificates looks in.

use crate::config::Config;
use anyhow::{Result, anyhow};
use jackfield_acme::Challenges;
use jackfield_api::Router;
use jackfield_net::Tls;
use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    sync::Arc,
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

/// The listeners, open but not served yet.
pub struct Listeners {
    clear: (TcpListener, SocketAddr),
    secured: Vec<(TcpListener, SocketAddr)>,
    door: Option<(TcpListener, SocketAddr)>,
}

/// The web while it is served.
pub struct Served {
    end: watch::Sender<bool>,
    tasks: Vec<JoinHandle<io::Result<()>>>,
}

impl Listeners {
    /// Open what the configuration names.
    ///
    /// # Errors
    /// When an address cannot be used, with what to do about it.
    pub async fn open(config: &Config) -> Result<Self> {
        let mut secured = Vec::new();
        for address in &config.http.tls {
            secured.push(listen(*address, "http.tls").await?);
        }
        let door = match config.acme.listen.filter(|_| config.acme.is_on()) {
            Some(address) => Some(listen(address, "acme.listen").await?),
            None => None,
        };
        Ok(Self { clear: listen(config.http.listen, "http.listen").await?, secured, door })
    }

    /// Where the page is served in clear.
    pub fn clear(&self) -> SocketAddr {
        self.clear.1
    }

    /// Where the page is served inside TLS.
    pub fn secured(&self) -> impl Iterator<Item = SocketAddr> + '_ {
        self.secured.iter().map(|(_, at)| *at)
    }

    /// The ports of all of them.
    pub fn ports(&self) -> impl Iterator<Item = u16> + '_ {
        let all = [Some(&self.clear), self.door.as_ref()].into_iter().flatten().chain(&self.secured);
        all.map(|(_, at)| at.port())
    }

    /// Serve the page, and `challenges` at the door. Nothing of the page is kept beyond its listeners: it holds what the host
    /// waits for at its end.
    ///
    /// # Errors
    /// When the page is to be served inside TLS and there is no certificate.
    pub fn serve(self, page: Router, tls: Option<Arc<Tls>>, challenges: Option<Challenges>) -> Result<Served> {
        let (end, ends) = watch::channel(false);
        let mut tasks = vec![tokio::spawn(jackfield_api::serve(self.clear.0, page.clone(), asked(ends.clone())))];
        let port = self.secured.first().map_or(443, |(_, at)| at.port());
        for (listener, _) in self.secured {
            let tls = tls.clone().ok_or_else(|| anyhow!("there is no certificate for http.tls; see [tls]"))?;
            let config = move || tls.pages();
            tasks.push(tokio::spawn(jackfield_api::serve_tls(listener, config, page.clone(), asked(ends.clone()))));
        }
        if let (Some((listener, _)), Some(challenges)) = (self.door, challenges) {
            let door = jackfield_api::doorway(move |token| challenges.answer(token), port);
            tasks.push(tokio::spawn(jackfield_api::serve(listener, door, asked(ends))));
        }
        Ok(Served { end, tasks })
    }
}

impl Served {
    /// Take no more requests.
    pub fn end(&self) {
        self.end.send_replace(true);
    }

    /// Wait until requests in progress are answered.
    pub async fn ended(self) {
        for task in self.tasks {
            match task.await {
                Ok(Err(error)) => tracing::warn!(%error, "the web page ended early"),
                Err(_) => tracing::error!("the web page has broken off"),
                Ok(Ok(())) => {}
            }
        }
    }
}

async fn asked(mut end: watch::Receiver<bool>) {
    // A sender that is gone means the same as a message.
    let _ = end.wait_for(|end| *end).await;
}

async fn listen(address: SocketAddr, key: &str) -> Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await.map_err(|error| {
        let advice = match error.kind() {
            ErrorKind::AddrInUse => format!("; another program has this port: end it, or change {key}"),
            ErrorKind::AddrNotAvailable => format!("; this machine has no such address: change {key}"),
            ErrorKind::PermissionDenied => {
                format!("; this user may not use that port: take one of 1024 or above for {key}")
            }
            _ => String::new(),
        };
        anyhow!("cannot serve the web page on {address}: {error}{advice}")
    })?;
    let bound = listener.local_addr()?;
    Ok((listener, bound))
}
