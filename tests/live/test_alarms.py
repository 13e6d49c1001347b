#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Alarms that page: raised, carried to a hook once an episode, acknowledged, cleared; and processes killed meanwhile."""
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time

from live import ROOT, Run, done, ok, plant_file, wait

KILLS = 50 if os.environ.get("FULL") else 5

folder = tempfile.mkdtemp(prefix="isotherm-test-")
pages_file = os.path.join(folder, "pages.jsonl")
hook = os.path.join(folder, "hook")
with open(hook, "w") as f:
    f.write(f"""#!/bin/sh
IFS= read -r page
[ -e {folder}/slow ] && sleep 0.3
printf '%s\\n' "$page" >>{pages_file}
[ ! -e {folder}/fail ]
""")
os.chmod(hook, 0o755)
plant = plant_file(folder, f"""site: paged
faults: allowed
systems:
  - {{name: cs%02d, count: 4, type: water}}
facility:
  - {{name: water, profile: facility_water}}
paging: {{hook: {hook}, timeout_s: 5, retry_s: 0.2}}
history: short
config_dir: {ROOT}/config
""")


def pages(action="trigger"):
    if not os.path.exists(pages_file):
        return []
    with open(pages_file) as f:
        return [p for p in map(json.loads, f.read().splitlines()) if p["action"] == action]


def keys(action="trigger"):
    return [p["key"] for p in pages(action)]


def alarms(run):
    text = run.cli("alarms", "--json").stdout
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    rows = found["alarms"] if isinstance(found, dict) else found
    return {a.get("alarm", a.get("key")): a for a in rows}


def state(run, key):
    return alarms(run).get(key, {}).get("state", "normal")


def raised(run, key, within_s):
    return wait(lambda: state(run, key) != "normal", within_s, 0.2)


