//! Plugins that connect to other computers, on the real host: only to those that an administrator has set.

use anyhow::{Context, Result};
use jackfield_tests::{Api, Host, HostConfig, Line, eventually, hostile, package};
use serde_json::json;
use std::{io::Write, net::TcpListener, thread};

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
