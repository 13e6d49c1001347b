# SPDX-License-Identifier: Apache-2.0
"""What `make bench-control` plays, as data: scenarios with their variants, and the goals that are judged."""
import os
import re

SYNC, IND, FREE = "sync", "ind", "sync+shares"  # one synchronous job, independent tiles, a job whose work may move
PRODUCT = ("spi", "mpc")  # the product's own, the last that there is counts
BASELINES = ("none", "global", "bang", "pi")


class Case:
    """A scenario file, changed by `edits` (pattern, replacement), in some modes under some controllers."""

    def __init__(self, name, file=None, edits=(), modes=(SYNC, IND, FREE), controllers=None, events=1, bound=True, systems=1):
        self.name, self.file, self.edits, self.modes = name, (file or name) + ".yaml", edits, modes
        self.controllers, self.events, self.bound, self.systems = controllers, events, bound, systems

    def text(self, folder):
        """The scenario without what a test expects of it, in its full length."""
        with open(os.path.join(folder, self.file), encoding="utf-8") as f:
            text = f.read().split("\nexpect:")[0] + "\n"
        for pattern, to in (*self.edits, (r"(?m)^duration_s: .*$", "duration_s: 300")):
            text, n = re.subn(pattern, to, text)
            if n == 0:
                raise ValueError(f"{self.file}: no {pattern}")
        return text

    def plays(self, controller):
        if self.controllers is not None:
            return controller in self.controllers
        return controller != "off"


def limit(kelvin):
    return ((r"(?m)^shares: fixed$", f"shares: fixed\ns_lim_k: {kelvin}"),)


def period(seconds):
    return ((r"period_s: 12", f"period_s: {seconds}"),)


WHOLE = ((r"scored_s: .*", "scored_s: [0, 300]"),)


def straggler(what):
    """What becomes of the others while a system of their job is slow."""
    return (*WHOLE, (r"microbatches: 32", f"microbatches: 32, straggler: {what}"))


CLUSTER = ("none", *PRODUCT)
CASES = (
    Case("s1"),
    Case("s1-4k", "s1", limit(4)),
    Case("s1-3k", "s1", limit(3)),
    Case("s2"),
    Case("s2r"),
    Case("s3"),
    Case("s4", events=2),
    Case("s5"),
    Case("s6-5s", "s6", period(5)),
    Case("s6", "s6"),
    Case("s6-20s", "s6", period(20)),
    Case("s6h"),
    Case("s9"),
    Case("s10_s3", modes=(SYNC, IND), controllers=("off",)),
    Case("s10_s4", modes=(SYNC, IND), controllers=("off",), events=2),
    Case("s10_s6h", modes=(SYNC, IND), controllers=("off",)),
    Case("s7", edits=WHOLE, modes=(SYNC,), controllers=CLUSTER, bound=False, systems=16),
    Case("s7-pace", "s7", straggler("pace"), modes=(SYNC,), controllers=PRODUCT, bound=False, systems=16),
    Case("s7-wait", "s7", straggler("none"), modes=(SYNC,), controllers=PRODUCT, bound=False, systems=16),
    Case("s11", modes=(SYNC,), controllers=CLUSTER, bound=False, systems=16),
    Case("s12", modes=(SYNC,), controllers=CLUSTER, bound=False, systems=16),
)


class Goal:
    """One row: a figure of one or several groups of runs, its target, and the gate beyond which the row is red.

    figure(run) -> number or None; the row's is the worst over all wafers. `at_most`: smaller is better."""

    def __init__(self, name, where, figure, target, gate=None, at_most=False, unit="%", counts=None):
        self.name, self.where, self.figure, self.target = name, where, figure, target
        self.gate = target if gate is None else gate
        self.at_most, self.unit, self.counts = at_most, unit, counts


def of_bound(run):
    return run["bound_pct"]


def excess_k(run):
    """Mean over the scored time of what lay above either limit: the greater of both."""
    return max(run["ks_above_s"], run["ks_above_t"]) / run["scored_s"]


def score(name):
    return lambda run: run.get(name)


def event_s(words, after_s):
    """From `after_s` to the first line of the controllers that holds all the words."""

    def find(run):
        for e in run["events"]:
            if e["kind"] == "control" and e["time_s"] >= after_s - 0.05 and all(w in e["text"] for w in words):
                return max(0.0, e["time_s"] - after_s)
        return None

    return find


