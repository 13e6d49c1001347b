#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A simulator that starts from a saved state: where it may, and that SIGHUP starts it from rest."""
import os
import shutil
import signal
import subprocess
import tempfile

from live import BUILD, ROOT, dies_with_the_test, done, ok, wait

PLANT = "site: test\ngrid: reference\nfaults: {}\nsystems:\n  - {{name: cs%02d, count: 1, type: water}}\n"

folder = tempfile.mkdtemp(prefix="isotherm-test-")
env = dict(os.environ, ISOTHERM_RUN=os.path.join(folder, "run"), ISOTHERM_CONFIG=os.path.join(ROOT, "config"))
state = os.path.join(folder, "state")
plants = {}
for word in ("allowed", "refused"):
    plants[word] = os.path.join(folder, word + ".yaml")
    with open(plants[word], "w") as f:
        f.write(PLANT.format(word))


def sim(*args):
    return subprocess.run([f"{BUILD}/isotherm-sim", *args], env=env, capture_output=True, text=True, timeout=30)


def start(*args):
    return subprocess.Popen([f"{BUILD}/isotherm-sim", *args], env=env, stderr=subprocess.DEVNULL,
                            preexec_fn=dies_with_the_test)


def stop(process):
    process.terminate()
    process.wait(10)


def arguments(process):
    with open(f"/proc/{process.pid}/cmdline") as f:
        return f.read().split("\0")


p = start("-c", plants["allowed"])
ok(wait(lambda: sim("save", state).returncode == 0, 20), "a state is saved")
stop(p)
p = start("-c", plants["allowed"], "--restore", state)
ok(wait(lambda: sim("save", state + "2").returncode == 0, 20), "a simulator starts from it")
os.unlink(state + "2")
os.rename(state, state + ".gone")
p.send_signal(signal.SIGHUP)
ok(wait(lambda: "--restore" not in arguments(p), 20), "SIGHUP starts it afresh without the state", arguments(p))
ok(wait(lambda: sim("save", state + "2").returncode == 0, 20) and p.poll() is None, "and it serves")
stop(p)
r = sim("-c", plants["refused"], "--restore", state + ".gone")
ok(r.returncode == 77 and "faults: allowed" in r.stderr, "no state where no faults are allowed", r.stderr)
shutil.rmtree(folder)
done()
