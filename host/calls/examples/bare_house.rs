//! A house without plugins, database or web page: ten phones that can call each other.
//!
//! `cargo run -p jackfield-calls --example bare_house -- 127.0.0.1:5060` takes registrations of 100 to 109 (password
//! `pw` and the number) and prints every event.

use jackfield_calls::{
    CallsConfig, Directory, Exchange, Parts, events::EventBus, router::BuiltIn, scripts::NoScripts, serve,
};
use jackfield_model::{Extension, Ha1, Language};
use jackfield_net::{Media, MediaConfig, Sip, SipConfig};
use std::{io::Write, net::SocketAddr, sync::Arc};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listen: SocketAddr = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:5060".into()).parse()?;
    let realm = CallsConfig::default().realm;
    let extension = |number: u32| {
        let secrets = jackfield_sip::digest::Ha1::new(&number.to_string(), &realm, &format!("pw{number}"));
        Ok(Extension {
            number: number.to_string().parse()?,
            name: format!("Phone {number}"),
            owner: None,
            static_contact: None,
            language: Language::En,
            call_waiting: true,
            encryption: jackfield_model::SoundEncryption::default(),
            ha1: Some(Ha1 { md5: secrets.md5, sha256: secrets.sha256 }),
        })
    };
    let extensions = (100..110).map(extension).collect::<Result<Vec<_>, jackfield_model::InvalidNumber>>()?;
    let config = SipConfig { udp: vec![listen], tcp: vec![listen], ..SipConfig::default() };
    let (sip, incoming) = Sip::start(config, rand::random())?;
    let media = Media::start(&MediaConfig { ports: (20_000, 29_999), threads: 1 })?;
    let bus = EventBus::new();
    let (records, mut kept) = tokio::sync::mpsc::channel(16);
    let parts = Parts {
        sip,
        media,
        router: Arc::new(BuiltIn),
        scripts: Arc::new(NoScripts),
        bus: bus.clone(),
        records: Some(records),
        reports: None,
        recorder: None,
        directory: Directory::new(extensions),
        nonce_key: rand::random(),
    };
    let exchange = Exchange::new(CallsConfig::default(), parts);
    let mut events = bus.subscribe();
    let mut out = std::io::stdout();
    tokio::spawn(serve(exchange, incoming));
    loop {
        tokio::select! {
            event = events.recv() => writeln!(out, "{:?}", event?.kind)?,
            Some(record) = kept.recv() => writeln!(out, "{record:?}")?,
        }
    }
}
