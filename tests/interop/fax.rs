//! Faxes with a machine that is not ours: SpanDSP on a SIP line of its own, `fax_machine.py`.

use anyhow::{Context, Result, ensure};
use jackfield_tests::{
    Api, Baresip, Host, HostConfig, Loopback, MailServer, Phone, Process, attached, eventually, needs, package,
    repository, tone, within,
};
use serde_json::{Value, json};
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    thread::sleep,
    time::Duration,
};

const PLUGIN: &str = "org.jackfield.fax";
/// A page or two of a fax in its own time, on a machine that has other things to do.
pub(super) const FAX: Duration = Duration::from_secs(150);
/// Thirty pages.
pub(super) const LONG_FAX: Duration = Duration::from_secs(600);
pub(super) const WIDTH: u32 = 1_728;
pub(super) const ROWS: u32 = 60;

/// The machine at the other end.
pub(super) struct Machine(Process);

impl Machine {
    pub(super) fn start(folder: &Path, me: SocketAddr, house: SocketAddr, arguments: &[&str]) -> Result<Self> {
        let script = repository().join("tests/interop/fax_machine.py");
        let (me, house) = (me.to_string(), house.to_string());
        let mut command = Command::new("python3");
        command.current_dir(folder).arg(script).args([arguments[0], &me, &house]).args(&arguments[1..]);
        let machine = Self(Process::start(&mut command, &folder.join(format!("machine-{me}")))?);
        let ready = within(Duration::from_secs(20), || machine.0.said().contains("ready").then_some(()));
        ready.with_context(|| format!("the fax machine does not start: {}", machine.0.said()))?;
        Ok(machine)
    }

    /// What it says of the fax once that is over.
    pub(super) fn report(&mut self, limit: Duration) -> Result<Value> {
        self.0.wait(limit).with_context(|| format!("the fax machine is not done: {}", self.0.said()))?;
        let said = self.0.said();
        let line = said.lines().rev().find(|line| line.starts_with('{'));
        Ok(serde_json::from_str(line.with_context(|| format!("no report: {said}"))?)?)
    }
}

/// Pages with dots of their own, as TIFF: what the machine sends, and what is handed in to be sent.
fn document(pages: u32) -> Vec<u8> {
    let mut dice = 7_u32;
    let pages: Vec<Vec<u8>> = (0..pages)
        .map(|_| {
            let mut dots = vec![0; (WIDTH / 8 * ROWS) as usize];
            for octet in dots.chunks_mut(9) {
                dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                octet[0] = (dice >> 16) as u8;
            }
            dots
        })
        .collect();
    tiff(&pages)
}

/// An uncompressed TIFF (TIFF 6.0), fine in T.4's sense.
fn tiff(pages: &[Vec<u8>]) -> Vec<u8> {
    let mut file = b"II*\0\0\0\0\0".to_vec();
    let mut pointer = 4;
    for dots in pages {
        let begin = file.len() as u32;
        file.extend_from_slice(dots);
        let resolution = file.len() as u32;
        for number in [204_u32, 1, 196, 1] {
            file.extend(number.to_le_bytes());
        }
        let directory = (file.len() as u32).to_le_bytes();
        file[pointer..pointer + 4].copy_from_slice(&directory);
        let entries: [(u16, u16, u32); 11] = [
            (256, 4, WIDTH),
            (257, 4, ROWS),
            (258, 3, 1),
            (259, 3, 1),
            (262, 3, 0),
            (273, 4, begin),
            (278, 4, ROWS),
            (279, 4, dots.len() as u32),
            (282, 5, resolution),
            (283, 5, resolution + 8),
            (296, 3, 2),
        ];
        file.extend((entries.len() as u16).to_le_bytes());
        for (tag, kind, value) in entries {
            file.extend(tag.to_le_bytes());
            file.extend(kind.to_le_bytes());
            file.extend(1_u32.to_le_bytes());
            file.extend(value.to_le_bytes());
        }
        pointer = file.len();
        file.extend([0; 4]);
    }
    file
}

