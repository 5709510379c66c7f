//! The API and the web page on made-up telephones, for work on the page:
//! `cargo run -p jackfield-api --example dev_server -- [port]`, then sign in as admin with the password that it prints.
//!
//! Data lives in a temporary folder and is gone at the end. `JACKFIELD_WEB_DIR` names a build of the shell to serve in
//! place of the embedded one; `JACKFIELD_EMPTY` leaves the house empty but for the admin.
#![expect(clippy::expect_used, clippy::print_stdout, reason = "a development tool stops at the first surprise")]

mod house;
mod plugins;
mod registry;

use house::{House, call, conference, party};
use jackfield_api::{ApiParts, ApiState, RecordingAccess, Relays, Telephony, app, password, serve};
use jackfield_calls::{events::EventBus, recording::NewRecording};
use jackfield_model::*;
use jackfield_registry::{Catalogue, Place};
use jackfield_schedules::Schedules;
use jackfield_store::{HistoryFilter, NewExtension, NewLetter, NewUser, OutboxLimits, RecordWriter, SourceName, Store};
use plugins::Shelf;
use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

const PEOPLE: [(&str, &str, &str); 10] = [
    ("anna", "Anna", "Reception"),
    ("bruno", "Bruno", "Sales"),
    ("chloe", "Chloé", "Sales"),
    ("dieter", "Dieter", "Service"),
    ("elise", "Élise", "Service"),
    ("felix", "Félix", "Workshop"),
    ("greta", "Greta", "Accounts"),
    ("hugo", "Hugo", "Direction"),
    ("ines", "Inès", "Purchasing"),
    ("jonas", "Jonas", "Night desk"),
];

