//! A host that cannot start says why: one sentence on standard error, and an exit status that is not zero.

use anyhow::{Context, Result};
use jackfield_tests::{Host, Loopback, Process, jackfield};
use std::{
    net::{SocketAddr, TcpListener, UdpSocket},
    path::Path,
    process::Command,
    time::Duration,
};

/// How long it may take to find out.
const SOON: Duration = Duration::from_secs(30);

/// What a host says that does not start with this configuration.
fn refusal(folder: &Path, config: &str) -> Result<String> {
    let file = folder.join("jackfield.toml");
    std::fs::write(&file, config)?;
    serve(folder, &file)
}

fn serve(folder: &Path, file: &Path) -> Result<String> {
    let mut command = Command::new(jackfield()?);
    command.arg("serve").arg("--config").arg(file);
    let mut process = Process::start(&mut command, &folder.join("said"))?;
    let status = process.wait(SOON).with_context(|| format!("it does not end: {}", process.said()))?;
    let said = process.said();
    assert_eq!(status.code(), Some(1), "{said}");
    let said: Vec<_> = said.lines().filter(|line| line.starts_with("jackfield: ")).map(str::to_owned).collect();
    assert_eq!(said.len(), 1, "one sentence to the point: {}", process.said());
    assert!(!process.said().contains("panicked"), "{}", process.said());
    Ok(said[0].clone())
}

/// A configuration that would start, at this address.
fn config(sip: SocketAddr, http: SocketAddr) -> String {
    format!("data_dir = \"data\"\n[sip]\nudp = [\"{sip}\"]\ntcp = [\"{sip}\"]\n[http]\nlisten = \"{http}\"\n")
}

#[test]
fn a_sip_port_that_another_program_has_is_named() -> Result<()> {
    let (folder, home) = (tempfile::tempdir()?, Loopback::new());
    let sip = home.port(5060);
    let taken = UdpSocket::bind(sip)?;
    let said = refusal(folder.path(), &config(sip, home.port(8080)))?;
    assert!(said.contains(&format!("{sip}")) && said.contains("another program has this port"), "{said}");
    assert!(said.contains("UDP") && said.contains("change [sip]"), "what to change: {said}");
    drop(taken);
    let _taken = TcpListener::bind(sip)?;
    let said = refusal(folder.path(), &config(sip, home.port(8080)))?;
    assert!(said.contains(&format!("{sip}")) && said.contains("another program has this port"), "{said}");
    assert!(said.contains("TCP") && said.contains("change [sip]"), "what to change: {said}");
    Ok(())
}

#[test]
fn a_web_port_that_another_program_has_is_named() -> Result<()> {
    let (folder, home) = (tempfile::tempdir()?, Loopback::new());
    let http = home.port(8080);
    let _taken = TcpListener::bind(http)?;
    let said = refusal(folder.path(), &config(home.port(5060), http))?;
    assert!(said.contains(&format!("{http}")) && said.contains("another program has this port"), "{said}");
    assert!(said.contains("http.listen"), "what to change: {said}");
    Ok(())
}

#[test]
fn an_address_that_this_machine_does_not_have_is_named() -> Result<()> {
    let (folder, home) = (tempfile::tempdir()?, Loopback::new());
    // RFC 5737: an address of documents.
    let said = refusal(folder.path(), &config("192.0.2.1:5060".parse()?, home.port(8080)))?;
    assert!(said.contains("192.0.2.1:5060") && said.contains("no such address"), "{said}");
    Ok(())
}

#[test]
fn a_key_that_is_not_known_is_named_with_its_line_and_the_nearest_known_one() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let said = refusal(folder.path(), "data_dir = \"data\"\n[sip]\nuddp = [\"127.0.0.1:5060\"]\n")?;
    assert!(said.contains("jackfield.toml") && said.contains("line 3"), "where: {said}");
    assert!(said.contains("unknown key “uddp”; did you mean “udp”?"), "{said}");
    assert!(!folder.path().join("data").exists(), "nothing is begun with a configuration that is not understood");
    Ok(())
}

#[test]
fn a_configuration_file_that_is_not_there_is_named() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let said = serve(folder.path(), &folder.path().join("none.toml"))?;
    assert!(said.contains("none.toml") && said.contains("cannot be read"), "{said}");
    Ok(())
}

#[test]
fn a_data_folder_that_cannot_be_used_is_named() -> Result<()> {
    let (folder, home) = (tempfile::tempdir()?, Loopback::new());
    let plain = config(home.port(5060), home.port(8080));
    // Nobody makes folders in /proc, root neither.
    let said = refusal(folder.path(), &plain.replace("\"data\"", "\"/proc/jackfield\""))?;
    assert!(said.contains("data folder /proc/jackfield"), "{said}");
    std::fs::write(folder.path().join("data"), "a file")?;
    let said = refusal(folder.path(), &plain)?;
    assert!(said.contains("data folder") && said.contains(&*folder.path().join("data").to_string_lossy()), "{said}");
    Ok(())
}

#[test]
fn a_database_that_is_none_is_named_and_left_as_it_is() -> Result<()> {
    let (folder, home) = (tempfile::tempdir()?, Loopback::new());
    let database = folder.path().join("data/jackfield.db");
    std::fs::create_dir(folder.path().join("data"))?;
    let rubbish = "this is no database. ".repeat(500);
    std::fs::write(&database, &rubbish)?;
    let said = refusal(folder.path(), &config(home.port(5060), home.port(8080)))?;
    assert!(said.contains("jackfield.db"), "{said}");
    assert_eq!(std::fs::read_to_string(&database)?, rubbish);
    Ok(())
}

#[test]
fn a_data_folder_in_which_another_host_works_is_named_with_its_process() -> Result<()> {
    let host = Host::with_extensions(&["100"])?;
    let (folder, home) = (tempfile::tempdir()?, Loopback::new());
    let theirs = host.data().to_string_lossy().into_owned();
    let said =
        refusal(folder.path(), &config(home.port(5060), home.port(8080)).replace("\"data\"", &format!("{theirs:?}")))?;
    assert!(said.contains(&theirs) && said.contains(&format!("process {}", host.id())), "{said}");
    Ok(())
}
