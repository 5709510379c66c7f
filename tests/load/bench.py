"""What a call, a registration and a held call cost: `make bench` after the benches of the crates.

Each figure is a median of several runs, printed beside its target. It moves with the machine, and by the hour on one
that others use too; so what a call and a registration cost is also divided by what the same costs Kamailio in the same
minutes. Exits with an error only when something did not run.
"""

import json
import os
import pathlib
import statistics
import sys
import tempfile
import time

import lamps
import plugins
import room
import sipp
import sound
from host import Host, busy_seconds, cpu_seconds
from peer import REGISTER, Peer

RUNS = int(os.environ.get("RUNS", "5"))
HOLD = 500
CALLS_PER_S = 200
REGISTERS_PER_S = 400
HELD = 1000
PARKED = 500
REGISTRATIONS = 100_000
REST = 34
# Callers are told how many are there before they enter.
ENTRY = 8
TALK = 10
# Calls with sound, seconds that each run of them lasts, and calls between two codecs.
TALKING = 100
FLOW = 6
TURNED = 20
FLAT = {10: 10, 50: 6, 400: 5, 1000: 4}


class Table:
    """Figures by name, and how much others have disturbed them."""

    def __init__(self):
        self.rows, self.disturbed = [], 0.0

    def add(self, name, value, unit, target="", digits=2, note=""):
        text = "did not run" if value is None else f"{value:,.{digits}f} {unit}"
        self.rows.append((name, text, target, note))
        print(f"   {name}: {text}", file=sys.stderr, flush=True)

    def show(self):
        head = ("figure", "measured", "target", "")
        widths = [max(len(row[column]) for row in [head, *self.rows]) for column in range(4)]
        line = "  ".join("-" * width for width in widths)
        print()
        for row in [head, None, *self.rows]:
            cells = row and "  ".join(cell.rjust(w) if at == 1 else cell.ljust(w) for at, (cell, w) in enumerate(zip(row, widths)))
            print((cells or line).rstrip())
        print(f"\n{os.cpu_count()} processors, load average {os.getloadavg()[0]:.1f}; "
              f"during the worst run others took {100 * self.disturbed:.0f} % of a processor.")


