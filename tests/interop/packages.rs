//! Packages that somebody wants an administrator to install, and what becomes of them.

use anyhow::{Context, Result, ensure};
use jackfield_tests::{Api, Host, HostConfig, Response, example, package, plugin_tool, repository};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A host that takes signed packages alone, and its administrator.
fn strict(more: &str) -> Result<(Host, Api)> {
    let host = Host::start(&HostConfig { signed_only: true, more: more.into(), ..HostConfig::default() })?;
    let admin = host.admin()?;
    Ok((host, admin))
}

/// A folder with a key, and a package that is signed with it.
struct Publisher {
    folder: tempfile::TempDir,
    fingerprint: String,
}

impl Publisher {
    fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let said = run(plugin_tool()?.args(["key", "new", "--key"]).arg(folder.path().join("key")))?;
        let fingerprint = said.split("fingerprint: ").nth(1).context("no fingerprint was said")?;
        let fingerprint = fingerprint.split_whitespace().collect();
        Ok(Self { folder, fingerprint })
    }

    /// A package signed by this publisher.
    fn sign(&self, package: &Path) -> Result<PathBuf> {
        let copy = self.folder.path().join(package.file_name().context("a package is a file")?);
        std::fs::copy(package, &copy)?;
        run(plugin_tool()?.arg("sign").arg(&copy).arg("--key").arg(self.folder.path().join("key")))?;
        Ok(copy)
    }

    /// A package made of another one that nobody should install.
    fn twist(&self, kind: &str, package: &Path) -> Result<PathBuf> {
        let twisted = self.folder.path().join(format!("{kind}.jackfield"));
        let script = repository().join("tests/interop/packages.py");
        run(Command::new("python3").arg(script).arg(kind).arg(package).arg(&twisted))?;
        Ok(twisted)
    }
}

fn run(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success(), "{command:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
    Ok(said)
}

fn send(admin: &Api, path: &str, package: &Path) -> Result<Response> {
    admin.post_file(&format!("/api/v1{path}"), &std::fs::read(package)?)
}

