//! An exchange with the extensions 100 and 101, whose password is `secret`.

use jackfield_calls::{
    CallsConfig, Directory, EXTENSIONS, Exchange, Parts, Router, Scripts, events::EventBus, router::BuiltIn,
    scripts::NoScripts, serve,
};
use jackfield_model::{CallRecord, Extension, Ha1, Language};
use jackfield_net::{Incoming, Media, MediaConfig, Sip, SipConfig};
use jackfield_sip::{Config, Method, digest};
use std::{net::SocketAddr, sync::Arc};
use tokio::sync::mpsc;

/// Signalling at an address of its own, which takes these methods too.
pub fn sip(seed: u8, methods: &[Method<'static>]) -> (Sip, mpsc::Receiver<Incoming>) {
    let mut endpoint = Config::default();
    endpoint.methods.extend(methods);
    endpoint.extensions.extend(EXTENSIONS.map(String::from));
    let udp = vec!["127.0.0.1:0".parse().unwrap()];
    Sip::start(SipConfig { udp, endpoint, ..SipConfig::default() }, [seed; 32]).unwrap()
}

/// One that nobody decides for, and its address.
pub fn exchange(config: CallsConfig, first_port: u16) -> (Arc<Exchange>, SocketAddr) {
    exchange_with(config, first_port, Arc::new(BuiltIn), Arc::new(NoScripts))
}

/// The same with plugins in the test's hand.
pub fn exchange_with(
    config: CallsConfig,
    first_port: u16,
    router: Arc<dyn Router>,
    scripts: Arc<dyn Scripts>,
) -> (Arc<Exchange>, SocketAddr) {
    let (exchange, at, _) = exchange_keeping(config, first_port, router, scripts);
    (exchange, at)
}

/// The same with the records of its calls.
pub fn exchange_keeping(
    config: CallsConfig,
    first_port: u16,
    router: Arc<dyn Router>,
    scripts: Arc<dyn Scripts>,
) -> (Arc<Exchange>, SocketAddr, mpsc::Receiver<CallRecord>) {
    let (keep, kept) = mpsc::channel(16);
    let (sip, incoming) = sip(1, &[Method::Subscribe, Method::Publish]);
    let at = sip.listeners().next().unwrap().1;
    // Its port is known only now.
    let [admin, external] = [&config.admin, &config.external].map(|named| named.iter().map(|_| at).collect());
    let config = CallsConfig { admin, external, ..config };
    let extension = |number: &str| {
        let digest::Ha1 { md5, sha256 } = digest::Ha1::new(number, "jackfield", "secret");
        Extension {
            number: number.parse().unwrap(),
            name: format!("Desk {number}"),
            owner: None,
            static_contact: None,
            language: Language::En,
            call_waiting: true,
            encryption: jackfield_model::SoundEncryption::default(),
            ha1: Some(Ha1 { md5, sha256 }),
        }
    };
    let parts = Parts {
        sip,
        media: Media::start(&MediaConfig { ports: (first_port, first_port + 399), threads: 1 }).unwrap(),
        router,
        scripts,
        bus: EventBus::new(),
        records: Some(keep),
        reports: None,
        recorder: None,
        directory: Directory::new([extension("100"), extension("101")]),
        nonce_key: [4; 32],
    };
    let exchange = Exchange::new(config, parts);
    tokio::spawn(serve(Arc::clone(&exchange), incoming));
    (exchange, at, kept)
}
