//! Faxes with a machine that is not ours: SpanDSP on a SIP line of its own, `fax_machine.py`.

use anyhow::{Context, Result, ensure};
use jackfield_tests::{Api, Host, HostConfig, Loopback, Process, package, repository, within};
use serde_json::{Value, json};
use std::{net::SocketAddr, path::Path, process::Command, time::Duration};

const PLUGIN: &str = "org.jackfield.fax";
/// A page or two of a fax in its own time, on a machine that has other things to do.
const FAX: Duration = Duration::from_secs(150);
const WIDTH: u32 = 1_728;
const ROWS: u32 = 60;

/// The machine at the other end.
struct Machine(Process);

impl Machine {
    fn start(folder: &Path, me: SocketAddr, house: SocketAddr, arguments: &[&str]) -> Result<Self> {
        let script = repository().join("tests/interop/fax_machine.py");
        let (me, house) = (me.to_string(), house.to_string());
        let mut command = Command::new("python3");
        command.current_dir(folder).arg(script).args([arguments[0], &me, &house]).args(&arguments[1..]);
        let machine = Self(Process::start(&mut command, &folder.join(format!("machine-{}", me.replace(':', "-"))))?);
        let ready = within(Duration::from_secs(20), || machine.0.said().contains("ready").then_some(()));
        ready.with_context(|| format!("the fax machine does not start: {}", machine.0.said()))?;
        Ok(machine)
    }

    /// What it says of the fax once that is over.
    fn report(&mut self) -> Result<Value> {
        self.0.wait(FAX).with_context(|| format!("the fax machine is not done: {}", self.0.said()))?;
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
fn dots(file: &Path) -> Result<Vec<u8>> {
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

/// A house with a fax box, 700, of extension 100, and the machine's own line, 300.
struct Office {
    host: Host,
    machine: SocketAddr,
    folder: tempfile::TempDir,
    /// Ada, whose extension is 100, signed in.
    owner: Api,
}

impl Office {
    fn open(t38: bool) -> Result<Self> {
        let machine = Loopback::new().port(5060);
        let settings = format!(
            "[plugins.settings.\"{PLUGIN}\"]\nboxes = [{{ number = \"700\", owner = \"100\", mail = false }}]\n\
             station = \"+49 30 1234\"\nt38 = {t38}\nwait_minutes = 1\n"
        );
        let host = Host::start(&HostConfig {
            extensions: vec!["101"],
            packages: vec![package("dialplan")?, package("fax")?],
            trusted: vec![machine],
            more: format!("[[extensions]]\nnumber = \"300\"\ncontact = \"sip:300@{machine}\"\n{settings}"),
            ..HostConfig::default()
        })?;
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("sent.tif"), document(2))?;
        let admin = host.admin()?;
        let ada = json!({ "login": "ada", "name": "Ada", "role": "user" });
        let made = admin.act("POST", "/api/v1/users", Some(&ada))?;
        let extension = json!({ "number": "100", "name": "Ada", "owner": made["user"]["id"] });
        admin.act("POST", "/api/v1/extensions", Some(&extension))?;
        let mut owner = host.api();
        let one_time = made["one_time_password"].as_str().with_context(|| format!("no password: {made}"))?;
        owner.sign_in_first("ada", one_time, Host::ADMIN_PASSWORD)?;
        Ok(Self { host, machine, folder, owner })
    }

    fn machine(&self, arguments: &[&str]) -> Result<Machine> {
        Machine::start(self.folder.path(), self.machine, self.host.sip(), arguments)
    }

    /// What the plugin has kept, newest first: the files.
    fn documents(&self) -> Result<Vec<std::path::PathBuf>> {
        let folder = self.host.data().join("plugins/data").join(PLUGIN).join("documents");
        if !folder.exists() {
            return Ok(Vec::new());
        }
        let mut files: Vec<_> =
            std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
        files.sort();
        files.reverse();
        Ok(files)
    }

    /// The newest fax of the box, once it is there.
    fn newest(&self) -> Result<Value> {
        let fax = within(Duration::from_secs(20), || {
            let faxes = self.owner.get(&format!("/api/v1/plugins/{PLUGIN}/web/faxes")).ok()?;
            faxes["boxes"][0]["faxes"].get(0).cloned()
        });
        fax.with_context(|| format!("no fax has come: {}", self.host.log()))
    }
}

#[test]
fn a_fax_comes_as_sound_dot_by_dot_and_is_in_the_box_as_pdf() -> Result<()> {
    let office = Office::open(false)?;
    let mut machine = office.machine(&["call", "101", "700", "send", "sent.tif"])?;
    let report = machine.report()?;
    assert_eq!((&report["code"], &report["pages"], &report["t38"]), (&json!(0), &json!(2), &json!(false)), "{report}");
    assert_eq!(report["station"], "+49 30 1234");
    let fax = office.newest()?;
    assert_eq!((&fax["pages"], &fax["broken_off"], &fax["ecm"]), (&json!(2), &Value::Null, &json!(true)), "{fax}");
    assert_eq!((&fax["station"], &fax["bit_rate"]), (&json!("+44 20 7"), &json!(14_400)), "{fax}");
    let [kept] = &office.documents()?[..] else { panic!("one document") };
    assert!(dots(kept)? == dots(&office.folder.path().join("sent.tif"))?, "the pages differ");
    assert!(!office.host.has_panicked(), "{}", office.host.log());
    Ok(())
}
