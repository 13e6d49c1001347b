#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""People who stop systems, start them and take them for maintenance, in a running cluster that loses its controllers."""
import json
import os
import signal
import socket
import time

from live import Run, done, ok, wait

import peers

STOPPED, MAINTENANCE, AUTO, MANUAL = 6, 7, 2, 8
FOR_S = 60


def ask(run, **request):
    """One request to control.sock, one result; controllers that just start afresh are waited for."""
    wait(lambda: os.path.exists(os.path.join(run.run_dir, "control.sock")), 5)
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.settimeout(5)
    try:
        s.connect(os.path.join(run.run_dir, "control.sock"))
        s.send(json.dumps(request).encode())
        return json.loads(s.recv(4096))
    except (OSError, ValueError) as e:
        return {"ok": False, "error": f"no answer: {e}"}
    finally:
        s.close()


def mode(run, system):
    return run.value(f"{system}.ctl.mode")


def duty(run, system):
    return run.value(f"{system}.wafer.C6.duty_frac")


def held(run):
    return {h["system"]: h for h in ask(run, cmd="holds").get("holds", [])}


def kill_controllers(run):
    old = run.pid("controllers")
    os.kill(old, signal.SIGKILL)
    return wait(lambda: (run.pid("controllers") or old) != old and "system" in str(ask(run, cmd="holds")), 10, 0.05)


