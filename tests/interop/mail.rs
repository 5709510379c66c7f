//! Letters and SMS about messages and calls: from a caller's voice to a mail server, from a missed call to a web service, once, whatever
//! ends the host in between.

use anyhow::{Context, Result, ensure};
use jackfield_tests::{
    Api, Baresip, Host, HostConfig, Line, MailServer, Phone, WebService, attached, eventually, package, repository,
    tone, within,
};
use serde_json::{Value, json};
use std::{
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread::sleep,
    time::Duration,
};

const NOTIFICATION: &str = "org.jackfield.notification";
/// The least that is said in a message.
const SAID: Duration = Duration::from_secs(3);
/// A spoken part of a call to its end.
const SPOKEN: Duration = Duration::from_secs(45);
/// The first pause of the outbox, and what a slow machine adds.
const AGAIN: Duration = Duration::from_secs(90);

fn house() -> Result<Host> {
    let packages = vec![package("dialplan")?, package("voicemail")?, package("notification")?];
    Host::start(&HostConfig { extensions: vec!["101"], packages, ..HostConfig::default() })
}

fn settings(server: &MailServer) -> Value {
    json!({"server": server.address().ip().to_string(), "port": server.address().port(), "security": "none",
        "sender": "telephone@example.org", "sender_name": "Telephone", "daily_limit": 100})
}

/// Ada has the extension 100 and a mail address; gives the password with which she signs in first.
fn ada_moves_in(admin: &Api) -> Result<String> {
    let new = json!({"login": "ada", "name": "Ada", "role": "user", "email": "ada@example.org"});
    let made = admin.act("POST", "/api/v1/users", Some(&new))?;
    let owner = &made["user"]["id"];
    admin.act("POST", "/api/v1/extensions", Some(&json!({"number": "100", "name": "Ada", "owner": owner})))?;
    Ok(made["one_time_password"].as_str().context("no password")?.to_owned())
}

/// 101 calls 100, whose telephone is off, and leaves a tone of at least [`SAID`].
fn leave_a_message(host: &Host) -> Result<()> {
    let mut caller = Baresip::registered(&Phone { hertz: 1_000.0, ..host.phone("101") })?;
    caller.dial("100")?;
    caller.wait_for("CALL_ESTABLISHED")?;
    let prompt = tone::read(&repository().join("plugins/voicemail/prompts/en/leave-a-message.wav"))?;
    let heard = within(SPOKEN, || {
        sleep(Duration::from_millis(250));
        caller.recording().is_ok_and(|heard| tone::holds_prompt(&heard, &prompt)).then_some(())
    });
    heard.context("the greeting is not heard")?;
    // How long after its greeting the mailbox listens is the machine's affair; what the caller says is counted from then on.
    sleep(SAID + Duration::from_secs(7));
    caller.hang_up()?;
    caller.wait_for("CALL_CLOSED").map(drop)
}

/// The one letter that the server has, about the message, with its sound whole.
fn is_the_letter(server: &MailServer) -> Result<()> {
    let letters = server.letters()?;
    ensure!(letters.len() == 1, "{} letters", letters.len());
    let letter = &letters[0];
    for line in ["To: ada@example.org", "Subject: Message from Desk 101 (101)", "Auto-Submitted: auto-generated"] {
        ensure!(letter.contains(line), "{line} is not in {letter:.2000}");
    }
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("message.wav");
    std::fs::write(&file, attached(letter, "audio/wav")?)?;
    let heard = tone::heard(&tone::read(&file)?, 1_000.0);
    ensure!(heard.milliseconds() > SAID.as_millis() as usize, "the message is not whole: {heard:?}");
    Ok(())
}

#[test]
fn a_message_comes_by_mail_with_its_sound_once() -> Result<()> {
    let server = MailServer::started()?;
    let mut host = house()?;
    let admin = host.admin()?;
    ada_moves_in(&admin)?;
    let test = json!({"to": "admin@example.org", "settings": settings(&server)});
    let tried = admin.act("POST", "/api/v1/mail/test", Some(&test))?;
    ensure!(tried["trouble"].is_null() && server.letters()?.len() == 1, "{tried}");
    // Encryption that the server does not offer is said to be missing, and nothing is sent without.
    let mut protected = settings(&server);
    protected["security"] = json!("starttls");
    let test = json!({"to": "admin@example.org", "settings": protected});
    let tried = admin.act("POST", "/api/v1/mail/test", Some(&test))?;
    ensure!(tried["trouble"]["fault"] == "tls" && server.letters()?.len() == 1, "{tried}");
    drop(server);

    let server = MailServer::started()?;
    admin.act("PUT", "/api/v1/mail", Some(&settings(&server)))?;
    leave_a_message(&host)?;
    eventually("the letter is there", || server.letters().is_ok_and(|letters| !letters.is_empty()));
    sleep(Duration::from_secs(3));
    is_the_letter(&server)?;
    let sent = admin.get("/api/v1/mail/letters?state=sent")?;
    ensure!(sent["total"] == 1 && sent["items"][0]["plugin"] == "org.jackfield.notification", "{sent}");
    assert!(!host.has_panicked(), "{}", host.log());
    host.end()
}

