#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One engine block that is not ours, served by pymodbus, takes the place of a simulated one in a running plant: its points
alone are real, nothing is written to it until somebody has armed it, and what it does concerns no other system."""
import json
import logging
import os
import re
import shutil
import tempfile

from pymodbus.client import ModbusTcpClient

from live import ROOT, Run, done, ok, plant_file, wait
from modbus_server import Server, Unit
from peers import _unit_keyword

IDENTITY = 400  # input register of an engine block: what it is
SERIAL = 600    # and the two of its serial number
logging.disable(logging.CRITICAL)
folder = tempfile.mkdtemp(prefix="isotherm-test-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)


def spans(rows):
    """(function, first register, count) that cover the rows of a point table, 120 registers at most each."""
    found = []
    for fc, first, count in sorted({(r["fc"], r["register"], r["count"]) for r in rows}):
        if found and found[-1][0] == fc and found[-1][1] + found[-1][2] >= first and first + count - found[-1][1] <= 120:
            found[-1][2] = max(found[-1][2], first + count - found[-1][1])
        else:
            found.append([fc, first, count])
    return found


class Twin:
    """An engine block with the words of a simulated one, and its own identity. copy() takes them over as they are now."""

    def __init__(self, rows):
        self.spans = spans(rows)
        self.unit = Unit({(fc, first + k): 0 for fc, first, count in self.spans for k in range(count)})
        self.unit.words |= {(4, IDENTITY): 0x1A57, (4, SERIAL): 0, (4, SERIAL + 1): 4711}
        self.server = Server({1: self.unit})

    def copy(self, port):
        client = ModbusTcpClient(host="127.0.0.1", port=port, timeout=3)
        client.connect()
        for fc, first, count in self.spans:
            method = client.read_input_registers if fc == 4 else client.read_holding_registers
            answer = method(address=first, count=count, **{_unit_keyword(method): 1})
            for k, word in enumerate(getattr(answer, "registers", [])):
                # what can be written is this device's own affair
                if fc == 4 and first + k != IDENTITY:
                    self.unit.words[fc, first + k] = word
        client.close()


def plant(name, port, more=""):
    override = f"  cs01.engine: {{source: real, host: 127.0.0.1, port: {port}, unit: 1{more}}}\n" if port else ""
    arming = "arming:\n  - {device: cs01.engine, by: J. Doe, why: the map was checked}\n" if more else ""
    return plant_file(folder, f"site: real\nsystems:\n  - {{name: cs%02d, count: 4, type: water}}\n"
                      f"{'overrides:' if override else ''}\n{override}{arming}config_dir: {ROOT}/config\n", name)


class View:
    def __init__(self, run):
        self.run = run

    def device(self, name="cs01.engine"):
        return next((d for d in self.run.status().get("devices", []) if d["name"] == name), {})

    def systems(self):
        return {s["name"]: s for s in self.run.status().get("systems", [])}

    def flags(self, *points):
        """{point: is it marked as simulated} as `isotherm get` says it."""
        return {l.split()[0]: "simulated" in l for l in self.run.cli("get", *points).stdout.splitlines() if l.strip()}

    def others_are_well(self):
        s = self.run.status()
        return all(d["state"] == "ok" and d["stale_points"] == 0 for d in s.get("devices", []) if d["name"] != "cs01.engine") and \
            all(x["mode"].upper() == "AUTO" for x in s.get("systems", []) if x["name"] != "cs01")

    def system_screen(self):
        return self.run.cli("top", "--dump", "system:cs01", "--size", "160x48").stdout

    def says(self):
        return json.dumps(self.device()) + self.run.cli("status").stdout + self.run.logs()


def in_shadow(twin):
    with Run(plant("shadow.yaml", twin.server.port)) as run:
        v = View(run)
        ok(wait(lambda: v.device("cs00.engine").get("state") == "ok", 40, 0.3), "the plant runs", v.says())
        twin.copy(v.device("cs00.engine")["port"])
        ok(wait(lambda: v.device().get("state") == "ok" and v.device().get("stale_points") == 0, 20, 0.3),
           "the engine block that pymodbus serves is read", v.says())
        ok(wait(lambda: v.others_are_well(), 60, 0.5), "the others are in automatic control", v.says())
        devices = run.status()["devices"]
        ok([d["name"] for d in devices if not d["simulated"]] == ["cs01.engine"], "it alone is no simulated device")
        ok([d["name"] for d in devices if not d["armed"]] == ["cs01.engine"], "and it alone is in shadow")
        flags = v.flags("cs0*.wafer.*", "cs0*.loop.*", "cs0*.psu*")
        real = {p for p, simulated in flags.items() if not simulated}
        table = {r["name"]: r for r in json.loads(run.cli("points", "--json").stdout)}
        ok(real and all(table[p]["device"] == "cs01.engine" for p in real) and
           real == {p for p in flags if table[p]["device"] == "cs01.engine"},
           "the points of it alone have lost their mark", str(sorted(real)[:5]) + str(len(flags)))
        rows = [r for r in table.values() if r["device"]]
        ok({r["device"] for r in rows if not r["simulated"]} == {"cs01.engine"}, "the point table says so, too")
        s = v.systems()
        ok(s["cs00"]["points"] == s["cs01"]["points"] and s["cs00"]["simulated_points"] == s["cs00"]["points"] and
           s["cs01"]["simulated_points"] == s["cs01"]["points"] - v.device()["points"],
           "status counts them", str({n: (x["points"], x["simulated_points"]) for n, x in s.items()}))
        screen = v.system_screen()
        line = next((l for l in screen.splitlines() if "cs01.engine " in l and "ok" in l), "")
        cooling = next((l for l in screen.splitlines() if "cs01.cooling " in l), "")
        ok(line and "S" not in line.replace("SHADOW", "") and "S" in cooling and "SHADOW" in line,
           "the screen marks the values of the others as simulated, its own not", line + "\n" + cooling + "\n" + screen)
        wafer = [l for l in screen.splitlines() if re.match(r"[A-G] +[-+0-9]", l)]
        ok(len(wafer) == 7 and not any("S" in l.split("│")[0] for l in wafer), "nor those of its wafer", "\n".join(wafer))
        ok(wait(lambda: (v.device().get("would_write") or 0) > 0, 20, 0.3), "demands for it are counted as would-write",
           v.says())
        ok(not twin.unit.writes, "and not one is sent", str(twin.unit.writes[:3]))

        # it goes away, and comes back
        twin.server.stop()
        ok(wait(lambda: v.device().get("state") == "no answer" and v.device()["stale_points"] == v.device()["points"], 10),
           "it goes away: no point of it is good", v.says())
        ok(v.others_are_well(), "the others stay as they are", v.says())
        twin.server.start()
        ok(wait(lambda: v.device().get("state") == "ok" and v.device()["stale_points"] == 0, 15), "it is back", v.says())
        ok(not twin.unit.writes and v.others_are_well(), "still unwritten, and the others stay as they are", v.says())
        return run.process.poll() is None


def armed(twin):
    with Run(plant("armed.yaml", twin.server.port, ", write: armed")) as run:
        v = View(run)
        ok(wait(lambda: v.device("cs00.engine").get("state") == "ok", 40, 0.3), "the armed plant runs", v.says())
        twin.copy(v.device("cs00.engine")["port"])
        ok(wait(lambda: twin.unit.writes, 60, 0.2), "armed by name and reason: demands reach it", v.says())
        ok(v.device().get("armed") is True and v.device().get("would_write") == 0, "and none is held back", v.says())
        ok(wait(lambda: v.device().get("mismatches") == 0 and v.device().get("state") == "ok", 15),
           "they are read back as they were written", v.says())
        ok(re.search("cs01.engine.*J. Doe.*map was checked", run.output() + run.logs()), "who armed it, and why, is logged",
           run.logs())
        journal = run.cli("alarms", "--history").stdout
        ok(re.search("arming +J. Doe +cs01.engine .*the map was checked", journal), "and stands in the journal", journal)
        ok(wait(lambda: v.others_are_well(), 60, 0.5), "the others are in automatic control", v.says())

        # it comes back as another device
        twin.server.stop()
        ok(wait(lambda: v.device().get("state") == "no answer", 10), "it goes away", v.says())
        twin.unit.words[4, IDENTITY] = 0x1234
        n = len(twin.unit.writes)
        twin.server.start()
        ok(wait(lambda: v.device().get("state") not in ("ok", "no answer", None), 15),
           "it comes back as another device: it is told", v.says())
        temp = run.get("cs01.wafer.D6.temp_c")
        ok(temp.get("cs01.wafer.D6.temp_c", (0, ""))[1] == "BAD" and v.device()["stale_points"] == v.device()["points"],
           "its points are BAD", str(temp))
        ok(wait(lambda: "cs01.engine is not what" in run.cli("alarms").stdout, 15), "an alarm names it",
           run.cli("alarms").stdout)
        ok(wait(lambda: (v.device().get("errors") or 0) > 0 and v.others_are_well(), 10) and len(twin.unit.writes) == n,
           "nothing is written to it, and the others stay as they are", v.says())
        twin.unit.words[4, IDENTITY] = 0x1A57
        ok(wait(lambda: v.device().get("state") == "ok" and v.device()["stale_points"] == 0, 15),
           "when it is again what the configuration says, it is read", v.says())
        ok(wait(lambda: len(twin.unit.writes) > n, 30, 0.2), "and written", v.says())

        # a spare of the same kind
        twin.server.stop()
        ok(wait(lambda: v.device().get("state") == "no answer", 10), "it goes away once more", v.says())
        twin.unit.words[4, SERIAL + 1] = 4712
        twin.server.start()
        ok(wait(lambda: v.device().get("state") not in ("ok", "no answer", None), 15),
           "another one of its kind comes: it is told by its serial number", v.says())
        n = len(twin.unit.writes)
        errors = v.device().get("errors") or 0
        ok(wait(lambda: (v.device().get("errors") or 0) > errors, 15) and len(twin.unit.writes) == n and
           v.device()["stale_points"] == v.device()["points"], "its points are BAD, and nothing is written to it", v.says())
        ok("serial number 4712, not 4711" in run.logs(), "the log says which one came", run.logs())


try:
    with Run(plant("all_simulated.yaml", None)) as first:
        ok(wait(lambda: json.loads(first.cli("points", "cs00.*", "--json").stdout or "[]"), 20), "a plant, all simulated")
        engine = [r for r in json.loads(first.cli("points", "cs00.*", "--json").stdout) if r["device"] == "cs00.engine" and
                  r["fc"]]
    block = Twin(engine)
    block.server.start()
    in_shadow(block)
    armed(block)
    block.server.stop()
finally:
    shutil.rmtree(folder, ignore_errors=True)
done()
