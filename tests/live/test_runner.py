#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The runner's own promises: what it starts ends with it, in whatever way it ends, and the terminal is given back."""
import json
import os
import pty
import select
import signal
import subprocess
import termios
import time

from live import BUILD, ROOT, Run, done, ok, wait

PLANT = "config/plants/single.yaml"


def state(run):
    try:
        with open(os.path.join(run.run_dir, "run.json")) as f:
            return json.load(f)
    except (OSError, ValueError):
        return {}


def pid(run, room):
    return next((r["pid"] for r in state(run).get("pids", []) if r["room"] == room), None)


def rooms(run):
    return {r["room"] for r in state(run).get("pids", [])}


def up(run):
    return wait(lambda: {"engine_sim", "collectors", "controllers"} <= rooms(run) and "controllers is" in run.output(), 30)


def gone(run):
    return not run.members() and not os.path.exists(run.run_dir)


# --- a runner that is killed takes its rooms along; the next one cleans up
with Run(PLANT) as run:
    ok(up(run), "a single system starts", run.output())
    run.process.kill()
    run.process.wait()
    ok(wait(lambda: not run.members(), 5, 0.02), "kill -9 of the runner ends every room", str(run.members()))
    ok(os.path.exists(run.run_dir), "its run folder stays behind")
    again = subprocess.Popen([f"{BUILD}/isotherm-run", "-c", PLANT, "--headless"], env=run.env, cwd=ROOT,
                             stdin=subprocess.DEVNULL, stdout=run.log, stderr=subprocess.STDOUT)
    ok(wait(lambda: state(run).get("pid") == again.pid and {"engine_sim", "collectors", "controllers"} <= rooms(run), 30),
       "the next runner removes a stale folder and starts", run.output())
    again.send_signal(signal.SIGTERM)
    ok(again.wait(15) == 0, "SIGTERM ends it with 0", run.output()[-500:])
    ok(gone(run), "and nothing is left", str(run.members()))

# --- signals, whatever their number
for how in (signal.SIGHUP, signal.SIGINT):
    with Run(PLANT) as run:
        up(run)
        run.process.send_signal(how)
        run.process.send_signal(how)  # as make and the terminal do: once each
        ok(run.process.wait(15) == 0 and gone(run), f"{how.name} twice at once stops in order", run.output()[-500:])
        ok("killed" not in run.output(), "and no room had to be killed", run.output()[-500:])

# --- a room that hangs can't keep the runner
with Run(PLANT) as run:
    up(run)
    os.kill(pid(run, "controllers"), signal.SIGSTOP)
    os.kill(pid(run, "engine_sim"), signal.SIGSTOP)
    run.stop(signal.SIGINT)
    ok(gone(run), "rooms that hang end, too", str(run.members()))

# --- a room that keeps dying
with Run(PLANT) as run:
    up(run)
    seen = set()
    for _ in range(5):
        now = wait(lambda: (lambda p: p if p not in seen else None)(pid(run, "controllers")), 10, 0.02)
        if now:
            seen.add(now)
            os.kill(now, signal.SIGKILL)
    ok(len(seen) == 5, "a room that ends is started again", str(seen))
    ok(wait(lambda: "next try in 30 s" in run.output(), 10), "one that keeps ending pauses, and a line says so",
       run.output()[-800:])
    ok(run.output().count("next try in 30 s") == 1, "one line")
    down = state(run).get("down", [])
    ok(down and down[0]["room"] == "controllers" and "signal 9" in down[0]["why"], "run.json says what is down and why",
       str(down))
    r = run.cli("status")
    ok(r.returncode == 1 and "controllers" in r.stdout + r.stderr, "the status names it", r.stdout + r.stderr)
    log = os.path.join(run.state_dir, "log", "controllers.log")
    ok(os.path.getsize(log) > 0, "its last words are in its log")