with Run(plant) as run:
    ok(wait(run.healthy, 60, 0.5), "a cluster with paging becomes healthy", run.cli("status").stdout + run.output())
    ok(not alarms(run), "no alarm is active at rest", str(alarms(run)))

    # --- one alarm after the other, each with one page or none
    run.fault("cs01.zone[5].g=0.379 over 1s")
    ok(raised(run, "cs01.spread_over", 60) or raised(run, "cs01.held_by_spread", 120),
       "a clogged zone raises its alarm", str(alarms(run)))
    run.fault("cs02.power.offline=1")
    ok(raised(run, "cs02.power.input_lost", 20) or any("input_lost" in k for k in alarms(run)),
       "a stopped device raises the alarm of its input", str(alarms(run)))
    before = len(keys())
    run.fault("cs03.pump[0].failed=1")
    run.fault("cs00.leak[0]=1")
    ok(raised(run, "cs03.pump_failed[0]", 10), "a failed pump raises its alarm", str(alarms(run)))
    ok(raised(run, "cs00.leak_wet[0]", 10), "a leak raises its alarm", str(alarms(run)))
    ok(wait(lambda: len(keys()) - before >= 2, 10), "both are paged", str(keys()))
    wait(lambda: False, 3)
    ok(sum("cs03" in k for k in keys()) == 1 and sum("cs00" in k for k in keys()) == 1,
       "pump and leak page exactly once each", str(keys()))
    pump = next((p for p in pages() if "cs03" in p["key"]), {})
    ok(all(pump.get(field) not in (None, "") for field in ("key", "text", "operator_action", "priority", "time", "value"))
       and "limit" in pump, "the page says what, where, value, limit and what to do", json.dumps(pump))

    # --- people
    screen = run.cli("top", "--dump", "alarms", "--size", "100x30").stdout
    ok("pump" in screen and "cs03" in screen, "the alarms screen shows it", screen)
    r = run.cli("ack", "cs03.pump_failed[0]")
    ok(r.returncode == 0 and state(run, "cs03.pump_failed[0]") == "acked", "isotherm ack works", str(r) + str(alarms(run)))
    ok(wait(lambda: [k for k in keys("acknowledge") if "cs03" in k], 10), "the pager hears of the acknowledgement")
    r = run.cli("ack", "cs03.nonsense")
    ok(r.returncode != 0 and "nonsense" in r.stderr, "an unknown alarm is refused by name", str(r))
    for text in ("..\n2026-11-27T04:00:00.000Z ack night-shift all fine", "\x1b[31m", "\u009b31m", "a\u202eb"):
        r = run.cli("comment", "cs00.leak_wet[0]", text)
        ok(r.returncode == 1 and "printable" in r.stderr, "nobody writes what a terminal would obey: " + ascii(text), str(r))
    r = run.cli("alarms", "--history")
    ok(r.returncode == 0 and "\x1b" not in r.stdout and
       not any(line.split()[2:3] == ["night-shift"] for line in r.stdout.splitlines()), "or forges a row of the journal",
       r.stdout[-2000:])
    r = run.cli("alarms", "--rows", "5")
    ok(r.returncode == 64 and "--history" in r.stderr, "--rows is refused where it means nothing", str(r))
    broker = run.status().get("broker", {})
    if broker.get("port"):
        heard = subprocess.run(["mosquitto_sub", "-h", broker["host"], "-p", str(broker["port"]), "-t", "isotherm/#",
                                "-v", "-W", "3"], capture_output=True, text=True).stdout
        ok("cs03.pump_failed[0]" in heard and "acknowledged" in heard, "MQTT carries the acknowledged alarm", heard[-800:])
    run.fault("cs03.pump[0].failed=0")
    ok(wait(lambda: state(run, "cs03.pump_failed[0]") == "normal", 40), "clearing returns it to normal",
       str(alarms(run).get("cs03.pump_failed[0]")))
    ok(wait(lambda: [k for k in keys("resolve") if "cs03" in k], 10), "and resolves its page", str(keys("resolve")))

    # --- kill -9 in the middle of pages
    open(folder + "/slow", "w").close()
    wait(lambda: run.pid("alarms") and run.pid("paging"), 10)
    episodes = set()
    for turn in range(KILLS):
        os.path.exists(pages_file) and os.remove(pages_file)
        run.fault("cs03.pump[1].failed=1")
        moment = time.monotonic() + 0.05 + 0.45 * turn / KILLS
        wait(lambda: time.monotonic() > moment, 2, 0.01)
        for room in (("alarms",), ("paging",), ("alarms", "paging"))[turn % 3]:
            try:
                os.kill(run.pid(room), signal.SIGKILL)
            except (TypeError, ProcessLookupError):
                pass
        arrived = wait(lambda: [k for k in keys() if "cs03" in k], 20)
        wait(lambda: run.pid("alarms") and run.pid("paging") and state(run, "cs03.pump_failed[1]") != "normal", 10)
        seen = {k for k in keys() if "cs03" in k}
        if not arrived or len(seen) != 1 or seen & episodes:
            ok(False, f"kill {turn}: one page key of a new episode", f"{seen} {episodes} {alarms(run)}")
            break
        episodes |= seen
        run.fault("cs03.pump[1].failed=0")
        wait(lambda: run.cli("ack", "cs03.pump_failed[1]").returncode == 0 or
             state(run, "cs03.pump_failed[1]") in ("acked", "normal"), 10)
        wait(lambda: state(run, "cs03.pump_failed[1]") == "normal", 40, 0.2)
    ok(len(episodes) == KILLS, f"{KILLS} kills: each episode is paged under one key, none is lost or doubled",
       str(episodes))
    os.remove(folder + "/slow")

    # --- a system that is taken out is a line
    r = run.cli("maintenance", "cs02", "--for", "10m", "--why", "a new power shelf")
    ok(r.returncode == 0 and wait(lambda: state(run, "cs02.leak_wet[0]") == "out_of_service", 20),
       "maintenance takes a system's alarms out", str(r))
    rows = [line for line in run.cli("alarms", "--history").stdout.splitlines() if " take_out " in line]
    ok(len(rows) == 1 and "cs02: " in rows[0] and " alarms " in rows[0], "which is one row of the history", "\n".join(rows))
    rows = [line for line in run.cli("alarms", "--all").stdout.splitlines() if " OUT " in line]
    ok(len(rows) == 1 and rows[0].startswith("cs02 "), "and one line of the list", "\n".join(rows))
    rows = [line for line in run.cli("alarms", "--all", "cs02.*").stdout.splitlines() if " OUT " in line]
    ok(len(rows) > 10, "unless they are asked for", "\n".join(rows))

    # --- acknowledged alarms survive
    ok(state(run, "cs00.leak_wet[0]") == "unacked", "the leak is still unacknowledged", str(alarms(run)))
    ok(run.cli("ack", "cs00.leak_wet[0]", "--why", "looked at it").returncode == 0, "it is acknowledged with a comment")
    old = run.pid("alarms")
    os.kill(old, signal.SIGKILL)
    wait(lambda: (run.pid("alarms") or old) != old, 10)
    ok(wait(lambda: state(run, "cs00.leak_wet[0]") == "acked", 10), "and still is after kill -9", str(alarms(run)))
    for name in ("journal.db", "journal.db-wal"):  # its owner has it locked: a copy is read
        if os.path.exists(os.path.join(run.state_dir, "alarms", name)):
            shutil.copy(os.path.join(run.state_dir, "alarms", name), folder)
    target = sqlite3.connect(os.path.join(folder, "journal.db"))
    text = "\n".join(str(row) for table in target.execute("select name from sqlite_master where type='table'").fetchall()
                     for row in target.execute(f"select * from {table[0]}").fetchall())
    ok((run.status()["pages"]["delivered"] or 0) > 2, "pages that were delivered are still counted after the kills",
       str(run.status()["pages"]))
    ok("cs00.leak_wet[0]" in text and "looked at it" in text, "the journal holds alarm and comment", text[-500:])

    # --- paging that fails is itself an alarm
    open(folder + "/fail", "w").close()
    run.fault("cs01.pump[0].failed=1")
    ok(raised(run, "site.page_failed", 60) or any("page_failed" in k for k in alarms(run)),
       "a hook that fails all its tries raises an alarm", str(list(alarms(run))))
    told = run.status()["pages"]
    ok(told["pending"] >= 1 and told["failed"] >= 1, "status counts the page that waits for its next try", str(told))
    os.remove(folder + "/fail")
    ok(wait(lambda: [p for p in pages() if "cs01" in p["key"] and p.get("attempt", 1) > 1], 90),
       "and the page is delivered when the hook works again", str(pages()[-2:]))
    ok(wait(lambda: run.status()["pages"]["pending"] == 0, 90), "which status says", str(run.status()["pages"]))
shutil.rmtree(folder, ignore_errors=True)
done()
