# SPDX-License-Identifier: Apache-2.0
"""Plays scenarios and asks for bounds, two at a time. What was played or solved before, by the same program with the same
scenario, comes from the folder of the last time."""
import csv
import hashlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from control_cases import FREE, IND, PUBLISHED, PUBLISHED_WITHIN

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCENARIOS = os.path.join(ROOT, "tests", "scenario")
REFERENCE = os.path.join(ROOT, "config", "wafers", "reference.csv")
CLOGGED_FRAC = 0.379 * 12 / (11 + 0.379)  # of the mean flow of a zone: s3 leaves that of zone 5
PACED = ("s7-pace", "s7-wait")
FLAT = ("throughput_pct", "spread_mean_k", "spread_max_k", "tmax_c", "s_above_s", "s_above_t", "ks_above_s", "ks_above_t",
        "s_above_cap", "kj_above_cap", "cooling_kj", "effort_per_min", "pump_travel_per_min", "s_lim_k", "trips")
GREATEST = ("spread_max_k", "tmax_c", "s_above_s", "s_above_t", "ks_above_s", "ks_above_t", "s_above_cap", "s_lim_k")


def digest_of(paths):
    """Of files, and of all files below folders."""
    sha = hashlib.sha256()
    for path in paths:
        names = [path]
        if os.path.isdir(path):
            names = sorted(os.path.join(base, n) for base, _, files in os.walk(path) for n in files)
        for name in names:
            with open(name, "rb") as f:
                sha.update(os.path.relpath(name, path).encode() + f.read())
    return sha.hexdigest()


def options_of(mode):
    return {FREE: ["--mode", "sync", "--shares", "free"], IND: ["--mode", "ind"]}.get(mode, ["--mode", "sync", "--shares", "fixed"])


