#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Controllers that are killed or stopped for a while at random instants of what they are needed for: a clogged zone, a lost
pump with warm water, streamed weights with warm water, each on a system of its own. Nothing trips, and the duties do not jump
when they are back in charge.

usage: tests/live/test_kill.py [N [PLANTS]]   N instants (5), in PLANTS runs beside each other (make bench-kill: 100, 4)
"""
import json
import os
import random
import signal
import socket
import struct
import sys
import tempfile
import threading
import time

from live import BUILD, Run, done, ok, plant_file, wait

AUTO = 2
SUPERVISOR = 1  # is in charge of a device
RETICLES = 84
JUMP_FRAC = 0.02
PERIOD_S = 0.1
SLEW_PER_S = 0.2  # of a device, upwards
SYSTEMS = ("cs00", "cs01", "cs02")
PLANT = """site: kill
grid: reference
seed: {seed}
faults: allowed
control_period_ms: 100
limits: {{temp_c: 50, spread_k: 7}}
control: {{track_s: {track_s}}}
jobs:
  - {{name: clogged, systems: cs00, mode: sync}}
  - {{name: pump, systems: cs01, mode: ind}}
  - {{name: streamed, systems: cs02, mode: sync, period: {{compute: 0.6, stream: 0.4, activity: 0.335, period_s: 12}}}}
systems:
  - {{name: cs%02d, count: 3, type: water}}
facility:
  - {{name: sim, profile: simulator}}
"""
WELL = ("cs00.zone[5].g=1 over 1s", "cs01.pump[0].failed=0", "cs01.facility.supply_c=20 over 5s", "cs02.facility.supply_c=20 over 5s")
TROUBLE = ("cs00.zone[5].g=0.379 over 1s", "cs01.pump[0].failed=1", "cs01.facility.supply_c=26 over 5s",
           "cs02.facility.supply_c=28 over 8.9s")


class Engine:
    """One engine block's registers, read beside the collectors."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 5)
        self.socket.settimeout(5)
        self.file = self.socket.makefile("rb")

    def read(self, register, count):
        self.socket.sendall(struct.pack(">HHHBBHH", 1, 0, 6, 1, 4, register, count))
        head = self.file.read(9)
        return struct.unpack(f">{count}H", self.file.read(head[8]))

    def look(self):
        """(time before the duties were asked for, time when they were there, duties in force as fractions, which of them are the
        device's own doing, trips). Its own: it is in local control, or a duty stands where its foldback holds it, which moves
        by a per cent with each step of the hottest sensor."""
        _, _, _, fold = self.read(90, 4)
        asked = time.monotonic()
        duties = [v / 10000.0 for v in self.read(200, RETICLES)]
        there = time.monotonic()
        _, trips, authority, fold_after = self.read(90, 4)
        own = [authority != SUPERVISOR or any(f < 10000 and abs(d - f / 10000.0) < 0.0002 for f in (fold, fold_after)) for d in duties]
        return asked, there, duties, own, trips


