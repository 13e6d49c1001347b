#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The rooms that a run can do without, and its private broker: started beside it, back when they die, never in the way."""
import json
import os
import shutil
import signal
import socket
import subprocess
import time

from live import BUILD, ROOT, Run, done, ok, plant_file, wait

PLANT = "config/plants/single.yaml"
NEEDED = {"engine_sim", "collectors", "controllers"}
OTHERS = {"alarms": "isotherm-alarm", "paging": "isotherm-page", "history": "isotherm-hist", "mqtt": "isotherm-mqtt"}
BUILT = {room for room, program in OTHERS.items() if os.path.exists(f"{BUILD}/{program}")}
SBIN = [d for d in ("/usr/local/sbin", "/usr/sbin", "/sbin") if os.path.exists(f"{d}/mosquitto")]


def state(run):
    try:
        with open(os.path.join(run.run_dir, "run.json")) as f:
            return json.load(f)
    except (OSError, ValueError):
        return {}


def pids(run):
    return {r["room"]: r["pid"] for r in state(run).get("pids", [])}


def takes_connections(broker):
    try:
        socket.create_connection((broker["host"], broker["port"]), 2).close()
        return True
    except OSError:
        return False


def ready(run, room):
    return f"{room} is ready" in run.output() or f"{room} is back" in run.output()


# --- all of them, each killed once
with Run(PLANT) as run:
    want = NEEDED | BUILT | {"broker"}
    ok(wait(lambda: want <= set(pids(run)) and all(ready(run, room) for room in want), 40), "every room starts",
       run.output())
    for room in sorted(set(OTHERS) - BUILT):
        ok(run.output().count(f"going on without {room}") == 1, f"{room}, which is not built, is skipped with one line")
    broker = state(run).get("broker") or {}
    ok(broker.get("host") == "127.0.0.1" and broker.get("private") is True, "run.json names a private broker", str(broker))
    with open(os.path.join(run.run_dir, "plant.yaml")) as f:
        resolved = f.read()
    ok(f"port: {broker.get('port')}" in resolved and 'host: "127.0.0.1"' in resolved, "and so does the resolved plant")
    listeners = subprocess.run(["ss", "-Htlnp"], capture_output=True, text=True).stdout if shutil.which("ss") else ""
    ok(not listeners or f"0.0.0.0:{broker['port']}" not in listeners, "it listens on the loopback alone", listeners)
    sub = subprocess.Popen(["mosquitto_sub", "-h", broker["host"], "-p", str(broker["port"]), "-t", "probe", "-C", "1",
                            "-W", "10"], stdout=subprocess.PIPE, text=True)
    wait(lambda: subprocess.run(["mosquitto_pub", "-h", broker["host"], "-p", str(broker["port"]), "-t", "probe", "-m",
                                 "hello"]).returncode == 0 and sub.poll() is not None, 10)
    ok(sub.communicate()[0].strip() == "hello", "a message goes through it")
    for room in ["broker", *sorted(BUILT)]:
        before = pids(run)
        os.kill(before[room], signal.SIGKILL)
        killed = time.monotonic()
        back = wait(lambda: pids(run).get(room, before[room]) != before[room] and run.output().count(f"{room} is back"), 5,
                    0.02)
        took = time.monotonic() - killed
        ok(back and took < 1.5, f"{room} is back after kill -9", f"{took:.2f} s\n" + run.output()[-800:])
        print(f"# {room} back after {took:.2f} s")
        after = pids(run)
        ok(all(after.get(r) == p for r, p in before.items() if r != room), "no other room noticed", f"{before} {after}")
    ok(state(run)["broker"] == broker and takes_connections(broker), "the broker came back on the port it had")
    # --- a broker that hangs
    os.kill(pids(run)["broker"], signal.SIGSTOP)
    overruns = run.status().get("overruns", {})
    before = run.value("cs00.engine.link.transactions") or 0
    ok(wait(lambda: (run.value("cs00.engine.link.transactions") or 0) > before + 50, 15), "with a broker that hangs scans go on")
    after = run.status().get("overruns", {})
    ok(all(after.get(room) == overruns.get(room) for room in ("collectors", "controllers")), "without an overrun more",
       f"{overruns} {after}")
    run.stop(signal.SIGINT)
    ok(not run.members() and not os.path.exists(run.run_dir), "a run whose broker hangs ends and leaves nothing",
       str(run.members()))

# --- all of them end with the runner
with Run(PLANT) as run:
    ok(wait(lambda: ready(run, "broker") and all(ready(run, room) for room in BUILT), 40), "every room starts", run.output())
    broker = state(run)["broker"]
    run.process.kill()
    run.process.wait()
    ok(wait(lambda: not run.members(), 5, 0.02), "kill -9 of the runner ends them all", str(run.members()))
    ok(not takes_connections(broker), "the broker, too")

