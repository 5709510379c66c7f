//! From WebAssembly to machine code, in another process with little to spend.
//!
//! What a compiler takes for a component is not bounded by the component's size, and a stranger chose the component. So the
//! host hands it to a process of its own, which limits itself before it reads a byte, and ends it when it takes too long.
//! The code that comes back is kept, so that the next start need not compile: see [`Cache`].

use crate::{cache::Cache, engine::Wasm};
use std::{
    ffi::OsString,
    io::{Read, Write},
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};
use wasmtime::{Engine, component::Component};

/// Most bytes of compiled code: many times what the largest component in use comes to.
const LARGEST_CODE: u64 = 512 << 20;
/// Most bytes of a complaint.
const LONGEST_COMPLAINT: u64 = 4_000;
/// How often the process is looked at.
const LOOK: Duration = Duration::from_millis(3);
const SIGKILL: i32 = 9;
const SIGXCPU: i32 = 24;

/// Where components are compiled.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Compilation {
    /// In this process: for tools and tests, whose components are their own.
    #[default]
    Here,
    /// In a process of its own.
    Apart(Workshop),
}

/// The process that compiles: a program that calls [`compile_for_host`] with the bounds that it is started with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workshop {
    /// The program.
    pub program: PathBuf,
    /// What it is started with.
    pub arguments: Vec<OsString>,
    /// Processor time that it may take; also wall time, and a little more for a machine that has much to do.
    pub time: Duration,
    /// Memory that it may take, in bytes.
    pub memory: u64,
}

/// Compiles, and remembers what it has compiled.
pub(crate) struct Compiler {
    pub(crate) compilation: Compilation,
    pub(crate) cache: Cache,
}

/// A component as machine code.
pub(crate) struct Machined {
    pub(crate) component: Component,
    /// Whether what the cache had was damaged or forged, so that it was compiled again.
    pub(crate) distrusted: bool,
}

impl Compiler {
    /// Compile a component, or find it where it was kept. Takes long: never on a signalling thread.
    ///
    /// # Errors
    /// When it cannot be compiled, or not with what may be spent; a sentence.
    pub(crate) fn compile(&self, machine: &Wasm, wasm: &[u8]) -> Result<Machined, String> {
        if let Some(component) = machine.remembered(wasm) {
            return Ok(Machined { component, distrusted: false });
        }
        let engine = &machine.engine;
        let name = Cache::name(engine, wasm);
        let found = self.cache.find(&name);
        let mut distrusted = found.is_err();
        if let Ok(Some(code)) = found {
            match load(engine, &code) {
                Ok(component) => {
                    machine.remember(wasm, &component);
                    return Ok(Machined { component, distrusted });
                }
                // It bears our seal and still does not fit: then it is worth nothing.
                Err(_) => distrusted = true,
            }
        }
        let component = match &self.compilation {
            Compilation::Here => {
                Component::new(engine, wasm).map_err(|error| format!("component.wasm cannot be compiled: {error:#}"))?
            }
            Compilation::Apart(workshop) => {
                let code = workshop.compile(wasm)?;
                self.cache.keep(&name, &code);
                load(engine, &code).map_err(|error| format!("the compiled code cannot be loaded: {error:#}"))?
            }
        };
        machine.remember(wasm, &component);
        Ok(Machined { component, distrusted })
    }
}

/// Take compiled code for what it is: it runs with the whole process's rights.
#[expect(unsafe_code, reason = "this is the one place where the process is handed machine code")]
fn load(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: the bytes come from `Component::serialize` in a process that runs this same program: over a pipe that nobody
    // else has, or from a file whose seal was checked with a secret that only this host has.
    unsafe { Component::deserialize(engine, code) }
}

/// What the other process does: compile for the engine that this version of the host has. It runs nothing of what it
/// compiles.
///
/// # Errors
/// When the component is none, with the compiler's words.
pub fn compile_for_host(wasm: &[u8]) -> Result<Vec<u8>, String> {
    let compile = || {
        let engine = Engine::new(&crate::engine::compiling_config())?;
        engine.precompile_component(wasm)
    };
    compile().map_err(|error| format!("{error:#}"))
}

