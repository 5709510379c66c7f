//! A directory server: OpenLDAP's slapd with made-up people, StartTLS and LDAPS with a certificate of a test authority.

use crate::{Loopback, Process, needs, within};
use anyhow::{Context, Result, bail, ensure};
use std::{
    fmt::Write,
    net::TcpStream,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// How long it may take to start.
const START: Duration = Duration::from_secs(20);
/// Who may read, and with which password.
pub const READER: (&str, &str) = ("cn=reader,dc=example,dc=org", "open sesame");

/// A running slapd. Dropping it kills it.
pub struct Slapd {
    process: Process,
    folder: tempfile::TempDir,
    home: Loopback,
}

/// Who is in the directory.
pub struct Person {
    /// The given name.
    pub first: String,
    /// The family name.
    pub last: String,
    /// The number at work, as somebody wrote it.
    pub number: String,
}

impl Slapd {
    /// Start one with these people below `ou=people,dc=example,dc=org`. Whoever does not ask for pages gets 500 entries at most.
    ///
    /// # Errors
    /// When slapd is not installed or does not start.
    pub fn start(people: impl IntoIterator<Item = Person>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let home = Loopback::new();
        let path = folder.path();
        make_certificates(path, home)?;
        std::fs::create_dir(path.join("db"))?;
        std::fs::write(path.join("slapd.conf"), configuration(path))?;
        std::fs::write(path.join("people.ldif"), entries(people))?;
        let conf = path.join("slapd.conf");
        let loaded = Command::new(needs("slapadd")?)
            .args(["-q", "-f"])
            .arg(&conf)
            .arg("-l")
            .arg(path.join("people.ldif"))
            .output()
            .context("slapadd does not start")?;
        ensure!(loaded.status.success(), "slapadd: {}", String::from_utf8_lossy(&loaded.stderr));
        let mut command = Command::new(needs("slapd")?);
        command.arg("-f").arg(&conf).args(["-h", &format!("ldap://{home}:389 ldaps://{home}:636"), "-d", "none"]);
        let mut process = Process::start(&mut command, &path.join("log"))?;
        let up = within(START, || {
            let there = [389, 636].iter().all(|port| TcpStream::connect(home.port(*port)).is_ok());
            there.then_some(true).or_else(|| process.ended().map(|_| false))
        });
        if up != Some(true) {
            bail!("slapd does not start:\n{}", process.said());
        }
        Ok(Self { process, folder, home })
    }

    /// Its address, without a port.
    pub fn address(&self) -> String {
        self.home.to_string()
    }

    /// The certificate of its authority, in PEM form.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn authority(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.folder.path().join("ca.pem"))?)
    }

    /// Let it hang: it takes connections and says nothing.
    ///
    /// # Errors
    /// When it has ended.
    pub fn freeze(&self) -> Result<()> {
        self.process.signal("STOP")
    }

    /// Let it go on.
    ///
    /// # Errors
    /// When it has ended.
    pub fn thaw(&self) -> Result<()> {
        self.process.signal("CONT")
    }

    /// End it at once.
    pub fn kill(&mut self) {
        self.process.kill();
    }
}

fn configuration(folder: &Path) -> String {
    let file = |name: &str| folder.join(name).display().to_string();
    format!(
        "include /etc/ldap/schema/core.schema\ninclude /etc/ldap/schema/cosine.schema\n\
         include /etc/ldap/schema/inetorgperson.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\n\
         TLSCACertificateFile {}\nTLSCertificateFile {}\nTLSCertificateKeyFile {}\n\
         sizelimit size.soft=500 size.hard=500 size.pr=1000 size.prtotal=unlimited\n\
         database mdb\nmaxsize 268435456\nsuffix \"dc=example,dc=org\"\nrootdn \"cn=root,dc=example,dc=org\"\ndirectory {}\n\
         index objectClass eq\n\
         access to attrs=userPassword by anonymous auth by * none\naccess to * by users read by * none\n",
        file("ca.pem"),
        file("certificate.pem"),
        file("key.pem"),
        file("db"),
    )
}

fn entries(people: impl IntoIterator<Item = Person>) -> String {
    let (dn, password) = READER;
    let mut ldif = format!(
        "dn: dc=example,dc=org\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n\n\
         dn: {dn}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: reader\nuserPassword: {password}\n\n\
         dn: ou=people,dc=example,dc=org\nobjectClass: organizationalUnit\nou: people\n\n"
    );
    for (count, Person { first, last, number }) in people.into_iter().enumerate() {
        let _ = write!(
            ldif,
            "dn: uid=p{count},ou=people,dc=example,dc=org\nobjectClass: inetOrgPerson\nuid: p{count}\ncn: {first} {last}\n\
             givenName: {first}\nsn: {last}\no: Example SA\ntelephoneNumber: {number}\nmail: p{count}@example.org\n\n"
        );
    }
    ldif
}

/// An authority, and a certificate of it that is made out to the server's address.
fn make_certificates(folder: &Path, home: Loopback) -> Result<()> {
    let openssl = |arguments: &[&str], key: PathBuf, certificate: PathBuf| -> Result<()> {
        let mut command = Command::new(needs("openssl")?);
        command.args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
        ]);
        let made = command.args(arguments).arg("-keyout").arg(key).arg("-out").arg(certificate).output()?;
        ensure!(made.status.success(), "openssl makes no certificate: {}", String::from_utf8_lossy(&made.stderr));
        Ok(())
    };
    let file = |name: &str| folder.join(name);
    let (ca, ca_key) = (file("ca.pem"), file("ca-key.pem"));
    openssl(&["-subj", "/CN=Test authority"], ca_key.clone(), ca.clone())?;
    let (ca, ca_key) = (ca.display().to_string(), ca_key.display().to_string());
    let name = format!("subjectAltName=IP:{home}");
    openssl(
        &[
            "-subj",
            "/CN=ldap",
            "-addext",
            &name,
            "-addext",
            "basicConstraints=critical,CA:FALSE",
            "-CA",
            &ca,
            "-CAkey",
            &ca_key,
        ],
        file("key.pem"),
        file("certificate.pem"),
    )
}
