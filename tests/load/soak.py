"""Many short calls, and what is left of them: see soak.sh. Exits with an error when something is."""

import sys
import time

import sipp
from host import Host

HOLD = 50
# What must be back at nought when no call is left.
LEFT = ["calls", "sip_legs", "sip_transactions", "media_ports"]
# A transaction is kept for half a minute after its end, to answer what is repeated (RFC 3261 §17.2).
REST = 40


def rested(host):
    """What is left, and the memory, once everything that may rest a while has gone."""
    due = time.monotonic() + REST
    while True:
        counters = host.counters()
        left = {name: counters[name] for name in LEFT if counters[name]}
        if not left or time.monotonic() > due:
            return left, host.memory()
        time.sleep(0.5)


def main():
    binary, calls, rate = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    failed, trouble = 0, []
    with Host(binary) as host, sipp.Callee():
        host.administrator()

        def load(count):
            nonlocal failed
            run = sipp.Run("caller", rate, count, HOLD)
            failed += run.failed
            left, memory = rested(host)
            trouble.extend(f"{value} {name} left" for name, value in left.items())
            print(f"   {count:,} calls at {rate}/s, {run.failed} failed, {run.repeated} messages repeated; "
                  f"{memory:,} kB, left behind: {left or 'nothing'}", flush=True)
            return memory

        # Pools and tables grow to the size of the busiest second that they have seen: the first quarter sees most of them.
        warm = load(calls // 4)
        parts = [load(calls // 4) for _ in range(3)]
        growth = 100 * (parts[-1] / warm - 1)
        kept = host.counters()
    print(f"\n{calls:,} calls, {failed} failed; memory {warm:,} kB after the first quarter, {parts[-1]:,} kB at the end: "
          f"{growth:+.1f} % (target: within 2 %)")
    print("   " + ", ".join(f"{name} {kept[name]}" for name in sorted(kept)))
    if growth > 2:
        trouble.append(f"memory has grown by {growth:.1f} %")
    if failed * 1000 > calls:
        trouble.append(f"{failed} calls failed")
    print("NOT CLEAN: " + "; ".join(trouble) if trouble else "CLEAN")
    return 1 if trouble else 0


if __name__ == "__main__":
    sys.exit(main())
