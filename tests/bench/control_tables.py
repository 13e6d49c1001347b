# SPDX-License-Identifier: Apache-2.0
"""Tables of what was played: one row a scenario, mode and controller; the goals, one row each; CSV and JSON of all runs."""
import csv
import json
import statistics

from control_cases import PRODUCT, excess_k, goals

BOUGHT_PCT = 100.5  # of what is possible: more is not skill
BOUGHT_K = 0.05
COLUMNS = ("case", "mode", "controller", "seed", "throughput_pct", "best_pct", "bound_pct", "spread_mean_k", "spread_max_k", "tmax_c",
           "s_above_s", "s_above_t", "ks_above_s", "ks_above_t", "excess_k", "s_above_cap", "kj_above_cap", "cooling_kj",
           "effort_per_min", "pump_travel_per_min", "s_lim_k", "trips", "scaling_pct", "energy_kwh", "digest", "error")


def median(values):
    return statistics.median(values) if values else None


def show(value, decimals):
    return "-" if value is None else f"{value:.{decimals}f}"


def groups(runs):
    found = {}
    for r in runs:
        found.setdefault((r["case"], r["mode"], r["controller"]), []).append(r)
    return found


def lines_of_scores(runs):
    yield (f"{'scenario':9}{'mode':13}{'control':8}{'n':>3} {'through-':>8} {'possible':>8} {'of it':>7} {'of it':>7} {'spread':>6} {'spread':>6} "
           f"{'hottest':>7} {'above S':>8} {'above T':>8} {'excess':>7} {'cap':>6} {'cooling':>8} {'effort':>7} {'pumps':>6}")
    yield (f"{'':9}{'':13}{'':8}{'':>3} {'put %':>8} {'%':>8} {'median':>7} {'worst':>7} {'mean K':>6} {'max K':>6} "
           f"{'C':>7} {'max s':>8} {'max s':>8} {'max K':>7} {'max s':>6} {'kJ':>8} {'/min':>7} {'/min':>6}")
    for (case, mode, controller), rs in groups(runs).items():
        good = [r for r in rs if "error" not in r]
        head = f"{case:9}{mode:13}{controller:8}{len(rs):>3}"
        if not good:
            yield f"{head} {rs[0]['error']}"
            continue

        def col(name, of=good):
            return [r[name] for r in of if r[name] is not None]

        bound = col("bound_pct")
        over = max(excess_k(r) for r in good)
        note = ""
        if bound and max(bound) > BOUGHT_PCT:
            note = "  bought: passes a limit" if over > BOUGHT_K else "  above the bound: waiting warms the cold"
        if len(good) < len(rs):
            note += f"  {len(rs) - len(good)} failed"
        yield (f"{head} {show(median(col('throughput_pct')), 2):>8} {show(median(col('best_pct')), 2):>8} {show(median(bound), 2):>7} "
               f"{show(min(bound) if bound else None, 2):>7} {show(median(col('spread_mean_k')), 2):>6} {show(max(col('spread_max_k')), 2):>6} "
               f"{show(max(col('tmax_c')), 2):>7} {show(max(col('s_above_s')), 2):>8} {show(max(col('s_above_t')), 2):>8} {show(over, 3):>7} "
               f"{show(max(col('s_above_cap')), 1):>6} {show(median(col('cooling_kj')), 0):>8} {show(median(col('effort_per_min')), 4):>7} "
               f"{show(median(col('pump_travel_per_min')), 3):>6}{note}")


