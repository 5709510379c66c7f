"""sipp as both parties: bounded runs of a scenario, and what they have cost."""

import csv
import os
import pathlib
import signal
import subprocess
import tempfile
import time

SCENARIOS = pathlib.Path(__file__).resolve().parent / "scenarios"
HOST = "127.0.0.1:5060"
# `trusted_peers` and the contact of 2000 in jackfield.toml.
CALLER, CALLEE, DIRECT = 5080, 5070, 5072


def start(scenario, port, media, folder, *options):
    """Start it; `scenario` is the name of one here, or a path without its ending."""
    command = ["sipp", "-sf", SCENARIOS / f"{scenario}.xml", "-i", "127.0.0.1", "-p", port, "-mi", "127.0.0.1",
               "-mp", media, "-nostdin", "-buff_size", 4_000_000, "-timer_resol", 1, *options]
    return subprocess.Popen([str(word) for word in command], cwd=folder, stdin=subprocess.DEVNULL,
                            stdout=open(f"{folder}/{pathlib.Path(scenario).name}.log", "a"), stderr=subprocess.STDOUT,
                            env={**os.environ, "TERM": "dumb"})


class Callee:
    """The far end, until the block is left; `seconds` is then what it has used."""

    def __init__(self, port=CALLEE):
        self.port, self.seconds = port, 0.0

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.process = start("callee", self.port, 8 * self.port, self.folder.name, HOST)
        self.pid = self.process.pid
        time.sleep(0.3)
        if self.process.poll() is not None:
            raise RuntimeError(f"the far end did not start: {pathlib.Path(self.folder.name, 'callee.log').read_text()[-400:]}")
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGKILL)
        self.seconds = ended(self.process, 5)
        self.folder.cleanup()


class Run:
    """What one run of a scenario came to."""

    def __init__(self, scenario, rate, count, hold=0, number="2000", target=HOST, accounts=None, when_full=None):
        """`count` times the scenario at `rate` per second; `when_full` is called once while all calls are held."""
        with tempfile.TemporaryDirectory() as folder:
            options = ["-r", rate, "-m", count, "-l", count, "-d", hold, "-s", number, "-recv_timeout", 20_000,
                       "-trace_stat", "-stf", f"{folder}/stat.csv", "-fd", 1, "-trace_rtt", "-rtt_freq", 50]
            if accounts:
                options += ["-inf", accounts]
            began = time.monotonic()
            process = start(scenario, CALLER, 41_000, folder, *options, target)
            if when_full:
                time.sleep(count / rate + 2)
                self.full = when_full()
            self.seconds = ended(process, began + count / rate * 1.5 + hold / 1000 + 30 - time.monotonic())
            self.wall = time.monotonic() - began
            try:
                last = list(csv.DictReader(open(f"{folder}/stat.csv"), delimiter=";"))[-1]
            except (OSError, IndexError):
                log = pathlib.Path(folder, f"{pathlib.Path(scenario).name}.log").read_text()
                raise RuntimeError(f"sipp ended without a figure: {log[-400:]}") from None
            self.good = int(last["SuccessfulCall(C)"])
            self.repeated = int(last["Retransmissions(C)"])
            self.failed = count - self.good
            self.count, self.rate = count, rate
            # Whether the asked rate was kept: sipp slows down when it cannot follow.
            self.kept = count / max(0.001, self.wall - hold / 1000) >= 0.9 * rate
            self.setup = sorted(
                float(row[1])
                for file in pathlib.Path(folder).glob("*_rtt.csv")
                for row in csv.reader(file.open(), delimiter=";")
                if len(row) >= 3 and row[2].strip() == "1"
            )

    def holds(self):
        """Whether the rate was borne: at most one failure in a thousand, one repetition in a hundred."""
        return self.kept and self.failed * 1000 <= self.count and self.repeated * 100 <= self.count

    def setup_ms(self, share):
        """The response time that this share of the calls stayed within."""
        return self.setup[min(len(self.setup) - 1, int(len(self.setup) * share))] if self.setup else None


def ended(process, limit):
    """Wait for an end, or bring it about. Gives the processor seconds that it took."""
    due = time.monotonic() + limit
    while True:
        pid, _, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = 0
            return usage.ru_utime + usage.ru_stime
        if time.monotonic() > due:
            process.kill()
        time.sleep(0.01)


def accounts(file, count, first=100_000):
    """The injection file of `register.xml`."""
    with open(file, "w") as out:
        out.write("SEQUENTIAL\n")
        for number in range(first, first + count):
            out.write(f"{number};[authentication username={number} password=pw{number}]\n")
    return file
