#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Serial lines, both ways: pymodbus and mbpoll as masters of the simulator's line, and pymodbus' devices polled by the
collectors over a wire that garbles, merges, swallows and hangs up."""
import logging
import os
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import time

from pymodbus.client import ModbusSerialClient

from live import BUILD, ROOT, Run, dies_with_the_test, done, ok, plant_file, wait
from modbus_server import Server, Unit, Wires, crc
from peers import _unit_keyword

logging.disable(logging.CRITICAL) # pymodbus tells of each exception it answers
folder = tempfile.mkdtemp(prefix="isotherm-test-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)

# --- the simulator's side -----------------------------------------------------------------------------------------

LINE = f"""site: serial
systems:
  - {{name: cs%02d, count: 2, type: water}}
lines:
  - {{name: rack1, baud: 115200, parity: none}}
overrides:
  cs00.cooling: {{line: rack1, unit: 11}}
  cs00.power: {{line: rack1, unit: 12}}
  cs01.cooling: {{line: rack1, unit: 21}}
config_dir: {ROOT}/config
"""


class Master:
    def __init__(self, path):
        self.client = ModbusSerialClient(port=path, baudrate=115200, bytesize=8, parity="N", stopbits=1, timeout=1)
        self.client.connect()

    def call(self, method, unit, **kwargs):
        function = getattr(self.client, method)
        try:
            return function(**kwargs, **{_unit_keyword(function): unit})
        except Exception as e: # pylint: disable=broad-except # an answer that never comes, in the newer version
            return e

    def words(self, unit, address, count, method="read_input_registers"):
        answer = self.call(method, unit, address=address, count=count)
        return list(answer.registers) if hasattr(answer, "registers") and not answer.isError() else None

    def write(self, unit, address, values):
        answer = self.call("write_registers", unit, address=address, values=values)
        return not isinstance(answer, Exception) and not answer.isError()


def simulator_alone():
    run_dir = os.path.join(folder, "run")
    plant = plant_file(folder, LINE, "line.yaml")
    log = open(os.path.join(folder, "sim.log"), "w+")
    sim = subprocess.Popen([f"{BUILD}/isotherm-sim", "-c", plant], env=dict(os.environ, ISOTHERM_RUN=run_dir), cwd=ROOT,
                           stderr=log, preexec_fn=dies_with_the_test)
    path = os.path.join(run_dir, "line-rack1")
    try:
        ok(wait(lambda: os.path.exists(path), 10), "the simulator opens a terminal for its line",
           open(log.name).read())
        ok(f"line:rack1 {path}\n" in open(os.path.join(run_dir, "sim.ports")).read(), "and says where it is")
        master = Master(path)
        words = master.words(11, 0, 10)
        ok(words and all(0 <= w < 65536 for w in words) and any(words), "pymodbus reads a unit", str(words))
        ok(master.words(11, 40, 1) == [0x1C57] and master.words(12, 80, 1) == [0x1B57] and
           master.words(21, 40, 1) == [0x1C57], "each unit of the line says what it is")
        block = master.words(12, 0xFF00, 6, "read_holding_registers")
        ok(block and block[:2] == [0x4953, 0x4F54], "and that it is simulated", str(block))
        ok(master.words(12, 0, 36) is not None, "a long read comes whole")
        ok(master.words(13, 0, 1) is None, "a unit that is not there is silent")
        ok(master.words(12, 5000, 1) is None, "a register that is not there is refused")
        ok(master.write(11, 2, [4321]) and master.words(11, 2, 1, "read_holding_registers") == [4321],
           "a write reaches its unit", str(master.words(11, 2, 1, "read_holding_registers")))
        ok(master.words(21, 2, 1, "read_holding_registers") != [4321], "and no other")
        master.call("write_register", 0, address=2, value=1234)
        ok(wait(lambda: [master.words(u, 2, 1, "read_holding_registers") for u in (11, 21)] == [[1234], [1234]], 5),
           "a broadcast reaches all", str([master.words(u, 2, 1, "read_holding_registers") for u in (11, 21)]))
        master.client.close()
        raw_frames(path)
        r = subprocess.run(["mbpoll", "-m", "rtu", "-a", "11", "-b", "115200", "-P", "none", "-0", "-r", "2", "-c", "1", "-t",
                            "4", "-1", "-q", path], capture_output=True, text=True, timeout=20)
        ok(re.search(r"\[2\]:\s+1234\b", r.stdout), "mbpoll reads it, too", str(r))
        sim.terminate()
        ok(sim.wait(10) == 0 and not os.path.lexists(path), "the link goes with the simulator")
    finally:
        sim.kill()
        sim.wait()


def raw_frames(path):
    """Frames that no library sends."""
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    good = bytes([11, 4, 0, 40, 0, 1])
    good += crc(good)

    def ask(*pieces, pause_s=0.0):
        for piece in pieces:
            os.write(fd, piece)
            end = time.monotonic() + pause_s
            while time.monotonic() < end:
                pass
        answer = []

        def whole():
            try:
                answer.append(os.read(fd, 4096))
            except BlockingIOError:
                pass
            return len(b"".join(answer)) >= 7
        wait(whole, 0.3, 0.01)
        return b"".join(answer)

    right = bytes([11, 4, 2, 0x1C, 0x57])
    right += crc(right)
    ok(ask(good) == right, "a frame is answered")
    ok(ask(good[:-1] + bytes([good[-1] ^ 1])) == b"", "one with a wrong check sum is not")
    ok(ask(good[:4]) == b"" and ask(good) == right, "half a frame is forgotten after the silence")
    ok(ask(good + good) == b"" and ask(good) == right, "two frames without a gap are none")
    ok(ask(b"\xff" * 700) == b"" and ask(good) == right, "nor is a flood of noise")
    os.close(fd)


# --- the collectors' side -----------------------------------------------------------------------------------------

def f32(value):
    return list(struct.unpack(">HH", struct.pack(">f", value)))


def meter_words():
    """A meter whose every register says which one it is."""
    words = {(3, a): 0 for a in range(2990, 3210)}

    def put(address, values):
        for k, v in enumerate(values):
            words[3, address + k] = v
    for k in range(3):
        put(2999 + 2 * k, f32(100 + k))
        put(3027 + 2 * k, f32(230 + k))
    put(3059, f32(17.5))
    put(3203, list(struct.unpack(">HHHH", struct.pack(">q", 123456000))))
    return words


TRUTH = {"site.meter.l[0].current_a": 100, "site.meter.l[1].current_a": 101, "site.meter.l[2].current_a": 102,
         "site.meter.l[0].voltage_v": 230, "site.meter.l[1].voltage_v": 231, "site.meter.l[2].voltage_v": 232,
         "site.meter.power_w": 17500, "site.meter.energy_kwh": 123456}


def polled():
    wires = Wires(folder)
    meter, shelf = Unit(meter_words()), Unit({(4, a): 0 for a in range(60)} | {(4, 80): 0x1B57})
    other = Unit(meter_words()) # of nobody's: its address is on the line, no more
    server = Server({5: meter, 12: shelf, 77: other}, path=wires.slave).start()
    plant = plant_file(folder, f"""site: serial