def judge(goal, runs, controller):
    """One row: the worst and the median over the wafers, and what it is."""
    row = {"goal": goal.name, "unit": goal.unit, "target": goal.target, "gate": goal.gate, "at_most": goal.at_most, "worst": None,
           "median": None, "of": "", "wafers": 0, "excess_k": None, "verdict": "not run"}
    found = [r for r in runs if r["controller"] in (controller, "off") and (r["case"], r["mode"]) in goal.where]
    failed = [r for r in found if "error" in r]
    if failed:
        row.update(verdict="red", of=failed[0]["error"][:60])
        return row
    if not found:
        return row
    figures = [(goal.figure(r), r) for r in found]
    row["wafers"] = len({r["seed"] for r in found})
    missing = [r for f, r in figures if f is None]
    figures = [(f, r) for f, r in figures if f is not None]
    if figures:
        worst, at = (max if goal.at_most else min)(figures, key=lambda fr: fr[0])
        row.update(worst=worst, median=median([f for f, _ in figures]), of=f"{at['case']} {at['mode']}, wafer {at['seed']}")
        reached = worst <= goal.target + 1e-9 if goal.at_most else worst >= goal.target
        passed = worst <= goal.gate + 1e-9 if goal.at_most else worst >= goal.gate
        row["verdict"] = "ok" if reached else "below target" if passed else "red"
    if missing:
        row.update(verdict="red", of=f"none of {missing[0]['case']} {missing[0]['mode']}, wafer {missing[0]['seed']}")
    if goal.counts is not None:
        row["excess_k"] = max(excess_k(r) for r in found)
        if row["excess_k"] > goal.counts:
            row["verdict"] = "red"
            row["of"] += f"; {row['excess_k']:.3f} K above a limit in the mean, {goal.counts:g} allowed"
    return row


def other_rows(check, more):
    """The bound's own check, and what other benches have left behind."""
    off = max((abs(got - want) if got is not None else 99.0 for _, got, want, _ in check), default=99.0)
    good = bool(check) and all(ok for *_, ok in check)
    yield {"goal": "the bounds of the reference wafer lie so near the published ones", "unit": "points", "target": 0.3, "gate": 0.3,
           "at_most": True, "worst": off, "median": median([abs(g - w) for _, g, w, _ in check if g is not None]), "of": "all 16",
           "wafers": 1, "excess_k": None, "verdict": "ok" if good else "red"}
    yield from more


def all_goals(runs, check, more, controllers):
    ours = [c for c in PRODUCT if c in controllers]
    rows = list(other_rows(check, more))
    for goal in goals():
        row = judge(goal, runs, ours[-1] if ours else None)
        for other in ours[:-1]:
            row[other] = judge(goal, runs, other)["worst"]
        rows.append(row)
    if rows[0]["verdict"] == "red":
        for row in rows[1:]:
            row["verdict"] = "red" if row["verdict"] != "not run" else row["verdict"]
            row["of"] += "; the bounds are not the published ones"
    return rows


def lines_of_goals(rows, controllers):
    ours = [c for c in PRODUCT if c in controllers]
    yield (f"{'goal':74} {'worst':>9} {'median':>9} {'target':>9} {'gate':>8}  {'verdict':13}" +
           "".join(f" {c + ', worst':>10}" for c in ours[:-1]) + "  where the worst was")
    for r in rows:
        decimals = 3 if r["unit"] in ("/min", "K", "points") else 2
        sign = "<=" if r["at_most"] else ">="
        yield (f"{r['goal']:74} {show(r['worst'], decimals):>9} {show(r['median'], decimals):>9} {sign + format(r['target'], 'g'):>9} "
               f"{format(r['gate'], 'g'):>8}  {r['verdict']:13}" + "".join(f" {show(r.get(c), decimals):>10}" for c in ours[:-1]) + f"  {r['of']}")
    counted = {v: sum(r["verdict"] == v for r in rows) for v in ("ok", "below target", "red", "not run")}
    yield ", ".join(f"{n} {v}" for v, n in counted.items())


def write_all(folder, runs, rows):
    for r in runs:
        r["excess_k"] = None if "error" in r else excess_k(r)
    with open(f"{folder}/runs.csv", "w", encoding="utf-8", newline="") as f:
        table = csv.DictWriter(f, COLUMNS, extrasaction="ignore")
        table.writeheader()
        table.writerows(runs)
    with open(f"{folder}/runs.json", "w", encoding="utf-8") as f:
        json.dump(runs, f, indent=1)
    with open(f"{folder}/goals.json", "w", encoding="utf-8") as f:
        json.dump(rows, f, indent=1)
    with open(f"{folder}/goals.csv", "w", encoding="utf-8", newline="") as f:
        table = csv.DictWriter(f, [k for k in rows[0]], extrasaction="ignore")
        table.writeheader()
        table.writerows(rows)