def goals():
    rows = []
    for name in ("s1", "s2", "s2r", "s3", "s4", "s5", "s6-5s", "s6", "s6-20s", "s6h"):
        for mode in (SYNC, IND):
            rows.append(Goal(f"tokens of what is possible, {name} {mode}", [(name, mode)], of_bound, 99.0,
                             98.5 if name == "s2" else 97.0, counts=0.25 if (name, mode) == ("s3", SYNC) else 0.05))
    for name, target, gate, excess in (("s3", 98.0, 97.0, 0.25), ("s2r", 98.0, 97.0, 0.05), ("s2", 97.0, 94.0, 0.10), ("s4", 97.0, 94.0, 0.10)):
        rows.append(Goal(f"tokens of what is possible, {name} {FREE}", [(name, FREE)], of_bound, target, gate, counts=excess))
    usual = ["s1", "s2", "s2r", "s3", "s4", "s5", "s6-5s", "s6", "s6-20s", "s6h", "s9"]
    every = [(n, m) for n in usual for m in (SYNC, IND, FREE)]
    rows.append(Goal("time more than 0.5 K above the limit of the temperature", [w for w in every if w != ("s3", FREE)],
                     score("s_above_t"), 0.0, at_most=True, unit="s"))
    rows.append(Goal(f"the same, s3 {FREE}", [("s3", FREE)], score("s_above_t"), 2.0, at_most=True, unit="s"))
    slow = {("s3", SYNC): 4.0, ("s3", FREE): 10.0, ("s2", FREE): 10.0, ("s4", SYNC): 10.0, ("s4", FREE): 20.0}
    rows.append(Goal("time more than 0.5 K above the limit of the spread, an event", [w for w in every if w not in slow],
                     lambda run: run["s_above_s"] / run["case_events"], 2.0, at_most=True, unit="s"))
    for where, most in slow.items():
        rows.append(Goal(f"the same, all of {where[0]} {where[1]}", [where], score("s_above_s"), most, at_most=True, unit="s"))
    rows.append(Goal("time above a power cap after its deadline", [("s5", m) for m in (SYNC, IND, FREE)],
                     score("s_above_cap"), 0.0, at_most=True, unit="s"))
    for name in ("s1-4k", "s1-3k"):
        rows.append(Goal(f"tokens of what is possible, {name} {IND}", [(name, IND)], of_bound, 99.0, counts=0.05))
        rows.append(Goal(f"tokens of what is possible, {name} {FREE}", [(name, FREE)], of_bound, 98.0, counts=0.05))
    rows += [
        Goal(f"a clogged zone: back within the limit of the spread, s3 {FREE}", [("s3", FREE)], score("back_s"), 20.0, at_most=True, unit="s"),
        Goal("a clogged zone: named by then, s3", [("s3", SYNC), ("s3", FREE)], event_s(("column 6", "is clogged"), 30.0), 15.0, at_most=True, unit="s"),
        Goal("a clogged zone: what is told of its flow is off by, s3", [("s3", SYNC), ("s3", FREE)], score("zone_off_pct"), 10.0, at_most=True),
        Goal("a lying sensor: tokens of what is possible, s9", [("s9", m) for m in (SYNC, IND)], of_bound, 99.9, counts=0.05),
        Goal("a lying sensor: time above either limit, s9", [("s9", m) for m in (SYNC, IND)],
             lambda run: run["s_above_s"] + run["s_above_t"], 0.0, at_most=True, unit="s"),
        Goal("a lying sensor: named by then, s9", [("s9", m) for m in (SYNC, IND)], event_s(("sensor D5",), 100.0), 1.0, at_most=True, unit="s"),
        Goal("a slow system: throughput of all, s7", [("s7", SYNC)], score("throughput_pct"), 96.0),
        Goal("a slow system: saved by slowing the others, of what they wait away, s7", [("s7-pace", SYNC)], score("pace_saved_pct"), 95.0),
        Goal("a slow system: tokens that slowing the others leaves, s7", [("s7-pace", SYNC)], score("pace_kept_pct"), 99.9),
    ]
    for name in ("s6-5s", "s6", "s6-20s"):
        rows.append(Goal(f"weights streamed: movement of the duties, {name}", [(name, m) for m in (SYNC, IND)],
                         score("effort_per_min"), 0.01, at_most=True, unit="/min"))
        rows.append(Goal(f"weights streamed: movement of the pumps, {name}", [(name, m) for m in (SYNC, IND)],
                         score("pump_travel_per_min"), 0.3, at_most=True, unit="/min"))
    rows += [
        Goal("nobody controls: trips, s10", [(n, m) for n in ("s10_s3", "s10_s4", "s10_s6h") for m in (SYNC, IND)],
             score("trips"), 0.0, at_most=True, unit=""),
        Goal("nobody controls: hottest reticle, s10", [(n, m) for n in ("s10_s3", "s10_s4", "s10_s6h") for m in (SYNC, IND)],
             score("tmax_c"), 55.0, at_most=True, unit="C"),
        Goal("a leak: trips of the other systems, s11", [("s11", SYNC)], score("other_trips"), 0.0, at_most=True, unit=""),
        Goal("a leak: hottest reticle, s11", [("s11", SYNC)], score("tmax_c"), 50.5, at_most=True, unit="C"),
        Goal("no facility water for 120 s: trips, s12", [("s12", SYNC)], score("trips"), 0.0, at_most=True, unit=""),
    ]
    return rows


# Bounds of the reference wafer on the grid `reference`, published with the scenarios' definitions, %.
PUBLISHED = {
    "sync": {"s2": 83.7, "s2r": 95.6, "s3": 47.1, "s4": 90.4, "s5": 79.9, "s6h": 96.7, "s1 4": 80.6, "s1 3": 53.3},
    "ind": {"s2": 89.6, "s2r": 99.0, "s3": 98.9, "s4": 97.7, "s5": 79.9, "s6h": 99.6, "s1 4": 99.5, "s1 3": 97.1},
}
PUBLISHED_WITHIN = 0.3
