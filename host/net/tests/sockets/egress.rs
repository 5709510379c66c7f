//! Connections on behalf of plugins by TLS: whom is believed, and what is said when nobody is.

use super::bench::certificate;
use jackfield_net::{
    CertificateFiles,
    egress::{Egress, EgressError, Reach},
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::{net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

/// A server that says the same back, by TLS with this certificate or else in clear.
async fn echo(own: Option<&CertificateFiles>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let acceptor = own.map(|own| {
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from_pem_file(&own.chain).unwrap()],
                PrivateKeyDer::from_pem_file(&own.key).unwrap(),
            )
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    });
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut said = [0; 5];
            match &acceptor {
                Some(acceptor) => {
                    let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                    stream.read_exact(&mut said).await.unwrap();
                    stream.write_all(&said).await.unwrap();
                }
                None => {
                    let mut stream = stream;
                    let _ = stream.read(&mut said).await;
                    let _ = stream.write_all(b"SSH-2.0-nothing that would be TLS\r\n").await;
                }
            }
        }
    });
    at
}

async fn secure(to: SocketAddr, name: &str, authorities: &str) -> Result<Vec<u8>, EgressError> {
    let egress = Egress::default();
    let stream = egress.connect("127.0.0.1", to.port(), Reach::Named).await?;
    let mut stream = egress.secure(stream, name, authorities).await?;
    stream.write_all(b"hello").await.unwrap();
    let mut said = vec![0; 5];
    stream.read_exact(&mut said).await.unwrap();
    Ok(said)
}

#[tokio::test]
async fn a_server_is_believed_when_an_authority_that_is_set_has_signed_for_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let own = certificate(folder.path(), "own", &["ldap.example"]);
    let other = certificate(folder.path(), "other", &["ldap.example"]);
    let (own_pem, other_pem) =
        (std::fs::read_to_string(&own.chain).unwrap(), std::fs::read_to_string(&other.chain).unwrap());
    let at = echo(Some(&own)).await;
    assert_eq!(secure(at, "ldap.example", &format!("{other_pem}{own_pem}")).await.unwrap(), b"hello");
    for (name, authorities, expected) in [
        ("ldap.example", "", "signed by an authority that is not believed here"),
        ("ldap.example", &other_pem, "the certificate of ldap.example is"),
        ("mail.example", &own_pem, "made out to another name"),
        ("ldap.example", "-----BEGIN CERTIFICATE-----\nnonsense\n", "none in PEM form"),
        ("ldap.example", "my certificate", "none in PEM form"),
    ] {
        let refused = secure(at, name, authorities).await.unwrap_err();
        assert!(matches!(refused, EgressError::Untrusted(_)), "{refused:?}");
        assert!(refused.to_string().contains(expected), "{name}: {refused}");
    }
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_said_to_speak_none() {
    let at = echo(None).await;
    let refused = secure(at, "ldap.example", "").await.unwrap_err();
    assert_eq!(refused.to_string(), "ldap.example does not speak TLS on this port");
}
