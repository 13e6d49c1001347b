#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A simulated cluster as its user meets it: healthy, read by foreign Modbus clients, disturbed, killed, stopped."""
import json
import os
import signal
import subprocess
import time

from live import ROOT, Run, done, ok, wait

import peers


def room_back(run, room, old):
    return wait(lambda: (run.pid(room) or old) != old and run.pid(room), 10, 0.05)


def all_temperatures(run, system):
    return run.get(f"{system}.wafer.*.temp_c")


with Run("config/plants/cluster4.yaml") as run:
    up = wait(run.healthy, 60, 0.5)
    ok(up, "a cluster of four becomes healthy", run.cli("status").stdout + run.output() + run.logs())
    status = run.status()
    for key in ("site", "time", "healthy", "systems", "devices", "overruns", "pids", "state_dir", "run_dir"):
        ok(key in status, f"status --json has {key}", str(status)[:300])
    ok(len(status.get("systems", [])) == 4, "status lists four systems")
    ok(all(d["simulated"] and d["armed"] for d in status.get("devices", [])), "every device is simulated and armed")
    ok({"engine_sim", "collectors", "controllers"} <= {p["room"] for p in status.get("pids", [])}
       or len(status.get("pids", [])) >= 3, "status lists the processes", str(status.get("pids")))

    # --- peers that share no code with us
    table = json.loads(run.cli("points", "cs01.wafer.*.temp_c", "--json").stdout or "[]")
    ok(len(table) == 84, "points --json lists 84 temperatures with their registers", str(table[:1]))
    if table:
        mine = all_temperatures(run, "cs01")
        theirs = peers.pymodbus_read(table)
        worst = max(abs(theirs[n] - mine[n][0]) for n in theirs) if theirs and mine else 99
        ok(worst < 1.0, "pymodbus reads the temperatures that isotherm shows", f"worst difference {worst} K")
        value = peers.mbpoll_read(table[0])
        ok(value is not None and abs(value - mine[table[0]["name"]][0]) < 1.0, "mbpoll reads the same", str(value))

    # --- screens
    overview = run.cli("top", "--dump", "overview", "--size", "80x24")
    ok(overview.returncode == 0 and "cs0" in overview.stdout + "".join(f"0{i}" for i in range(4))
       and len(overview.stdout.splitlines()) == 24, "top --dump overview prints 24 lines", overview.stdout)
    system = run.cli("top", "--dump", "system:cs03", "--size", "80x24")
    ok("cs03" in system.stdout, "top --dump system:cs03 prints that system", system.stdout + system.stderr)

    # --- a clogged zone
    before = run.value("cs03.ctl.spread_k")
    r = run.fault("cs03.zone[5].g=0.379 over 1s")
    ok(r.returncode == 0, "a fault is accepted by a plant that allows faults", r.stderr + r.stdout)
    held = wait(lambda: (run.value("cs03.ctl.duty_frac") or 1) < 0.97, 30)
    ok(held, "the controller answers a clogged zone", f"spread {before} -> {run.value('cs03.ctl.spread_k')}")

    def held_for():
        state = next((s for s in run.status().get("systems", []) if s["name"] == "cs03"), {})
        return state.get("reason") in ("spread", "temperature") and state

    ok(wait(held_for, 10), "the status says why the system is held back", str(run.status().get("systems")))
    screen = run.cli("top", "--dump", "overview", "--size", "100x30").stdout
    ok("cs03" in screen and "tok" in screen, "the screen names the system and the cost", screen)
    ok(run.cli("status").returncode == 1, "status says not healthy and exits 1")
    run.fault("cs03.zone[5].g=1 over 1s")

    # --- a device that stops answering
    run.fault("cs02.engine.offline=1")
    gone = wait(lambda: all(q != "GOOD" for _, q in all_temperatures(run, "cs02").values()), 5, 0.05)
    ok(gone, "the points of a stopped device leave GOOD", str(all_temperatures(run, "cs02"))[:300])
    ok(wait(lambda: all(q == "COMM" for _, q in all_temperatures(run, "cs02").values()), 3), "and say COMM")
    ok(all(q == "GOOD" for s in ("cs00", "cs01", "cs03") for _, q in all_temperatures(run, s).values()),
       "every other device's points stay GOOD")
    run.fault("cs02.engine.offline=0")
    ok(wait(lambda: all(q == "GOOD" for _, q in all_temperatures(run, "cs02").values()), 12),
       "they are GOOD again when it is back", str(all_temperatures(run, "cs02"))[:300])

    # --- a collector that hangs
    collector = run.pid("collectors")
    os.kill(collector, signal.SIGSTOP)
    ok(wait(lambda: all(q == "STALE" for _, q in all_temperatures(run, "cs01").values()), 3, 0.05),
       "a stopped collector's points turn STALE")
    os.kill(collector, signal.SIGCONT)
    ok(wait(lambda: all(q == "GOOD" for _, q in all_temperatures(run, "cs01").values()), 10), "and GOOD when it goes on")

    # --- processes that die
    wait(lambda: all(run.value(f"cs0{i}.ctl.mode") == 2 for i in range(4)), 60, 0.5)
    for room in ("collectors", "controllers"):
        old, duty = run.pid(room), run.value("cs01.wafer.C6.duty_frac")
        os.kill(old, signal.SIGKILL)
        killed = time.monotonic()
        new = room_back(run, room, old)
        ok(new, f"{room} is back after kill -9", run.output()[-500:])
        print(f"# {room} back after {time.monotonic() - killed:.2f} s")
        ok(wait(lambda: all(q == "GOOD" for _, q in all_temperatures(run, "cs01").values()), 10), "values are GOOD again")
        now = run.value("cs01.wafer.C6.duty_frac")
        ok(now is not None and abs(now - duty) < 0.02, "the duty did not jump", f"{duty} -> {now}")
    ok(all(run.value(f"cs0{i}.engine.trip") == 0 for i in range(4)), "nothing tripped")
    ok(wait(run.healthy, 90, 0.5), "the cluster is healthy again", run.cli("status").stdout)

    # --- nobody in charge: the devices look after themselves
    table = json.loads(run.cli("points", "cs00.engine.*", "--json").stdout)
    rows = {row["name"]: row for row in table}
    for room in ("controllers", "collectors"):
        os.kill(run.pid(room), signal.SIGSTOP)
    local = wait(lambda: peers.pymodbus_read([rows["cs00.engine.authority"]])["cs00.engine.authority"] == 0, 10)
    ok(local, "with collectors and controllers dead the simulated engine goes to local control")
    ok(peers.pymodbus_read([rows["cs00.engine.trip"]])["cs00.engine.trip"] == 0, "and lives")

    # --- the end
    members = run.members()
    ok(len(members) >= 4, "the run consists of the runner and its rooms", str(members))
    run.stop(signal.SIGINT)
    ok(wait(lambda: not run.members(), 5), "Ctrl-C leaves no process", str(run.members()))
    ok(not os.path.exists(run.run_dir), "and no run folder", str(os.path.exists(run.run_dir) and os.listdir(run.run_dir)))

