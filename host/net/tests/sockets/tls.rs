//! TLS: whom we believe, whom we show which certificate, and what happens when it changes.

use super::bench::{Answering, any, certificate, eventually, everything, options, options_text};
use jackfield_net::{CertificateFiles, Sip, SipConfig, StartError, TlsConfig};
use jackfield_sip::{RequestFailure, Transport};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use std::{net::SocketAddr, path::Path, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

fn der(files: &CertificateFiles) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(&files.chain).unwrap()
}

/// Connect as a phone that trusts these, and shows one of its own if it has one.
async fn connect(
    to: SocketAddr,
    name: &str,
    trusts: &[&CertificateFiles],
    own: Option<&CertificateFiles>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    trusts.iter().for_each(|files| roots.add(der(files)).unwrap());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots);
    let config = match own {
        Some(own) => {
            config.with_client_auth_cert(vec![der(own)], PrivateKeyDer::from_pem_file(&own.key).unwrap()).unwrap()
        }
        None => config.with_no_client_auth(),
    };
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, TcpStream::connect(to).await?).await
}

fn shown(stream: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
}

/// Whether an OPTIONS by this connection is answered.
async fn answers(stream: &mut TlsStream<TcpStream>, branch: &str) -> bool {
    let mut buffer = vec![0; 4_096];
    if stream.write_all(options_text("TLS", branch).as_bytes()).await.is_err() {
        return false;
    }
    matches!(stream.read(&mut buffer).await, Ok(read) if buffer[..read].starts_with(b"SIP/2.0 200 "))
}

fn asking(folder: &Path, peer_ca: Option<&CertificateFiles>) -> Sip {
    let own = certificate(folder, "asking", &["127.0.0.1"]);
    let config = everything(own, peer_ca.map(|files| files.chain.clone()));
    Answering::start(config).sip.clone()
}

#[tokio::test]
async fn a_server_is_believed_only_under_a_name_in_a_certificate_that_we_trust() {
    let folder = tempfile::tempdir().unwrap();
    let theirs = certificate(folder.path(), "theirs", &["127.0.0.1", "pbx.example"]);
    let server = Answering::start(everything(theirs.clone(), None));
    let at = server.at(Transport::Tls);
    let trusting = asking(folder.path(), Some(&theirs));
    let to_address = trusting.flow_to(Transport::Tls, at).unwrap();
    assert_eq!(options(&trusting, to_address).await, Ok(200));
    let to_name = trusting.flow_to_host(Transport::Tls, at, "PBX.example").unwrap();
    assert_eq!(options(&trusting, to_name).await, Ok(200));
    let to_other = trusting.flow_to_host(Transport::Tls, at, "other.example").unwrap();
    assert_eq!(options(&trusting, to_other).await, Err(RequestFailure::Transport));

    let distrusting = asking(folder.path(), None);
    let flow = distrusting.flow_to(Transport::Tls, at).unwrap();
    assert_eq!(options(&distrusting, flow).await, Err(RequestFailure::Transport));
    // Something that speaks no TLS is not spoken to in clear.
    let flow = trusting.flow_to(Transport::Tls, server.at(Transport::Tcp)).unwrap();
    assert_eq!(options(&trusting, flow).await, Err(RequestFailure::Transport));
    assert!(server.flows.lock().unwrap().iter().all(|flow| flow.transport == Transport::Tls));
}