impl Workshop {
    fn compile(&self, wasm: &[u8]) -> Result<Vec<u8>, String> {
        let failed = |error: std::io::Error| format!("no process can be started to compile it: {error}");
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let (input, output, complaint) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (status, code, complaint) = thread::scope(|scope| {
            // A process that reads nothing leaves this one at a closed pipe, when it is over.
            let write = scope.spawn(move || input.map(|mut input| input.write_all(wasm)));
            let output = scope.spawn(move || read(output, LARGEST_CODE));
            let complaint = scope.spawn(move || read(complaint, LONGEST_COMPLAINT));
            let status = self.wait(&mut child);
            let _ = write.join();
            (status, output.join().unwrap_or_default(), complaint.join().unwrap_or_default())
        });
        match status.map_err(failed)? {
            Some(status) if status.success() && !code.is_empty() && (code.len() as u64) <= LARGEST_CODE => Ok(code),
            status => Err(self.failure(status, &complaint)),
        }
    }

    /// How it ended; `None` when it was ended because it took too long.
    fn wait(&self, child: &mut Child) -> std::io::Result<Option<ExitStatus>> {
        let deadline = Instant::now() + self.time + self.time / 2;
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(Some(status));
            }
            if Instant::now() > deadline {
                child.kill()?;
                child.wait()?;
                return Ok(None);
            }
            thread::sleep(LOOK);
        }
    }

    fn failure(&self, status: Option<ExitStatus>, complaint: &[u8]) -> String {
        let advice = "ask its author for one that is smaller";
        let too_long =
            format!("compiling component.wasm takes more than {} s of processor time: {advice}", self.time.as_secs());
        let Some(status) = status else { return too_long };
        match (status.code(), status.signal()) {
            (Some(1), _) => {
                let said = String::from_utf8_lossy(complaint);
                format!("component.wasm cannot be compiled: {}", said.trim())
            }
            (_, Some(SIGXCPU | SIGKILL)) => too_long,
            // Whoever gets no more memory gives up in one of several ways.
            (_, Some(_)) | (Some(101 | 134), _) => {
                format!("compiling component.wasm takes more than {} MiB of memory: {advice}", self.memory >> 20)
            }
            _ => format!("component.wasm cannot be compiled: the compiler ended with {status}"),
        }
    }
}

/// Everything that comes, and one byte more than may, so that it shows.
fn read(from: Option<impl Read>, most: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        // What was read before an error is all there is.
        let _ = from.take(most + 1).read_to_end(&mut bytes);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workshop(script: &str, time: Duration) -> Workshop {
        let arguments = vec!["-c".into(), script.into()];
        Workshop { program: "/bin/sh".into(), arguments, time, memory: 256 << 20 }
    }

    fn complaint(script: &str) -> String {
        workshop(script, Duration::from_secs(20)).compile(&vec![0; 1 << 20]).unwrap_err()
    }

    #[test]
    fn each_way_to_fail_has_its_sentence() {
        assert_eq!(complaint("cat >/dev/null; echo no wasm >&2; exit 1"), "component.wasm cannot be compiled: no wasm");
        for signal in ["XCPU", "KILL"] {
            let said = complaint(&format!("kill -{signal} $$"));
            assert!(said.starts_with("compiling component.wasm takes more than 20 s of processor time"), "{said}");
        }
        let said = complaint("kill -ABRT $$");
        assert!(said.starts_with("compiling component.wasm takes more than 256 MiB of memory"), "{said}");
        assert!(complaint("exit 7").contains("exit status: 7"), "{}", complaint("exit 7"));
        // It says that it has succeeded, and has nothing to show.
        assert!(complaint("exit 0").contains("exit status: 0"));
    }

    #[test]
    fn a_process_that_does_not_end_is_ended() {
        let began = Instant::now();
        let said = workshop("exec sleep 60", Duration::from_millis(200)).compile(b"x").unwrap_err();
        assert!(said.contains("processor time"), "{said}");
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    }

    #[test]
    fn what_another_process_compiles_fits_this_engine() {
        let machine = Wasm::new(Some(16)).unwrap();
        // The smallest component: a header.
        let wasm = b"\0asm\x0d\0\x01\0";
        let code = compile_for_host(wasm).unwrap();
        load(&machine.engine, &code).unwrap();
        assert!(compile_for_host(b"nonsense").is_err());
    }
}
