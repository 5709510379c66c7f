"""What plugins cost apart from calls: inputs of a reducer, being installed, showing a page in a browser, and what bad ones take away."""

import json
import os
import pathlib
import socket
import statistics
import subprocess
import threading
import time
import urllib.error

import sipp
import sound
from host import ROOT, Host

# Callers who count together, each a thousand times.
COUNTERS = 64
PATIENCE = 120
TALLY = "/plugins/org.jackfield.load-tally/web/tally"


def reducer(binary, table):
    """Many callers count in one state: each count is on the disk before its caller hears of it."""
    with Host(binary) as host:
        host.administrator()
        began, tally = time.monotonic(), None

        def counted():
            nonlocal tally
            while time.monotonic() < began + PATIENCE:
                time.sleep(1)
                before, tally = tally, host.ask("GET", TALLY)
                if tally and before and tally["count"] == before["count"] == 1000 * COUNTERS:
                    return tally

        run = sipp.Run("caller", COUNTERS, COUNTERS, 60_000, number="3100", when_full=counted)
        value = None
        if run.full and run.failed == 0:
            value = 1000 * (run.full["last"] - run.full["first"]) / run.full["count"]
        table.add("an input of a reducer, on the disk", value, "µs", "≤ 100", note=f"{COUNTERS} ask at once, in batches")


def browser(binary, table):
    """Install a plugin, and go to a page of one in Chromium."""
    with Host(binary) as host:
        environment = {**os.environ, "JACKFIELD_URL": host.web, "JACKFIELD_PASSWORD": host.account("admin")}
        script = pathlib.Path(__file__).resolve().parent / "page.mjs"
        done = subprocess.run(["node", script, ROOT / "data" / "load-later"], env=environment, capture_output=True, text=True)
        figures = json.loads(done.stdout) if done.returncode == 0 else {"install": None, "page": None}
        if done.returncode:
            print(done.stderr[-2000:])
        table.add("a plugin installed and running", figures["install"], "ms", "≤ 3,000", digits=0, note="voicemail, compiled anew")
        table.add("a plugin's page shown", figures["page"], "ms", "≤ 300", digits=0, note="from the click to its plugin's answer")


# Those that do harm; `hands-over` leads callers of 661 to 664 into the scripts of four of them.
HOSTILE = ["hands-over", "loops", "traps", "eats-memory", "never-answers", "bad-reducer"]
TALKING, FLOW, RUNS = 100, 10, 3
# Among `trusted_peers` in jackfield.toml.
HARM = 5081


class Harm:
    """Calls into hostile scripts, ten a second, and inputs that a hostile reducer fails on, until the block is left."""

    def __init__(self, host):
        self.host, self.goes_on, self.calls, self.inputs = host, True, 0, 0

    def __enter__(self):
        self.work = [threading.Thread(target=self.call), threading.Thread(target=self.tell)]
        for each in self.work:
            each.start()
        return self

    def __exit__(self, *_):
        self.goes_on = False
        for each in self.work:
            each.join()

    def call(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.bind(("127.0.0.1", HARM))
            at = f"127.0.0.1:{HARM}"
            while self.goes_on:
                number, self.calls = 661 + self.calls % 4, self.calls + 1
                one.sendto((
                    f"INVITE sip:{number}@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {at};branch=z9hG4bKharm{self.calls};rport\r\n"
                    f"Max-Forwards: 70\r\nFrom: <sip:1000@127.0.0.1>;tag=harm{self.calls}\r\nTo: <sip:{number}@127.0.0.1>\r\n"
                    f"Call-ID: harm-{self.calls}-{at}\r\nCSeq: 1 INVITE\r\nContact: <sip:1000@{at}>\r\n"
                    f"Content-Length: 0\r\n\r\n").encode(), ("127.0.0.1", 5060))
                time.sleep(0.1)

    def tell(self):
        while self.goes_on:
            what = ("trap", "loop", "grow", "flood")[self.inputs % 4]
            self.inputs += 1
            try:
                self.host.ask("POST", f"/plugins/org.example.bad-reducer/web/ask/a/{what}", {})
            except urllib.error.HTTPError:
                pass
            time.sleep(0.3)


def isolation(binary, table):
    """Packets of calls in progress that are lost beside hostile plugins, and without them, in turn."""
    law = sound.law()
    with Host(binary) as host:
        host.administrator()
        quiet, loud = [], []

        def lost(calls):
            with sound.Flow(calls.callers + calls.callees) as flow:
                time.sleep(FLOW)
            return flow.sent - flow.heard

        for _ in range(RUNS):
            with sound.Calls(TALKING, (law, law), "2000") as calls:
                quiet.append(lost(calls))
        for name in HOSTILE:
            package = next((ROOT / "data" / "hostile-packages").glob(f"{name}-*.jackfield"))
            host.ask("POST", "/plugins?approve=true", package)
        for _ in range(RUNS):
            with sound.Calls(TALKING, (law, law), "2000") as calls, Harm(host):
                loud.append(lost(calls))
        failures = {name: host.ask("GET", f"/plugins/org.example.{name}")["cost"]["failures"] for name in HOSTILE[1:]}
        done = all(failures.values())
        packets = TALKING * 2 * 50 * FLOW
        note = f"of {packets:,}; {statistics.median(quiet):.0f} without; the bad ones have failed {sum(failures.values())} times"
        table.add(f"packets of {TALKING} calls lost beside hostile plugins", statistics.median(loud) if done else None, "",
                  "as without", 0, note if done else f"no harm was done: {failures}")
