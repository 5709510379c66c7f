//! Plugins that connect to other computers, on the real host: only to those that an administrator has set.

use anyhow::{Context, Result};
use jackfield_tests::{
    Api, Host, HostConfig, Line, WebService, certificate::UntrustedServer, eventually, hostile, package,
};
use serde_json::json;
use std::{io::Write, net::TcpListener, thread, time::Duration};

const ID: &str = "org.example.reaches-out";

/// What comes of connecting.
fn reach(admin: &Api, what: &str, host: &str, port: u16) -> Result<String> {
    let answer = admin.get(&format!("/api/v1/plugins/{ID}/web/{what}?host={host}&port={port}"))?;
    Ok(answer.as_str().context("no text")?.to_owned())
}

#[test]
fn a_plugin_reaches_the_hosts_that_an_administrator_has_set_and_no_other() -> Result<()> {
    let server = TcpListener::bind("127.0.0.1:0")?;
    let port = server.local_addr()?.port();
    thread::spawn(move || {
        let mut held = Vec::new();
        for stream in server.incoming() {
            let Ok(mut stream) = stream else { return };
            let _ = stream.write_all(b"welcome");
            held.push(stream);
        }
    });
    let line = Line::new()?;
    let host = Host::start(&HostConfig {
        extensions: vec!["200"],
        packages: vec![package("dialplan")?],
        trusted: vec![line.address()],
        ..HostConfig::default()
    })?;
    let admin = host.admin()?;
    admin.install(&hostile("reaches-out")?)?;
    let connects = |what: &str, host: &str, port: u16| reach(&admin, what, host, port);
    let sentence = || -> Result<String> {
        let permissions = admin.get(&format!("/api/v1/plugins/{ID}/permissions"))?;
        let tcp = permissions.as_array().into_iter().flatten().find(|one| one["capability"] == "tcp");
        Ok(tcp.context("no tcp")?["sentence"].as_str().unwrap_or_default().to_owned())
    };

    // What the author has put into the defaults is not what an administrator has set.
    assert!(connects("reach", "127.0.0.1", port)?.contains("that an administrator has set"));
    assert!(connects("reach", "192.0.2.1", port)?.starts_with("Denied: 192.0.2.1 port"));
    admin.set(ID, &json!({ "servers": [format!("127.0.0.1:{port}")], "password": "open sesame" }))?;
    assert!(sentence()?.ends_with(&format!("Now: 127.0.0.1:{port}.")), "{}", sentence()?);
    assert_eq!(connects("hear", "127.0.0.1", port)?, "welcome");
    assert!(connects("reach", "127.0.0.1", host.sip().port())?.starts_with("Denied"), "another port than was set");
    assert!(connects("reach", "localhost", port)?.starts_with("Denied"), "another name than was set");
    assert_eq!(
        connects("many", "127.0.0.1", port)?,
        "8 and then: 8 connections are open already: close one",
        "a plugin has no more connections than that"
    );
    assert_eq!(connects("reach", "127.0.0.1", port)?, "connected", "they have ended with their instance");

    admin.set(ID, &json!({ "servers": ["localhost", "127.0.0.1"] }))?;
    let web = admin
        .url()
        .rsplit_once(':')
        .and_then(|(_, port)| port.trim_end_matches('/').parse().ok())
        .context("no port")?;
    for own in [host.sip().port(), web] {
        let refused = connects("reach", "127.0.0.1", own)?;
        assert!(refused.contains("a port of this telephone system itself"), "{refused}");
    }

    // While a call waits, not even those.
    let _call = line.call(host.sip(), "+33123456789", "598")?;
    eventually("the decision is made", || {
        let log = admin.get(&format!("/api/v1/plugins/{ID}/log")).map(|log| log.to_string()).unwrap_or_default();
        log.contains("in a decision: Denied: “tcp” cannot be used in a decision")
    });

    // The secret is kept, and nobody but the plugin is told.
    let settings = admin.get(&format!("/api/v1/plugins/{ID}/settings"))?;
    let password = settings["values"]["password"].as_str().unwrap_or_default();
    assert!(password.starts_with("••••••••"), "{settings}");
    for shown in [settings.to_string(), admin.get("/api/v1/audit")?.to_string(), host.log()] {
        assert!(!shown.contains("open sesame"), "{shown}");
    }
    assert!(!host.has_panicked());
    Ok(())
}

const KEY: &str = "open \"sesame\" 1234";

/// What comes of asking for an address, or of something else about it.
fn ask(admin: &Api, what: &str, url: &str) -> Result<String> {
    let url = url.replace('%', "%25").replace('&', "%26").replace('#', "%23");
    let answer = admin.get(&format!("/api/v1/plugins/{ID}/web/{what}?url={url}"))?;
    Ok(answer.as_str().map_or_else(|| answer.to_string(), str::to_owned))
}

