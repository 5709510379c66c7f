//! A telephone in a web page, in a real browser: JsSIP alone (`tests/web/softphone.mjs`), or the house's own page
//! (`tests/web/webphone.mjs` in Chromium, `tests/web/webphone-firefox.mjs` in Firefox).

use crate::{Host, needs, repository, within};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How long one step may take; the first one starts a browser.
const STEP: Duration = Duration::from_secs(30);

/// A running page. Dropping it closes its browser.
pub struct Softphone {
    child: Child,
    commands: Option<ChildStdin>,
    events: Arc<Mutex<Vec<Value>>>,
    seen: usize,
}

impl Softphone {
    /// Start a browser with the page in it, for this number at this host; it connects to `url`, such as `wss://…`.
    ///
    /// # Errors
    /// When the browser's driver is not installed, or nothing starts.
    pub fn start(url: &str, host: SocketAddr, number: &str, password: &str) -> Result<Self> {
        Self::run("softphone.mjs", &[url, &host.ip().to_string(), number], &[("SIP_PASSWORD", password)])
    }

    /// Start a browser with the house's own page, opened by somebody new of this name who has this number. [`Host::admin`] has
    /// signed in before, so that the administrator's password is known.
    ///
    /// # Errors
    /// When the browser's driver is not installed, or nothing starts.
    pub fn of_the_house(host: &Host, login: &str, number: &str) -> Result<Self> {
        Self::page("webphone.mjs", host, login, number)
    }

    /// The same, whose sound may go by relays alone.
    ///
    /// # Errors
    /// When the browser's driver is not installed, or nothing starts.
    pub fn of_the_house_by_relay(host: &Host, login: &str, number: &str) -> Result<Self> {
        let url = host.api().url();
        let place = [
            ("JACKFIELD_URL", url.as_str()),
            ("JACKFIELD_PASSWORD", Host::ADMIN_PASSWORD),
            ("JACKFIELD_RELAY_ONLY", "yes"),
        ];
        let mut page = Self::run("webphone.mjs", &[login, number], &place)?;
        page.wait_for("open")?;
        Ok(page)
    }

    /// The same in Firefox.
    ///
    /// # Errors
    /// When the browser or its driver is not installed, or nothing starts.
    pub fn of_the_house_in_firefox(host: &Host, login: &str, number: &str) -> Result<Self> {
        Self::page("webphone-firefox.mjs", host, login, number)
    }

    fn page(script: &str, host: &Host, login: &str, number: &str) -> Result<Self> {
        let url = host.api().url();
        let place = [("JACKFIELD_URL", url.as_str()), ("JACKFIELD_PASSWORD", Host::ADMIN_PASSWORD)];
        let mut page = Self::run(script, &[login, number], &place)?;
        page.wait_for("open")?;
        Ok(page)
    }

    fn run(script: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Result<Self> {
        let folder = repository().join("tests/web");
        ensure!(
            folder.join("node_modules/jssip").is_dir(),
            "the browser's driver is not installed: run “npm install” in tests/web"
        );
        let mut command = Command::new(needs("node")?);
        command.current_dir(folder).arg(script).args(arguments).envs(environment.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("node does not start")?;
        let commands = child.stdin.take();
        let said = child.stdout.take().context("node says nothing")?;
        let events = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&events);
        std::thread::spawn(move || {
            for line in BufReader::new(said).lines().map_while(std::result::Result::ok) {
                let event = serde_json::from_str(&line).unwrap_or(Value::String(line));
                sink.lock().unwrap_or_else(PoisonError::into_inner).push(event);
            }
        });
        Ok(Self { child, commands, events, seen: 0 })
    }

    /// Tell the page of the house what to do, and wait until that is done: see `webphone.mjs`.
    ///
    /// # Errors
    /// When it cannot be done.
    pub fn does(&mut self, command: &str) -> Result<()> {
        self.command(command)?;
        let done = || {
            let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
            let is_it = |event: &Value| event["command"] == command;
            let at = events.iter().skip(self.seen).position(is_it)? + self.seen;
            Some((at, events[at].clone()))
        };
        let (at, event) = within(STEP, done).with_context(|| format!("the page does not {command}"))?;
        ensure!(event["event"] == "done", "the page cannot {command}: {event}");
        self.seen = at + 1;
        Ok(())
    }

    /// Tell the page what to do: see `softphone.mjs`.
    ///
    /// # Errors
    /// When it is gone.
    pub fn command(&mut self, command: &str) -> Result<()> {
        let commands = self.commands.as_mut().context("the page is closed")?;
        writeln!(commands, "{command}").context("the page is gone")
    }

    /// Wait for the next event of this name; earlier ones are past then.
    ///
    /// # Errors
    /// When it does not come.
    pub fn wait_for(&mut self, name: &str) -> Result<Value> {
        let found = within(STEP, || {
            let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
            let at = events.iter().skip(self.seen).position(|event| event["event"] == name)? + self.seen;
            Some((at, events[at].clone()))
        });
        let events = || self.events.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (at, event) =
            found.with_context(|| format!("the page waited in vain for {name}; it saw {:?}", events()))?;
        self.seen = at + 1;
        Ok(event)
    }
}

impl Drop for Softphone {
    fn drop(&mut self) {
        // The end of its input has it close the browser and end.
        drop(self.commands.take());
        if within(STEP, || self.child.try_wait().ok().flatten()).is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
