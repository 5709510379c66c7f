//! What the tests have in common: an element that answers, one that asks, and certificates.

use jackfield_net::{CertificateFiles, Incoming, Sip, SipConfig, TlsConfig, self_made_certificate};
use jackfield_sip::{Flow, Method, OutOfDialog, Party, Reply, RequestFailure, Transport};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

/// Flows that have been seen, in order.
type Flows = Arc<Mutex<Vec<Flow>>>;

/// The loopback address with any port.
pub fn any() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

/// A certificate that signs itself, in files.
pub fn certificate(folder: &Path, file: &str, names: &[&str]) -> CertificateFiles {
    let names = names.iter().map(|&name| name.to_owned()).collect();
    let (certificate, key) = self_made_certificate(names).unwrap();
    let files =
        CertificateFiles { chain: folder.join(format!("{file}.pem")), key: folder.join(format!("{file}-key.pem")) };
    std::fs::write(&files.chain, certificate).unwrap();
    std::fs::write(&files.key, key).unwrap();
    files
}

/// Listeners of every kind with this certificate.
pub fn everything(certificate: CertificateFiles, peer_ca: Option<PathBuf>) -> SipConfig {
    SipConfig {
        udp: vec![any()],
        tcp: vec![any()],
        tls: vec![any()],
        ws: vec![any()],
        wss: vec![any()],
        certificates: TlsConfig { certificates: vec![certificate], peer_ca, ..TlsConfig::default() },
        ..SipConfig::default()
    }
}

/// An element that answers every request with 200.
pub struct Answering {
    pub sip: Sip,
    /// The flows that requests came by.
    pub flows: Flows,
    /// The flows whose connection has gone.
    pub gone: Flows,
    task: tokio::task::JoinHandle<()>,
}

impl Answering {
    pub fn start(config: SipConfig) -> Self {
        let (sip, mut incoming) = Sip::start(config, rand::random()).unwrap();
        let (flows, gone) = (Flows::default(), Flows::default());
        let (answering, seen, lost) = (sip.clone(), Arc::clone(&flows), Arc::clone(&gone));
        let task = tokio::spawn(async move {
            while let Some(event) = incoming.recv().await {
                match event {
                    Incoming::Request(id, request) => {
                        push(&seen, request.flow);
                        answering.respond(id, Reply { status: 200, ..Reply::default() }).await;
                    }
                    Incoming::Disconnected(flow) => push(&lost, flow),
                    _ => {}
                }
            }
        });
        Self { sip, flows, gone, task }
    }

    /// Where it listens for a transport.
    pub fn at(&self, transport: Transport) -> SocketAddr {
        self.sip.listeners().find(|(of, _)| *of == transport).unwrap().1
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        // With the last handle the driver ends, and with it all sockets.
        self.task.abort();
    }
}

fn push(list: &Mutex<Vec<Flow>>, flow: Flow) {
    list.lock().unwrap().push(flow);
}

/// OPTIONS by a flow; the status of the answer.
pub async fn options(sip: &Sip, flow: Flow) -> Result<u16, RequestFailure> {
    let party = || Party { display: None, uri: String::from("sip:test@127.0.0.1") };
    let request = OutOfDialog {
        method: Method::Options,
        target: format!("sip:{}", flow.remote),
        flow,
        from: party(),
        to: party(),
        headers: Vec::new(),
        body: None,
        call_id: None,
        cseq: None,
        account: None,
    };
    sip.request(request).await.map(|answer| answer.status().unwrap())
}

/// The text of an OPTIONS, as a browser or a phone would write it.
pub fn options_text(via: &str, branch: &str) -> String {
    format!(
        "OPTIONS sip:pbx SIP/2.0\r\nVia: SIP/2.0/{via} a.invalid;branch=z9hG4bK{branch}\r\nMax-Forwards: 70\r\n\
         From: <sip:a@a.invalid>;tag=1\r\nTo: <sip:pbx>\r\nCall-ID: {branch}@a.invalid\r\nCSeq: 1 OPTIONS\r\n\
         Content-Length: 0\r\n\r\n"
    )
}

/// Wait until `holds`, at most ten seconds.
pub async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..1_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("waited in vain: {what}");
}
