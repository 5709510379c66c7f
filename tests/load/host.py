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
API = "http://127.0.0.1:8080/api/v1"


def busy_seconds():
    """Processor time that the whole machine has used, interrupts and stolen time included."""
    fields = [int(word) for word in open("/proc/stat").readline().split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / 100


def cpu_seconds(pid):
    """User and system time of a process since its start, to the nanosecond: what /proc/PID/stat counts in ticks."""
    return time.clock_gettime((~pid << 3) | 2)


class Host:
    """One host with `tests/load/jackfield.toml` and a data folder of its own."""

    def __init__(self, binary, accounts=1000, more=""):
        self.binary = binary
        self.data = ROOT / "data" / "load"
        # What the last run left would make the next one different. Nothing else is kept in this folder.
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(parents=True)
        text = (HERE / "jackfield.toml").read_text()
        text = text.replace('"../../data', f'"{ROOT}/data').replace("count = 1000", f"count = {accounts}")
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

    def administrator(self):
        """Sign in, so that `counters` may be asked. The account is made for the purpose."""
        made = subprocess.run(
            [self.binary, "user", "add", "load", "--role", "admin", "--config", self.config],
            capture_output=True, text=True, check=True,
        )
        once = made.stdout.split("password ")[1].split()[0]
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

        def ask(method, path, body=None):
            data = None if body is None else json.dumps(body).encode()
            request = urllib.request.Request(API + path, data, {"Content-Type": "application/json", "X-Jackfield": "1"}, method=method)
            with opener.open(request, timeout=10) as answer:
                text = answer.read()
            return json.loads(text) if text else None

        ask("POST", "/session", {"login": "load", "password": once})
        ask("PUT", "/me/password", {"current": once, "new": "soaked for a long time"})
        self.ask = ask

    def counters(self):
        """What the host counts: legs, transactions, ports and so on."""
        return self.ask("GET", "/system")["counters"]