#[test]
fn a_plugin_asks_the_web_services_that_an_administrator_has_set_and_its_secrets_go_to_no_other() -> Result<()> {
    let elsewhere = WebService::start(|_| WebService::answer(200, "", "elsewhere"))?;
    let away = elsewhere.url("/stolen");
    let service = WebService::start(move |question| match question.line.split(' ').nth(1).unwrap_or_default() {
        "/large" => WebService::answer(200, "", &"x".repeat((4 << 20) + 1)),
        "/slow" => {
            thread::sleep(Duration::from_secs(20));
            WebService::answer(200, "", "late")
        }
        "/away" => WebService::answer(307, &format!("Location: {away}\r\n"), ""),
        "/nearby" => WebService::answer(307, "Location: /\r\n", ""),
        "/round" => WebService::answer(302, "Location: /round\r\n", ""),
        "/noise" => b"220 mail.example ESMTP\r\n".to_vec(),
        _ => WebService::answer(200, "", "welcome"),
    })?;
    let line = Line::new()?;
    let host = Host::start(&HostConfig {
        extensions: vec!["200"],
        packages: vec![package("dialplan")?],
        trusted: vec![line.address()],
        ..HostConfig::default()
    })?;
    let admin = host.admin()?;
    admin.install(&hostile("reaches-out")?)?;
    let permissions = admin.get(&format!("/api/v1/plugins/{ID}/permissions"))?.to_string();
    assert!(permissions.contains("Asks the web service http://localhost:8080."), "{permissions}");

    // Whatever its author calls this machine and its link, they are for hosts that an administrator has set.
    for url in [
        "http://localhost:8080/",
        "http://127.0.0.1:8080/",
        "http://[::1]:8080/",
        "http://0x7f.1:8081/",
        "http://2130706433:8080/",
        "http://169.254.169.254/latest/meta-data",
    ] {
        let refused = ask(&admin, "ask", url)?;
        assert!(
            refused.starts_with("Denied: ") && refused.contains("that an administrator has set"),
            "{url}: {refused}"
        );
    }
    let by_another_name = ask(&admin, "ask", "http://ip6-localhost:8080/")?;
    assert!(by_another_name.starts_with("Denied") || by_another_name.starts_with("UnknownHost"), "{by_another_name}");

    admin.set(ID, &json!({ "services": [service.url("/any"), "localhost", "127.0.0.1"], "key": KEY }))?;
    let sentence = admin.get(&format!("/api/v1/plugins/{ID}/permissions"))?.to_string();
    assert!(sentence.contains(&format!("http://{}, https://localhost", service.address())), "{sentence}");
    for (path, said) in [
        ("/", "200: welcome"),
        ("/nearby", "200: welcome"),
        ("/round", "302: "),
        ("/large", "TooLarge: "),
        ("/noise", "Failed: "),
        ("/slow", "TimedOut: "),
        ("/away", "Denied: "),
    ] {
        let answer = ask(&admin, "ask", &service.url(path))?;
        assert!(answer.starts_with(said) && answer.len() < 300, "{path}: {answer}");
    }
    let port = service.address().port();
    for url in [format!("http://localhost:{port}/"), elsewhere.url("/"), format!("https://{}/", service.address())] {
        let refused = ask(&admin, "ask", &url)?;
        assert!(refused.contains("none of the web services that it may ask"), "{url}: {refused}");
    }
    let own = ask(&admin, "ask", &format!("http://{}/", host.sip()))?;
    assert!(own.starts_with("Denied"), "{own}");

    // Secrets stand where they are named, and nowhere else.
    assert_eq!(ask(&admin, "tell", &service.url("/"))?, "200: welcome");
    let told = service.asked().pop().context("nothing was asked")?;
    assert_eq!(told.header("authorization"), format!("Bearer {KEY}"));
    assert_eq!(told.header("x-caller"), "{{secret:key}}");
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&told.body)?,
        json!({ "key": KEY, "caller": "{{secret:key}}" }),
        "a caller's name is no template"
    );
    assert!(ask(&admin, "tell", &service.url("/away"))?.starts_with("Denied"));
    let smuggled = ask(&admin, "smuggle", &service.url("/"))?;
    assert!(!smuggled.contains("200"), "{smuggled}");
    assert_eq!(elsewhere.asked(), [], "somebody was led elsewhere");

    // HTTPS is HTTPS: whose certificate nobody has signed is not believed.
    let tls = UntrustedServer::start()?;
    admin.set(ID, &json!({ "services": [format!("https://127.0.0.1:{}", tls.port)], "key": KEY }))?;
    let asked = || ask(&admin, "ask", &format!("https://127.0.0.1:{}/", tls.port));
    eventually("the server shows its certificate", || asked().is_ok_and(|answer| answer.starts_with("Untrusted: ")));

    // While a call waits, nobody is asked.
    let _call = line.call(host.sip(), "+33123456789", "598")?;
    eventually("the decision is made", || {
        let log = admin.get(&format!("/api/v1/plugins/{ID}/log")).map(|log| log.to_string()).unwrap_or_default();
        log.contains("in a decision: Denied: “http” cannot be used in a decision")
    });

    // What is sealed is told to nobody: neither to the plugin nor to any log.
    let known = ask(&admin, "secrets", "")?;
    assert!(known.contains("[\"key\"]") && known.contains("{{secret:key}}"), "{known}");
    let settings = admin.get(&format!("/api/v1/plugins/{ID}/settings"))?;
    assert!(settings["values"]["key"].as_str().is_some_and(|word| word.starts_with("••••••••")), "{settings}");
    let log = admin.get(&format!("/api/v1/plugins/{ID}/log"))?.to_string();
    assert!(log.contains(&format!("POST http://{}: 200 after", service.address())), "{log}");
    for shown in [known, settings.to_string(), admin.get("/api/v1/audit")?.to_string(), host.log(), log] {
        assert!(!shown.contains("1234") || !shown.contains("sesame"), "{shown}");
    }
    assert!(!host.has_panicked());
    Ok(())
}
