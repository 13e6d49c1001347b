#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the NCMD payload that asks an edge node for its births: Node Control/Rebirth = true, Boolean.

usage: make_rebirth.py > rebirth.bin    (tests/peers/rebirth.bin is its output)
"""
import sys


def field(number, wire, body):
    return bytes([number << 3 | wire]) + body


def text(number, value):
    return field(number, 2, bytes([len(value)]) + value)


NAME = b"Node Control/Rebirth"
metric = text(1, NAME) + field(4, 0, bytes([11])) + field(14, 0, bytes([1]))  # name, datatype Boolean, boolean_value
if __name__ == "__main__":
    sys.stdout.buffer.write(text(2, metric))  # a payload of that metric; no timestamp: its age does not matter
