#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The history of a running plant, read by rrdtool, which shares no code with us but the library."""
import glob
import json
import math
import os
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import time

from live import BUILD, ROOT, Run, done, ok, wait

ARCHIVES = {"ctl": [("AVERAGE", 1, 3600), ("AVERAGE", 10, 8640)], "temps": [("AVERAGE", 10, 2160)]}


class History:
    """isotherm-hist of a run: the runner's, or where that has none one started by hand."""

    def __init__(self, run):
        self.run = run
        self.rrd = os.path.join(run.state_dir, "rrd")
        self.process = None

    def pid(self):
        if self.process:
            return self.process.pid if self.process.poll() is None else None
        for pid in self.run.members():
            try:
                with open(f"/proc/{pid}/comm") as f:
                    if f.read().strip() == "isotherm-hist":
                        return pid
            except OSError:
                pass
        return None

    def start(self):
        if self.process or not wait(self.pid, 3):
            self.process = subprocess.Popen(
                [f"{BUILD}/isotherm-hist", "-c", os.path.join(self.run.run_dir, "plant.yaml")], env=self.run.env,
                cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self):
        """Ended, and back: by the runner, or by us."""
        old = self.pid()
        os.kill(old, signal.SIGKILL)
        if self.process:
            self.process.wait(10)
            self.start()
        return wait(lambda: (self.pid() or old) != old and self.pid(), 10, 0.05)

    def path(self, name):
        return os.path.join(self.rrd, name)

    def figure(self, name):
        return self.run.value(f"site.hist.{name}")


class Alone(Run):
    """isotherm-hist with no plant about: every value is unknown, and every second a row all the same."""

    def __init__(self, folder, state_dir):
        self.folder, self.state_dir, self.run_dir = folder, state_dir, os.path.join(folder, "run")
        self.rrd = os.path.join(state_dir, "rrd")
        self.log = os.path.join(folder, "log")
        self.env = dict(os.environ, ISOTHERM_RUN=self.run_dir, ISOTHERM_STATE=state_dir, TZ="UTC",
                        ISOTHERM_CONFIG=os.path.join(ROOT, "config"))
        os.makedirs(self.run_dir, mode=0o700, exist_ok=True)
        plant = os.path.join(self.run_dir, "plant.yaml")
        shutil.copy(os.path.join(ROOT, "config/plants/cluster4.yaml"), plant)
        with open(os.path.join(self.run_dir, "run.json"), "w") as f:  # what `isotherm get` wants of a run
            json.dump({"site": "cluster4", "pid": os.getpid(), "state_dir": state_dir, "pids": [], "down": []}, f)
        self.process = subprocess.Popen([f"{BUILD}/isotherm-hist", "-c", plant], env=self.env, cwd=ROOT,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(self.log, "w"))

    def path(self, name):
        return os.path.join(self.rrd, name)

    def figure(self, name):
        return self.value(f"site.hist.{name}")

    def text(self):
        with open(self.log) as f:
            return f.read()

    def warnings(self):
        return [line for line in self.text().splitlines() if "warning" in line or "error" in line]

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(10)


def archives(path):
    """[(cf, seconds a row, rows)] as `rrdtool info` has them."""
    text = subprocess.run(["rrdtool", "info", path], capture_output=True, text=True).stdout
    step = int(re.search(r"^step = (\d+)", text, re.M).group(1))
    found = {}
    for at, key, value in re.findall(r"^rra\[(\d+)\]\.(cf|rows|pdp_per_row) = (\S+)", text, re.M):
        found.setdefault(int(at), {})[key] = value.strip('"')
    return [(a["cf"], int(a["pdp_per_row"]) * step, int(a["rows"])) for _, a in sorted(found.items())]


def fetch(path, column, start, end):
    """{second: value} of one source; a gap is NaN."""
    for _ in range(50):  # the historian may hold the file
        r = subprocess.run(["rrdtool", "fetch", path, "AVERAGE", "-s", str(int(start)), "-e", str(int(end)), "-r", "1"],
                           capture_output=True, text=True, env=dict(os.environ, LC_ALL="C"))
        if r.returncode == 0:
            break
    lines = r.stdout.splitlines()
    at = lines[0].split().index(column)
    return {int(line.split(":")[0]): float(line.split(":")[1].split()[at]) for line in lines[2:]}


