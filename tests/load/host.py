"""A host under load: started, asked what it costs, and ended again."""

import http.cookiejar
import json
import pathlib
import shutil
import subprocess
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# A second host beside the first, on ports of its own: what is replaced in jackfield.toml.
BESIDE = {"127.0.0.1:5060": "127.0.0.1:5064", "127.0.0.1:8080": "127.0.0.1:8084", "20000-29999": "30000-39999"}


def busy_seconds():
    """Processor time that the whole machine has used, interrupts and stolen time included."""
    fields = [int(word) for word in open("/proc/stat").readline().split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / 100


def cpu_seconds(pid):
    """User and system time of a process since its start, to the nanosecond: what /proc/PID/stat counts in ticks."""
    return time.clock_gettime((~pid << 3) | 2)


class Host:
    """One host with `tests/load/jackfield.toml` and a data folder of its own.

    Without plugins it decides by its own rule, and lives beside one that has some.
    """

    def __init__(self, binary, accounts=1000, more="", plugins=True):
        self.binary = binary
        self.data = ROOT / "data" / ("load" if plugins else "load-native")
        # What the last run left would make the next one different. Nothing else is kept in this folder.
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(parents=True)
        text = (HERE / "jackfield.toml").read_text()
        text = text.replace('"../../data', f'"{ROOT}/data').replace("count = 1000", f"count = {accounts}")
        if not plugins:
            for ours, other in BESIDE.items():
                text = text.replace(ours, other)
            text = text.replace('load"', 'load-native"').replace("packages =", "# packages =")
        self.sip, self.web = ("127.0.0.1:5060", "http://127.0.0.1:8080") if plugins else ("127.0.0.1:5064", "http://127.0.0.1:8084")
        self.config = self.data / "jackfield.toml"
        self.config.write_text(text + more)
        self.log = self.data / "host.log"

    def __enter__(self):
        command = [self.binary, "serve", "--config", self.config]
        self.process = subprocess.Popen(command, stdout=self.log.open("w"), stderr=subprocess.STDOUT)
        self.pid = self.process.pid
        for _ in range(600):
            if self.process.poll() is not None:
                raise RuntimeError(f"the host did not start: {self.log.read_text()}")
            if "is ready" in self.log.read_text():
                return self
            time.sleep(0.1)
        self.process.kill()
        raise RuntimeError(f"the host was not ready after a minute: {self.log.read_text()}")

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def memory(self):
        """kB that it keeps resident, shared pages counted in part."""
        for line in open(f"/proc/{self.pid}/smaps_rollup"):
            if line.startswith("Pss:"):
                return int(line.split()[1])
        raise RuntimeError("the kernel does not tell the host's memory")

    def idle(self, seconds):
        """Share of one core that it takes when nothing happens."""
        before, began = cpu_seconds(self.pid), time.monotonic()
        time.sleep(seconds)
        return (cpu_seconds(self.pid) - before) / (time.monotonic() - began)

    def account(self, login):
        """Make an administrator; gives the password for the first time."""
        made = subprocess.run(
            [self.binary, "user", "add", login, "--role", "admin", "--config", self.config],
            capture_output=True, text=True, check=True,
        )
        return made.stdout.split("password ")[1].split()[0]

    def administrator(self):
        """Sign in, so that `counters` may be asked. The account is made for the purpose."""
        once = self.account("load")
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

        def ask(method, path, body=None):
            if isinstance(body, pathlib.Path):
                kind, data = "application/octet-stream", body.read_bytes()
            else:
                kind, data = "application/json", None if body is None else json.dumps(body).encode()
            request = urllib.request.Request(f"{self.web}/api/v1{path}", data, {"Content-Type": kind, "X-Jackfield": "1"}, method=method)
            with opener.open(request, timeout=30) as answer:
                text = answer.read()
            return json.loads(text) if text else None

        ask("POST", "/session", {"login": "load", "password": once})
        ask("PUT", "/me/password", {"current": once, "new": "soaked for a long time"})
        self.ask = ask

    def counters(self):
        """What the host counts: legs, transactions, ports and so on."""
        return self.ask("GET", "/system")["counters"]
