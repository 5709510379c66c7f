//! `examples/README.md` as it is written: its commands and its code end in a plugin that changes where a call goes.

use anyhow::{Context, Result, ensure};
use jackfield_tests::{Api, Host, HostConfig, plugin_tool, repository};
use serde_json::{Value, json};

/// The blocks of a Markdown text that are in one language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).filter_map(|rest| rest.split_once("\n```").map(|(block, _)| block)).collect()
}

/// What the tutorial types, in a folder of its own.
struct Author {
    folder: tempfile::TempDir,
}

impl Author {
    /// Run a line as the tutorial has it.
    fn types(&self, line: &str) -> Result<String> {
        let mut words = line.split_whitespace();
        ensure!(words.next() == Some("jackfield-plugin"), "“{line}” is no command of the tool");
        let sdk = repository().join("sdk");
        // The checkout is elsewhere, so its folder has another name.
        let words = words.map(|word| if word == "sdk" { sdk.as_os_str() } else { word.as_ref() });
        let made = self.folder.path().join("night-desk");
        let place = if made.exists() { &made } else { self.folder.path() };
        let ran = plugin_tool()?
            .args(words)
            .current_dir(place)
            .env("JACKFIELD_KEY", self.folder.path().join("publisher.key"))
            .output()
            .context("the tool does not start")?;
        let said = String::from_utf8_lossy(&ran.stdout).into_owned();
        ensure!(ran.status.success(), "“{line}”: {said}{}", String::from_utf8_lossy(&ran.stderr));
        Ok(said)
    }
}

#[test]
fn the_tutorial_ends_in_a_signed_plugin_that_changes_where_calls_go() -> Result<()> {
    let text = std::fs::read_to_string(repository().join("examples/README.md"))?;
    let author = Author { folder: tempfile::tempdir()? };
    let made = author.folder.path().join("night-desk");
    let mut said = String::new();
    for line in blocks(&text, "sh").into_iter().flat_map(str::lines) {
        // What stays in the foreground is not waited for.
        if line.starts_with("cd ") || line == "jackfield-plugin run" {
            continue;
        }
        said += &author.types(line)?;
        if line.starts_with("jackfield-plugin new") {
            let [code] = blocks(&text, "rust")[..] else { anyhow::bail!("the tutorial has not one plugin") };
            std::fs::write(made.join("src/lib.rs"), code)?;
            // What the other examples are built with: no other versions are fetched for this.
            std::fs::copy(repository().join("examples/Cargo.lock"), made.join("Cargo.lock"))?;
        }
    }
    assert!(said.contains("Administrators compare its fingerprint"), "{said}");
    assert!(said.contains("org.example.night-desk 0.1.0 is published"), "{said}");

    // In the catalogue of a house, and nothing else is trusted there.
    let registry = author.folder.path().join("registry");
    let host = Host::start(&HostConfig {
        extensions: vec!["100", "102", "109"],
        catalogues: vec![registry.display().to_string()],
        signed_only: true,
        ..HostConfig::default()
    })?;
    let admin = host.admin()?;
    let asked = |hour: u64| -> Result<Value> {
        // 1 December 2026 in Paris, an hour after UTC.
        let at = 1_796_083_200_000 + (hour - 1) * 3_600_000;
        admin.act("POST", "/api/v1/routing/foreseen", Some(&json!({"from": "102", "to": "700", "at": at})))
    };
    assert!(!asked(10)?.to_string().contains("night-desk"));
    let listed = admin.act("POST", "/api/v1/catalogue/refresh", None)?;
    assert_eq!(listed["plugins"][0]["id"], "org.example.night-desk", "{listed:#}");
    install_from_catalogue(&admin, "org.example.night-desk/0.1.0")?;
    let (day, night) = (asked(10)?.to_string(), asked(23)?.to_string());
    assert!(day.contains("the desk is open") && day.contains("ext:100"), "{day}");
    assert!(night.contains("so the gate rings") && night.contains("ext:109"), "{night}");
    assert!(!host.has_panicked());
    Ok(())
}

fn install_from_catalogue(admin: &Api, release: &str) -> Result<()> {
    let path = format!("/api/v1/catalogue/{release}");
    let seen = admin.act("POST", &format!("{path}/inspect"), None)?;
    let text = |value: &Value| value.as_str().map(str::to_owned).context("no text");
    let (digest, key) = (text(&seen["digest"])?, text(&seen["signer"]["fingerprint"])?);
    assert_eq!(seen["signer"]["confirm"], true, "{seen:#}");
    let installed = admin.act("POST", &format!("{path}/install?approve=true&digest={digest}&trust_key={key}"), None)?;
    assert_eq!(installed["state"], "running", "{installed:#}");
    Ok(())
}