with Run("config/plants/cluster4.yaml") as run:
    wait(run.healthy, 60, 0.5)
    table = {row["name"]: row for row in json.loads(run.cli("points", "cs0*.engine.*", "--json").stdout)}
    rows = [row for name, row in table.items() if name.endswith(("authority", "seq"))]
    seen = {}
    sim = run.pid("engine_sim")
    control = run.pid("controllers")
    os.kill(control, signal.SIGTERM)  # an orderly stop of the controllers alone
    handed = wait(lambda: all(v == 0 for n, v in peers.pymodbus_read(rows).items() if n.endswith("authority")), 5, 0.05)
    ok(handed, "controllers that stop hand every system back first", str(peers.pymodbus_read(rows)))
    run.stop(signal.SIGTERM)
    ok(wait(lambda: not run.members(), 5), "SIGTERM leaves no process")

for moment_s in (0.05, 0.3, 1.0):
    with Run("config/plants/cluster4.yaml") as run:
        end = time.monotonic() + moment_s
        wait(lambda: time.monotonic() > end, 5, 0.01)
        run.stop(signal.SIGINT)
        ok(wait(lambda: not run.members(), 5) == True and not os.path.exists(run.run_dir),
           f"Ctrl-C {moment_s} s after the start leaves nothing", run.output() + str(run.members()))
done()