/// The dots of every page of a TIFF, as libtiff reads them: of one that was coded by a fax, too.
pub(super) fn dots(file: &Path) -> Result<Vec<u8>> {
    const LIBTIFF: &str = r#"
import ctypes, sys
lib = ctypes.CDLL("libtiff.so.6")
lib.TIFFOpen.restype = ctypes.c_void_p
P, U = ctypes.c_void_p, ctypes.c_uint32
tiff, page = P(lib.TIFFOpen(sys.argv[1].encode(), b"r")), 0
while lib.TIFFSetDirectory(tiff, ctypes.c_uint16(page)):
    rows, kind = U(), ctypes.c_uint16()
    lib.TIFFGetField(tiff, U(257), ctypes.byref(rows))
    lib.TIFFGetField(tiff, U(262), ctypes.byref(kind))
    line = ctypes.create_string_buffer(216)
    for row in range(rows.value):
        assert lib.TIFFReadScanline(tiff, line, U(row), ctypes.c_uint16(0)) == 1
        sys.stdout.buffer.write(bytes(b ^ 255 for b in line.raw) if kind.value == 1 else line.raw)
    page += 1
"#;
    let read = Command::new("python3").args(["-c", LIBTIFF]).arg(file).output()?;
    ensure!(read.status.success(), "libtiff cannot read {}", file.display());
    Ok(read.stdout)
}

/// A house with two fax boxes of extension 100, 700 and 701, and three lines of fax machines: two call, the third is
/// extension 300.
pub(super) struct Office {
    pub(super) host: Host,
    pub(super) callers: [SocketAddr; 2],
    called: SocketAddr,
    pub(super) folder: tempfile::TempDir,
    /// Ada, whose extension is 100, signed in.
    owner: Api,
    mail: MailServer,
}

impl Office {
    fn open() -> Result<Self> {
        Self::open_with("")
    }

    /// The same with this in its configuration besides.
    pub(super) fn open_with(more: &str) -> Result<Self> {
        let [first, second, called] = [(); 3].map(|()| Loopback::new().port(5060));
        let settings = format!(
            "[plugins.settings.\"{PLUGIN}\"]\nstation = \"+49 30 1234\"\nwait_minutes = 1\n\
             boxes = [{{ number = \"700\", owner = \"100\" }}, {{ number = \"701\", owner = \"100\", mail = false }}]\n"
        );
        let host = Host::start(&HostConfig {
            extensions: vec!["101", "102"],
            packages: vec![package("dialplan")?, package("fax")?],
            trusted: vec![first, second],
            more: format!("[[extensions]]\nnumber = \"300\"\ncontact = \"sip:300@{called}\"\n{more}{settings}"),
            ..HostConfig::default()
        })?;
        let mail = MailServer::started()?;
        let admin = host.admin()?;
        let at = mail.address();
        let way = json!({ "server": at.ip().to_string(), "port": at.port(), "security": "none",
            "sender": "telephone@example.org", "sender_name": "Telephone", "daily_limit": 100 });
        admin.act("PUT", "/api/v1/mail", Some(&way))?;
        let ada = json!({ "login": "ada", "name": "Ada", "role": "user", "email": "ada@example.org" });
        let made = admin.act("POST", "/api/v1/users", Some(&ada))?;
        let extension = json!({ "number": "100", "name": "Ada", "owner": made["user"]["id"] });
        admin.act("POST", "/api/v1/extensions", Some(&extension))?;
        let mut owner = host.api();
        let one_time = made["one_time_password"].as_str().with_context(|| format!("no password: {made}"))?;
        owner.sign_in_first("ada", one_time, Host::ADMIN_PASSWORD)?;
        Ok(Self { host, callers: [first, second], called, folder: tempfile::tempdir()?, owner, mail })
    }

    /// Keeps a document of so many pages for a machine to send.
    pub(super) fn document(&self, pages: u32) -> Result<PathBuf> {
        let file = self.folder.path().join(format!("{pages}.tif"));
        fs::write(&file, document(pages))?;
        Ok(file)
    }

    /// A machine calls a box and sends this file.
    pub(super) fn calls(&self, from: SocketAddr, number: &str, file: &Path, options: &[&str]) -> Result<Machine> {
        let file = file.to_string_lossy();
        let arguments = [&["call", "101", number, "send", &file][..], options].concat();
        Machine::start(self.folder.path(), from, self.host.sip(), &arguments)
    }

    /// A machine waits for a call to 300, and keeps what it receives in this file of ours.
    pub(super) fn waits(&self, options: &[&str]) -> Result<(Machine, PathBuf)> {
        let file = self.folder.path().join("received.tif");
        let name = file.to_string_lossy();
        let arguments = [&["answer", "300", "100", "receive", &name][..], options].concat();
        Ok((Machine::start(self.folder.path(), self.called, self.host.sip(), &arguments)?, file.clone()))
    }

    /// Ada sends a document to a number.
    pub(super) fn send(&self, file: &Path, to: &str) -> Result<()> {
        let path = format!("/api/v1/plugins/{PLUGIN}/web/documents?to={to}&name=offer.tif");
        let answer = self.owner.post_file(&path, &fs::read(file)?)?;
        ensure!(answer.status == 201, "{answer:?}");
        Ok(())
    }

