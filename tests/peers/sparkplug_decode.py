#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Decodes Sparkplug B payloads: from the specification's field numbers, sharing nothing with the C code.

As a program: lines "TOPIC HEX" (mosquitto_sub -F '%t %x') on stdin, one JSON object a message on stdout.
"""
import json
import struct
import sys

QUALITIES = {0: "bad", 192: "good", 500: "stale"}
TYPES = {1: "Int8", 2: "Int16", 3: "Int32", 4: "Int64", 5: "UInt8", 6: "UInt16", 7: "UInt32", 8: "UInt64", 9: "Float",
         10: "Double", 11: "Boolean", 12: "String", 13: "DateTime", 14: "Text", 15: "UUID", 16: "DataSet", 17: "Bytes",
         18: "File", 19: "Template"}


class Malformed(ValueError):
    pass


def varint(data, at):
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise Malformed(f"varint at {at}")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, at


def fields(data):
    """(number, wire type, raw value) of a message, in its order."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = varint(data, at)
        elif wire == 1:
            value, at = data[at:at + 8], at + 8
        elif wire == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
            if len(value) != size:
                raise Malformed(f"field {number} is cut off")
        elif wire == 5:
            value, at = data[at:at + 4], at + 4
        else:
            raise Malformed(f"wire type {wire}")
        if wire in (1, 5) and len(value) != (8 if wire == 1 else 4):
            raise Malformed(f"field {number} is cut off")
        yield number, wire, value


def expect(wire, wanted, number):
    if wire != wanted:
        raise Malformed(f"field {number} has wire type {wire}, not {wanted}")


def signed(value, bits):
    return value - (1 << bits) if value >> (bits - 1) else value


def scalar(number, wire, raw, first):
    """One of the six scalar fields: int, long, float, double, boolean, string at first .. first + 5."""
    kind = number - first
    expect(wire, (0, 0, 5, 1, 0, 2)[kind], number)
    if kind == 2:
        return struct.unpack("<f", raw)[0]
    if kind == 3:
        return struct.unpack("<d", raw)[0]
    if kind == 4:
        return bool(raw)
    if kind == 5:
        return raw.decode("utf-8")
    return raw


def properties(data):
    keys, values = [], []
    for number, wire, raw in fields(data):
        expect(wire, 2, number)
        if number == 1:
            keys.append(raw.decode("utf-8"))
        elif number == 2:
            values.append(property_value(raw))
    if len(keys) != len(values):
        raise Malformed(f"{len(keys)} keys, {len(values)} values")
    return dict(zip(keys, values))


def property_value(data):
    value, kind, null = None, None, False
    for number, wire, raw in fields(data):
        if number == 1:
            expect(wire, 0, number)
            kind = raw
        elif number == 2:
            null = bool(raw)
        elif 3 <= number <= 8:
            value = scalar(number, wire, raw, 3)
        elif number == 9:
            value = properties(raw)
    return {"type": kind, "value": None if null else value}


def metric(data):
    m = {"name": None, "alias": None, "timestamp": None, "datatype": None, "is_null": False, "historical": False,
         "has_value": False, "value": None, "properties": {}}
    field = None
    for number, wire, raw in fields(data):
        if number == 1:
            m["name"] = raw.decode("utf-8")
        elif number in (2, 3, 4):
            expect(wire, 0, number)
            m[(None, None, "alias", "timestamp", "datatype")[number]] = raw
        elif number == 5:
            m["historical"] = bool(raw)
        elif number == 7:
            m["is_null"] = bool(raw)
        elif number == 9:
            m["properties"] = properties(raw)
        elif 10 <= number <= 15:
            m["has_value"], m["value"], field = True, scalar(number, wire, raw, 10), number
        elif 16 <= number <= 19:
            m["has_value"], m["value"], field = True, raw.hex(), number
    m["field"] = field
    if field == 11 and m["datatype"] in (4, None):
        m["value"] = signed(m["value"], 64)
    return m


def payload(data):
    p = {"timestamp": None, "seq": None, "metrics": []}
    for number, wire, raw in fields(data):
        if number == 1:
            expect(wire, 0, number)
            p["timestamp"] = raw
        elif number == 2:
            expect(wire, 2, number)
            p["metrics"].append(metric(raw))
        elif number == 3:
            expect(wire, 0, number)
            p["seq"] = raw
    return p


def find(p, name):
    """The metric of that name, or {}."""
    return next((m for m in p["metrics"] if m["name"] == name), {})


def main():
    for line in sys.stdin:
        topic, _, text = line.strip().partition(" ")
        print(json.dumps({"topic": topic, **payload(bytes.fromhex(text))}), flush=True)


if __name__ == "__main__":
    main()