#[tokio::test]
async fn requests_to_one_host_share_a_connection_and_open_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let theirs = certificate(folder.path(), "theirs", &["127.0.0.1", "pbx.example"]);
    let server = Answering::start(everything(theirs.clone(), None));
    let at = server.at(Transport::Tls);
    let client = asking(folder.path(), Some(&theirs));
    let by_address = client.flow_to(Transport::Tls, at).unwrap();
    let by_name = client.flow_to_host(Transport::Tls, at, "pbx.example").unwrap();
    assert_eq!(client.flow_to_host(Transport::Tls, at, "PBX.EXAMPLE"), Some(by_name));
    for flow in [by_address, by_address, by_name, by_name] {
        assert_eq!(options(&client, flow).await, Ok(200));
    }
    // What is checked by one name is not used for another.
    let connections: Vec<_> = server.flows.lock().unwrap().iter().map(|flow| flow.connection).collect();
    assert!(connections[0] == connections[1] && connections[2] == connections[3], "{connections:?}");
    assert_ne!(connections[0], connections[2]);

    drop(server);
    eventually("the port is free", || std::net::TcpListener::bind(at).is_ok()).await;
    let again = Answering::start(SipConfig { tls: vec![at], ..everything(theirs, None) });
    eventually("the old connection is known to be gone", || client.socket_counters().connections == 0).await;
    assert_eq!(options(&client, by_name).await, Ok(200));
    assert_eq!(again.flows.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_phone_whose_connection_is_gone_is_given_up_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let ours = certificate(folder.path(), "ours", &["127.0.0.1"]);
    let server = Answering::start(everything(ours.clone(), None));
    let mut phone = connect(server.at(Transport::Tls), "127.0.0.1", &[&ours], None).await.unwrap();
    assert!(answers(&mut phone, "a").await);
    let flow = server.flows.lock().unwrap()[0];
    drop(phone);
    eventually("the host knows", || !server.gone.lock().unwrap().is_empty()).await;
    assert_eq!(server.gone.lock().unwrap()[0], flow);
    assert_eq!(options(&server.sip, flow).await, Err(RequestFailure::Transport));
}