class Watcher(threading.Thread):
    """Looks at all engines twenty times a second."""

    def __init__(self, ports):
        super().__init__(daemon=True)
        self.engines = [Engine(p) for p in ports]
        self.seen = []  # (time, [look of each system])
        self.over = threading.Event()

    def run(self):
        while not self.over.wait(0.05):
            self.seen.append((time.monotonic(), [e.look() for e in self.engines]))

    def jump(self, system, from_s, to_s):
        """The greatest change of a reticle's duty within a control period, from from_s to to_s, with its sign. A law that has a
        spread to bring down moves on, as fast as a device lets duty rise: that much is no jump where two looks are further apart.
        How far apart they may be is known: from before the first was asked for until the second was there."""
        wait(lambda: self.seen and self.seen[-1][0] > to_s, 5, 0.05)
        looks = [systems[system] for t, systems in list(self.seen) if from_s - 0.2 <= t <= to_s + 0.2]
        return self.greatest(looks)

    def jump_since(self, system, began_s, for_s):
        """The same from began_s on: what a device still did of what it was asked before is not in it, but that it is where it is."""
        wait(lambda: self.seen and self.seen[-1][0] > began_s + for_s, 5, 0.05)
        looks = [systems[system] for t, systems in list(self.seen) if began_s - 0.5 <= t <= began_s + for_s]
        first = max((k for k, look in enumerate(looks) if look[1] <= began_s), default=0)
        return self.greatest(looks[first:])

    @staticmethod
    def greatest(looks):
        most = 0.0
        for k, (asked, _, duties, _, _) in enumerate(looks):
            for later_asked, later, others, own, _ in looks[k + 1:]:
                step = max((0.0 if o else b - a for a, b, o in zip(duties, others, own)), key=abs)
                beyond = abs(step) - SLEW_PER_S * max(0.0, later - asked - PERIOD_S)
                if beyond > abs(most):
                    most = beyond if step > 0 else -beyond
                if later_asked - asked >= PERIOD_S:
                    break
        return most

    def trips(self):
        return max(look[4] for _, systems in self.seen for look in systems)

    def longest(self):
        return max(look[1] - look[0] for _, systems in self.seen for look in systems)


def modes(run):
    got = run.get(*(f"{s}.ctl.mode" for s in SYSTEMS))
    return [got.get(f"{s}.ctl.mode", (None, "NONE")) for s in SYSTEMS]


def in_charge(run):
    return all(m == (AUTO, "GOOD") for m in modes(run))


def engine_ports(run):
    """As the run has resolved them."""
    points = json.loads(run.cli("points", *(f"{s}.engine.trip" for s in SYSTEMS), "--json").stdout)
    points = points.get("points", points) if isinstance(points, dict) else points
    return [p["port"] for p in sorted(points, key=lambda p: p["name"])]


def take_overs(run, watcher, timeout_s):
    """The greatest jump of each system's takeover; None where none was seen in time."""
    jumps, out = [None] * len(SYSTEMS), [False] * len(SYSTEMS)

    def look():
        now = time.monotonic()
        for i, mode in enumerate(modes(run)):
            if mode != (AUTO, "GOOD"):
                out[i] = True
            elif out[i] and jumps[i] is None:
                jumps[i] = watcher.jump(i, now - 0.4, now + 0.2)
        return None not in jumps

    wait(look, timeout_s, 0.1)
    return jumps