    /// What the page shows to Ada.
    pub(super) fn page(&self) -> Result<Value> {
        self.owner.get(&format!("/api/v1/plugins/{PLUGIN}/web/faxes"))
    }

    /// The only fax in a box, once it is there, and the dots of its pages as they are kept.
    pub(super) fn received(&self, number: &str) -> Result<(Value, Vec<u8>)> {
        let fax = within(FAX, || {
            let page = self.page().ok()?;
            let boxes = page["boxes"].as_array()?;
            boxes.iter().find(|one| one["number"] == number)?["faxes"].get(0).cloned()
        });
        let fax = fax.with_context(|| format!("no fax has come: {}", self.host.log()))?;
        let id = fax["document"].as_str().context("a document")?;
        let kept = self.host.data().join("plugins/data").join(PLUGIN).join(format!("documents/{id}.tif"));
        Ok((fax, dots(&kept)?))
    }

    /// The engines of faxes in progress.
    pub(super) fn engines(&self) -> Result<Vec<u32>> {
        let mut engines = Vec::new();
        for thread in fs::read_dir(format!("/proc/{}/task", self.host.id()))? {
            // A thread may be gone by now.
            let children = fs::read_to_string(thread?.path().join("children")).unwrap_or_default();
            for child in children.split_whitespace() {
                let command = fs::read_to_string(format!("/proc/{child}/cmdline")).unwrap_or_default();
                if command.contains("fax-engine") {
                    engines.push(child.parse()?);
                }
            }
        }
        Ok(engines)
    }
}

/// So many pages to a box, as many from Ada to a machine, and a third fax of which the line is cut in this page: all at once,
/// compared dot by dot.
fn three_faxes(office: &Office, pages: u32, cut: u32, limit: Duration) -> Result<()> {
    let file = office.document(pages)?;
    let sent = dots(&file)?;
    let seconds = format!("limit={}", limit.as_secs());
    let (mut receiver, received) = office.waits(&[&seconds])?;
    office.send(&file, "300")?;
    let [first, second] = office.callers;
    let mut sender = office.calls(first, "700", &file, &[&seconds])?;
    let mut cutter = office.calls(second, "701", &file, &[&seconds, &format!("cut={cut}")])?;

    let report = cutter.report(limit)?;
    assert_eq!((&report["why"], &report["pages"]), (&json!("cut"), &json!(cut - 1)), "{report}");
    let (fax, kept) = office.received("701")?;
    assert_eq!((&fax["pages"], &fax["broken_off"]), (&json!(cut - 1), &json!("line_dropped")), "{fax}");
    let whole = (WIDTH / 8 * ROWS * (cut - 1)) as usize;
    assert!(kept.len() >= whole && kept[..whole] == sent[..whole], "the pages that came before the cut differ");

    let report = sender.report(limit)?;
    assert_eq!((&report["code"], &report["pages"]), (&json!(0), &json!(pages)), "{report}");
    assert_eq!(report["station"], "+49 30 1234");
    let (fax, kept) = office.received("700")?;
    assert_eq!((&fax["pages"], &fax["broken_off"], &fax["ecm"]), (&json!(pages), &Value::Null, &json!(true)), "{fax}");
    assert_eq!((&fax["station"], &fax["t38"]), (&json!("+44 20 7"), &json!(false)), "{fax}");
    assert!(kept == sent, "the pages that came differ");

    let report = receiver.report(limit)?;
    assert_eq!((&report["code"], &report["pages"]), (&json!(0), &json!(pages)), "{report}");
    assert!(dots(&received)? == sent, "the pages that went differ");
    eventually("the recipient has got it", || {
        office.page().is_ok_and(|page| page["jobs"][0]["recipients"][0]["state"] == "sent")
    });
    let sent = &office.page()?["jobs"][0]["recipients"][0];
    assert_eq!((&sent["pages"], &sent["station"]), (&json!(pages), &json!("+44 20 7")), "{sent}");
    assert!(!office.host.has_panicked(), "{}", office.host.log());
    Ok(())
}

