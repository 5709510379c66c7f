//! `jackfield:services/tcp`: each connection is a task of its own, so that neither TLS nor a slow server is on a guest's
//! stack; the guest's verbs are its commands.

use crate::{
    bindings::imports::jackfield::{
        services::tcp::{self, Failure, Security},
        types::types::Error,
    },
    grants,
    instance::State,
    interfaces::arguments::shortened,
    network::{self, Network, NetworkFailure, Reach, Stream},
};
use std::{io, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::{OwnedSemaphorePermit, mpsc, oneshot},
    time::timeout,
};
use wasmtime::component::Resource;

/// Connections of one plugin at a time.
pub(crate) const MOST_CONNECTIONS: usize = 8;
/// Looking a name up, connecting and the handshake together; a page waits ten seconds.
const CONNECT: Duration = Duration::from_secs(8);
const WRITE: Duration = Duration::from_secs(10);
const LONGEST_READ: Duration = Duration::from_secs(60);
/// How long saying good-bye may take.
const CLOSE: Duration = Duration::from_secs(1);
const LARGEST_READ: usize = 256 << 10;
const LARGEST_WRITE: usize = 1 << 20;
/// What one connection may bring, and what it may take.
const MOST_READ: usize = 64 << 20;
const MOST_WRITTEN: usize = 16 << 20;
const LARGEST_AUTHORITIES: usize = 256 << 10;

/// What stands behind a guest's `connection`.
pub struct Connection {
    commands: mpsc::Sender<Command>,
    readable: usize,
    writable: usize,
    secured: bool,
}

type Answer<T> = oneshot::Sender<Result<T, Failure>>;

enum Command {
    Read(usize, Duration, Answer<Vec<u8>>),
    Write(Vec<u8>, Answer<()>),
    Secure(String, Answer<()>),
}

/// Where a connection leads.
struct Destination {
    network: Arc<dyn Network>,
    host: String,
    port: u16,
    reach: Reach,
}

impl tcp::Host for State {}

impl tcp::HostConnection for State {
    async fn connect(
        &mut self,
        host: String,
        port: u16,
        security: Security,
    ) -> wasmtime::Result<Result<Resource<Connection>, Failure>> {
        let connection = match self.open(host, port, security).await {
            Ok(connection) => connection,
            Err(failure) => return Ok(Err(failure)),
        };
        self.cpu.refill();
        Ok(Ok(self.handles.push(connection)?))
    }

    async fn read(
        &mut self,
        connection: Resource<Connection>,
        max: u32,
        wait: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, Failure>> {
        let connection = self.handles.get_mut(&connection)?;
        let max = (max as usize).min(LARGEST_READ).min(connection.readable);
        if max == 0 {
            let text =
                format!("nothing to read: 1 byte at least, and {} MiB on one connection at most", MOST_READ >> 20);
            return Ok(Err(Failure::Invalid(text)));
        }
        let wait = Duration::from_millis(wait.into()).min(LONGEST_READ);
        let read = connection.ask(|answer| Command::Read(max, wait, answer)).await;
        if let Ok(bytes) = &read {
            connection.readable -= bytes.len();
        }
        self.cpu.refill();
        Ok(read)
    }

    async fn write(
        &mut self,
        connection: Resource<Connection>,
        bytes: Vec<u8>,
    ) -> wasmtime::Result<Result<(), Failure>> {
        let connection = self.handles.get_mut(&connection)?;
        if bytes.len() > LARGEST_WRITE || bytes.len() > connection.writable {
            let (once, all) = (LARGEST_WRITE >> 20, MOST_WRITTEN >> 20);
            let text = format!("{} bytes: at most {once} MiB at once and {all} MiB on one connection", bytes.len());
            return Ok(Err(Failure::Invalid(text)));
        }
        connection.writable -= bytes.len();
        let written = connection.ask(|answer| Command::Write(bytes, answer)).await;
        self.cpu.refill();
        Ok(written)
    }

    async fn start_tls(
        &mut self,
        connection: Resource<Connection>,
        authorities: String,
    ) -> wasmtime::Result<Result<(), Failure>> {
        let connection = self.handles.get_mut(&connection)?;
        if connection.secured {
            return Ok(Err(Failure::Invalid("the connection is secured already".into())));
        }
        if let Err(failure) = check_authorities(&authorities) {
            return Ok(Err(failure));
        }
        let secured = connection.ask(|answer| Command::Secure(authorities, answer)).await;
        connection.secured = secured.is_ok();
        self.cpu.refill();
        Ok(secured)
    }

    async fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.handles.delete(connection)?;
        Ok(())
    }
}

