# SPDX-License-Identifier: Apache-2.0
"""A mosquitto of the test's own, and a Sparkplug host that listens to it and checks every message."""
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

from live import ROOT

sys.path.insert(0, os.path.join(ROOT, "tests", "peers"))
import sparkplug_decode as sparkplug  # noqa: E402


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Broker:
    """mosquitto on a port of the loopback, without persistence."""

    def __init__(self, folder):
        self.port = free_port()
        self.config = os.path.join(folder, "mosquitto.conf")
        self.log = os.path.join(folder, "mosquitto.log")
        with open(self.config, "w") as f:
            f.write(f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\n"
                    "max_queued_messages 0\n" + ("user root\n" if os.geteuid() == 0 else ""))
        self.process = None
        self.start()

    def start(self):
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(["mosquitto", "-c", self.config], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env=dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin"))
        end = time.monotonic() + 10
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("the broker does not start")

    def kill(self, how=signal.SIGKILL):
        self.process.send_signal(how)
        if how not in (signal.SIGSTOP, signal.SIGCONT):
            self.process.wait()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def publish(self, topic, *args):
        subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.port), "-t", topic, *args], check=True,
                       timeout=10)

    def retained(self, topic):
        """{topic: text} of what the broker holds there."""
        r = subprocess.run(["mosquitto_sub", "-h", "127.0.0.1", "-p", str(self.port), "-t", topic, "--retained-only",
                            "-W", "2", "-F", "%t %p"], capture_output=True, text=True, timeout=15)
        return dict(line.split(" ", 1) for line in r.stdout.splitlines() if " " in line)


class Host:
    """Hears spBv1.0/# and keeps what it hears; what breaks a rule goes to `wrong`."""

    def __init__(self, broker):
        self.messages = []  # (topic, payload), in order
        self.wrong = []
        self.lock = threading.Lock()
        self.state = None
        self.process = None
        self.listen(broker)

    def listen(self, broker):
        self.state = {"seq": None, "bdseq": None, "aliases": {}, "born": {}, "data": False}
        self.process = subprocess.Popen(
            ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(broker.port), "-t", "spBv1.0/#", "-q", "1", "-F", "%t %q %r %x"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self.read, args=(self.process,), daemon=True).start()

    def read(self, process):
        for line in process.stdout:
            topic, qos, retain, *text = line.rstrip("\n").split(" ")
            if "CMD/" in topic:
                continue  # what somebody told the node
            try:
                p = sparkplug.payload(bytes.fromhex(text[0] if text else ""))
            except (sparkplug.Malformed, ValueError) as e:
                self.wrong.append(f"{topic}: {e}")
                continue
            with self.lock:
                self.check(topic, int(qos), int(retain), p)
                self.messages.append((topic, p))

    def check(self, topic, qos, retain, p):
        parts = topic.split("/")
        kind, device = parts[2], parts[4] if len(parts) > 4 else ""

        def must(condition, text):
            if not condition:
                self.wrong.append(f"{topic} (seq {p['seq']}): {text}")

        must(parts[0] == "spBv1.0" and bool(device) == (kind[0] == "D"), "topic")
        must(retain == 0 and qos == (1 if kind == "NDEATH" else 0), f"qos {qos} retain {retain}")
        s = self.state
        if kind == "NDEATH":
            must(p["seq"] is None and [m["name"] for m in p["metrics"]] == ["bdSeq"], "bdSeq alone, no seq")
            return
        must(abs(p["timestamp"] / 1000 - time.time()) < 60, "timestamp")
        if kind == "NBIRTH":
            bdseq = sparkplug.find(p, "bdSeq")
            must(p["seq"] == 0 and bdseq.get("datatype") == 4, "seq 0, bdSeq Int64")
            rebirth = sparkplug.find(p, "Node Control/Rebirth")
            must(rebirth.get("datatype") == 11 and rebirth.get("value") is False and rebirth["alias"] is None, "rebirth")
            s.update(bdseq=bdseq.get("value"), aliases={}, born={}, data=False)
        else:
            must(s["bdseq"] is not None, "before the NBIRTH")
            must(p["seq"] is not None and (s["seq"] is None or p["seq"] == (s["seq"] + 1) % 256), f"after {s['seq']}")
        s["seq"] = p["seq"]
        if kind == "DBIRTH":  # once more after a death: its aliases are declared anew
            s["aliases"] = {a: v for a, v in s["aliases"].items() if v[0] != device}
        self.check_metrics(kind, device, p, must)
        if kind == "DBIRTH":
            must(not s["born"].get(device), "born twice")
            s["born"][device] = True
        elif kind == "DDEATH":
            must(s["born"].pop(device, False), "death without birth")
        elif kind == "DDATA":
            must(s["born"].get(device), "data before the birth")
        if kind.endswith("DATA"):
            s["data"] = True

    def check_metrics(self, kind, device, p, must):
        before = 0
        names = set()
        for m in p["metrics"]:
            must(m["timestamp"] is not None and before <= m["timestamp"] <= p["timestamp"], f"order of times: {m}")
            before = m["timestamp"] or before
            must(m["is_null"] != m["has_value"], f"a value or null: {m}")
            quality = m["properties"].get("Quality")
            must(quality is None or (quality["type"] == 3 and quality["value"] in sparkplug.QUALITIES), f"quality: {m}")
            if kind.endswith("BIRTH"):
                must(m["name"] and m["name"].lower() not in names, f"name: {m}")
                names.add((m["name"] or "").lower())
                must(m["datatype"] in (4, 10, 11, 12), f"datatype: {m}")
                must(m["alias"] not in self.state["aliases"], f"alias: {m}")
                must(quality is not None, f"no quality: {m}")
                if m["alias"] is not None:
                    self.state["aliases"][m["alias"]] = (device, m["name"], m["datatype"])
            else:
                known = self.state["aliases"].get(m["alias"])
                must(known is not None and known[0] == device and m["name"] is None, f"not declared: {m}")

    def since(self, start):
        with self.lock:
            return self.messages[start:]

    def count(self):
        with self.lock:
            return len(self.messages)

    def find(self, kind, start=0, device=None):
        """(index, payload) of the first message of that kind."""
        for i, (topic, p) in enumerate(self.since(start)):
            parts = topic.split("/")
            if parts[2] == kind and (device is None or parts[-1] == device):
                return start + i, p
        return None

    def values(self):
        """{(device, metric): value} as a host would show them now."""
        shown, names = {}, {}
        for topic, p in self.since(0):
            parts = topic.split("/")
            device = parts[4] if len(parts) > 4 else ""
            for m in p["metrics"]:
                if m["name"] is not None and m["alias"] is not None:
                    names[m["alias"]] = m["name"]
                key = (device, m["name"] or names.get(m["alias"]))
                shown[key] = m["value"]
        return shown

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def bdseq(p):
    return sparkplug.find(p, "bdSeq").get("value")


def loads(text):
    try:
        return json.loads(text)
    except ValueError:
        return {}