def instants(run, watcher, n, draw, within_s, results):
    for k in range(n):
        for change in WELL if k % 2 else TROUBLE:
            run.fault(change)
        began = time.monotonic()
        at_s = draw.uniform(0.0, within_s)
        wait(lambda: time.monotonic() - began > at_s, within_s + 5, 0.01)
        pid = run.pid("controllers")
        # both within trouble and on the way back from it; as long as a device bears, and longer
        stop_s = None if k % 4 in (0, 3) else (4.2, 0.3, 1.0)[k // 2 % 3] * draw.uniform(0.9, 1.1)
        row = {"at_s": round(at_s, 2), "how": "killed" if stop_s is None else f"stopped for {stop_s:.1f} s", "jump": 0.0, "resumed": 0.0, "missed": False}
        if stop_s is None:
            os.kill(pid, signal.SIGKILL)
            wait(lambda: (run.pid("controllers") or pid) != pid, 20, 0.05)
        else:
            os.kill(pid, signal.SIGSTOP)
            stopped = time.monotonic()
            wait(lambda: time.monotonic() - stopped > stop_s, stop_s + 5, 0.01)
            resumed = time.monotonic()
            os.kill(pid, signal.SIGCONT)
        # a stop that no device notices ends in no takeover: what the law then does about a clog is no jump
        if stop_s is None or stop_s > 3.5:
            jumps = take_overs(run, watcher, 60)
            row["missed"] = None in jumps
            row["jump"] = max([0.0] + [j for j in jumps if j is not None], key=abs)
        else:
            row["missed"] = not wait(lambda: in_charge(run), 60, 0.2)
        if stop_s is not None:  # what was seen is kept: to look now misses no takeover
            row["resumed"] = max((watcher.jump_since(i, resumed, 1.0) for i in range(len(SYSTEMS))), key=abs)
            row["under_way"] = max((watcher.jump(i, stopped - 0.1, resumed - 0.2) for i in range(len(SYSTEMS))), key=abs)
        results.append(row)


def sweep(n, seed, track_s, within_s, results, failures):
    folder = tempfile.mkdtemp(prefix="isotherm-kill-")
    try:
        with Run(plant_file(folder, PLANT.format(seed=seed, track_s=track_s))) as run:
            if not wait(lambda: in_charge(run), 90, 0.3):
                failures.append("never in charge: " + run.output()[-1000:])
                return
            watcher = Watcher(engine_ports(run))
            watcher.start()
            instants(run, watcher, n, random.Random(seed), within_s, results)
            watcher.over.set()
            watcher.join(10)
            results.append({"trips": watcher.trips(), "look_s": watcher.longest()})
    except Exception as e:  # pylint: disable=broad-except
        failures.append(repr(e))
    finally:
        os.unlink(os.path.join(folder, "plant.yaml"))
        os.rmdir(folder)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    plants = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    long = len(sys.argv) > 1
    results, failures = [], []
    threads = [threading.Thread(target=sweep, args=(n // plants + (k < n % plants), 7 + k, 10 if long else 1, 20.0 if long else 1.5,
                                                    results, failures)) for k in range(plants)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    rows = [r for r in results if "how" in r]
    print("# a look at an engine took at most " + ", ".join(f"{1000 * r['look_s']:.0f} ms" for r in results if "look_s" in r))
    trips = [r["trips"] for r in results if "trips" in r]
    for r in rows:
        print(f"# {r['how']} {r['at_s']} s after the change: the greatest jump of a duty {100 * r['jump']:.2f} %"
              + (f", as they went on {100 * r['resumed']:.2f} %, before and while they stood {100 * r['under_way']:.2f} %" if "under_way" in r else ""))
    ok(not failures and len(rows) == n, f"controllers are killed or stopped at {n} instants", failures)
    ok(not any(r["missed"] for r in rows), "each time they take over again", [r for r in rows if r["missed"]])
    ok(len(trips) == plants and not any(trips), "nothing trips", trips)
    worst = max((abs(r["jump"]) for r in rows), default=1.0)
    resumed = max((abs(r["resumed"]) for r in rows), default=1.0)
    ok(worst < JUMP_FRAC, f"and no duty jumps: {100 * worst:.2f} % at most", [r for r in rows if abs(r["jump"]) >= JUMP_FRAC])
    if long:
        good = not failures and len(rows) == n and not any(r["missed"] for r in rows)
        goals = [{"goal": f"controllers killed or stopped at {n} instants: trips", "worst": sum(t != 0 for t in trips), "target": 0.0, "unit": ""},
                 {"goal": f"controllers killed or stopped at {n} instants: jump of a duty", "worst": 100 * worst, "target": 2.0, "unit": "%"},
                 {"goal": f"controllers stopped, of {n} instants: jump as they go on", "worst": 100 * resumed, "target": 2.0, "unit": "%"}]
        for g in goals:
            g.update(gate=g["target"], at_most=True, median=None, of="make bench-kill", wafers=len(SYSTEMS) * plants, excess_k=None,
                     verdict="ok" if good and g["worst"] <= g["target"] else "red")
        with open(os.path.join(BUILD, "bench-kill.goals.json"), "w", encoding="utf-8") as f:
            json.dump(goals, f, indent=1)
    done()


main()
