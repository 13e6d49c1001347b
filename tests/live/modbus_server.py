# SPDX-License-Identifier: Apache-2.0
"""Devices that pymodbus serves (3.0 and 3.8): over TCP on loopback, or on a serial line, and the wires of such a line."""
import asyncio
import inspect
import os
import select
import socket
import threading
import time
import tty

from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext

try:
    from pymodbus import FramerType
    from pymodbus.server import ModbusSerialServer, ModbusTcpServer
    TCP, RTU = FramerType.SOCKET, FramerType.RTU
except ImportError:
    from pymodbus.server.async_io import ModbusSerialServer, ModbusTcpServer
    from pymodbus.transaction import ModbusRtuFramer as RTU
    from pymodbus.transaction import ModbusSocketFramer as TCP


class Unit(ModbusSlaveContext):
    """A device: {(function that reads it, address): word}. What is not there answers exception 2. Notes what is written."""

    def __init__(self, words):
        super().__init__()
        self.words = dict(words)
        self.reads, self.writes = 0, []

    def validate(self, fc, address, count=1):
        table = {6: 3, 16: 3, 5: 1, 15: 1}.get(fc, fc)
        return all((table, address + k) in self.words for k in range(count))

    def getValues(self, fc, address, count=1):  # pylint: disable=invalid-name
        table = {6: 3, 16: 3, 5: 1, 15: 1}.get(fc, fc)
        self.reads += 1
        return [self.words[table, address + k] for k in range(count)]

    def setValues(self, fc, address, values):  # pylint: disable=invalid-name
        table = {6: 3, 16: 3, 5: 1, 15: 1}.get(fc, fc)
        self.writes.append((address, list(values)))
        for k, value in enumerate(values):
            self.words[table, address + k] = value


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """{unit id: Unit} on a TCP port of loopback (port), or on a serial port (path). start() and stop() as often as liked."""

    def __init__(self, units, path=None, port=None):
        self.units, self.path = units, path
        self.port = port or (None if path else free_port())
        self.loop = self.thread = None

    async def serve(self, ready):
        # the older pymodbus makes its futures in the constructor: it wants the loop
        context = ModbusServerContext(slaves=self.units, single=False)
        if self.path:
            server = ModbusSerialServer(context, framer=RTU, port=self.path, baudrate=115200, bytesize=8, parity="N",
                                        stopbits=1, ignore_missing_slaves=True)
            if "start" in dir(server):
                await server.start()
        else:
            kwargs = {}
            if "allow_reuse_address" in inspect.signature(ModbusTcpServer.__init__).parameters:
                kwargs["allow_reuse_address"] = True
            server = ModbusTcpServer(context, framer=TCP, address=("127.0.0.1", self.port), **kwargs)
        task = asyncio.ensure_future(server.serve_forever())
        ready.set()
        try:
            await asyncio.Future() # until stop() cancels
        finally:
            result = server.shutdown()
            if inspect.isawaitable(result):
                await result
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def start(self):
        ready = threading.Event()

        def run():
            self.loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self.loop)
            self.task = self.loop.create_task(self.serve(ready))
            try:
                self.loop.run_until_complete(self.task)
            except asyncio.CancelledError:
                pass
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
            self.loop.close()

        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()
        ready.wait(10)
        return self

    def stop(self):
        if self.thread and self.thread.is_alive():
            self.loop.call_soon_threadsafe(self.task.cancel)
            self.thread.join(10)


def crc(frame):
    value = 0xFFFF
    for byte in frame:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return bytes([value & 0xFF, value >> 8])


class Wires:
    """Two pseudo terminals joined by a thread: .master for who asks (a link, so that it can be plugged in again), .slave
    for who answers. `mangle(frame)` has the last word on each answer: the bytes that come instead."""

    def __init__(self, folder):
        self.master = os.path.join(folder, "ttyMASTER")
        self.mangle, self.asked, self.answered = None, 0, 0
        self.ends = {}
        self.slave = self.open("slave")
        self.plugged = False
        self.plug()
        self.stopping = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def open(self, end):
        near, far = os.openpty()
        tty.setraw(far)
        os.set_blocking(near, False)
        self.ends[end] = (near, far)
        return os.ttyname(far)

    def plug(self):
        path = self.open("master")
        os.symlink(path, self.master + ".tmp")
        os.replace(self.master + ".tmp", self.master)
        self.plugged = True

    def unplug(self):
        """As when a USB adapter is pulled: who has it open hears that it has gone."""
        self.plugged = False
        near, far = self.ends.pop("master")
        os.unlink(self.master)
        os.close(far)
        os.close(near)

    def frame(self, fd):
        """What comes until 3 ms of silence."""
        data = b""
        while select.select([fd], [], [], 0.003)[0]:
            try:
                piece = os.read(fd, 4096)
            except OSError:
                break
            data += piece
        return data

    def run(self):
        while not self.stopping:
            ends = dict(self.ends)
            try:
                ready = select.select([near for near, _ in ends.values()], [], [], 0.05)[0]
                for name, other in (("master", "slave"), ("slave", "master")):
                    if name not in ends or ends[name][0] not in ready:
                        continue
                    data = self.frame(ends[name][0])
                    if name == "slave":
                        self.answered += 1
                        if self.mangle and data:
                            data = self.mangle(data)
                    else:
                        self.asked += 1
                    if data and other in self.ends:
                        os.write(self.ends[other][0], data)
            except (OSError, ValueError):
                time.sleep(0) # the end that was unplugged just now

    def close(self):
        self.stopping = True
        self.thread.join(5)
        for near, far in self.ends.values():
            os.close(near)
            os.close(far)