#[test]
fn a_letter_that_was_accepted_goes_once_though_the_host_was_killed_before_the_server_was_there() -> Result<()> {
    let mut server = MailServer::stopped()?;
    let mut host = house()?;
    let admin = host.admin()?;
    ada_moves_in(&admin)?;
    admin.act("PUT", "/api/v1/mail", Some(&settings(&server)))?;
    leave_a_message(&host)?;
    eventually("the letter waits and says why", || {
        let waiting = admin.get("/api/v1/mail/letters?state=waiting");
        waiting.is_ok_and(|all| all["total"] == 1 && all["items"][0]["trouble"]["fault"] == "unreachable")
    });
    host.restart_after_kill()?;
    server.start()?;
    within(AGAIN, || server.letters().is_ok_and(|letters| !letters.is_empty()).then_some(()))
        .with_context(|| format!("no letter comes: {}", host.log()))?;
    is_the_letter(&server)?;
    host.restart_after_kill()?;
    sleep(Duration::from_secs(5));
    is_the_letter(&server)?;
    assert!(!host.has_panicked(), "{}", host.log());
    host.end()
}

#[test]
fn a_missed_call_is_told_of_by_sms_once_the_service_works_and_no_log_has_the_key() -> Result<()> {
    const KEY: &str = "open-sesame-4711";
    let tries = AtomicUsize::new(0);
    let service = WebService::start(move |_| match tries.fetch_add(1, Relaxed) {
        0 => WebService::answer(503, "", "out of order"),
        _ => WebService::answer(202, "", "{}"),
    })?;
    let line = Line::new()?;
    let mut host = Host::start(&HostConfig {
        packages: vec![package("dialplan")?, package("notification")?],
        trusted: vec![line.address()],
        ..HostConfig::default()
    })?;
    let admin = host.admin()?;
    let one_time = ada_moves_in(&admin)?;
    admin.set(NOTIFICATION, &json!({ "sms": { "url": service.url("/v1/send"), "key": KEY } }))?;
    let mut ada = host.api();
    ada.sign_in_first("ada", &one_time, Host::ADMIN_PASSWORD)?;
    let path = format!("/api/v1/plugins/{NOTIFICATION}/web/wishes");
    let mut wishes = ada.get(&path)?["wishes"].take();
    wishes["sms"] = json!({ "number": "+33 6 12 34 56 78", "voicemail": [], "missed": ["office"] });
    ada.act("PUT", &path, Some(&wishes))?;

    let mut call = line.call(host.sip(), "+33123456789", "100")?;
    call.is_refused()?;
    within(Duration::from_secs(60), || (service.asked().len() >= 2).then_some(())).context("it was not tried again")?;
    let asked = service.asked();
    assert_eq!(asked[0], asked[1], "it is the same when it is tried again");
    assert_eq!(
        (asked[1].line.as_str(), asked[1].header("authorization")),
        ("POST /v1/send HTTP/1.1", &*format!("Bearer {KEY}"))
    );
    let body: Value = serde_json::from_str(&asked[1].body)?;
    let text = body["text"].as_str().unwrap_or_default();
    ensure!(body["to"] == "+33612345678" && text.starts_with("Missed call from +33123456789"), "{body}");
    let log = admin.get(&format!("/api/v1/plugins/{NOTIFICATION}/log"))?.to_string();
    // Taken once is enough, also when the host ends at an unlucky moment.
    host.restart_after_kill()?;
    sleep(Duration::from_secs(2));
    assert_eq!(service.asked().len(), 2);
    assert!(!host.log().contains(KEY) && !log.contains(KEY), "{log}");
    assert!(!host.has_panicked(), "{}", host.log());
    host.end()
}
