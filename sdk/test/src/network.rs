//! The network around the plugin under test: servers that a test makes up.

use crate::http::WebServices;
use async_trait::async_trait;
use jackfield_runtime::{Answer, Network, NetworkFailure, Question, Reach, Stream};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

type Conversation = Box<dyn FnMut(&[u8]) -> Vec<u8> + Send>;
type Server = Arc<dyn Fn() -> Conversation + Send + Sync>;

/// Servers by host and port.
#[derive(Default)]
pub(crate) struct TestNetwork {
    servers: Mutex<BTreeMap<(String, u16), Server>>,
    secured: Mutex<Vec<String>>,
    pub(crate) web: WebServices,
}

impl TestNetwork {
    pub(crate) fn add<C>(&self, host: &str, port: u16, talk: impl Fn() -> C + Send + Sync + 'static)
    where
        C: FnMut(&[u8]) -> Vec<u8> + Send + 'static,
    {
        let server: Server = Arc::new(move || Box::new(talk()));
        held(&self.servers).insert((host.to_owned(), port), server);
    }

    pub(crate) fn secured(&self) -> Vec<String> {
        held(&self.secured).clone()
    }
}

#[async_trait]
impl Network for TestNetwork {
    async fn connect(&self, host: &str, port: u16, _reach: Reach) -> Result<Box<dyn Stream>, NetworkFailure> {
        let server = held(&self.servers).get(&(host.to_owned(), port)).cloned();
        let Some(server) = server else {
            return Err(NetworkFailure::Refused(format!("{host} takes no connections on port {port}")));
        };
        let (near, far) = tokio::io::duplex(64 << 10);
        tokio::spawn(serve(far, server()));
        Ok(Box::new(near))
    }

    async fn secure(
        &self,
        stream: Box<dyn Stream>,
        host: &str,
        _authorities: &str,
    ) -> Result<Box<dyn Stream>, NetworkFailure> {
        held(&self.secured).push(host.to_owned());
        Ok(stream)
    }

    async fn ask(&self, _host: &str, question: Question, _reach: Reach) -> Result<Answer, NetworkFailure> {
        self.web.ask(question).await
    }
}

async fn serve(mut stream: DuplexStream, mut talk: Conversation) {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(length @ 1..) = stream.read(&mut buffer).await {
        let answer = talk(&buffer[..length]);
        if stream.write_all(&answer).await.is_err() {
            return;
        }
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