# --- a plant that names a broker
with Run(PLANT) as run:
    run.stop()
    named = plant_file(run.folder, f"site: named\nconfig_dir: {ROOT}/config\nbroker: {{host: 127.0.0.1, port: 9}}\n"
                       "systems:\n  - {name: cs%02d, count: 1, type: water}\n")
    run.process = subprocess.Popen([f"{BUILD}/isotherm-run", "-c", named, "--headless"], env=run.env, cwd=ROOT,
                                   stdin=subprocess.DEVNULL, stdout=run.log, stderr=subprocess.STDOUT)
    ok(wait(lambda: NEEDED | BUILT <= set(pids(run)), 40), "a plant that names a broker starts", run.output())
    ok("broker" not in pids(run), "without a private one", str(pids(run)))
    ok(state(run).get("broker") == {"host": "127.0.0.1", "port": 9, "private": False}, "run.json says so",
       str(state(run).get("broker")))


# --- programs that hang, fail, or are not there
def fake(path, body):
    with open(path, "w") as f:
        f.write(f"#!/bin/sh\n{body}\n")
    os.chmod(path, 0o755)


with Run(PLANT) as run:
    run.stop()
    programs = os.path.join(run.folder, "bin")
    elsewhere = os.path.join(run.folder, "path")
    os.mkdir(programs)
    os.mkdir(elsewhere)
    for name in ("isotherm", "isotherm-sim", "isotherm-collect", "isotherm-control", "isotherm-page"):
        os.symlink(f"{BUILD}/{name}", os.path.join(programs, name))
    shutil.copy(f"{BUILD}/isotherm-run", programs)
    fake(os.path.join(programs, "isotherm-alarm"), "exec tail -f /dev/null")  # is never ready
    fake(os.path.join(programs, "isotherm-mqtt"), "echo no door; exit 78")
    fake(os.path.join(elsewhere, "mosquitto"), "echo Error: Address already in use >&2; exit 1")
    began = time.monotonic()
    run.process = subprocess.Popen([f"{programs}/isotherm-run", "-c", PLANT, "--headless"],
                                   env=dict(run.env, PATH=f"{elsewhere}:{os.environ['PATH']}"), cwd=ROOT,
                                   stdin=subprocess.DEVNULL, stdout=run.log, stderr=subprocess.STDOUT)
    ok(wait(lambda: " systems " in run.output(), 10, 0.02), "a run is up when the controllers are", run.output())
    ok(not ready(run, "alarms"), "and waits for no other room", run.output())
    ok(wait(lambda: ready(run, "paging"), 10), "a room that is never ready keeps no other from starting", run.output())
    ok(run.output().count("going on without history") == 1, "one that is not there is skipped with one line", run.output())
    ok(wait(lambda: "mqtt is not started again" in run.output(), 10), "one that refuses its configuration is not tried again",
       run.output())
    ok(wait(lambda: "broker ended 5 times" in run.output(), 15), "a broker that does not start is tried again",
       run.output())
    ok(run.output().count("Address already in use") == 1, "its reason is said once", run.output())
    ok(run.process.poll() is None and NEEDED <= set(pids(run)), "and the run goes on", str(pids(run)))
    r = run.cli("status")
    ok(r.returncode == 1 and "broker" in r.stdout + r.stderr, "the status names it", r.stdout + r.stderr)
    run.stop(signal.SIGTERM)
    ok(not run.members() and not os.path.exists(run.run_dir), "nothing is left", str(run.members()))

# --- a state folder that can't be had
with Run(PLANT) as run:
    run.stop()
    run.process = subprocess.Popen([f"{BUILD}/isotherm-run", "-c", PLANT, "--headless"],
                                   env=dict(run.env, ISOTHERM_STATE="/proc/nowhere"), cwd=ROOT,
                                   stdin=subprocess.DEVNULL, stdout=run.log, stderr=subprocess.STDOUT)
    ok(wait(lambda: NEEDED | BUILT <= set(pids(run)) and "controllers is ready" in run.output(), 30),
       "without a state folder a run starts", run.output())
    ok(run.output().count("/proc/nowhere") == 1, "one line says so", run.output())
    ok(wait(lambda: ((run.status() or {}).get("alarms") or {}).get("active"), 30), "and an alarm", str(run.status())[:300])
    ok(run.process.poll() is None and not any(r["restarts"] for r in state(run)["pids"]), "no room ends of it",
       str(state(run)))

# --- no broker installed: in a namespace that hides it
hide = " && ".join(f"mount --bind /dev/null {d}/mosquitto" for d in SBIN)
if SBIN and subprocess.run(["unshare", "-m", "sh", "-c", hide], capture_output=True).returncode == 0:
    with Run(PLANT) as run:
        run.stop()
        run.process = subprocess.Popen(
            ["unshare", "-m", "sh", "-c", f"{hide} && exec {BUILD}/isotherm-run -c {PLANT} --headless"], env=run.env, cwd=ROOT,
            stdin=subprocess.DEVNULL, stdout=run.log, stderr=subprocess.STDOUT)
        ok(wait(lambda: NEEDED <= set(pids(run)) and "controllers is ready" in run.output(), 30),
           "without mosquitto a run starts", run.output())
        ok(run.output().count("mosquitto is not installed") == 1, "and one line says so", run.output())
        ok(state(run).get("broker") is None, "run.json names no broker")
else:
    print("# mosquitto can't be hidden here: not installed is not tried")
done()
