//! A plugin is switched off in the plugin manager, by a real browser, while a caller is in it.

use anyhow::{Context, Result, ensure};
use jackfield_tests::{Baresip, Host, HostConfig, Phone, needs, package, repository, tone};
use std::{process::Command, thread::sleep, time::Duration};

const PLUGIN: &str = "org.jackfield.auto-attendant";
/// Always open, and so patient that the browser has its time.
const SETTINGS: &str = r#"
[plugins.settings."org.jackfield.auto-attendant"]
hours = []
exceptions = []
menus = [
    { name = "main", prompts = ["menu-main"], wait_seconds = 60, keys = [{ key = "2", does = "transfer", to = "101" }] },
]
"#;

#[test]
fn a_caller_in_the_menu_goes_on_when_an_admin_switches_it_off_and_the_next_call_gets_the_dialplans_answer() -> Result<()>
{
    let host = Host::start(&HostConfig {
        extensions: vec!["100", "101", "102"],
        packages: vec![package("dialplan")?, package("auto-attendant")?],
        more: SETTINGS.to_owned(),
        ..HostConfig::default()
    })?;
    let admin = host.admin()?;
    let mut caller = Baresip::registered(&host.phone("100"))?;
    let mut desk = Baresip::registered(&Phone { hertz: 600.0, answers: true, ..host.phone("101") })?;
    let mut next = Baresip::registered(&host.phone("102"))?;
    caller.dial("500")?;
    caller.wait_for("CALL_ESTABLISHED")?;

    switch(&host, "off")?;
    let card = admin.get(&format!("/api/v1/plugins/{PLUGIN}"))?;
    assert_eq!((&card["state"], &card["calls"]), (&"disabled".into(), &1.into()), "{card}");
    // Whoever calls now is not led into the menu: nobody else knows 500.
    next.dial("500")?;
    let closed = next.wait_for("CALL_CLOSED")?;
    assert!(closed["param"].as_str().is_some_and(|why| why.starts_with("404")), "{closed}");

    // Whoever is in it still is: a key still transfers.
    assert!(!caller.has_seen("CALL_CLOSED"), "the call in progress has ended");
    caller.press("2")?;
    desk.wait_for("CALL_ESTABLISHED")?;
    sleep(Duration::from_secs(2));
    caller.hang_up()?;
    desk.wait_for("CALL_CLOSED")?;
    assert!(tone::heard(&desk.recording()?, 1_000.0).milliseconds() > 1_000, "the desk does not hear the caller");

    switch(&host, "on")?;
    next.dial("500")?;
    next.wait_for("CALL_ESTABLISHED")?;
    Ok(())
}

/// Go to the plugin manager in a browser and work the plugin's switch.
fn switch(host: &Host, to: &str) -> Result<()> {
    let folder = repository().join("tests/web");
    ensure!(
        folder.join("node_modules").is_dir(),
        "the browser's driver is not installed: run “npm install” in tests/web"
    );
    let mut command = Command::new(needs("node")?);
    command.current_dir(folder).args(["switch.mjs", PLUGIN, to]).env("JACKFIELD_URL", host.api().url());
    let done = command.env("JACKFIELD_PASSWORD", Host::ADMIN_PASSWORD).output().context("node does not start")?;
    ensure!(done.status.success(), "switching {to} fails: {}", String::from_utf8_lossy(&done.stderr));
    Ok(())
}
