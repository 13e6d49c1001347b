#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A power cap in a running cluster: met by its deadline, kept when the controllers die, lifted; and what runs is listed."""
import json
import os
import signal

from live import Run, done, ok, wait

AUTO = 2


def power(run):
    """Input power of all systems, W."""
    values = [run.value(f"cs0{i}.power.input_w") for i in range(4)]
    return sum(values) if all(v is not None for v in values) else None


def caps(run):
    r = run.cli("cap", "--json")
    return json.loads(r.stdout)["caps"] if r.returncode == 0 else None


with Run("config/plants/cluster4.yaml") as run:
    ok(wait(run.healthy, 60, 0.5), "a cluster of four becomes healthy", run.cli("status").stdout + run.logs())
    ok(wait(lambda: all(run.value(f"cs0{i}.ctl.mode") == AUTO for i in range(4)), 60, 0.5), "and is in automatic control")
    r = run.cli("job", "list", "--json")
    jobs = json.loads(r.stdout or "{}").get("jobs", [])
    ok(r.returncode == 0 and len(jobs) == 1 and jobs[0]["systems"] == ["cs00", "cs01", "cs02", "cs03"],
       "the job that runs is listed with its systems", r.stdout + r.stderr)

    # --- refused
    r = run.cli("cap", "80%", "--for", "10m")
    ok(r.returncode == 64 and "--why" in r.stderr, "a cap needs a reason", r.stderr)
    r = run.cli("cap", "1kW", "--for", "10m", "--why", "x")
    ok(r.returncode == 1 and "12000..120000 W" in r.stderr, "a cap that nobody could keep is refused by what may be asked",
       r.stderr)
    for words, says in ((("110%", "--for", "10m"), "110% is no power"), (("-5kW", "--for", "10m"), "-5kW is no power"),
                        (("80%", "--for", "5s"), "--for 5s: it must be 10s to 7d"), (("80%", "--fro", "5s"), 'what is "--fro"?')):
        r = run.cli("cap", *words, "--why", "x")
        ok(r.returncode == 64 and says in r.stderr and r.stderr.count("\n") == 1, f"cap {' '.join(words)}: one line says {says}",
           r.stderr)
    ok(caps(run) == [], "and no cap stands", str(caps(run)))

    # --- met by its deadline
    before = power(run)
    r = run.cli("cap", "80%", "--at", "12s", "--for", "10m", "--why", "demand response", "--json")
    cap = json.loads(r.stdout)["cap"] if r.returncode == 0 else {}
    ok(0.75 * before < cap.get("watts", 0) < 0.85 * before, "a cap of all is taken", r.stdout + r.stderr)
    watts = cap.get("watts", 1)
    ok(os.path.exists(os.path.join(run.run_dir, "control.caps")), "and recorded")
    ok(wait(lambda: power(run) < watts * 1.01, 16), "power comes down by the deadline", f"{power(run)} above {watts}")
    ok(wait(lambda: (run.value("cs02.engine.ceiling_cmd_w") or 0) > 10000, 10), "each device has a ceiling of its own")

    # --- kept
    old = run.pid("controllers")
    os.kill(old, signal.SIGKILL)
    ok(wait(lambda: (run.pid("controllers") or old) != old, 10), "controllers that are killed start afresh")
    ok(wait(lambda: caps(run) and abs(caps(run)[0]["watts"] - watts) < 1, 10), "and know the cap", str(caps(run)))
    highest = max(power(run) for _ in range(20))
    ok(highest < watts * 1.02, "the power has not come back", f"{highest} above {watts}")

    # --- lifted
    r = run.cli("cap", "--end", "--why", "the peak is over")
    ok(r.returncode == 0 and "lifted" in r.stdout, "a cap is lifted", r.stdout + r.stderr)
    ok(wait(lambda: power(run) > watts * 1.05, 60, 0.5), "and power rises again", f"{power(run)} of {watts}")
    ok(wait(lambda: (run.value("cs02.engine.ceiling_cmd_w") or 0) == 0, 10), "the device's ceiling, too, is gone")

    # --- what a workload manager does
    r = run.cli("job", "start", jobs[0]["name"])
    ok(r.returncode == 1 and "runs already" in r.stderr, "a job that runs is not started again", r.stdout + r.stderr)
    r = run.cli("job", "start", "nothing")
    ok(r.returncode == 1 and 'no job "nothing"' in r.stderr, "nor one that there is not", r.stdout + r.stderr)
    r = run.cli("job", "end", jobs[0]["name"], "--json")
    end = json.loads(r.stdout).get("job", {}) if r.returncode == 0 else {}
    ok(end.get("tokens", 0) > 1000 and end.get("energy_kwh", 0) > 0 and "lost_tokens" in end,
       "the end of one says what it has done, used and lost", r.stdout + r.stderr)
    ok(wait(lambda: json.loads(run.cli("job", "list", "--json").stdout or "{}").get("jobs") == [], 15), "and it is gone")
    run.cli("stop", "cs03", "--why", "a look inside")
    fit = lambda: {s["name"]: s["fit"] for s in json.loads(run.cli("status", "--json").stdout)["systems"]}
    ok(wait(lambda: fit()["cs03"] == "no", 15), "a system that is stopped is not fit for work", str(fit()))
    ok(wait(lambda: "cs03 is not fit" in run.cli("job", "start", jobs[0]["name"]).stderr, 15), "and no job starts on it")
    run.cli("start", "cs03", "--why", "done")
    ok(wait(lambda: run.cli("job", "start", jobs[0]["name"]).returncode == 0, 15), "then it does")
    ok(wait(lambda: len(json.loads(run.cli("job", "list", "--json").stdout or "{}").get("jobs", [])) == 1, 15), "and runs")

    # --- what is not known is not "no job"
    os.kill(run.pid("collectors"), signal.SIGSTOP)
    wait(lambda: run.cli("job", "list").returncode != 0, 5)
    r, screen = run.cli("job", "list", "--json"), run.cli("top", "--dump", "jobs").stdout
    os.kill(run.pid("collectors"), signal.SIGCONT)
    ok(r.returncode == 1 and json.loads(r.stdout)["jobs"] is None and "not known of 4 of 4 systems" in r.stderr,
       "without collectors it is not known what runs", f"{r.returncode} {r.stdout} {r.stderr}")
    ok("not known: data is old" in screen and "no job runs" not in screen, "and the screen says so", screen)
    ok(wait(lambda: run.cli("job", "list").returncode == 0, 5), "with them it is known again")

    # --- a room that hangs: what was said to have failed is not carried out once it goes on
    os.kill(run.pid("controllers"), signal.SIGSTOP)
    r = run.cli("stop", "cs03", "--why", "into the void")
    os.kill(run.pid("controllers"), signal.SIGCONT)
    ok(r.returncode == 2 and "no answer in 2 s: not carried out" in r.stderr, "a stop without an answer says it is not done",
       f"{r.returncode} {r.stdout} {r.stderr}")
    with open(os.path.join(run.state_dir, "log", "controllers.log")) as f:
        ok(wait(lambda: "has gone, so this is not carried out" in f.read(), 5), "which the controllers' log says, too")
    r = run.cli("holds", "--json")
    ok(r.returncode == 0 and json.loads(r.stdout) == [], "and nobody holds anything", r.stdout + r.stderr)
done()
