# SPDX-License-Identifier: Apache-2.0
"""What the live tests share: a running plant in folders of its own, waiting for conditions, TAP lines.

Nothing here sleeps for a fixed time and hopes: wait() asks again until the condition holds or its deadline has passed.
"""
import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build")
count = 0
failed = 0


def ok(condition, text, detail=""):
    global count, failed
    count += 1
    print(f"{'ok' if condition else 'not ok'} {count} - {text}", flush=True)
    if not condition:
        failed += 1
        print(f"# {detail}"[:2000], flush=True)
    return bool(condition)


def done():
    print(f"1..{count}")
    sys.exit(1 if failed else 0)


def wait(condition, timeout_s, every_s=0.1):
    """The first true answer of condition(), or its last one when time is up."""
    end = time.monotonic() + timeout_s
    while True:
        answer = condition()
        if answer or time.monotonic() > end:
            return answer
        time.sleep(every_s)


def dies_with_the_test():
    """In the child: SIGTERM when the test ends, however it ends (PR_SET_PDEATHSIG is 1)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Run:
    """`isotherm run` on a plant, in its own run and state folders."""

    def __init__(self, plant, *args):
        self.folder = tempfile.mkdtemp(prefix="isotherm-test-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        self.run_dir = os.path.join(self.folder, "run")
        self.state_dir = os.path.join(self.folder, "state")
        self.env = dict(os.environ, ISOTHERM_RUN=self.run_dir, ISOTHERM_STATE=self.state_dir, TZ="UTC")
        self.log = open(os.path.join(self.folder, "out"), "w+")
        self.process = subprocess.Popen(
            [f"{BUILD}/isotherm-run", "-c", plant, "--headless", *args], env=self.env, stdin=subprocess.DEVNULL,
            stdout=self.log, stderr=subprocess.STDOUT, cwd=ROOT, start_new_session=True,
            preexec_fn=dies_with_the_test)

    def cli(self, *args):
        return subprocess.run([f"{BUILD}/isotherm", *args], env=self.env, cwd=ROOT, capture_output=True, text=True,
                              timeout=30)

    def status(self):
        r = self.cli("status", "--json")
        try:
            return json.loads(r.stdout)
        except ValueError:
            return {}

    def get(self, *points):
        """{point: (value, quality)} as `isotherm get` prints them; a value that is none is None."""
        found = {}
        for line in self.cli("get", *points).stdout.splitlines():
            words = line.split()
            number = re.search(r"-?\d+(\.\d+)?(e[-+]?\d+)?", line[len(words[0]):]) if words else None
            quality = re.search(r"\b(NEVER|GOOD|UNCERTAIN|STALE|COMM|RANGE|BAD)\b", line, re.I)
            if words and quality:
                found[words[0]] = (float(number.group()) if number else None, quality.group().upper())
        return found

    def value(self, point):
        return self.get(point).get(point, (None, "NONE"))[0]

    def pid(self, room):
        for entry in self.status().get("pids", []):
            if entry["room"] == room:
                return entry["pid"]
        return None

    def healthy(self):
        return self.cli("status").returncode == 0

    def fault(self, change):
        return self.cli("fault", change)

    def output(self):
        with open(self.log.name) as f:
            return f.read()

    def logs(self):
        texts = []
        for base, _, files in os.walk(os.path.join(self.state_dir, "log")):
            for name in sorted(files):
                with open(os.path.join(base, name), errors="replace") as f:
                    texts.append(f"--- {name}\n" + f.read()[-1500:])
        return "\n".join(texts)

    def members(self):
        """Pids of everything this run started that is still there (by its run folder in the environment)."""
        mark = f"ISOTHERM_RUN={self.run_dir}".encode()
        pids = []
        for entry in os.listdir("/proc"):
            if entry.isdigit() and int(entry) != os.getpid():
                try:
                    with open(f"/proc/{entry}/environ", "rb") as f:
                        if mark in f.read().split(b"\0"):
                            with open(f"/proc/{entry}/stat") as s:
                                if s.read().rsplit(")", 1)[1].split()[0] != "Z":
                                    pids.append(int(entry))
                except OSError:
                    pass
        return pids

    def stop(self, how=signal.SIGINT, timeout_s=15):
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode

    def close(self):
        self.stop()
        for pid in self.members():
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def plant_file(folder, text, name="plant.yaml"):
    path = os.path.join(folder, name)
    with open(path, "w") as f:
        f.write(text)
    return path
