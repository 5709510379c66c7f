"""What plugins cost apart from calls: inputs of a reducer, being installed, and showing a page in a browser."""

import json
import os
import pathlib
import subprocess
import time

import sipp
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