#[tokio::main]
async fn main() {
    tracing_subscriber::fmt().init();
    let port = std::env::args().nth(1).map_or(8080, |port| port.parse::<u16>().expect("a port number"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::open(&folder.path().join("jackfield.db")).await.expect("a database");
    let bus = EventBus::new();
    let house = Arc::new(House::new(bus.clone()));
    let shelf = Arc::new(Shelf::new(bus.clone(), now()));
    house.set_store(store.clone());
    let recordings = folder.path().join("recordings");
    let one_time = password::one_time();
    let admin = admin(&one_time, std::env::var("JACKFIELD_PASSWORD").ok());
    store.create_user(&admin, now()).await.expect("an admin");
    if std::env::var_os("JACKFIELD_EMPTY").is_none() {
        people(&store).await;
        contacts(&store).await;
        history(&store).await;
        recorded(&store, &recordings).await;
        own_trunks(&store).await;
        letters(&store).await;
        tokio::spawn(life(Arc::clone(&house), store.clone(), bus.clone()));
    }
    let shop = folder.path().join("registry");
    if std::env::var_os("JACKFIELD_EMPTY").is_none() {
        registry::fill(&shop);
    }
    let catalogue = Catalogue::new(vec![Place::Folder(shop)], folder.path().join("catalogue"), now);
    catalogue.refresh().await;
    let state = ApiState::new(ApiParts {
        schedules: Schedules::default(),
        mail: jackfield_mail::Mail::start(store.clone(), now),
        store,
        bus,
        telephony: house,
        catalogue,
        pages: Arc::clone(&shelf) as _,
        plugins: shelf,
        clock: Arc::new(now),
        https: false,
        web_dir: std::env::var_os("JACKFIELD_WEB_DIR").map(Into::into),
        metrics_token: None,
        version: env!("CARGO_PKG_VERSION").into(),
        recordings: RecordingAccess { folder: recordings, on: true, users_listen: true },
        sounds: folder.path().join("sounds"),
        relays: Relays::default(),
    });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.expect("a free port");
    println!("http://{} admin {one_time}", listener.local_addr().expect("a bound socket"));
    let stop = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    serve(listener, app(state), stop).await.expect("a listener");
}

fn now() -> TimestampMs {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_millis() as u64)
}

/// An admin with a one-time password, or with a lasting one that was given.
fn admin(one_time: &str, lasting: Option<String>) -> NewUser {
    NewUser {
        login: "admin".into(),
        name: "Admin".into(),
        role: Role::Admin,
        language: Language::En,
        password_hash: password::hash(lasting.as_deref().unwrap_or(one_time)),
        email: None,
        must_change_password: lasting.is_none(),
    }
}

async fn people(store: &Store) {
    let hash = password::hash("a quiet blue tram");
    for (n, (login, name, place)) in PEOPLE.iter().enumerate() {
        let user = NewUser {
            login: (*login).into(),
            name: (*name).into(),
            role: Role::User,
            language: Language::En,
            password_hash: hash.clone(),
            email: None,
            must_change_password: false,
        };
        let user = store.create_user(&user, now()).await.expect("a user");
        let number = (100 + n).to_string().parse().expect("a number");
        let extension =
            NewExtension { owner: Some(user.id), ..NewExtension::new(number, &format!("{name} ({place})")) };
        store.create_extension(&extension, now()).await.expect("an extension");
    }
}

/// Customers from a file, and suppliers that were deleted.
async fn contacts(store: &Store) {
    let number = |kind, number: String| ContactNumber { kind, number };
    let customers: Vec<_> = (0..40_u32)
        .map(|n| Contact {
            key: n.to_string(),
            name: if n % 5 == 4 {
                String::new()
            } else {
                format!("{} {}", PEOPLE[n as usize % 10].1, ["Dupont", "Blum", "Sørensen"][n as usize % 3])
            },
            company: format!(
                "{} {}",
                ["Dupont & Söhne", "Mairie de Lyon", "Werkzeugbau Nord", "Café Central"][n as usize % 4],
                1 + n / 4
            ),
            numbers: match n % 3 {
                0 => vec![
                    number(NumberKind::Work, format!("+3312345{n:04}")),
                    number(NumberKind::Mobile, format!("+3361234{n:04}")),
                ],
                _ => vec![number(NumberKind::Work, format!("+4930123{n:03}"))],
            },
            mail: if n % 4 == 0 { format!("contact{n}@example.org") } else { String::new() },
            note: if n == 0 { String::from("Orders on Mondays") } else { String::new() },
        })
        .collect();
    for (name, some) in [("Customers", &customers[..]), ("Suppliers", &customers[..7])] {
        let source = SourceName { kind: SourceKind::File, name: name.into() };
        let draft = store.draft_contacts(&source, now()).await.expect("a draft");
        store.write_contacts(draft, some).await.expect("contacts");
        store.finish_contacts(draft, now()).await.expect("a source");
    }
    let suppliers = SourceName { kind: SourceKind::File, name: "Suppliers".into() };
    store.empty_contacts(&suppliers, now()).await.expect("a source");
}

async fn history(store: &Store) {
    let records: Vec<_> = (0..400).map(|n| record(n, now() - 7_000_000 - n * 1_900_000)).collect();
    store.append_records(&records).await.expect("records");
    store.append_quality(&house::sound::rows(&records)).await.expect("quality");
    store.append_traces(&house::sound::traces(&records)).await.expect("traces");
}

/// Recordings of the newest calls that were answered: a second of a tone each.
async fn recorded(store: &Store, folder: &std::path::Path) {
    std::fs::create_dir_all(folder).expect("a folder");
    let sound: Vec<u8> = (0..16_000).flat_map(|n: i32| (((n % 20) * 800 - 8_000) as i16).to_le_bytes()).collect();
    let mut octets =
        b"RIFF\xa4\x7d\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data\0\x7d\0\0".to_vec();
    octets[4..8].copy_from_slice(&(36 + sound.len() as u32).to_le_bytes());
    octets[40..44].copy_from_slice(&(sound.len() as u32).to_le_bytes());
    octets.extend(sound);
    let calls = store.history(&HistoryFilter::default(), None, 30).await.expect("calls").items;
    let answered = calls.into_iter().filter(|call| call.answered.is_some());
    for (n, call) in answered.take(3).enumerate() {
        let file = format!("{n}.wav");
        std::fs::write(folder.join(&file), &octets).expect("a file");
        let new = NewRecording {
            file: file.clone(),
            call: call.id,
            caller: call.caller,
            callee: call.callee,
            started_by: (n == 1).then(|| "100".into()),
            started: call.answered.unwrap_or(call.started),
        };
        store.begin_recording(&new).await.expect("a recording");
        store.end_recording(&file, 1_000, octets.len() as u64).await.expect("its length");
    }
}

fn trunks(begin: TimestampMs) -> Vec<(TrunkSettings, Option<TrunkStatus>)> {
    let server =
        |address: &str, host: &str, answers| TrunkServer { address: address.into(), host: host.into(), answers };
    let trunk = |name: &str, state, trouble, minutes: u64| TrunkStatus {
        name: name.into(),
        state,
        trouble,
        since: begin - minutes * 60_000,
        registered_until: None,
        servers: Vec::new(),
        calls: 0,
        channels: None,
    };
    let all = [
        TrunkStatus {
            registered_until: Some(begin + 420_000),
            servers: vec![
                server("TLS 198.51.100.10:5061", "sip.carrier.example", true),
                server("TLS 198.51.100.11:5061", "sip.carrier.example", false),
            ],
            calls: 3,
            channels: Some(30),
            ..trunk("carrier", TrunkState::Up, None, 4_321)
        },
        TrunkStatus {
            servers: vec![server("UDP 192.0.2.20:5060", "192.0.2.20", true)],
            ..trunk("lift-gateway", TrunkState::Up, None, 60)
        },
        TrunkStatus {
            servers: vec![server("UDP 203.0.113.40:5060", "backup.example", true)],
            channels: Some(4),
            ..trunk(
                "backup",
                TrunkState::Down,
                Some(TrunkTrouble { fault: TrunkFault::WrongPassword, status: Some(403) }),
                12,
            )
        },
        trunk("new-branch", TrunkState::Starting, None, 0),
    ];
    all.into_iter().map(|status| (settings(&status.name), Some(status))).collect()
}

/// A trunk that stands in the file.
fn settings(name: &str) -> TrunkSettings {
    let text = format!("{{\"name\": \"{name}\", \"servers\": [\"sip:{name}.example\"]}}");
    serde_json::from_str(&text).expect("settings of a trunk")
}

/// Two trunks that were set up on the web page, one of them switched off.
async fn own_trunks(store: &Store) {
    let numbers = TrunkNumbers {
        first: String::from("+4930123000"),
        last: Some(String::from("+4930123099")),
        to: Some(String::from("100")),
        count_on: true,
    };
    let office = TrunkSettings {
        user: Some(String::from("acme")),
        password: Some(Secret::new("made up")),
        register: TrunkRegistration::Single,
        country: String::from("49"),
        area: String::from("30"),
        channels: Some(10),
        numbers: vec![numbers],
        ..settings("office")
    };
    let old = TrunkSettings { enabled: false, ..settings("old-provider") };
    for trunk in [office, old] {
        store.create_trunk(&trunk, now()).await.expect("a trunk");
    }
}

/// A mail server that is not there, and a letter of each kind.
async fn letters(store: &Store) {
    let settings = MailSettings {
        server: "mail.example.org".into(),
        port: 587,
        security: MailSecurity::StartTls,
        user: Some("telephone".into()),
        password: Some(Secret::new("made up")),
        sender: "telephone@example.org".parse().expect("an address"),
        sender_name: "Telephone".into(),
        daily_limit: 500,
    };
    store.set_mail_settings(Some(&settings)).await.expect("settings");
    let letter = |to: &str, subject: &str, bytes: usize| NewLetter {
        plugin: "org.jackfield.auto-attendant".into(),
        once: None,
        sender: settings.sender.clone(),
        recipient: to.parse().expect("an address"),
        subject: subject.into(),
        content: vec![0; bytes],
        not_before: 0,
    };
    let letters = [
        letter("anna@example.org", "Message from Chloé (102)", 412_000),
        letter("gone@example.org", "Missed call from +33123456789", 1_900),
        letter("hugo.with.a.rather.long.name@subsidiary.example.org", "Urgent: Message from Tischlerei", 96_000),
    ];
    let limits = OutboxLimits { letters: 9, bytes: 1 << 30, per_hour: 9, per_day: 9 };
    store.accept_letters(&letters, &limits, now() - 240_000).await.expect("a store").expect("room");
    store.letter_sent(1, now() - 230_000).await.expect("a store");
    let trouble = |fault, said: &str| MailTrouble { fault, said: said.into() };
    let refused = trouble(MailFault::Refused, "permanent error (550): 5.1.1 <gone@example.org> no such user here");
    store.letter_stays(2, None, &refused, now() - 220_000).await.expect("a store");
    let silent = trouble(MailFault::Unreachable, "Connection error: connection refused (os error 111)");
    store.letter_stays(3, Some(now() + 3_600_000), &silent, now()).await.expect("a store");
}

fn record(n: u64, started: TimestampMs) -> CallRecord {
    let someone = |n: u64| {
        let n = n as usize % PEOPLE.len();
        party(&(100 + n).to_string(), PEOPLE[n].1)
    };
    let (direction, caller) = match n % 3 {
        0 => (Direction::Internal, someone(n / 3)),
        _ => (Direction::Inbound, party(&format!("+3312345{:04}", n * 37 % 10_000), "")),
    };
    let callee = someone(n / 2 + 1);
    let cause = [
        EndCause::Answered,
        EndCause::Answered,
        EndCause::NoAnswer,
        EndCause::Answered,
        EndCause::Busy,
        EndCause::Cancelled,
    ][n as usize % 6];
    let answered = (cause == EndCause::Answered).then_some(started + 6_000);
    CallRecord {
        id: CallId::new(started, n),
        direction,
        trunk: None,
        diverted_by: None,
        answered_by: answered.map(|_| callee.number.clone()),
        caller,
        callee,
        started,
        answered,
        ended: started + 12_000 + n * 977 % 400_000,
        cause,
        detail: "Decided by org.jackfield.dialplan.".into(),
        recordings: 0,
        quality: None,
    }
}

/// Phones register, calls come and go.
async fn life(house: Arc<House>, store: Store, bus: EventBus) {
    for n in 0..8 {
        let agent = ["Yealink SIP-T54W 96.86.0.100", "snomD785/10.1", "baresip v3.14.0", "Linphone-Desktop/5.2"][n % 4];
        house.register(now(), &(100 + n).to_string(), agent);
    }
    house.register(now(), "100", "Linphone-Android/5.2");
    let (writer, _task) = RecordWriter::start(store, bus.clone(), now);
    let begin = now();
    house.set_ban(Ban {
        source: [198, 51, 100, 23].into(),
        since: begin - 240_000,
        until: begin + 360_000,
        offences: 15,
        last: Offence::UnknownName,
        spared: 0,
    });
    house.set_ban(Ban {
        source: [203, 0, 113, 80].into(),
        since: begin - 3_000_000,
        until: begin + 1_800_000,
        offences: 42,
        last: Offence::WrongPassword,
        spared: 2,
    });
    house.set_trunks(trunks(begin));
    house.reload_trunks().await;
    house.set_call(begin, call(1, party("101", "Bruno"), party("102", "Chloé"), CallState::Talking, begin - 83_000));
    house.set_call(
        begin,
        call(2, party("+33123456789", ""), party("500", "Auto-attendant"), CallState::InScript, begin - 12_000),
    );
    house.set_call(
        begin,
        call(3, party("+4930123456", "Tischlerei"), party("104", "Élise"), CallState::Held, begin - 301_000),
    );
    house.set_conference(begin, conference(begin));
    for n in 10.. {
        let speaker = [Some(1), Some(3), None][n as usize % 3];
        bus.publish(now(), EventKind::ConferenceSpeaker { id: 1, speaker });
        let started = now();
        let ringing = call(n, party("+33698765432", ""), party("105", "Félix"), CallState::Ringing, started);
        house.set_call(started, ringing.clone());
        tokio::time::sleep(Duration::from_secs(4)).await;
        house.set_call(now(), LiveCall { state: CallState::Talking, answered: Some(now()), ..ringing.clone() });
        tokio::time::sleep(Duration::from_secs(20)).await;
        house.end_call(now(), &ringing.id);
        let ended = CallRecord { id: ringing.id, ended: now(), ..record(n * 3 + 1, started) };
        if writer.send(ended).await.is_err() {
            return;
        }
        house.unregister(now(), "107");
        tokio::time::sleep(Duration::from_secs(3)).await;
        house.register(now(), "107", "Grandstream GXP2170 1.0.11.64");
    }
}