class Player:
    def __init__(self, build, out, grid, workers):
        self.build, self.out, self.grid = build, out, grid
        self.pool = ThreadPoolExecutor(workers)
        self.env = dict(os.environ, ISOTHERM_CONFIG=os.path.join(ROOT, "config"))
        self.kept = os.path.join(out, "kept")
        for folder in (self.kept, os.path.join(out, "scenarios")):
            os.makedirs(folder, exist_ok=True)
        config = os.path.join(ROOT, "config")
        self.program = digest_of([self.path("isotherm-scenario"), config])
        # a bound hangs on the plant, the program that solves it, and the scenario: not on controllers
        bench = os.path.join(ROOT, "tests", "bench")
        plant = [os.path.join(config, n) for n in ("model.def", "supply_params.def", "types", "wafers")]
        self.solver = digest_of([os.path.join(ROOT, "engine_sim"), *plant] +
                                sorted(os.path.join(bench, n) for n in os.listdir(bench) if n.startswith("bound")))
        self.played = self.from_before = 0
        self.busy_s = 0.0
        self.lock, self.files = threading.Lock(), {}

    def path(self, program):
        return os.path.join(self.build, program)

    def ask(self, *command):
        began = time.monotonic()
        r = subprocess.run(["nice", self.path(command[0]), *command[1:]], env=self.env, capture_output=True, text=True, check=False)
        self.busy_s += time.monotonic() - began
        return r

    def keep(self, key, make):
        """make() is asked once a key; None and errors are not kept."""
        path = os.path.join(self.kept, hashlib.sha256(repr(key).encode()).hexdigest()[:32] + ".json")
        try:
            with open(path, encoding="utf-8") as f:
                self.from_before += 1
                return json.load(f)
        except (OSError, ValueError):
            self.from_before -= os.path.exists(path)
        self.played += 1
        value = make()
        if value is not None and "error" not in value:
            with open(path + ".new", "w", encoding="utf-8") as f:
                json.dump(value, f)
            os.replace(path + ".new", path)
        return value

    # --- what there is

    def controllers(self):
        """The program names all that it knows when it is asked for one that it does not."""
        said = self.ask("isotherm-scenario", "-", "--controller", "?").stderr
        return [c.strip(" )\n") for c in said.split("allowed: ")[1].split(",")]

    def moves_work(self, controller):
        path = os.path.join(self.out, "scenarios", "short.yaml")
        with open(path, "w", encoding="utf-8") as f:
            f.write("plant:\n  site: s\n  seed: 1\n  systems:\n    - {name: cs%02d, count: 1, type: water}\n"
                    "grid: reference\nwarm_up_s: 0\nduration_s: 0.1\n")
        return self.ask("isotherm-scenario", path, "--shares", "free", "--mode", "sync", "--controller", controller).returncode == 0

    # --- the bound

    def bound(self, *options):
        def solve():
            r = self.ask("isotherm-bound", *options, "--json")
            return json.loads(r.stdout) if r.returncode == 0 else None

        return self.keep(("bound", self.solver, options), solve)

    def check_of_bounds(self):
        """[(name, got, published, good)] of the reference wafer."""
        asked = []
        for mode, row in PUBLISHED.items():
            for case, want in row.items():
                scenario, at = (case.split() + ["6"])[:2]
                asked.append((f"{scenario} {mode} at {at} K", want, self.pool.submit(
                    self.bound, scenario, "--mode", mode, "--wafer", REFERENCE, "--s-lim", at, "--grid", "reference")))
        rows = []
        for name, want, answer in asked:
            got = (answer.result() or {}).get("bound_pct")
            rows.append((name, got, want, got is not None and abs(got - want) <= PUBLISHED_WITHIN))
        return rows

    # --- a scenario

    def file_of(self, case):
        """Written once: others may be reading it."""
        with self.lock:
            if case.name not in self.files:
                path, text = os.path.join(self.out, "scenarios", case.name + ".yaml"), case.text(SCENARIOS)
                with open(path + ".new", "w", encoding="utf-8") as f:
                    f.write(text)
                os.replace(path + ".new", path)
                self.files[case.name] = (path, text)
            return self.files[case.name]

    def best(self, case, mode, seed):
        """[best of each system] in %, None where none is known."""
        mode = IND if mode == FREE else mode  # with free shares as much is possible
        path, text = self.file_of(case)

        def solve():
            r = self.ask("isotherm-bound", path, *options_of(mode), "--grid", self.grid, "--seed", str(seed), "--json")
            if r.returncode != 0:
                print(f"isotherm-bound {case.name} {mode} {seed}: {r.stderr.strip()[-300:]}", file=sys.stderr)
            return [[s["bound_pct"], s["s_lim_k"]] for s in json.loads(r.stdout)["systems"]] if r.returncode == 0 else None

        return self.keep(("best", self.solver, text, mode, self.grid, seed), solve)

    def play(self, case, mode, controller, seed):
        path, text = self.file_of(case)
        truth = os.path.join(self.kept, f"truth-{os.getpid()}-{case.name}-{mode}-{controller}-{seed}.csv")
        want_truth = (case.name == "s3" and mode == FREE) or case.name in PACED

        def run():
            r = self.ask("isotherm-scenario", path, *options_of(mode), "--grid", self.grid, "--seed", str(seed),
                         "--threads", "1", "--controller", controller, "--json", *(["--truth", truth] if want_truth else []))
            if r.returncode not in (0, 1):
                return {"error": (r.stderr.strip().splitlines() or ["?"])[-1][:300]}
            run = flat(json.loads(r.stdout), case)
            if want_truth:
                if case.name in PACED:
                    run["healthy_w"], run["healthy_wait"] = healthy(truth, 60.0)
                else:
                    run["back_s"] = back_within(truth, 30.0, run["s_lim_k"])
                os.unlink(truth)
            return run

        run = self.keep(("run", self.program, text, mode, self.grid, controller, seed), run)
        run.update(case=case.name, mode=mode, controller=controller, seed=seed, case_events=case.events)
        best = self.best(case, mode, seed) if case.bound else None
        run["best_pct"] = run["bound_pct"] = None
        if best and best[0][0] and "error" not in run:
            run["best_pct"] = best[0][0]
            run["bound_pct"] = 100.0 * run["throughput_pct"] / best[0][0]
            if abs(best[0][1] - run["s_lim_k"]) > 1e-3:
                run["error"] = f"limits differ: {run['s_lim_k']} K, of the bound {best[0][1]} K"
        return run

    def truth(self, case, mode, controller, seed, to):
        path, _ = self.file_of(case)
        return self.ask("isotherm-scenario", path, *options_of(mode), "--grid", self.grid, "--seed", str(seed),
                        "--threads", "1", "--controller", controller, "--truth", to).returncode in (0, 1)


