//! A catalogue against a server that breaks off, lies and points elsewhere.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use jackfield_registry::{Catalogue, Fault, Listing, Place, Published, Release, publish};
use rustls::{RootCertStore, ServerConfig};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

const ID: &str = "org.example.clock";

fn listing(version: &str) -> Listing {
    Listing {
        id: ID.into(),
        name: "Clock".into(),
        publisher: "Example".into(),
        description: String::new(),
        license: "MIT".into(),
        releases: vec![Release {
            version: version.parse().unwrap(),
            file: format!("clock-{version}.jackfield"),
            size: 0,
            sha256: String::new(),
            key: "a".repeat(40),
            published: 1,
            changes: String::new(),
        }],
    }
}

/// A folder with two releases; the package of the second.
fn registry() -> (tempfile::TempDir, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let package: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    assert_eq!(publish(folder.path(), listing("1.0.0"), b"old").unwrap(), Published::Added);
    assert_eq!(publish(folder.path(), listing("1.1.0"), &package).unwrap(), Published::Added);
    (folder, package)
}

/// How a server behaves, besides serving a folder.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    Plain,
    /// Ends each answer after so many bytes of it.
    BreaksOffAfter(usize),
    /// Knows no ranges.
    FromTheBeginning,
    /// Sends one byte too many.
    Adds,
    /// Points to an address in clear.
    PointsToClear,
    /// Answers from the folder `there/` alone, and points to it.
    Moved,
}

struct Server {
    address: String,
    roots: RootCertStore,
    asked: Arc<AtomicUsize>,
}

async fn serve(folder: &Path, manner: Manner) -> Server {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], made.signing_key.serialize_der().try_into().unwrap())
        .unwrap();
    let (tls, listener) = (TlsAcceptor::from(Arc::new(config)), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let address = format!("https://{}/", listener.local_addr().unwrap());
    let (folder, asked) = (folder.to_owned(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (tls, folder, count) = (tls.clone(), folder.clone(), Arc::clone(&count));
            tokio::spawn(async move {
                if let Ok(stream) = tls.accept(stream).await {
                    answer(stream, &folder, manner, &count).await;
                }
            });
        }
    });
    Server { address, roots, asked }
}

/// Answers one request and closes.
async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, folder: &Path, manner: Manner, asked: &AtomicUsize) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await.unwrap());
    }
    let request = String::from_utf8(request).unwrap();
    let path = request.split_whitespace().nth(1).unwrap().trim_start_matches('/').to_owned();
    let package = path.ends_with(".jackfield");
    let pointed = match manner {
        Manner::PointsToClear if package => Some("http://192.0.2.1/clock.jackfield".to_owned()),
        Manner::Moved if !path.starts_with("there/") => Some(format!("there/{path}")),
        _ => None,
    };
    if let Some(pointed) = pointed {
        let head =
            format!("HTTP/1.1 302 Found\r\nLocation: {pointed}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        return drop(stream.shutdown().await);
    }
    let mut body = std::fs::read(folder.join(path.trim_start_matches("there/"))).unwrap();
    let range =
        request.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("range: bytes=").map(str::to_owned));
    let from = range.and_then(|range| range.trim_end_matches('-').parse::<usize>().ok());
    let from = from.filter(|_| manner != Manner::FromTheBeginning);
    if package {
        asked.fetch_add(1, Ordering::SeqCst);
        if manner == Manner::Adds {
            body.push(0);
        }
    }
    let body = &body[from.unwrap_or(0)..];
    let status = if from.is_some() { "206 Partial Content" } else { "200 OK" };
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).await.unwrap();
    let first = match manner {
        Manner::BreaksOffAfter(bytes) => bytes,
        Manner::FromTheBeginning => 1_000,
        _ => usize::MAX,
    };
    let cut = package && asked.load(Ordering::SeqCst) < 3;
    let sent = &body[..if cut { first.min(body.len()) } else { body.len() }];
    // Who has heard enough hangs up.
    let _ = stream.write_all(sent).await;
    let _ = stream.shutdown().await;
}

fn catalogue(server: &Server, folder: &Path) -> Catalogue {
    Catalogue::trusting(&server.roots, vec![server.address.parse().unwrap()], folder.to_owned(), || 7)
}

