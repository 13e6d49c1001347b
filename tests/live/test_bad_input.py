#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a wrong file, a busy port, a second run or a device nobody armed leads to: a clear line, and no harm."""
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import threading

from live import BUILD, ROOT, Run, done, ok, plant_file, wait


class Meter(threading.Thread):
    """Hardware as far as the plant knows: answers every read with zeros (identity block: exception 2), notes writes."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.reads, self.writes = 0, []
        self.start()

    def run(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        while True:
            try:
                head = peer.recv(7, socket.MSG_WAITALL)
                if len(head) < 7:
                    return
                tid, _, length, unit = struct.unpack(">HHHB", head)
                pdu = peer.recv(length - 1, socket.MSG_WAITALL)
            except OSError:
                return
            fc = pdu[0]
            address, count = struct.unpack(">HH", pdu[1:5])
            if fc in (3, 4) and address < 0xFF00:
                self.reads += 1
                value = 0x1A57 if fc == 4 and address == 400 else 0
                answer = bytes([fc, 2 * count]) + struct.pack(">H", value) * count
            elif fc in (3, 4):
                answer = bytes([fc | 0x80, 2])
            else:
                self.writes.append(pdu)
                answer = pdu[:5]
            peer.sendall(struct.pack(">HHHB", tid, 0, len(answer) + 1, unit) + answer)


folder = tempfile.mkdtemp(prefix="isotherm-test-")
try:
    # --- ten planted errors
    bad = plant_file(folder, """site: bad
grid: imaginary
seed: -3
faults: perhaps
colour: blue
control_period_ms: 5
limits: {temp_c: 900, spread_k: 8}
systems:
  - {name: cs%02d, count: 900, type: water}
facility:
  - {name: water, profile: no_such_profile}
overrides:
  nobody: {spread_k: 6}
  cs03: {spread_k: wide}
""")
    r = subprocess.run([f"{BUILD}/isotherm", "check-config", bad], capture_output=True, text=True, cwd=ROOT)
    lines = [l for l in (r.stdout + r.stderr).splitlines() if bad in l or "plant.yaml:" in l]
    ok(r.returncode == 78, "check-config exits 78 on a wrong plant", str(r))
    ok(len(lines) >= 10, "every error has a line of its own", r.stdout + r.stderr)
    ok(all(":" in l and any(c.isdigit() for c in l) for l in lines), "each names file and line", "\n".join(lines))
    with Run(bad) as run:
        ok(run.process.wait(10) == 78, "a wrong plant starts nothing", run.output())
        ok(not run.members() and not os.path.exists(run.run_dir), "and leaves nothing behind", str(run.members()))

    # --- a hook that nobody can run is a warning
    lonely = plant_file(folder, f"""site: lonely
systems:
  - {{name: cs%02d, count: 1, type: water}}
facility:
  - {{name: water, profile: facility_water}}
paging: {{hook: {folder}/no-such-hook}}
config_dir: {ROOT}/config
""")
    r = subprocess.run([f"{BUILD}/isotherm", "check-config", lonely], capture_output=True, text=True, cwd=ROOT)
    ok(r.returncode == 0 and "correct" in r.stdout and "warning" in r.stderr and "no-such-hook" in r.stderr,
       "check-config warns of a hook that is not there", str(r))

    # --- a missing file, an unknown command
    r = subprocess.run([f"{BUILD}/isotherm", "check-config", folder + "/none.yaml"], capture_output=True, text=True)
    ok(r.returncode != 0 and "none.yaml" in r.stderr + r.stdout, "a missing file is named", str(r))
    r = subprocess.run([f"{BUILD}/isotherm", "frobnicate"], capture_output=True, text=True)
    ok(r.returncode == 64 and "frobnicate" in r.stderr, "an unknown command is a usage error", str(r))
    env = dict(os.environ, ISOTHERM_RUN=folder + "/nothing")
    r = subprocess.run([f"{BUILD}/isotherm", "status"], capture_output=True, text=True, env=env)
    ok(r.returncode == 2 and len(r.stderr.splitlines()) == 1, "status without a run exits 2 with one line", str(r))

    # --- a busy port
    taken = socket.create_server(("127.0.0.1", 0))
    busy = plant_file(folder, f"""site: busy
systems:
  - {{name: cs%02d, count: 1, type: water}}
overrides:
  cs00.engine: {{port: {taken.getsockname()[1]}}}
config_dir: {ROOT}/config
""", "busy.yaml")
    with Run(busy) as run:
        code = wait(lambda: run.process.poll(), 30)
        text = run.output()
        ok(code not in (None, 0), "a busy port ends the start", text)
        ok(str(taken.getsockname()[1]) in text and "cs00.engine" in text, "and is named with its device", text)
        ok(wait(lambda: not run.members(), 5), "nothing is left running", str(run.members()))

    # --- a second run in the same folder
    with Run("config/plants/single.yaml") as run:
        ok(wait(run.healthy, 60, 0.5), "a single system becomes healthy", run.cli("status").stdout + run.logs())
        r = subprocess.run([f"{BUILD}/isotherm-run", "-c", "config/plants/single.yaml", "--headless"], env=run.env,
                           cwd=ROOT, capture_output=True, text=True, timeout=20)
        ok(r.returncode == 73, "a second run in the same folder is refused", str(r))
        for bad_change, hint in (("cs00.zone[12].g=1", "zone"), ("cs00.zone[5].g=9e9", "9e"), ("nonsense", "="),
                                 ("cs00.zone[5].g=nan", "nan")):
            r = run.fault(bad_change)
            ok(r.returncode != 0 and hint in (r.stderr + r.stdout).lower(), f"fault '{bad_change}' is refused",
               str(r))

    # --- a real device that nobody armed
    meter = Meter()
    shadow = plant_file(folder, f"""site: mixed
faults: allowed
systems:
  - {{name: cs%02d, count: 2, type: water}}
overrides:
  cs01.engine: {{source: real, host: 127.0.0.1, port: {meter.port}, unit: 1}}
config_dir: {ROOT}/config
""", "shadow.yaml")
    with Run(shadow) as run:
        def would_write():
            return [d for d in run.status().get("devices", []) if d["name"] == "cs01.engine" and d.get("would_write", 0) > 0]
        found = wait(would_write, 40, 0.5)
        ok(found and not found[0]["armed"] and not found[0]["simulated"],
           "a real device starts in shadow and its demands are counted as would-write",
           str([d for d in run.status().get("devices", []) if "cs01" in d["name"]]) + run.logs())
        ok(meter.reads > 0, "it is read", str(meter.reads))
        ok(not meter.writes, "nothing is written to it", str(meter.writes[:3]))
        r = run.fault("cs00.zone[5].g=0.5")
        ok(r.returncode != 0 and "real" in r.stderr + r.stdout, "faults are refused where a device is real", str(r))
    scenario = plant_file(folder, f"plant: shadow.yaml\nduration_s: 5\nscored_s: [0, 5]\n", "s.yaml")
    r = subprocess.run([f"{BUILD}/isotherm", "scenario", scenario], capture_output=True, text=True, cwd=ROOT)
    ok(r.returncode not in (0, 1) and "real" in r.stderr + r.stdout, "a scenario refuses that plant", str(r))
finally:
    shutil.rmtree(folder, ignore_errors=True)
done()