def flat(sheet, case):
    """One row of a run: of several systems the mean throughput, the greatest of limits passed, and sums."""
    systems = sheet["systems"]
    run = {}
    for name in FLAT:
        values = [s[name] for s in systems if s[name] is not None]
        if not values:
            run[name] = None
        elif name in GREATEST:
            run[name] = max(values)
        else:
            run[name] = sum(values) / (1 if name in ("cooling_kj", "kj_above_cap", "trips") else len(values))
    text = sheet["events"]
    run["events"] = [e for e in text if e["kind"] in ("control", "change")][:60]
    run["scored_s"] = scored_s(case)
    run["digest"] = sheet["digest"]
    run["sim_s"], run["wall_s"] = sheet["sim_s"], sheet["wall_s"]
    job = sheet["jobs"][0] if sheet["jobs"] else {}
    run["scaling_pct"], run["energy_kwh"] = job.get("scaling_pct"), job.get("energy_kwh")
    run["straggler"] = job.get("straggler")
    run["other_trips"] = sum(s["trips"] for s in systems if s["name"] != "cs05")
    run["back_s"], run["zone_off_pct"] = None, zone_off_pct(text)
    return run


def zone_off_pct(events):
    """What s3's clog is told to leave of its zone's flow, when it is named, off the truth by so much; None: not told."""
    for e in events:
        told = re.search(r"column 6 of the cold plate is clogged: ([0-9.]+) %", e["text"])
        if told:
            return 100.0 * abs(float(told[1]) / 100.0 / CLOGGED_FRAC - 1.0)
    return None


def scored_s(case):
    for line in case.text(SCENARIOS).splitlines():
        if line.startswith("scored_s:"):
            lower, upper = line.split("[")[1].rstrip("] ").split(",")
            return float(upper) - float(lower)
    return 300.0


def healthy(path, from_s):
    """Of all systems but the first, from then on: mean power of a wafer, and the mean part of the time that it waits for the slowest."""
    power, wait, n = 0.0, 0.0, 0
    with open(path, encoding="utf-8") as f:
        next(f)
        for line in f:
            field = line.split(",", 7)
            if field[1] != "cs00" and float(field[0]) >= from_s:
                power, wait, n = power + float(field[6]), wait + 1.0 - float(field[2]), n + 1
    return power / n, wait / n


def model(key):
    """A default of the simulated plant's model."""
    with open(os.path.join(ROOT, "config", "model.def"), encoding="utf-8") as f:
        return float(re.search(rf"MODEL\({key},\s*\"[^\"]*\",\s*([0-9.]+)", f.read())[1])


def pair_paces(runs):
    """What slowing the others down saves, in % of what their waiting would have drawn, and the tokens that it leaves."""
    idle = {(r["controller"], r["seed"]): r for r in runs if r["case"] == PACED[1] and "error" not in r}
    for r in runs:
        other = idle.get((r["controller"], r["seed"]))
        if r["case"] == PACED[0] and other and "error" not in r:
            ideal_w = model("barrier_frac") * model("dynamic_w") * 84 * other["healthy_wait"]
            r["pace_saved_pct"] = 100.0 * (other["healthy_w"] - r["healthy_w"]) / ideal_w
            r["pace_kept_pct"] = 100.0 * r["scaling_pct"] / other["scaling_pct"]


def back_within(path, from_s, limit_k):
    """From the event to the first moment from which the true spread keeps its limit for a second; None: never."""
    first, since, passed = None, None, False
    with open(path, encoding="utf-8") as f:
        for row in csv.DictReader(f):
            t = float(row["time_s"])
            if t < from_s:
                continue
            if float(row["spread_k"]) > limit_k:
                passed, since = True, None
            elif since is None:
                since = t
            if passed and since is not None and t - since >= 1.0 and first is None:
                first = since - from_s
    return first if passed else 0.0