systems:
  - {{name: cs%02d, count: 1, type: water}}
lines:
  - {{name: rack2, path: {wires.master}, baud: 115200, parity: none}}
facility:
  - {{name: meter, profile: schneider_iem3000, source: real, line: rack2, unit: 5}}
overrides:
  cs00.power: {{source: real, line: rack2, unit: 12}}
config_dir: {ROOT}/config
""", "polled.yaml")
    with Run(plant) as run:
        def device(name="site.meter"):
            return next((d for d in run.status().get("devices", []) if d["name"] == name), {})

        def right():
            got = run.get(*TRUTH)
            return len(got) == len(TRUTH) and all(got[p][1] == "GOOD" and abs(got[p][0] - v) < 1e-3 * v
                                                  for p, v in TRUTH.items())

        def wrong():
            """Values that are called good and are not."""
            return {p: v for p, v in run.get(*TRUTH).items() if v[1] == "GOOD" and abs(v[0] - TRUTH[p]) > 1e-3 * TRUTH[p]}

        ok(wait(right, 40, 0.3), "a meter that pymodbus serves on a line is read",
           f"{run.get(*TRUTH)} {device()}" + run.logs())
        d = device()
        ok(d.get("line") == "rack2" and d.get("port") is None and d.get("simulated") is False and d.get("armed") is False,
           "status tells its line", str(d))
        ok(wait(lambda: device("cs00.power").get("state") == "ok", 10, 0.3), "the other unit of the line is read, too",
           str(device("cs00.power")))
        ok(meter.reads > 0 and shelf.reads > 0 and not meter.writes and not shelf.writes, "and nothing is written")

        def one_fault(text, change, times=3):
            left = [times]

            def mangle(data):
                if left[0] > 0 and data[:1] == b"\x05":
                    left[0] -= 1
                    return change(data)
                return data
            errors = device().get("errors") or 0
            wires.mangle = mangle
            seen, bad = [], {}

            def noticed():
                bad.update(wrong())
                seen.append((device().get("errors") or 0) > errors)
                return left[0] == 0 and seen[-1]
            ok(wait(noticed, 20, 0.05), f"{text}: is told", str(device()))
            start = time.monotonic()
            ok(wait(right, 10, 0.05) and not bad, f"{text}: the meter is back, and nothing wrong was good",
               f"{time.monotonic() - start:.2f} s {bad} {device()}")
            wires.mangle = None

        one_fault("a wrong check sum", lambda d: d[:-1] + bytes([d[-1] ^ 0x40]))
        one_fault("noise in front", lambda d: b"\x00" + d)
        one_fault("two frames without a gap", lambda d: d + d)
        one_fault("another unit answers", lambda d: bytes([77]) + d[1:-2] + crc(bytes([77]) + d[1:-2]))
        one_fault("half an answer", lambda d: d[:len(d) // 2])
        one_fault("nothing", lambda d: b"")
        one_fault("garbage", lambda d: bytes(range(256)) * 2)

        wires.unplug()
        ok(wait(lambda: device().get("state") == "no answer" and all(q == "COMM" for _, q in run.get(*TRUTH).values()), 5, 0.1),
           "an adapter that is pulled: its points are COMM", f"{device()} {run.get(*TRUTH)}")
        ok(device("cs00.engine").get("state") == "ok", "the rest goes on")
        wires.plug()
        ok(wait(right, 10, 0.1), "plugged in again: it is read again", str(device()))
        ok(run.process.poll() is None and not wrong(), "and nothing wrong was good")
    server.stop()
    wires.close()


# --- both -----------------------------------------------------------------------------------------------------------

def whole_plants():
    def well(run, *names):
        found = {d["name"]: d for d in run.status().get("devices", [])}
        return all(n in found and found[n]["state"] == "ok" and found[n]["stale_points"] == 0 for n in names)
    on_line = ("cs00.cooling", "cs00.power", "cs01.cooling")
    with Run(plant_file(folder, LINE.replace("parity: none", "parity: even"), "whole.yaml")) as run:
        ok(wait(lambda: run.healthy(), 90, 0.5), "a plant with units on a line becomes healthy",
           run.cli("status").stdout + run.logs())
        link = os.path.join(run.run_dir, "line-rack1")
        before, old = run.pid("engine_sim"), os.readlink(link)
        os.kill(before, signal.SIGKILL)
        ok(wait(lambda: run.pid("engine_sim") not in (None, before), 20) and wait(lambda: well(run, *on_line), 20, 0.2),
           "the simulator is killed: its line comes back under the same name", run.logs() + run.cli("status").stdout)
        before = run.pid("collectors")
        os.kill(before, signal.SIGKILL)
        ok(wait(lambda: run.pid("collectors") not in (None, before), 20) and wait(lambda: well(run, *on_line), 20, 0.2),
           "the collectors are killed: their successor has the line", run.logs() + run.cli("status").stdout)
        ok(os.path.islink(link), f"{old} then, {os.readlink(link)} now")
        run.stop()
        ok(not os.path.exists(run.run_dir), "nothing of it is left")

    wires = Wires(folder)
    text = LINE.replace("parity: none}", f"parity: even, path: {wires.master}, serve: {wires.slave}}}")
    with Run(plant_file(folder, text, "ports.yaml")) as run:
        ok(wait(lambda: well(run, *on_line), 40, 0.3), "the simulator serves at a port, the collectors come over the wire",
           run.logs() + run.cli("status").stdout)
        ok(wires.asked > 10 and wires.answered > 10, f"{wires.asked} requests and {wires.answered} answers went over it")
    wires.close()


try:
    simulator_alone()
    polled()
    whole_plants()
finally:
    shutil.rmtree(folder, ignore_errors=True)
done()