class Bench:
    """One host and the far end, measured run by run."""

    def __init__(self, host, callee, table, peer=None, bare=None):
        self.host, self.callee, self.table, self.peer, self.bare = host, callee, table, peer, bare
        self.idle = 0.0

    def run(self, *args, **kwargs):
        """A run, with `cpu_ms`: what each success has cost the host."""
        cpu, far, busy = cpu_seconds(self.host.pid), cpu_seconds(self.callee.pid), busy_seconds()
        run = sipp.Run(*args, **kwargs)
        # The last answers are part of the call.
        time.sleep(0.2)
        used, far = cpu_seconds(self.host.pid) - cpu, cpu_seconds(self.callee.pid) - far
        run.cpu_ms = 1000 * max(0.0, used - self.idle * (run.wall + 0.2)) / max(1, run.good)
        others = busy_seconds() - busy - used - far - run.seconds
        self.table.disturbed = max(self.table.disturbed, others / run.wall)
        return run

    def native(self):
        """What the plugin's decision adds to a call: calls through this host, and in turn through one that decides by itself."""
        ours, native = [], []
        with Host(self.host.binary, plugins=False) as other:
            time.sleep(3)
            beside = Bench(other, self.callee, self.table)
            beside.idle = other.idle(3)
            beside.run("caller", 50, 100, HOLD, target=other.sip)
            for _ in range(RUNS):
                ours.append(self.run("caller", CALLS_PER_S, CALLS_PER_S * 6, HOLD).cpu_ms)
                native.append(beside.run("caller", CALLS_PER_S, CALLS_PER_S * 6, HOLD, target=other.sip).cpu_ms)
        ours, native = statistics.median(ours), statistics.median(native)
        self.table.add("a plugin's decision in a call's CPU", 100 * (ours / native - 1), "%", "≤ 8", digits=1,
                       note=f"{ours:.3f} ms, {native:.3f} ms with the host's own rule")

    def highest(self, start, seconds, *args, **kwargs):
        """The highest rate that holds: up by half until it does not twice, then two halvings of the gap."""

        def holds(rate):
            for _ in range(2):
                if self.run(args[0], rate, int(rate * seconds), *args[1:], **kwargs).holds():
                    return True
                time.sleep(3)
            return False

        good, bad, rate = 0, None, start
        while bad is None and rate < 50_000:
            if holds(rate):
                good, rate = rate, rate * 3 // 2
            else:
                bad = rate
        for _ in range(2):
            middle = (good + bad) // 2
            if holds(middle):
                good = middle
            else:
                bad = middle
        return good

    def calls(self):
        direct, through, peer = [], [], []
        self.run("caller", 50, 100, HOLD)
        for _ in range(RUNS):
            with sipp.Callee(sipp.DIRECT) as callee:
                run = sipp.Run("caller", CALLS_PER_S, CALLS_PER_S * 4, HOLD, target=f"127.0.0.1:{sipp.DIRECT}")
            direct.append(1000 * (run.seconds + callee.seconds) / max(1, run.good))
            through.append(self.run("caller", CALLS_PER_S, CALLS_PER_S * 6, HOLD))
            peer.append(self.peer.cpu_ms("caller", CALLS_PER_S, CALLS_PER_S * 6, HOLD))
        cpu, alone = statistics.median(r.cpu_ms for r in through), statistics.median(direct)
        add = self.table.add
        add("CPU per call, sound anchored", cpu, "ms", "≤ 0.9 (0.6)", note=f"{cpu / alone:.2f} of sipp to sipp ({alone:.2f} ms)")
        self.beside("a call", cpu, peer)
        # sipp's clock steps by some milliseconds: 0 is less than a step.
        add("set-up, half of the calls", statistics.median(r.setup_ms(0.5) for r in through), "ms", digits=0)
        add("set-up, 99 of 100 calls", statistics.median(r.setup_ms(0.99) for r in through), "ms", "< 10", digits=0)
        costs = {CALLS_PER_S: cpu}
        for rate, seconds in FLAT.items():
            # What is left of a rush, timers of transactions above all, would be counted as cost of the few calls after it.
            time.sleep(REST)
            costs[rate] = statistics.median(self.run("caller", rate, rate * seconds, HOLD).cpu_ms for _ in range(min(3, RUNS)))
        for rate in sorted(costs):
            add(f"   at {rate} calls/s", costs[rate], "ms", note=f"{100 * (costs[rate] / cpu - 1):+.0f} %")
        add("highest calls/s", self.highest(400, 4, "caller", HOLD), "", digits=0, note="sipp on the same processors")

    def beside(self, what, ours, peer, target=""):
        """A cost as a share of Kamailio's in the same minutes."""
        peer = statistics.median(peer)
        self.table.add(f"   {what}, as a share of Kamailio's", ours / peer, "", target, note=f"Kamailio, without sound: {peer:.3f} ms")

    def held(self):
        before = self.host.memory()
        hold = 1000 * (HELD // 200 + 5)
        run = self.run("caller", 200, HELD, hold, when_full=self.host.memory)
        value = (run.full - before) / HELD if run.failed == 0 else None
        self.table.add("memory per held call", value, "kB", "≤ 40", digits=1)

    def parked(self):
        before = self.host.memory()
        hold = 1000 * (PARKED // 100 + 5)
        run = self.run("caller", 100, PARKED, hold, number="3000", when_full=self.host.memory)
        value = (run.full - before) / PARKED if run.failed == 0 else None
        self.table.add("memory per parked script and its call", value, "kB", "≤ 75", digits=1)

    def rooms(self):
        idle = self.host.idle(3)
        for rooms, label in [(1, "room of 16, two talk, G.711"), (4, "   the same, four rooms at once, each")]:
            shares, heard, bare = [], [], []
            for _ in range(min(3, RUNS)):
                with room.Room(rooms) as callers:
                    time.sleep(ENTRY)
                    before, count = callers.heard, 0
                    shares.append(100 * max(0.0, self.host.idle(TALK) - idle) / rooms)
                    count = callers.heard - before
                heard.append(count / (rooms * room.MEMBERS * TALK * 50))
                bare.append(self.bare_relay(rooms * room.MEMBERS // 2, (sound.law(), sound.law())) / rooms)
            note = f"{100 * statistics.median(heard):.1f} % of the packets heard"
            self.table.add(label, statistics.median(shares), "% of a core", "≤ 1.5", note=note)
            self.beside_bare(statistics.median(shares), bare)

    def sound(self):
        """What sound costs."""
        idle, law, opus = self.host.idle(3), sound.law(), sound.opus()
        for label, count, codecs, number, each, target in [
            (f"{TALKING} relayed calls, G.711", TALKING, (law, law), "2000", 1, "≤ 9"),
            (f"a prompt to {TALKING} callers", TALKING, (law, law), "3000", 1, "≤ 6"),
            ("a call between Opus and G.711", TURNED, (opus, law), "2000", TURNED, "≤ 0.45"),
        ]:
            shares, bare, heard = [], [], []
            for _ in range(RUNS):
                with sound.Calls(count, codecs, number) as calls:
                    share, whole = sound.cost(self.host.pid, calls.callers + calls.callees, FLOW, idle)
                shares.append(100 * share / each)
                heard.append(whole)
                bare.append(self.bare_relay(count, codecs) / each)
            note = f"{100 * statistics.median(heard):.1f} % of the packets heard"
            self.table.add(label, statistics.median(shares), "% of a core", target, note=note)
            self.beside_bare(statistics.median(shares), bare)

    def bare_relay(self, calls, codecs):
        """Per cent of a core that merely taking in and sending on as many packets takes."""
        with sound.BareRelay(self.bare, calls) as relay:
            return 100 * sound.cost(relay.pid, relay.legs(codecs), FLOW)[0]

    def beside_bare(self, ours, bare):
        """A share of a core as a ratio to that of a bare relay in the same minutes."""
        bare = statistics.median(bare)
        self.table.add("   beside a bare relay of as many packets", ours / bare, "", note=f"bare: {bare:.2f} %")

    def registers(self, folder):
        accounts = sipp.accounts(f"{folder}/accounts.csv", 1000)
        # What the rush of calls has left behind would be counted as the cost of registrations.
        time.sleep(REST)
        self.run("register", 200, 400, accounts=accounts)
        ours, peer = [], []
        for _ in range(RUNS):
            ours.append(self.run("register", REGISTERS_PER_S, REGISTERS_PER_S * 5, accounts=accounts).cpu_ms)
            peer.append(self.peer.cpu_ms("register", REGISTERS_PER_S, REGISTERS_PER_S * 5, accounts=accounts))
        cpu = statistics.median(ours)
        self.table.add("CPU per REGISTER with digest", cpu, "ms", "≤ 0.20 (0.15)", digits=3)
        self.beside("a REGISTER", cpu, peer, f"≤ {0.20 / REGISTER:.2f} ({0.15 / REGISTER:.2f})")
        highest = self.highest(2000, 3, "register", accounts=accounts)
        self.table.add("highest REGISTER/s", highest, "", digits=0, note="sipp on the same processors")

    def many(self, folder):
        accounts = sipp.accounts(f"{folder}/many.csv", REGISTRATIONS)
        run = self.run("register", 3000, REGISTRATIONS, accounts=accounts)
        # Transactions are kept for half a minute after their answer (RFC 3261 §17.2.2); phones are not that punctual.
        time.sleep(REST)
        value = self.host.memory() / 1024 if run.failed * 1000 <= REGISTRATIONS else None
        self.table.add(f"memory with {REGISTRATIONS:,} registrations", value, "MB", "≤ 400", digits=0)


def criterion(table, name, bench, target=""):
    """What `cargo bench` has left of a bench."""
    target_dir = pathlib.Path(os.environ["CARGO_TARGET_DIR"])
    try:
        estimates = json.loads((target_dir / "criterion" / bench / "new" / "estimates.json").read_text())
        value = estimates["median"]["point_estimate"] / 1000
    except (OSError, KeyError):
        value = None
    table.add(name, value, "µs", target)


def main():
    binary, bare = sys.argv[1:]
    table = Table()
    with tempfile.TemporaryDirectory() as folder:
        with Host(binary) as host, sipp.Callee() as callee, Peer() as peer:
            bench = Bench(host, callee, table, peer)
            time.sleep(3)
            bench.idle = host.idle(5)
            table.add("memory, idle", host.memory() / 1024, "MB", "≤ 60", digits=1)
            table.add("CPU, idle", 100 * bench.idle, "%", "≤ 0.5")
            bench.calls()
            bench.native()
            bench.registers(folder)
        with Host(binary) as host, sipp.Callee() as callee:
            Bench(host, callee, table, bare=bare).rooms()
        with Host(binary) as host:
            Bench(host, None, table, bare=bare).sound()
        # Memory is measured on hosts that are as a small office has them, not swollen by a rush of calls.
        for measure in [Bench.held, Bench.parked]:
            with Host(binary) as host, sipp.Callee() as callee:
                bench = Bench(host, callee, table)
                bench.run("caller", 20, 40, HOLD)
                measure(bench)
        with Host(binary, REGISTRATIONS) as host, sipp.Callee() as callee:
            Bench(host, callee, table).many(folder)
    plugins.reducer(binary, table)
    plugins.browser(binary, table)
    plugins.isolation(binary, table)
    faults = lamps.measure(binary, table.add)
    criterion(table, "parsing an INVITE of 395 bytes", "parse/INVITE", "≤ 1")
    criterion(table, "a plugin's routing decision, by a fresh instance", "route_hook", "≤ 30")
    criterion(table, "the same by an instance that has decided before", "route_hook_again")
    criterion(table, "a script started and ended", "script_start", "≤ 80")
    criterion(table, "20 ms of a call between Opus and G.711, without sockets", "a call between Opus and A-law", "≤ 82")
    criterion(table, "20 ms of a room of 16, two talk, G.722", "16 members, 2 talk, G.722")
    table.show()
    for fault in faults:
        print(f"lamps: {fault}")
    return 1 if any("did not run" in row for row in table.rows) or faults else 0


if __name__ == "__main__":
    sys.exit(main())
