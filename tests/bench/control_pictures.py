# SPDX-License-Identifier: Apache-2.0
"""Pictures by gnuplot: spread and throughput over time under each controller, and the wafer before and after."""
import csv
import os
import re
import shutil
import subprocess
import sys

from control_cases import FREE, SYNC

ROWS, ZONES = 7, 12
SKIP_K = 3  # of ten lines a second
COLORS = {"none": "#999999", "global": "#b07aa1", "bang": "#e0a030", "pi": "#2e8b57", "spi": "#1f5fa8", "mpc": "#c8501e", "off": "#444444"}
SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "control.gp")


def read_truth(path):
    """The first system's rows."""
    with open(path, encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    return [r for r in rows if r["system"] == rows[0]["system"]]


def first_event_s(case, folder):
    times = [float(t) for t in re.findall(r"at_s: ([0-9.]+)", case.text(folder))]
    return min(times) if times else 30.0


def write_series(rows, path):
    with open(path, "w", encoding="utf-8") as f:
        for r in rows[::SKIP_K]:
            f.write(f"{r['time_s']} {r['spread_k']} {100 * float(r['rate']):.3f} {r['tmax_c']} {float(r['input_w']) / 1000:.4f} "
                    f"{100 * float(r['pump0']):.2f}\n")


def write_map(row, path):
    with open(path, "w", encoding="utf-8") as f:
        for y in range(ROWS):
            for x in range(ZONES):
                f.write(f"{x} {y} {row[f'r{y:02d}c{x:02d}']}\n")


def gnuplot(folder, **values):
    texts = "; ".join(f"{k}={v}" if isinstance(v, (int, float)) else f'{k}="{v}"' for k, v in values.items())
    r = subprocess.run(["gnuplot", "-e", texts, SCRIPT], cwd=folder, capture_output=True, text=True, check=False)
    if r.returncode != 0:
        print(f"bench-control: no picture: {r.stderr.strip()}", file=sys.stderr)


def plot(player, case, mode, of, seed, judged, scenarios):
    """One picture of both over time, and one of the wafer under the controller that counts."""
    folder = os.path.join(player.out, "pictures")
    stem = f"{case.name}-{mode.replace('+', '-')}"
    drawn, limit_k = [], None
    truth = os.path.join(folder, "truth.csv")
    for controller in of:
        run = player.play(case, mode, controller, seed)
        if "error" in run or not player.truth(case, mode, controller, seed, truth):
            continue
        limit_k = run["s_lim_k"]
        rows = read_truth(truth)
        write_series(rows, os.path.join(folder, f"{stem}-{controller}.dat"))
        drawn.append(controller)
        if controller == (judged if judged in of else of[-1]):
            event_s = first_event_s(case, scenarios)
            before = next(r for r in rows if float(r["time_s"]) >= max(0.0, event_s - 0.15))
            write_map(before, os.path.join(folder, f"{stem}-before.dat"))
            write_map(rows[-1], os.path.join(folder, f"{stem}-after.dat"))
            gnuplot(folder, what="map", stem=stem, out=f"{player.out}/{stem}-wafer.png", title=f"{case.name}, {mode}, {controller}, wafer {seed}",
                    before_s=float(before["time_s"]), after_s=float(rows[-1]["time_s"]), limit=limit_k)
    if drawn:
        best = player.best(case, mode, seed) if case.bound else None
        gnuplot(folder, what="time", stem=stem, out=f"{player.out}/{stem}-time.png", title=f"{case.name}, {mode}, wafer {seed} at {player.grid}",
                names=" ".join(drawn), colors=" ".join(COLORS.get(c, "#000000") for c in drawn), limit=limit_k,
                best=best[0][0] if best and best[0][0] else -1.0)


def draw(player, cases, modes, controllers, movers, seed, judged):
    from control_play import SCENARIOS
    if shutil.which("gnuplot") is None:
        print("no pictures: gnuplot is missing (apt-get install gnuplot-nox)")
        return
    os.makedirs(os.path.join(player.out, "pictures"), exist_ok=True)
    for case in cases:
        for mode in case.modes:
            of = [c for c in controllers if case.plays(c) and (mode != FREE or c in movers)]
            if mode in modes and of:
                plot(player, case, mode, of, seed, judged, SCENARIOS)
    shutil.rmtree(os.path.join(player.out, "pictures"))
