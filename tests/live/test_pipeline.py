#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A stream is cut where the network likes: many requests in one segment, one request in many, a client that asks and does
not listen. The simulator answers each request once, in order, whatever the cuts."""
import os
import random
import shutil
import socket
import struct
import subprocess
import tempfile

from live import BUILD, ROOT, dies_with_the_test, done, ok, wait

folder = tempfile.mkdtemp(prefix="isotherm-test-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)


def request(tid, register=400, count=1):
    return struct.pack(">HHHBBHH", tid, 0, 6, 1, 4, register, count)


def connect(port):
    s = socket.create_connection(("127.0.0.1", port), timeout=10)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def answers(s, n):
    """(transaction id, words) of n answers, fewer if the connection ends."""
    got, data = [], b""
    while len(got) < n:
        while len(data) >= 6 and len(data) >= 6 + struct.unpack(">H", data[4:6])[0]:
            length = 6 + struct.unpack(">H", data[4:6])[0]
            got.append((struct.unpack(">H", data[:2])[0], data[9:length]))
            data = data[length:]
        if len(got) < n:
            try:
                piece = s.recv(65536)
            except OSError:
                break
            if not piece:
                break
            data += piece
    return got, data


def right(got, tids):
    return [t for t, _ in got] == list(tids) and all(w == b"\x1a\x57" for _, w in got)


try:
    log = open(os.path.join(folder, "log"), "w+")
    sim = subprocess.Popen([f"{BUILD}/isotherm-sim", "-c", "config/plants/single.yaml"], cwd=ROOT, stderr=log,
                           env=dict(os.environ, ISOTHERM_RUN=os.path.join(folder, "run")), preexec_fn=dies_with_the_test)

    def port():
        try:
            with open(os.path.join(folder, "run", "sim.ports")) as f:
                return next(int(l.split()[1]) for l in f if l.startswith("cs00.engine "))
        except (OSError, StopIteration):
            return None
    at = wait(port, 10)
    ok(at, "the simulator serves", open(log.name).read())

    with connect(at) as s:
        s.sendall(b"".join(request(t) for t in range(1000)))
        got, rest = answers(s, 1000)
        ok(right(got, range(1000)) and not rest, "a thousand requests in one go get a thousand answers, in order", str(len(got)))

        for byte in request(7):
            s.sendall(bytes([byte]))
        got, _ = answers(s, 1)
        ok(right(got, [7]), "a request that comes byte by byte is answered", str(got))

        draw = random.Random(1)
        stream, tids = b"".join(request(t) for t in range(500)), range(500)
        while stream:
            n = draw.randint(1, 40)
            s.sendall(stream[:n])
            stream = stream[n:]
        got, rest = answers(s, 500)
        ok(right(got, tids) and not rest, "five hundred requests cut anywhere get five hundred answers", str(len(got)))

        s.sendall(request(1) + request(2)[:5])
        first, _ = answers(s, 1)
        s.sendall(request(2)[5:] + request(3))
        then, _ = answers(s, 2)
        ok(right(first, [1]) and right(then, [2, 3]), "one and a half requests are answered as they become whole",
           f"{first} {then}")

        mixed = request(1) + request(2, 5000) + struct.pack(">HHHBB", 3, 0, 2, 1, 0x2B) + request(4) + \
            struct.pack(">HHHBBHH", 5, 0, 6, 9, 4, 400, 1) + request(6)
        s.sendall(mixed)
        got, _ = answers(s, 5)
        ok([t for t, _ in got] == [1, 2, 3, 4, 6], "refused ones have their place among them, another unit's has none", str(got))

    # asks much and does not listen: it waits, nobody else does
    with connect(at) as deaf, connect(at) as other:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16384)
        deaf.setblocking(False)
        sent, stream = 0, b"".join(request(t & 0xFFFF, 0, 84) for t in range(60000))

        def full():
            global sent
            try:
                sent += deaf.send(stream[sent:sent + 65536])
                return sent == len(stream)
            except BlockingIOError:
                return True
        ok(wait(full, 10, 0) and sent < len(stream), "a client that does not listen is not read from any more", str(sent))
        other.sendall(b"".join(request(t) for t in range(100)))
        got, _ = answers(other, 100)
        ok(right(got, range(100)), "another one on the same device is answered meanwhile", str(len(got)))
        deaf.setblocking(True)
        deaf.settimeout(30)
        whole = sent // 12
        got, _ = answers(deaf, whole)
        ok([t for t, _ in got] == [t & 0xFFFF for t in range(whole)], "when it listens it gets every answer, in order",
           f"{len(got)} of {whole}")

    with connect(at) as s:
        s.sendall(request(1) + b"GET / HTTP/1.1\r\n" + request(2))
        got, _ = answers(s, 3)
        ok([t for t, _ in got] in ([1], []), "what is no frame ends the connection", str(got))
    with connect(at) as s:
        s.sendall(request(9))
        ok(right(answers(s, 1)[0], [9]), "and the next one is served")
    sim.terminate()
    ok(sim.wait(10) == 0, "the simulator ends cleanly", open(log.name).read())
finally:
    shutil.rmtree(folder, ignore_errors=True)
done()