#[test]
fn faxes_come_and_go_dot_by_dot_what_is_cut_is_kept_and_what_came_is_in_the_mail_as_pdf() -> Result<()> {
    let office = Office::open()?;
    three_faxes(&office, 2, 2, FAX)?;
    let letter = within(FAX, || office.mail.letters().ok()?.into_iter().find(|letter| letter.contains("fax.pdf")));
    let letter = letter.context("no letter with the fax")?;
    assert!(letter.contains("To: ada@example.org") && letter.contains("(2 pages)"), "{letter:.2000}");
    // Another reader of PDF sees the same dots.
    let [pdf, tiff] = ["mailed.pdf", "mailed.tif"].map(|name| office.folder.path().join(name));
    fs::write(&pdf, attached(&letter, "application/pdf")?)?;
    let mut reader = Command::new("gs");
    reader.args(["-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", "-sDEVICE=tiffg4", "-r204x196", "-o"]);
    ensure!(reader.arg(&tiff).arg(&pdf).status()?.success(), "Ghostscript cannot read it");
    assert!(dots(&tiff)? == dots(&office.document(2)?)?, "the PDF shows other dots");
    Ok(())
}

#[test]
fn an_engine_that_is_killed_ends_its_fax_and_no_other_call_notices() -> Result<()> {
    let office = Office::open()?;
    let mut a = Baresip::registered(&office.host.phone("101"))?;
    let mut b = Baresip::registered(&Phone { hertz: 600.0, answers: true, ..office.host.phone("102") })?;
    a.dial("102")?;
    a.wait_for("CALL_ESTABLISHED")?;
    let mut sender = office.calls(office.callers[0], "700", &office.document(2)?, &[])?;
    let engine = within(FAX, || office.engines().ok()?.first().copied()).context("no engine is started")?;
    // In the middle of it.
    sleep(Duration::from_secs(3));
    let killed = Command::new("kill").args(["-9", &engine.to_string()]).status()?;
    ensure!(killed.success(), "the engine was gone before");
    let report = sender.report(FAX)?;
    assert_eq!((&report["why"], &report["pages"]), (&json!("far end hung up"), &json!(0)), "{report}");
    eventually("the log says what has happened", || office.host.log().contains("the fax engine has ended"));
    sleep(Duration::from_secs(2));
    a.hang_up()?;
    b.wait_for("CALL_CLOSED")?;
    let heard = tone::heard(&b.recording()?, 1_000.0);
    assert!(heard.milliseconds() > 4_000 && heard.loss_percent() < 1.0, "{heard:?}");
    assert!(!office.host.has_panicked(), "{}", office.host.log());
    Ok(())
}

#[test]
fn what_is_printed_becomes_a_fax_of_whoever_prints_it() -> Result<()> {
    let office = Office::open()?;
    let text = office.folder.path().join("offer.txt");
    fs::write(&text, "Ten telephones, one exchange.\n".repeat(70))?;
    let print = |login: &str, test: &Path| -> Result<String> {
        let password = Host::ADMIN_PASSWORD.replace(' ', "%20");
        let uri = office.owner.url().replace("http://", &format!("ipp://{login}:{password}@"));
        let mut tool = Command::new(needs("ipptool")?);
        tool.args(["-tv", "-f"]).arg(&text).arg(format!("{uri}/ipp/print/{PLUGIN}")).arg(test);
        Ok(String::from_utf8_lossy(&tool.output()?.stdout).into_owned())
    };
    let ours = repository().join("tests/interop/fax_print.test");
    let said = print("ada", &ours)?;
    assert!(said.contains("PASS") && !said.contains("FAIL"), "{said}");
    let jobs = office.page()?["jobs"].clone();
    let [contract, last, first] = &jobs.as_array().context("jobs")?[..] else { panic!("three jobs: {jobs}") };
    // Created first, and its document sent after: as drivers of today do.
    assert_eq!(
        (&contract["name"], &contract["recipients"][0]["number"]),
        (&json!("Contract"), &json!("103")),
        "{jobs}"
    );
    assert_eq!((&first["name"], &first["pages"]), (&json!("Offer"), &json!(2)), "{jobs}");
    assert_eq!(first["recipients"].as_array().map(Vec::len), Some(2), "{jobs}");
    assert_eq!(first["recipients"][1]["number"], "+49301234");
    assert_eq!((&last["name"], &last["recipients"]), (&json!("Letter"), &json!([])), "it waits for its recipients");
    let stranger = print("mallory", &ours)?;
    assert!(!stranger.contains("PASS"), "{stranger}");
    assert_eq!(office.page()?["jobs"].as_array().map(Vec::len), Some(3));
    assert!(!office.host.has_panicked(), "{}", office.host.log());
    Ok(())
}

#[test]
#[ignore = "takes minutes: make long"]
fn thirty_pages_come_and_go_dot_by_dot_and_a_cut_on_page_twelve_leaves_eleven() -> Result<()> {
    three_faxes(&Office::open()?, 30, 12, LONG_FAX)
}
