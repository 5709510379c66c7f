//! A web service in the test's own process: it keeps what it was asked, and answers as the test has it.

use crate::Loopback;
use anyhow::{Result, ensure};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
};

/// None of the host’s own, at which plugins reach nobody on this machine.
const PORT: u16 = 8088;

/// A web service at a loopback address of its own. Dropping it ends it.
pub struct WebService {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<WebQuestion>>>,
    over: Arc<AtomicBool>,
}

/// What it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebQuestion {
    /// `POST /v1/messages HTTP/1.1`.
    pub line: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl WebService {
    /// One that answers so: bytes as they go over the connection, which ends then. [`WebService::answer`] writes them.
    ///
    /// # Errors
    /// When nothing can listen there.
    pub fn start(answer: impl Fn(&WebQuestion) -> Vec<u8> + Send + Sync + 'static) -> Result<Self> {
        let listener = TcpListener::bind(Loopback::new().port(PORT))?;
        let address = listener.local_addr()?;
        let (asked, over) = (Arc::<Mutex<Vec<WebQuestion>>>::default(), Arc::<AtomicBool>::default());
        let (keep, ended, answer) = (Arc::clone(&asked), Arc::clone(&over), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if ended.load(Relaxed) {
                    return;
                }
                let (keep, answer) = (Arc::clone(&keep), Arc::clone(&answer));
                thread::spawn(move || {
                    let Ok(mut stream) = stream else { return };
                    // Whoever connects and asks nothing is none of the test's business.
                    let Ok(question) = read(&stream) else { return };
                    held(&keep).push(question.clone());
                    let _ = stream.write_all(&answer(&question));
                });
            }
        });
        Ok(Self { address, asked, over })
    }

    /// An answer of this status with this body.
    pub fn answer(status: u16, headers: &str, body: &str) -> Vec<u8> {
        let length = body.len();
        format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}")
            .into_bytes()
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of something of it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What it was asked so far, oldest first.
    pub fn asked(&self) -> Vec<WebQuestion> {
        held(&self.asked).clone()
    }
}

impl Drop for WebService {
    fn drop(&mut self) {
        self.over.store(true, Relaxed);
        // Wakes it, so that it sees that.
        let _ = TcpStream::connect(self.address);
    }
}

impl WebQuestion {
    /// A header field; empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

fn read(stream: &TcpStream) -> Result<WebQuestion> {
    let mut reader = BufReader::new(stream);
    let mut next = || -> Result<String> {
        let mut line = String::new();
        ensure!(reader.read_line(&mut line)? > 0, "it has gone");
        Ok(line.trim_end().to_owned())
    };
    let line = next()?;
    let mut headers = Vec::new();
    loop {
        let field = next()?;
        let Some((name, value)) = field.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    Ok(WebQuestion { line, headers, body: String::from_utf8_lossy(&body).into_owned() })
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