#[tokio::test]
async fn a_download_goes_on_where_it_broke_off() {
    let ((folder, package), waiting) = (registry(), tempfile::tempdir().unwrap());
    for manner in [Manner::Plain, Manner::BreaksOffAfter(500_000), Manner::FromTheBeginning, Manner::Moved] {
        let server = serve(folder.path(), manner).await;
        let catalogue = catalogue(&server, waiting.path());
        let listed = catalogue.refresh().await;
        assert_eq!(listed.sources[0].fault, None);
        assert_eq!(listed.sources[0].read, Some(7));
        assert_eq!(listed.offers[0].listing.releases[0].version.to_string(), "1.1.0");
        assert!(catalogue.fetch(ID, "1.1.0").await.unwrap() == package);
        let expected = if matches!(manner, Manner::Plain | Manner::Moved) { 1 } else { 3 };
        assert_eq!(server.asked.load(Ordering::SeqCst), expected);
        assert!(catalogue.fetch(ID, "1.1.0").await.unwrap() == package);
        assert_eq!(server.asked.load(Ordering::SeqCst), expected, "it is not fetched again to be installed");
        std::fs::remove_dir_all(waiting.path()).unwrap();
    }
}

#[tokio::test]
async fn what_is_not_what_the_index_says_is_refused() {
    let ((folder, _), waiting) = (registry(), tempfile::tempdir().unwrap());
    let server = serve(folder.path(), Manner::Adds).await;
    let catalogue = catalogue(&server, waiting.path());
    catalogue.refresh().await;
    let fault = catalogue.fetch(ID, "1.1.0").await.unwrap_err();
    assert!(matches!(&fault, Fault::Damaged { reason, .. } if reason == "the server sends more of it"), "{fault}");
    assert!(matches!(catalogue.fetch(ID, "9.0.0").await, Err(Fault::Unknown(_))));

    // Other bytes of the same length.
    std::fs::write(folder.path().join("clock-1.0.0.jackfield"), b"new").unwrap();
    let place = Place::Folder(folder.path().to_owned());
    let catalogue = Catalogue::new(vec![place], waiting.path().to_owned(), || 7);
    catalogue.refresh().await;
    let fault = catalogue.fetch(ID, "1.0.0").await.unwrap_err();
    assert!(matches!(&fault, Fault::Damaged { reason, .. } if reason == "its SHA-256 is another"), "{fault}");
    assert_eq!(std::fs::read_dir(waiting.path()).unwrap().count(), 0, "nothing is left behind");
}

#[tokio::test]
async fn nothing_is_fetched_in_clear_or_from_who_is_not_trusted() {
    let ((folder, _), waiting) = (registry(), tempfile::tempdir().unwrap());
    let server = serve(folder.path(), Manner::PointsToClear).await;
    let catalogue = catalogue(&server, waiting.path());
    catalogue.refresh().await;
    let said = catalogue.fetch(ID, "1.1.0").await.unwrap_err().to_string();
    assert!(said.contains("which is not HTTPS"), "{said}");

    let strict = Catalogue::new(vec![server.address.parse().unwrap()], waiting.path().to_owned(), || 7);
    let fault = strict.refresh().await.sources[0].fault.clone().unwrap();
    assert!(fault.contains("certificate"), "{fault}");
}

#[tokio::test]
async fn what_a_registry_had_stays_listed_while_it_is_away_and_the_first_that_has_a_plugin_gives_it() {
    let ((first, _), (second, _), waiting) = (registry(), registry(), tempfile::tempdir().unwrap());
    publish(second.path(), Listing { id: "org.example.other".into(), ..listing("2.0.0") }, b"other").unwrap();
    let places = [&first, &second].map(|folder| Place::Folder(folder.path().to_owned()));
    let catalogue = Catalogue::new(Vec::from(places), waiting.path().to_owned(), || 7);
    assert!(catalogue.listed().offers.is_empty(), "nothing is read before somebody asks");
    let of = |offers: &[jackfield_registry::Offer]| -> Vec<_> {
        offers.iter().map(|offer| (offer.source, offer.listing.id.clone())).collect()
    };
    let expected = [(0, ID.to_owned()), (1, "org.example.other".to_owned())];
    assert_eq!(of(&catalogue.refresh().await.offers), expected);
    std::fs::remove_file(second.path().join("index.json")).unwrap();
    let listed = catalogue.refresh().await;
    assert_eq!(of(&listed.offers), expected);
    assert!(listed.sources[1].fault.as_ref().is_some_and(|fault| fault.contains("index.json")), "{listed:?}");
    assert_eq!(listed.sources[1].read, Some(7));
}