def longest_gap(rows):
    longest = gap = 0
    for second in sorted(rows):
        gap = gap + 1 if math.isnan(rows[second]) else 0
        longest = max(longest, gap)
    return longest


def trend(run, *args, **env):
    return subprocess.run([f"{BUILD}/isotherm", "trend", *args], env=dict(run.env, LC_ALL="C.UTF-8", **env), cwd=ROOT,
                          capture_output=True, text=True, timeout=30)


def settled(hist, n):
    return wait(lambda: hist.figure("files") == n and hist.figure("write_ok") == 1, 20)


with Run("config/plants/cluster4.yaml") as run:
    ok(wait(run.healthy, 60, 0.5), "a cluster of four is up", run.output() + run.logs())
    hist = History(run)
    r = trend(run, "cs03.ctl.spread_k")
    if not hist.pid():
        ok(r.returncode == 66 and len(r.stderr.splitlines()) == 1 and "no history" in r.stderr,
           "before there is history, a trend says so in one line", r.stderr)
    hist.start()
    began = time.time()
    files = 4 * 5 + 3
    ok(settled(hist, files), f"{files} files are made and written", str(run.get("site.hist.*")))
    names = {os.path.basename(p) for p in glob.glob(hist.path("*.rrd"))}
    ok(len(names) == files and {"cs03.engine.key.rrd", "cs03.engine.temps.rrd", "cs03.cooling.key.rrd",
                                "cs03.power.key.rrd", "cs03.ctl.rrd", "site.water.key.rrd"} <= names,
       "a file a device and class, and one of the controllers' figures", str(sorted(names)))
    size = sum(os.path.getsize(p) for p in glob.glob(hist.path("cs03.*.rrd")))
    print(f"# short history: {size / 1e6:.2f} MB a system")
    ok(size <= 8e6, "a short history takes at most 8 MB a system", str(size))
    for kind, name in (("ctl", "cs03.ctl.rrd"), ("ctl", "cs01.power.key.rrd"), ("temps", "cs02.engine.temps.rrd")):
        ok(archives(hist.path(name)) == ARCHIVES[kind], f"rrdtool info shows the archives of {name}",
           str(archives(hist.path(name))))

    # --- what is in them
    with open(hist.path("points.json")) as f:
        table = json.load(f)["points"]
    ok(len(table) == 4 * 124 + 4 + 8 + 1, "points.json names every point that is kept", str(len(table)))
    entry = table["cs03.wafer.C6.temp_c"]
    ok(entry["file"] == "cs03.engine.temps.rrd" and entry["ds"] == "wafer_C6_temp_c", "and where it is", str(entry))
    ok(wait(lambda: time.time() > began + 66, 90), "a minute passes")
    now = time.time()
    for point in ("cs03.power.input_w", "cs03.ctl.spread_k", "cs00.loop.flow_lpm", "cs02.pump[1].speed_pct"):
        e = table[point]
        rows = fetch(hist.path(e["file"]), e["ds"], now - 62, now - 2)
        known = [v for v in rows.values() if not math.isnan(v)]
        mine = run.value(point)
        ok(len(known) >= 58, f"rrdtool fetch returns the last minute of {point}", str(rows))
        ok(known and abs(known[-1] - mine) <= 0.1 * abs(mine) + 0.1, "with the value that isotherm shows",
           f"{known[-1:]} and {mine}")

    # --- kill -9
    e = table["cs03.power.input_w"]
    for attempt in range(3):
        start = time.time()
        ok(hist.kill(), "isotherm-hist is back after kill -9")
        ok(settled(hist, files), "and writes", str(run.get("site.hist.*")))
        outage = time.time() - start
        ok(wait(lambda: time.time() > start + outage + 3, 10), "a moment later")
        rows = fetch(hist.path(e["file"]), e["ds"], start - 4, time.time() - 2)
        print(f"# outage {outage:.2f} s, longest hole {longest_gap(rows)} s")
        ok(longest_gap(rows) <= outage + 1, "there is no hole longer than the outage", str(rows))
    ok(hist.figure("set_aside") == 0, "no file was set aside")

    # --- what people see
    png = os.path.join(run.folder, "C6.png")
    r = trend(run, "cs03.wafer.C6.temp_c", "--span", "5m", "--png", png)
    ok(r.returncode == 0 and os.path.exists(png), "isotherm trend makes a picture", r.stderr)
    with open(png, "rb") as f:
        head = f.read(24)
    ok(head[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", head[16:24]) == (900, 300), "a PNG of 900x300", str(head))
    r = trend(run, "cs03.ctl.spread_k", "--span", "2m")
    lines = r.stdout.splitlines()
    ok(r.returncode == 0 and len(lines) == 20 and max(map(len, lines)) <= 80 and "UTC" in lines[-1] and " K " in lines[1],
       "a plot of text has 20 lines of 80 characters", r.stdout + r.stderr)
    r = trend(run, "cs03.ctl.spread_k", "--span", "2m", "--ascii", "--size", "120x30", TZ="Asia/Kolkata")
    ok(r.returncode == 0 and r.stdout.isascii() and len(r.stdout.splitlines()) == 30 and "IST" in r.stdout,
       "another size, in ASCII, in another time zone", r.stdout + r.stderr)
    for args, code, word in ((["cs03.wafer.C6.temp"], 66, "cs03.wafer.C6.temp_c"), (["nonsense"], 66, "no history is kept"),
                             (["cs03.ctl.spread_k", "--span", "6x"], 64, "no time span"),
                             (["cs03.ctl.spread_k", "--span", "9y"], 64, "out of range"),
                             (["cs03.ctl.spread_k", "--size", "1x1"], 64, "out of range"),
                             (["cs03.ctl.spread_k", "--png", "/nonexistent/x.png"], 73, "No such file")):
        r = trend(run, *args)
        ok(r.returncode == code and len(r.stderr.splitlines()) == 1 and word in r.stderr and not r.stdout,
           f"trend {' '.join(args)}: one clear line", f"{r.returncode}: {r.stderr}")

folder = tempfile.mkdtemp(prefix="isotherm-test-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
state = os.path.join(folder, "state")
try:
    # --- damaged while nobody writes
    with Alone(folder, state) as hist:
        ok(settled(hist, files), "alone, it keeps files all the same", hist.text())
    ok(hist.process.returncode == 0, "SIGTERM ends it with 0", str(hist.process.returncode))
    with open(hist.path("cs01.ctl.rrd"), "r+b") as f:
        f.seek(130)
        f.write(b"XX")
    os.truncate(hist.path("cs02.engine.key.rrd"), 50000)
    shutil.copy(__file__, hist.path("cs00.power.key.rrd"))
    keep = os.stat(hist.path("cs03.ctl.rrd")).st_ino
    with Alone(folder, state) as hist:
        ok(wait(lambda: hist.figure("set_aside") == 3, 20) and settled(hist, files),
           "three wrong files are set aside and begun anew", str(hist.get("site.hist.*")) + hist.text())
        ok(len(glob.glob(hist.path("*.rrd.bad-2*Z"))) == 3, "under names", str(os.listdir(hist.rrd)))
        ok(os.stat(hist.path("cs03.ctl.rrd")).st_ino == keep, "the others stay")
        ok(len(hist.warnings()) == 3, "each is said in one line", hist.text())
        # --- and while somebody does
        os.unlink(hist.path("cs03.power.key.rrd"))
        os.mkfifo(hist.path("cs03.power.key.rrd"))
        os.truncate(hist.path("cs03.engine.key.rrd"), 1000)
        ok(wait(lambda: hist.figure("set_aside") == 5, 20) and settled(hist, files),
           "so are a file cut and one replaced by a FIFO while it runs", str(hist.get("site.hist.*")) + hist.text())

    # --- a full disk
    small = os.path.join(folder, "small")
    os.mkdir(small)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", small], capture_output=True).returncode != 0:
        print("# a full disk: not injectable here (no right to mount)")
    else:
        try:
            with Alone(folder, small) as hist:
                ok(wait(lambda: hist.figure("write_ok") == 0, 20), "on a full disk write_ok is 0",
                   str(hist.get("site.hist.*")))
                ok(wait(lambda: "no space" in hist.text(), 5) and len(hist.warnings()) == 1, "and one line says why",
                   hist.text())
                subprocess.run(["mount", "-o", "remount,size=64m", small], check=True)
                ok(wait(lambda: hist.figure("write_ok") == 1 and hist.figure("files") == files, 15),
                   "with room again, every file is there within 15 s", str(hist.get("site.hist.*")) + hist.text())
            ok(hist.process.returncode == 0, "and it ends well")
        finally:
            subprocess.run(["umount", small])
finally:
    shutil.rmtree(folder, ignore_errors=True)
done()