/// What an administrator is told about a package that is refused.
fn refusal(admin: &Api, path: &str, package: &Path) -> Result<String> {
    let answer = send(admin, path, package)?;
    ensure!(answer.status == 422, "{}: {answer:?}", package.display());
    Ok(answer.body["detail"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn a_package_is_installed_when_its_key_is_confirmed_and_updated_with_that_key_alone() -> Result<()> {
    let (host, admin) = strict("")?;
    let (maker, thief) = (Publisher::new()?, Publisher::new()?);
    let plain = example("speaking-clock")?;
    let signed = maker.sign(&plain)?;

    let said = refusal(&admin, "/plugins/inspect", &maker.twist("unsigned", &plain)?)?;
    assert!(said.contains("it is not signed, so nobody can tell who has made it"), "{said}");

    let preview = send(&admin, "/plugins/inspect", &signed)?.body;
    assert_eq!(preview["signer"]["fingerprint"], maker.fingerprint.as_str(), "{preview}");
    assert_eq!(preview["signer"]["confirm"], true, "{preview}");
    let said = refusal(&admin, "/plugins?approve=true", &signed)?;
    assert!(said.contains("which nobody here has confirmed"), "{said}");
    let said = refusal(&admin, &format!("/plugins?approve=true&trust_key={}", thief.fingerprint), &signed)?;
    assert!(said.contains("not signed with the key whose fingerprint you have confirmed"), "{said}");
    let trusting = format!("/plugins?approve=true&trust_key={}", maker.fingerprint);
    let card = send(&admin, &trusting, &signed)?;
    ensure!(card.status == 201, "{card:?}");
    assert_eq!(card.body["signer"]["fingerprint"], maker.fingerprint.as_str());
    assert_eq!(send(&admin, "/plugins/inspect", &signed)?.body["signer"]["confirm"], false, "it is known now");

    let said = refusal(&admin, "/plugins/inspect", &maker.twist("forged", &signed)?)?;
    assert!(said.starts_with("the signature of the package is not valid"), "{said}");
    let stolen = thief.sign(&plain)?;
    for path in [String::from("/plugins/inspect"), format!("/plugins?approve=true&trust_key={}", thief.fingerprint)] {
        let said = refusal(&admin, &path, &stolen)?;
        assert!(said.contains("take it for a forgery until the publisher tells you otherwise"), "{said}");
    }

    // A revoked key signs nothing any more, and what it has signed can be switched off with it.
    let id = card.body["id"].as_str().context("a plugin has an id")?;
    let revoked = admin.act(
        "POST",
        &format!("/api/v1/publisher-keys/{}/revoke", maker.fingerprint),
        Some(&json!({"disable_plugins": true})),
    )?;
    assert_eq!(revoked["plugins"], json!([id]));
    let card = admin.get(&format!("/api/v1/plugins/{id}"))?;
    assert_eq!((&card["enabled"], &card["signer"]["revoked"]), (&Value::from(false), &Value::from(true)), "{card}");
    let said = refusal(&admin, &trusting, &signed)?;
    assert!(said.contains("which was revoked"), "{said}");
    assert!(!host.has_panicked());
    Ok(())
}

#[test]
fn hostile_archives_are_refused_with_a_sentence_and_compile_bombs_are_stopped() -> Result<()> {
    let host =
        Host::start(&HostConfig { more: String::from("[limits]\ncompile_seconds = 2\n"), ..HostConfig::default() })?;
    let admin = host.admin()?;
    let publisher = Publisher::new()?;
    let plain = example("speaking-clock")?;
    for (kind, sentence) in [
        ("bomb", "the package is too large: README.md is more than 48 MiB"),
        ("huge", "the package is too large: component.wasm is more than 32 MiB"),
        ("climbing", "the package holds “ui/../../../../etc/cron.d/x”, which does not belong there"),
        (
            "slow",
            "compiling component.wasm takes more than 2 s of processor time: ask its author for one that is smaller",
        ),
    ] {
        let said = refusal(&admin, "/plugins/inspect", &publisher.twist(kind, &plain)?)?;
        assert_eq!(said, sentence);
    }
    assert!(!host.has_panicked());
    Ok(())
}

#[test]
fn a_compiler_that_takes_too_much_memory_is_stopped() -> Result<()> {
    let host =
        Host::start(&HostConfig { more: String::from("[limits]\ncompile_mib = 128\n"), ..HostConfig::default() })?;
    let admin = host.admin()?;
    let publisher = Publisher::new()?;
    let said = refusal(&admin, "/plugins/inspect", &publisher.twist("hungry", &example("speaking-clock")?)?)?;
    assert_eq!(
        said,
        "compiling component.wasm takes more than 128 MiB of memory: ask its author for one that is smaller"
    );
    assert!(!host.has_panicked());
    Ok(())
}

#[test]
fn compiled_code_that_was_tampered_with_is_thrown_away_and_compiled_again() -> Result<()> {
    let mut host = Host::start(&HostConfig { packages: vec![package("dialplan")?], ..HostConfig::default() })?;
    let folder = host.data().join("plugins/compiled");
    let files = || -> Result<Vec<PathBuf>> {
        Ok(std::fs::read_dir(&folder)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?)
    };
    let kept = files()?;
    assert_eq!(kept.len(), 1, "one plugin is one file: {kept:?}");
    let good = std::fs::read(&kept[0])?;
    let mut forged = good.clone();
    let at = forged.len() / 2;
    forged[at] ^= 0xff;
    host.end()?;
    std::fs::write(&kept[0], &forged)?;
    host.start_again()?;
    assert!(host.log().contains("damaged or forged: it is thrown away and compiled again"), "{}", host.log());
    let admin = host.admin()?;
    assert_eq!(admin.get("/api/v1/plugins/org.jackfield.dialplan")?["state"], "running");
    assert_ne!(std::fs::read(&kept[0])?, forged, "the forged file is still there");
    Ok(())
}