with Run("config/plants/cluster4.yaml") as run:
    ok(wait(run.healthy, 60, 0.5), "a cluster of four becomes healthy", run.cli("status").stdout + run.logs())
    ok(wait(lambda: all(mode(run, f"cs0{i}") == AUTO for i in range(4)), 60, 0.5), "and is in automatic control")
    ok(set(held(run)) == set(), "nobody holds anything")
    rows = {r["name"]: r for r in json.loads(run.cli("points", "cs01.*.authority", "--json").stdout or "[]")}
    seqs = {r["name"]: r for r in json.loads(run.cli("points", "cs01.*.seq", "--json").stdout or "[]")}

    # --- refused
    r = ask(run, cmd="stop", system="cs03")
    ok(not r["ok"] and "1..200" in r["error"], "a stop without a reason is refused", str(r))
    r = ask(run, cmd="stop", system="cs07", why="smoke")
    ok(not r["ok"] and "cs00 .. cs03" in r["error"], "a system that is not there is refused by the names of those that are",
       str(r))

    # --- maintenance: it ends by itself, while the rest of this test goes on
    r = ask(run, cmd="maintenance", system="cs01", for_s=FOR_S, why="new filter")
    began = time.monotonic()
    ok(r["ok"] and r.get("mode") == "maintenance" and r.get("until", "").endswith("Z"), "cs01 is taken for maintenance", str(r))
    ok(wait(lambda: all(v == 0 for v in peers.pymodbus_read(list(rows.values())).values()), 3, 0.05) and len(rows) == 2,
       "its devices are in local control", str(peers.pymodbus_read(list(rows.values()))))
    ok(wait(lambda: mode(run, "cs01") == MAINTENANCE, 2), "and its mode says so", str(mode(run, "cs01")))
    r = ask(run, cmd="maintenance", system="cs01", for_s=600, why="me, too")
    ok(not r["ok"] and "new filter" in r["error"] and r["held"]["left_s"] <= FOR_S, "a second one is told of the first", str(r))
    wait(lambda: time.monotonic() > began + 3, 5)
    before = peers.pymodbus_read(list(seqs.values()))
    ok(len(before) == 2, "its sequence numbers can be read", str(before))

    # --- a stop
    others = {s: duty(run, s) for s in ("cs00", "cs02")}
    power = run.value("cs03.wafer.power_w")
    r = run.cli("stop", "cs03", "--why", "smoke near rack 3")
    ok(r.returncode == 0 and "cs03 stopped by uid" in r.stdout, "cs03 is stopped", r.stdout + r.stderr)
    ok(os.path.exists(os.path.join(run.run_dir, "control.holds")), "which is recorded before the answer")
    ok(wait(lambda: duty(run, "cs03") == 0, 15), "its duty goes to 0, by a ramp", str(duty(run, "cs03")))
    ok(wait(lambda: all((run.value(f"cs03.pump[{k}].speed_pct") or 0) > 99 for k in (0, 1)), 10), "its pumps to 100 %")
    ok(wait(lambda: run.value("cs03.wafer.power_w") < 0.4 * power, 10), "its power falls",
       f"{power} -> {run.value('cs03.wafer.power_w')}")
    ok(wait(lambda: mode(run, "cs03") == STOPPED, 2), "its mode says so")
    ok(all(abs(duty(run, s) - d) < 0.02 for s, d in others.items()) and mode(run, "cs00") == mode(run, "cs02") == AUTO,
       "the others go on as before", str(others))
    r = ask(run, cmd="stop", system="cs03", why="again")
    ok(not r["ok"] and "smoke near rack 3" in r["error"], "a second stop is told of the first", str(r))

    # --- controllers that die
    for k in range(3):
        highest = 0
        ok(kill_controllers(run), f"the controllers are back after kill -9 ({k + 1})", run.output()[-500:])
        end = time.monotonic() + 4
        while time.monotonic() < end:
            highest = max(highest, *(v for v in [duty(run, "cs03")] if v is not None), 0)
        ok(highest == 0 and mode(run, "cs03") == STOPPED, "and cs03 is stopped all the while", f"duty {highest}")
    ok(mode(run, "cs01") == MAINTENANCE and set(held(run)) == {"cs01", "cs03"}, "cs01 is still in maintenance", str(held(run)))
    ok(held(run)["cs03"]["why"] == "smoke near rack 3", "and the reasons are known")
    ok(all(v == 0 for v in peers.pymodbus_read(list(rows.values())).values())
       and peers.pymodbus_read(list(seqs.values())) == before, "nothing was asked of cs01's devices meanwhile",
       f"{before} -> {peers.pymodbus_read(list(seqs.values()))}")
    ok(all(abs(duty(run, s) - d) < 0.02 for s, d in others.items()), "the others did not notice",
       str({s: duty(run, s) for s in others}))
    os.kill(run.pid("controllers"), signal.SIGHUP)  # starts afresh
    ok(wait(lambda: mode(run, "cs00") == 1, 5, 0.02), "controllers that start afresh")
    ok(duty(run, "cs03") == 0 and wait(lambda: mode(run, "cs03") == STOPPED, 3), "keep it stopped, too")

    # --- and back
    r = ask(run, cmd="start", system="cs03", why="it was the toaster")
    ok(r["ok"] and wait(lambda: mode(run, "cs03") == 1, 3), "started, it is tracked first", str(r))
    ok(wait(lambda: mode(run, "cs03") == AUTO and duty(run, "cs03") > 0.1, 30), "and comes back by the ramp",
       f"{mode(run, 'cs03')} {duty(run, 'cs03')}")

    # --- a value by hand
    r = run.cli("set", "cs00.wafer.duty_cmd_frac", "0.9", "--for", "10m", "--why", "trial")
    ok(r.returncode == 0 and " = 0.9 until 20" in r.stdout, "a duty is set by hand", r.stdout + r.stderr)
    ok(wait(lambda: abs((duty(run, "cs00") or 0) - 0.9) < 0.003 and mode(run, "cs00") == MANUAL, 15), "and comes into force",
       f"{duty(run, 'cs00')} {mode(run, 'cs00')}")
    by = {s["name"]: s["held"] for s in run.status()["systems"]}
    ok((by["cs00"] or {}).get("why") == "trial" and by["cs02"] is None, "status says whose it is, and why", str(by))
    ok(": trial" in run.cli("top", "--dump", "system:cs00").stdout, "and so does its screen")
    ok(kill_controllers(run) and wait(lambda: mode(run, "cs00") == AUTO and duty(run, "cs00") > 0.995, 60, 0.5),
       "it ends with the controllers that held it", f"{mode(run, 'cs00')} {duty(run, 'cs00')}")
    ok(wait(lambda: "ended with the controllers: trial" in run.cli("alarms", "--history").stdout, 5), "which is in the journal",
       run.cli("alarms", "--history").stdout)
    left = began + FOR_S - time.monotonic()
    ok(wait(lambda: mode(run, "cs01") != MAINTENANCE, max(left, 0) + 5), "cs01's maintenance ends by itself")
    ok(time.monotonic() - began > FOR_S - 2, "when its time has passed, not before", f"{time.monotonic() - began}")
    ok(wait(lambda: all(v == 1 for v in peers.pymodbus_read(list(rows.values())).values()), 10), "its devices are ours again")
    ok(wait(lambda: mode(run, "cs01") == AUTO, 20), "and it is in automatic control", str(mode(run, "cs01")))
    ok(held(run) == {}, "nobody holds anything", str(held(run)))
    ok(wait(lambda: duty(run, "cs03") > 0.97, 60), "cs03 is at full duty again", str(duty(run, "cs03")))
    ok(all(run.value(f"cs0{i}.engine.trip") == 0 for i in range(4)), "nothing tripped")

    # --- a damaged record
    ask(run, cmd="stop", system="cs03", why="for the night")
    wait(lambda: duty(run, "cs03") == 0, 15)
    with open(os.path.join(run.run_dir, "control.holds"), "r+") as f:
        text = f.read()
        f.seek(text.index("cs03") + 12)
        f.write("???")
    ok(kill_controllers(run) and set(held(run)) == {"cs03"}, "a damaged record still says who is stopped", str(held(run)))
    ok(wait(lambda: mode(run, "cs03") == STOPPED, 2) and duty(run, "cs03") == 0, "and it is")
    with open(os.path.join(run.state_dir, "log", "controllers.log")) as f:
        ok(f.read().count("control.holds: damaged (line 2") == 1, "one line tells of it")

    # --- the end
    run.stop(signal.SIGTERM)
    ok(wait(lambda: not run.members(), 5) and not os.path.exists(run.run_dir), "the run ends and leaves nothing",
       str(run.members()))
done()
