//! Contacts outside the house, on the real host: who calls is shown by name at a real telephone, and in the call history.

use anyhow::{Context, Result};
use jackfield_tests::{Baresip, Host, HostConfig, Line, eventually, package};

const CUSTOMERS: &str = "Name,Company,Phone\nZoé Dupont,Dupont SA,01 23 45 67 89\n";

/// Who the last INVITE in a telephone's log is from.
fn last_caller(log: &str) -> String {
    let invite = log.rfind("INVITE sip:").map_or("", |at| &log[at..]);
    invite.lines().find(|line| line.starts_with("From:")).unwrap_or_default().to_owned()
}

#[test]
fn a_caller_is_shown_by_the_name_that_a_file_has_for_the_number() -> Result<()> {
    let line = Line::new()?;
    let host = Host::start(&HostConfig {
        extensions: vec!["200"],
        packages: vec![package("dialplan")?],
        trusted: vec![line.address()],
        ..HostConfig::default()
    })?;
    let admin = host.admin()?;
    let mut desk = Baresip::registered(&host.phone("200"))?;
    let mut shown = |from: &str| -> Result<String> {
        let mut call = line.call(host.sip(), from, "200")?;
        call.rings()?;
        desk.wait_for("CALL_INCOMING")?;
        call.end()?;
        desk.wait_for("CALL_CLOSED")?;
        Ok(last_caller(&desk.log()))
    };
    assert!(!shown("+33123456789")?.contains("Dupont"), "nobody knows the number yet");
    let import = "/api/v1/contacts/files/customers?fields=name,company,work&country=33";
    let imported = admin.send_file(import, CUSTOMERS.as_bytes())?;
    assert_eq!(imported["contacts"], 1);
    let caller = shown("+33123456789")?;
    assert!(caller.contains("Zoé Dupont"), "{caller}");
    assert!(!shown("+33123456788")?.contains("Dupont"), "another number");

    let found = admin.get("/api/v1/contacts?q=dupont")?;
    assert_eq!(found["items"][0]["numbers"][0]["number"], "+33123456789");
    eventually("the record has the name", || {
        let history = admin.get("/api/v1/history").unwrap_or_default();
        let records = history["items"].as_array().cloned().unwrap_or_default();
        records.iter().any(|record| record["caller"]["name"] == "Zoé Dupont")
    });
    admin.act("POST", "/api/v1/contacts/files/customers/undo", Some(&serde_json::json!({}))).context("undo")?;
    assert!(!shown("+33123456789")?.contains("Dupont"), "the import is taken back");
    assert!(!host.has_panicked());
    Ok(())
}