# --- somebody else's folder
with Run(PLANT) as run:
    run.stop()
    os.mkdir(run.run_dir, 0o700)
    with open(os.path.join(run.run_dir, "thesis.tex"), "w"):
        pass
    r = subprocess.run([f"{BUILD}/isotherm-run", "-c", PLANT, "--headless"], env=run.env, cwd=ROOT, capture_output=True,
                       text=True, timeout=20)
    ok(r.returncode == 73 and "thesis.tex" in r.stderr, "a folder with other things in it is refused", str(r))
    ok(os.listdir(run.run_dir) == ["thesis.tex"], "and left alone", str(os.listdir(run.run_dir)))


# --- the screen in front
class Terminal:
    """isotherm-run with a terminal of its own."""

    def __init__(self, run, *args, term="xterm"):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            os.execve(f"{BUILD}/isotherm-run", ["isotherm-run", "-c", PLANT, *args], dict(run.env, TERM=term))
        self.text = b""
        termios.tcsetwinsize(self.fd, (30, 100)) if hasattr(termios, "tcsetwinsize") else None

    def read(self, until, timeout_s=30):
        end = time.monotonic() + timeout_s
        while until not in self.text and time.monotonic() < end:
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    data = os.read(self.fd, 65536)
                except OSError:
                    break
                self.text += data
        return until in self.text

    def modes(self):
        return termios.tcgetattr(self.fd)[3]

    def end(self, timeout_s=15):
        self.read(b"\0never\0", 0.1)
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            self.read(b"\0never\0", 0.1)
            got, status = os.waitpid(self.pid, os.WNOHANG)
            if got:
                return os.waitstatus_to_exitcode(status)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        return None


for key, name in ((b"Q", "Q"), (b"\x03", "Ctrl-C")):
    with Run(PLANT) as run:
        run.stop()
        terminal = Terminal(run)
        before = terminal.modes()
        ok(terminal.read(b"cs00", 30), "with a terminal the screen comes up", terminal.text[-300:].decode(errors="replace"))
        wait(lambda: terminal.modes() != before, 5)
        os.write(terminal.fd, key)
        code = terminal.end()
        ok(code == 0, f"{name} ends the run", f"{code} " + terminal.text[-500:].decode(errors="replace"))
        ok(gone(run), "nothing is left", str(run.members()))
        ok(b"transactions:" in terminal.text, "the last lines come after the screen",
           terminal.text[-500:].decode(errors="replace"))
        os.close(terminal.fd)

with Run(PLANT) as run:
    run.stop()
    terminal = Terminal(run, term="")
    ok(terminal.read(b"going on without the screen", 30), "without a usable terminal a line says so")
    ok(terminal.read(b"transactions", 30), "and status lines come instead", terminal.text[-300:].decode(errors="replace"))
    os.close(terminal.fd)  # the terminal goes away
    ok(wait(lambda: os.waitpid(terminal.pid, os.WNOHANG)[0], 15), "a terminal that goes away ends the run")
    ok(wait(lambda: gone(run), 5), "and nothing is left", str(run.members()))

# --- a limited run that is healthy in the end, and one that is not
with Run(PLANT, "--for", "15") as run:
    ok(run.process.wait(60) == 0, "a run of 15 s is healthy in the end", run.output()[-1500:])
    end = run.output()[-1500:]
    ok("1 system, healthy" in end, "the last lines say so", end)
    for figure in ("points: ", "alarms: 0 active", "history: ", "broker: 127.0.0.1:", "overruns: ", "polls: p99 ", "cpu: engine_sim "):
        ok("\n" + figure in end, f"and '{figure.strip()}'", end)
with Run(PLANT, "--for", "15") as run:
    up(run)
    run.fault("cs00.engine.offline=1")
    ok(run.process.wait(60) == 1, "a run whose end holds a fault is not", run.output()[-1500:])
    ok("because: cs00.engine" in run.output(), "and says why", run.output()[-800:])
done()
