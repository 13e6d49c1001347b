# SPDX-License-Identifier: Apache-2.0
"""Modbus clients that share no code with isotherm: pymodbus (3.0 and 3.8 both serve) and mbpoll."""
import inspect
import re
import struct
import subprocess

from pymodbus.client import ModbusTcpClient


def _unit_keyword(method):
    """The keyword for the unit id has had three names."""
    names = inspect.signature(method).parameters
    return next((n for n in ("device_id", "slave", "unit") if n in names), "slave")


def _decode(registers, row):
    raw = b"".join(struct.pack(">H", r) for r in registers)
    if row["order"] in ("CDAB", "DCBA"):
        raw = b"".join(raw[i:i + 2] for i in range(len(raw) - 2, -1, -2))
    if row["order"] in ("BADC", "DCBA"):
        raw = b"".join(raw[i + 1:i + 2] + raw[i:i + 1] for i in range(0, len(raw), 2))
    form = {"u16": ">H", "i16": ">h", "u32": ">I", "i32": ">i", "u64": ">Q", "i64": ">q", "f32": ">f", "f64": ">d"}
    return struct.unpack(form[row["type"]], raw)[0] * row["scale"] + row["offset"]


def pymodbus_read(rows):
    """{name: value} of points given as rows of `isotherm points --json`, all of one or several devices."""
    values = {}
    clients = {}
    try:
        for row in rows:
            key = (row["host"], row["port"])
            if key not in clients:
                clients[key] = ModbusTcpClient(host=row["host"], port=row["port"], timeout=3)
                clients[key].connect()
            client = clients[key]
            method = client.read_input_registers if row["fc"] == 4 else client.read_holding_registers
            answer = method(address=row["register"], count=row["count"], **{_unit_keyword(method): row["unit_id"]})
            if not answer.isError():
                values[row["name"]] = _decode(answer.registers, row)
    finally:
        for client in clients.values():
            client.close()
    return values


def mbpoll_read(row):
    table = "3" if row["fc"] == 4 else "4"
    r = subprocess.run(["mbpoll", "-0", "-1", "-q", "-m", "tcp", "-a", str(row["unit_id"]), "-t", table, "-r",
                        str(row["register"]), "-c", "1", "-p", str(row["port"]), row["host"]],
                       capture_output=True, text=True, timeout=20)
    found = re.search(r"\[\d+\]:\s+(-?\d+)", r.stdout)
    return _decode([int(found.group(1)) & 0xFFFF], row) if found else None