#[tokio::test]
async fn a_new_certificate_is_for_new_connections_and_a_broken_one_for_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let first = certificate(folder.path(), "ours", &["127.0.0.1"]);
    let first_der = der(&first);
    let server = Answering::start(everything(first.clone(), None));
    let at = server.at(Transport::Tls);
    let mut old = connect(at, "127.0.0.1", &[&first], None).await.unwrap();
    assert_eq!(shown(&old), first_der);

    let key = std::fs::read(&first.key).unwrap();
    let other = certificate(folder.path(), "other", &["127.0.0.1"]);
    for broken in [&b"-----BEGIN PRIVATE KEY-----\nAAAA"[..], b"", &std::fs::read(&other.key).unwrap()] {
        std::fs::write(&first.key, broken).unwrap();
        server.sip.reload_certificates();
        let again = connect(at, "127.0.0.1", &[&first], None).await.unwrap();
        assert_eq!(shown(&again), first_der);
    }
    std::fs::write(&first.key, key).unwrap();

    let second = certificate(folder.path(), "ours", &["127.0.0.1"]);
    server.sip.reload_certificates();
    let mut seen = first_der.clone();
    for _ in 0..200 {
        if let Ok(new) = connect(at, "127.0.0.1", &[&second], None).await {
            seen = shown(&new);
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_ne!(seen, first_der);
    assert!(answers(&mut old, "b").await, "the old connection has gone with its certificate");
}

#[tokio::test]
async fn a_peer_gets_the_certificate_of_the_name_it_asks_for() {
    let folder = tempfile::tempdir().unwrap();
    let one = certificate(folder.path(), "one", &["one.example"]);
    let two = certificate(folder.path(), "two", &["two.example"]);
    let certificates = TlsConfig { certificates: vec![one.clone(), two.clone()], ..TlsConfig::default() };
    let server = Answering::start(SipConfig { tls: vec![any()], certificates, ..SipConfig::default() });
    let at = server.at(Transport::Tls);
    for (name, files) in [("one.example", &one), ("two.example", &two)] {
        assert_eq!(shown(&connect(at, name, &[&one, &two], None).await.unwrap()), der(files), "{name}");
    }
    assert!(connect(at, "three.example", &[&one, &two], None).await.is_err(), "a certificate of another name is taken");
}

#[tokio::test]
async fn phones_show_a_certificate_where_that_is_demanded() {
    let folder = tempfile::tempdir().unwrap();
    let ours = certificate(folder.path(), "ours", &["127.0.0.1"]);
    let phones = certificate(folder.path(), "phone", &["phone.example"]);
    let stranger = certificate(folder.path(), "stranger", &["phone.example"]);
    for required in [true, false] {
        let certificates = TlsConfig {
            certificates: vec![ours.clone()],
            client_ca: Some(phones.chain.clone()),
            client_required: required,
            ..TlsConfig::default()
        };
        let server = Answering::start(SipConfig { tls: vec![any()], certificates, ..SipConfig::default() });
        let at = server.at(Transport::Tls);
        for (own, taken) in [(Some(&phones), true), (None, !required), (Some(&stranger), false)] {
            // A refusal may come after the handshake (TLS 1.3).
            let answered = match connect(at, "127.0.0.1", &[&ours], own).await {
                Ok(mut stream) => answers(&mut stream, "c").await,
                Err(_) => false,
            };
            assert_eq!(answered, taken, "required: {required}, shows: {own:?}");
        }
    }
}

#[tokio::test]
async fn a_host_that_shows_its_certificate_may_be_called_by_its_own_connection() {
    let folder = tempfile::tempdir().unwrap();
    let ours = certificate(folder.path(), "ours", &["127.0.0.1"]);
    let host = certificate(folder.path(), "host", &["host.example"]);
    let authorities = |client_ca: bool, peer_ca: &CertificateFiles| TlsConfig {
        certificates: vec![ours.clone()],
        client_ca: client_ca.then(|| host.chain.clone()),
        client_required: false,
        peer_ca: Some(peer_ca.chain.clone()),
    };
    // Who vouches for phones does not vouch for hosts: both must believe the certificate.
    let mut calls = Vec::new();
    for (shows, alias, client_ca, peer_ca) in [
        (true, ";alias", true, &host),
        (true, "", true, &host),
        (false, ";alias", true, &host),
        (true, ";alias", false, &host),
        (true, ";alias", true, &ours),
    ] {
        let certificates = authorities(client_ca, peer_ca);
        let server = Answering::start(SipConfig { tls: vec![any()], certificates, ..SipConfig::default() });
        let at = server.at(Transport::Tls);
        let mut stream = connect(at, "127.0.0.1", &[&ours], shows.then_some(&host)).await.unwrap();
        // Nobody listens there: what is not sent by the host's own connection fails.
        let closed = std::net::TcpListener::bind(any()).unwrap().local_addr().unwrap();
        let by = format!("a.invalid;branch=z9hG4bKa{alias}");
        let text = options_text("TLS", "a").replace("a.invalid;branch=z9hG4bKa", &by);
        let text = text.replacen("a.invalid", &format!("HOST.example:{}", closed.port()), 1);
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut buffer = vec![0; 4_096];
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(buffer[..read].starts_with(b"SIP/2.0 200 "));
        let called = server.sip.flow_to_host(Transport::Tls, closed, "host.example").unwrap();
        let other = server.sip.flow_to_host(Transport::Tls, closed, "other.example").unwrap();
        assert_eq!(options(&server.sip, other).await, Err(RequestFailure::Transport));
        let asked = tokio::spawn({
            let sip = server.sip.clone();
            async move { options(&sip, called).await }
        });
        let read = tokio::time::timeout(std::time::Duration::from_millis(500), stream.read(&mut buffer)).await;
        calls.push(matches!(read, Ok(Ok(length)) if buffer[..length].starts_with(b"OPTIONS ")));
        asked.abort();
    }
    assert_eq!(calls, [true, false, false, false, false]);
}

#[tokio::test]
async fn tls_without_a_usable_certificate_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let start = |certificates: Vec<CertificateFiles>| {
        let certificates = TlsConfig { certificates, ..TlsConfig::default() };
        Sip::start(SipConfig { tls: vec![any()], certificates, ..SipConfig::default() }, [1; 32]).map(drop)
    };
    let (one, two) = (certificate(folder.path(), "one", &["a"]), certificate(folder.path(), "two", &["a"]));
    let crossed = CertificateFiles { chain: one.chain.clone(), key: two.key };
    let missing = CertificateFiles { chain: folder.path().join("none.pem"), key: one.key };
    for wrong in [vec![], vec![crossed], vec![missing]] {
        let error = start(wrong).unwrap_err();
        assert!(matches!(error, StartError::Tls(_)), "{error}");
    }
}