impl State {
    async fn open(&mut self, host: String, port: u16, security: Security) -> Result<Connection, Failure> {
        self.permit(grants::TCP).map_err(|error| match error {
            Error::Denied(text) => Failure::Denied(text),
            other => Failure::Failed(other.to_string()),
        })?;
        if network::parse(&host).is_none_or(|(_, port)| port.is_some()) || port == 0 {
            return Err(Failure::Invalid(format!("“{}” port {port} is no host with a port", shortened(&host))));
        }
        let Some(reach) = network::reach(&self.plugin.hosts, &host, port) else {
            let text = format!("{host} port {port} is none of the hosts that it may reach: name it in the settings");
            return Err(Failure::Denied(text));
        };
        let authorities = match security {
            Security::None => None,
            Security::Tls(authorities) => {
                check_authorities(&authorities)?;
                Some(authorities)
            }
        };
        let Ok(place) = Arc::clone(&self.plugin.life.connections).try_acquire_owned() else {
            return Err(Failure::Failed(format!("{MOST_CONNECTIONS} connections are open already: close one")));
        };
        let destination = Destination { network: Arc::clone(&self.host.network), host, port, reach };
        let (commands, orders) = mpsc::channel(1);
        let (connected, answer) = oneshot::channel();
        let secured = authorities.is_some();
        tokio::spawn(serve(destination, authorities, connected, orders, place));
        answer.await.unwrap_or_else(|_| Err(over()))?;
        Ok(Connection { commands, readable: MOST_READ, writable: MOST_WRITTEN, secured })
    }
}

impl Connection {
    async fn ask<T>(&mut self, command: impl FnOnce(Answer<T>) -> Command) -> Result<T, Failure> {
        let (answer, answered) = oneshot::channel();
        self.commands.send(command(answer)).await.map_err(|_| over())?;
        answered.await.unwrap_or_else(|_| Err(over()))
    }
}

/// Connect and do what the guest says, until it has gone or the connection cannot be used any more.
async fn serve(
    to: Destination,
    authorities: Option<String>,
    mut connected: Answer<()>,
    mut orders: mpsc::Receiver<Command>,
    _place: OwnedSemaphorePermit,
) {
    let connect = async {
        let stream = to.network.connect(&to.host, to.port, to.reach).await?;
        match &authorities {
            Some(authorities) => to.network.secure(stream, &to.host, authorities).await,
            None => Ok(stream),
        }
    };
    let outcome = tokio::select! {
        outcome = timeout(CONNECT, connect) => outcome.unwrap_or_else(|_| Err(to.too_slow())),
        () = connected.closed() => return,
    };
    let mut stream = match outcome {
        Ok(stream) => stream,
        Err(failure) => return drop(connected.send(Err(failure.into()))),
    };
    if connected.send(Ok(())).is_err() {
        return;
    }
    while let Some(order) = orders.recv().await {
        match order {
            Command::Read(max, wait, mut answer) => {
                let mut bytes = vec![0; max];
                let read = tokio::select! {
                    read = timeout(wait, stream.read(&mut bytes)) => read,
                    () = answer.closed() => break,
                };
                let read = match read {
                    Err(_) => Err(Failure::TimedOut(format!("nothing came within {} s", wait.as_secs_f32()))),
                    Ok(Err(error)) => Err(broken(&error)),
                    Ok(Ok(length)) => {
                        bytes.truncate(length);
                        Ok(bytes)
                    }
                };
                let _ = answer.send(read);
            }
            Command::Write(bytes, mut answer) => {
                let write = async {
                    stream.write_all(&bytes).await?;
                    stream.flush().await
                };
                let written = tokio::select! {
                    written = timeout(WRITE, write) => written,
                    () = answer.closed() => break,
                };
                let written = match written {
                    Ok(Ok(())) => Ok(()),
                    Ok(Err(error)) => Err(broken(&error)),
                    Err(_) => Err(Failure::TimedOut("the server takes nothing any more".into())),
                };
                let failed = written.is_err();
                let _ = answer.send(written);
                // Some of it may have gone out: what would come after it makes no sense.
                if failed {
                    return;
                }
            }
            Command::Secure(authorities, mut answer) => {
                let secured = tokio::select! {
                    secured = timeout(CONNECT, to.network.secure(stream, &to.host, &authorities)) => secured,
                    () = answer.closed() => return,
                };
                match secured.unwrap_or_else(|_| Err(to.too_slow())) {
                    Ok(secured) => stream = secured,
                    Err(failure) => return drop(answer.send(Err(failure.into()))),
                }
                let _ = answer.send(Ok(()));
            }
        }
    }
    close(stream).await;
}

async fn close(mut stream: Box<dyn Stream>) {
    let _ = timeout(CLOSE, stream.shutdown()).await;
}

impl Destination {
    fn too_slow(&self) -> NetworkFailure {
        let (host, port) = (&self.host, self.port);
        NetworkFailure::TimedOut(format!("{host} port {port} did not answer within {} s", CONNECT.as_secs()))
    }
}

fn check_authorities(authorities: &str) -> Result<(), Failure> {
    if authorities.len() > LARGEST_AUTHORITIES {
        return Err(Failure::Invalid(format!("authorities have at most {} KiB", LARGEST_AUTHORITIES >> 10)));
    }
    Ok(())
}

fn over() -> Failure {
    Failure::Closed("the connection is over".into())
}

fn broken(error: &io::Error) -> Failure {
    Failure::Closed(format!("the connection has broken: {error}"))
}

impl From<NetworkFailure> for Failure {
    fn from(failure: NetworkFailure) -> Self {
        match failure {
            NetworkFailure::UnknownHost(text) => Self::UnknownHost(text),
            NetworkFailure::Refused(text) => Self::Refused(text),
            NetworkFailure::TimedOut(text) => Self::TimedOut(text),
            NetworkFailure::Untrusted(text) => Self::Untrusted(text),
            NetworkFailure::Denied(text) => Self::Denied(text),
            NetworkFailure::TooLarge(text) | NetworkFailure::Failed(text) => Self::Failed(text),
        }
    }
}
