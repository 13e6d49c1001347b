#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The door to the building management system, on a real broker: births, data, rebirth, deaths; and a broker that is
stopped, killed and brought back while control and scans go on."""
import os
import shutil
import signal
import subprocess
import tempfile

from broker import Broker, Host, bdseq, loads
from live import BUILD, ROOT, Run, done, ok, plant_file, wait

SYSTEMS = 4
PEERS = os.path.join(ROOT, "tests", "peers")
folder = tempfile.mkdtemp(prefix="isotherm-test-")
broker = Broker(folder)
host = Host(broker)
plant = plant_file(folder, f"""site: door
faults: allowed
systems:
  - {{name: cs%02d, count: {SYSTEMS}, type: water}}
facility:
  - {{name: water, profile: facility_water}}
  - {{name: meter, profile: schneider_iem3000}}
  - {{name: sim, profile: simulator}}
broker: {{host: 127.0.0.1, port: {broker.port}, group: hall, node: edge}}
history: short
config_dir: {ROOT}/config
""")


def born_since(start, systems=SYSTEMS):
    """The index behind an NBIRTH and the DBIRTHs of all systems after it, or None."""
    nbirth = host.find("NBIRTH", start)
    if not nbirth:
        return None
    births = [t for t, _ in host.since(nbirth[0]) if "/DBIRTH/" in t]
    return nbirth[0] + 1 + systems if len(births) >= systems else None


def data_since(start):
    return host.find("DDATA", start)


def overruns(run):
    o = run.status().get("overruns", {})
    return o.get("collectors"), o.get("controllers")


def connected(run):
    return run.value("site.mqtt.connected")


def check_births(run):
    ok(wait(lambda: data_since(0), 60, 0.3), "data arrive at the broker", run.output() + run.logs())
    ok(host.since(0)[0][0] == "spBv1.0/hall/NBIRTH/edge", "the first message is the NBIRTH", host.since(0)[0][0])
    first_data = data_since(0)[0]
    births = [t for t, _ in host.since(0)[:first_data] if "/DBIRTH/" in t]
    ok([f"spBv1.0/hall/DBIRTH/edge/cs{i:02d}" for i in range(SYSTEMS)] == births[:SYSTEMS],
       "then a DBIRTH for each system, before any data", str(births))
    ok("spBv1.0/hall/DBIRTH/edge/site" in births, "and one for the site's devices", str(births))
    _, p = host.find("DBIRTH", 0, "cs03")
    by_name = {m["name"]: m for m in p["metrics"]}
    temp = by_name.get("wafer/C6/temp_c", {})
    ok(len(by_name) > 500 and temp.get("datatype") == 10 and 20 < temp["value"] < 60, "a system has all its points",
       f"{len(by_name)} {temp}")
    ok(temp["properties"]["simulated"]["value"] is True and temp["properties"]["engUnit"]["value"] == "°C" and
       temp["properties"]["readOnly"]["value"] is True, "with unit, access and where they come from", str(temp))


def check_values(run):
    def agree():
        mine = run.get("cs01.loop.supply_temp_c", "cs02.ctl.tmax_c")
        shown = host.values()
        pairs = [(mine.get("cs01.loop.supply_temp_c", (None,))[0], shown.get(("cs01", "loop/supply_temp_c"))),
                 (mine.get("cs02.ctl.tmax_c", (None,))[0], shown.get(("cs02", "ctl/tmax_c")))]
        return all(a is not None and b is not None and abs(a - b) < 0.5 for a, b in pairs)
    ok(wait(agree, 20, 0.5), "a host shows what `isotherm get` shows", str(run.get("cs01.loop.supply_temp_c")))


def check_rebirth(run):
    start = host.count()
    broker.publish("spBv1.0/hall/NCMD/edge", "-f", os.path.join(PEERS, "rebirth.bin"))
    ok(wait(lambda: born_since(start), 20), "a rebirth brings NBIRTH and every DBIRTH again", str(host.since(start))[:500])
    ok(bdseq(host.find("NBIRTH", start)[1]) == 0, "with the bdSeq of the session", str(host.find("NBIRTH", start)))
    refused = run.value("site.mqtt.refused")
    start = host.count()
    broker.publish("spBv1.0/hall/NCMD/edge", "-m", "nonsense")
    broker.publish("spBv1.0/hall/DCMD/edge/cs00", "-f", os.path.join(PEERS, "rebirth.bin"))
    broker.publish("spBv1.0/hall/NCMD/edge", "-n")
    ok(wait(lambda: run.value("site.mqtt.refused") == refused + 3, 10, 0.3), "every other command is refused and counted",
       str(run.value("site.mqtt.refused")))
    ok(host.find("NBIRTH", start) is None, "and does nothing", str(host.find("NBIRTH", start)))
    made = subprocess.run([os.path.join(PEERS, "make_rebirth.py")], capture_output=True, check=True).stdout
    with open(os.path.join(PEERS, "rebirth.bin"), "rb") as f:
        ok(f.read() == made, "rebirth.bin is what its script writes")


def check_devices(run):
    start = host.count()
    for kind in ("engine", "cooling", "power"):
        run.fault(f"cs01.{kind}.offline=1")
    ok(wait(lambda: host.find("DDEATH", start, "cs01"), 20, 0.3), "a system whose devices are all lost dies", run.logs())
    start = host.count()
    for kind in ("engine", "cooling", "power"):
        run.fault(f"cs01.{kind}.offline=0")
    ok(wait(lambda: host.find("DBIRTH", start, "cs01"), 30, 0.3), "and is born again when they are back", run.logs())
    start = host.count()
    run.fault("cs02.cooling.offline=1")

    def stale():
        for topic, p in host.since(start):
            for m in p["metrics"]:
                if topic.endswith("DDATA/edge/cs02") and m["properties"].get("Quality", {}).get("value") == 500:
                    return True
        return False
    ok(wait(stale, 20, 0.3), "of a system that is lost in part the points concerned turn stale", run.logs())
    run.fault("cs02.cooling.offline=0")


def check_tree(run):
    held = wait(lambda: broker.retained("isotherm/door/systems/+"), 20, 0.5)
    ok(len(held) == SYSTEMS, "the JSON tree holds each system", str(held))
    status = loads(broker.retained("isotherm/door/status").get("isotherm/door/status", ""))
    ok(status.get("online") is True and status.get("systems") == SYSTEMS, "and the site's status", str(status))
    # an alarm: retained while it is not normal, taken away afterwards
    start = host.count()
    run.fault("cs00.leak[1]=1")
    held = wait(lambda: {k: v for k, v in broker.retained("isotherm/door/alarms/+").items() if "cs00" in k and "leak" in k},
                30, 0.5)
    record = loads(next(iter(held.values()), ""))
    ok(record.get("state") == "unacknowledged" and record.get("action"), "an alarm is there with what to do", str(held))
    ok(host.find("DDATA", start, "alarms"), "and in Sparkplug's device alarms", str(host.since(start))[:300])
    run.fault("cs00.leak[1]=0")
    if held:
        for key in [k.split("/", 3)[3] for k in broker.retained("isotherm/door/alarms/+")]:
            run.cli("ack", key)
        run.cli("reset", record["key"])  # a leak is latched
        ok(wait(lambda: not broker.retained("isotherm/door/alarms/+"), 60, 1), "it is taken away when it is normal",
           str(broker.retained("isotherm/door/alarms/+"))[:1000] + run.cli("alarms").stdout)


def check_kill(run):
    session, start, pid = host.state["bdseq"], host.count(), run.pid("mqtt")
    os.kill(pid, signal.SIGHUP)
    ok(wait(lambda: born_since(start), 30), "started afresh: births", run.logs())
    birth = host.find("NBIRTH", start)
    ok(host.find("NDEATH", start) and birth and bdseq(birth[1]) == (session + 1) % 256 and run.pid("mqtt") == pid,
       "after an NDEATH, with the next bdSeq, by the same process", str(birth)[:300])
    session = host.state["bdseq"]
    for _ in range(2):
        start = host.count()
        pid = run.pid("mqtt")
        os.kill(pid, signal.SIGKILL)
        death = wait(lambda: host.find("NDEATH", start), 20)
        ok(death and bdseq(death[1]) == session, "killed: NDEATH with the bdSeq of the session", str(death))
        ok(wait(lambda: born_since(start), 30), "then births", run.logs())
        birth = host.find("NBIRTH", start)
        ok(death and birth and birth[0] > death[0] and bdseq(birth[1]) == (session + 1) % 256,
           "after it, with the next bdSeq", str(birth)[:300])
        session = host.state["bdseq"]


def check_broker(run):
    ok(wait(lambda: connected(run) == 1, 20, 0.3), "before that it is connected", run.logs())
    before = overruns(run)
    # stopped: connections stay, nobody answers
    broker.kill(signal.SIGSTOP)
    ok(wait(lambda: connected(run) == 0, 60, 0.5), "a broker that has stopped is found out", run.logs())
    after = overruns(run)
    start = host.count()
    broker.kill(signal.SIGCONT)
    ok(wait(lambda: born_since(start), 90, 0.3), "it goes on: births again", run.logs())
    ok(before == after, "scans and control: no overrun meanwhile", f"{before} {after}")
    # killed, and back on the same port after a while
    before = overruns(run)
    broker.kill()
    ok(wait(lambda: connected(run) == 0, 10, 0.2), "a broker that is gone is found out", run.logs())
    host.close()
    broker.start()
    host.listen(broker)
    start = host.count()
    ok(wait(lambda: born_since(start), 90, 0.3), "it is back: births again", run.logs())
    ok(before == overruns(run), "scans and control: no overrun meanwhile", f"{before} {overruns(run)}")
    ok(wait(run.healthy, 60, 1), "the plant is healthy", run.cli("status").stdout)


def check_end(run):
    session, start = host.state["bdseq"], host.count()
    run.stop()
    death = wait(lambda: host.find("NDEATH", start), 10)
    ok(death and bdseq(death[1]) == session, "an NDEATH is said at the end", str(death))
    status = loads(broker.retained("isotherm/door/status").get("isotherm/door/status", ""))
    ok(status == {"site": "door", "online": False}, "and that the site is offline", str(status))


def check_alone():
    """What is wrong with a broker or the state folder is one line, and the rest goes on."""
    text = open(plant).read()
    none = plant_file(folder, text.replace(f"port: {broker.port},", f"port: {1 if os.geteuid() else 9},"), "none.yaml")
    env = dict(os.environ, ISOTHERM_RUN=os.path.join(folder, "alone"), ISOTHERM_STATE=os.path.join(plant, "no-folder"))
    with open(os.path.join(folder, "alone.log"), "w+") as log:
        p = subprocess.Popen([f"{BUILD}/isotherm-mqtt", "-c", none], env=env, stderr=log, cwd=ROOT)
        said = wait(lambda: "no connection" in open(log.name).read(), 20)
        p.terminate()
        ok(p.wait(10) == 0, "without broker and state folder it still ends cleanly", open(log.name).read())
        lines = open(log.name).read().splitlines()
        ok(said and sum("no connection" in l for l in lines) <= 2 and any("mqtt" in l and "plant.yaml" in l for l in lines),
           "and says what is wrong, once each", "\n".join(lines))


try:
    with Run(plant) as run:
        check_births(run)
        check_values(run)
        check_rebirth(run)
        check_devices(run)
        check_tree(run)
        check_kill(run)
        check_broker(run)
        ok(not host.wrong, "of all that was published nothing broke a rule", "\n".join(host.wrong[:10]))
        check_end(run)
    check_alone()
finally:
    host.close()
    broker.close()
    shutil.rmtree(folder, ignore_errors=True)
done()
