"""Kamailio beside us in the same minutes: a machine's speed moves by the hour, what two programs cost it moves together."""

import pathlib
import subprocess
import tempfile
import time

import sipp
from host import cpu_seconds

CONFIG = pathlib.Path(__file__).resolve().parent / "kamailio.cfg"
ADDRESS = "127.0.0.1:5062"
# ms that a registration cost it where the target for ours was set. (A call cost it 0.74 there, but routed by other rules.)
REGISTER = 0.17


def family(pid):
    """A process and all that it has started."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in family(int(child)))]


class Peer:
    """Kamailio with `kamailio.cfg`, until the block is left."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.log = pathlib.Path(self.folder.name, "log")
        command = ["kamailio", "-f", CONFIG, "-DD", "-E", "-m", "256", "-Y", self.folder.name]
        self.process = subprocess.Popen(command, stdout=self.log.open("w"), stderr=subprocess.STDOUT)
        time.sleep(2)
        if self.process.poll() is not None:
            raise RuntimeError(f"Kamailio did not start: {self.log.read_text()[-400:]}")
        self.pids = family(self.process.pid)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.folder.cleanup()

    def cpu_ms(self, *args, **kwargs):
        """What each success of a run through it has cost it."""
        before = sum(map(cpu_seconds, self.pids))
        run = sipp.Run(*args, target=ADDRESS, **kwargs)
        time.sleep(0.2)
        return 1000 * (sum(map(cpu_seconds, self.pids)) - before) / max(1, run.good)
