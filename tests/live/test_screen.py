#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The screen on real terminals: drawn, resized, suspended, killed, lost; colours only where they are promised."""
import fcntl
import os
import pty
import re
import resource
import select
import shutil
import signal
import struct
import subprocess
import termios
import time

from live import BUILD, ROOT, Run, done, ok, wait

PROGRAM = f"{BUILD}/isotherm"


class Terminal:
    """`isotherm top` on a pseudo terminal of its own."""

    def __init__(self, run, term="xterm-256color", ignore_hup=False, **env):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            if ignore_hup:
                signal.signal(signal.SIGHUP, signal.SIG_IGN)
            os.chdir(ROOT)
            os.execve(PROGRAM, [PROGRAM, "top"], dict(run.env, TERM=term, **env))
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.seen = b""

    def read(self, until, timeout_s=15):
        """Read until `until` (bytes) is in what came, or the end; True if it was."""
        end = time.monotonic() + timeout_s
        while until not in self.seen and time.monotonic() < end:
            if select.select([self.fd], [], [], 0.05)[0]:
                try:
                    self.seen += os.read(self.fd, 65536)
                except OSError:
                    break
        return until in self.seen

    def code(self, timeout_s=10):
        """Its end as from subprocess (-N: signal N), None if it does not end; reads what still comes."""
        def ended():
            if self.fd is not None and select.select([self.fd], [], [], 0)[0]:
                try:
                    self.seen += os.read(self.fd, 65536)
                except OSError:
                    pass
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            return (os.waitstatus_to_exitcode(status),) if pid else None
        found = wait(ended, timeout_s, 0.01)
        if not found:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        return found[0] if found else None

    def is_cooked(self):
        flags = termios.tcgetattr(self.fd)[3]
        return bool(flags & termios.ECHO) and bool(flags & termios.ICANON)

    def close(self):
        os.close(self.fd)
        self.fd = None


def keys_and_quit(run):
    t = Terminal(run)
    ok(t.read(b"WORST FIRST"), "the overview is drawn", repr(t.seen[-300:]))
    os.write(t.fd, b"2")
    ok(t.read(b"ENGINE BLOCK"), "2 opens the selected system")
    os.write(t.fd, b"?")
    ok(t.read(b"No key changes the plant"), "? opens the help")
    t.seen = b""
    began = time.monotonic()
    os.write(t.fd, b"\x1b")
    drawn = t.read(b"ENGINE BLOCK", 5)
    ok(drawn and time.monotonic() - began < 1, "Esc goes back without curses' own second of waiting")
    os.write(t.fd, b"q")
    t.read(b"WORST FIRST")
    os.write(t.fd, b"q")
    ok(t.read(b"Q or F10 quits"), "q on the overview only says how to quit")
    os.write(t.fd, b"\x1b[21~")  # F10
    code = t.code()
    after = t.seen.rsplit(b"\x1b[?1049l", 1)
    ok(code == 0 and len(after) == 2, "F10 quits with exit 0", f"exit {code}")
    ok(t.is_cooked(), "the terminal is as it was before")
    ok(re.sub(rb"\x1b[\[(][0-9;?]*[a-zA-Z]|\x1b[>=]|\r", b"", after[-1]) == b"", "and nothing is printed behind it",
       repr(after[-1]))
    t.close()


def signals(run):
    for name, code in (("TERM", 0), ("INT", 0), ("HUP", 0), ("SEGV", -signal.SIGSEGV), ("ABRT", -signal.SIGABRT)):
        t = Terminal(run)
        t.read(b"WORST FIRST")
        os.kill(t.pid, getattr(signal, f"SIG{name}"))
        is_code = t.code()
        ok(is_code == code and b"\x1b[?1049l" in t.seen and t.is_cooked(), f"SIG{name} puts the terminal back",
           f"exit {is_code}, tail {t.seen[-60:]!r}")
        t.close()
    t = Terminal(run, ignore_hup=True)
    t.read(b"WORST FIRST")
    t.close()
    ok(t.code() is not None, "a lost terminal ends it, also while SIGHUP is ignored")


def colours(run):
    def sent(term, **env):
        t = Terminal(run, term, **env)
        t.read(b"WORST FIRST")
        os.write(t.fd, b"2")
        t.read(b"ENGINE BLOCK")
        os.write(t.fd, b"Q")
        t.code()
        t.close()
        return t.seen

    def depth(text):
        codes = re.findall(rb"\x1b\[([0-9;]+)m", text)
        if any(b"8;5;" in c for c in codes):
            return 256
        return 8 if any(re.search(rb"(^|;)[34][0-7](;|$)", c) for c in codes) else 0

    ok(depth(sent("xterm-256color")) == 256, "256 colours where terminfo has them")
    ok(depth(sent("xterm")) == 8, "8 colours where it has 8")
    ok(depth(sent("vt100")) == 0, "no colour on a vt100")
    ok(depth(sent("xterm-256color", NO_COLOR="1")) == 0, "NO_COLOR is honoured")
    ok(max(sent("xterm-256color", LC_ALL="C")) < 0x80, "ASCII alone where the locale is not UTF-8")


def in_tmux(run):
    socket = os.path.join(run.folder, "tmux")

    def tmux(*args):
        return subprocess.run(["tmux", "-f", "/dev/null", "-S", socket, *args], env=dict(run.env, TERM="xterm-256color",
                              LC_ALL="C.UTF-8"), capture_output=True, text=True, timeout=20).stdout

    def screen():
        return tmux("capture-pane", "-p", "-t", "t")

    tmux("new-session", "-d", "-s", "t", "-x", "80", "-y", "24", "bash --norc --noprofile")
    tmux("send-keys", "-t", "t", f"{PROGRAM} top", "Enter")
    ok(wait(lambda: "WORST FIRST" in screen(), 15), "top runs in tmux", screen())
    for w, h, text in ((160, 48, "ENGINE BLOCK"), (100, 30, "DECISIONS"), (40, 12, "? help"), (20, 2, "ok"),
                       (80, 24, "WORST FIRST")):
        tmux("resize-window", "-t", "t", "-x", str(w), "-y", str(h))
        ok(wait(lambda: text in screen(), 10), f"it follows a resize to {w}x{h}", screen())
    tmux("send-keys", "-t", "t", "C-z")
    ok(wait(lambda: "Stopped" in screen() and "WORST" not in screen(), 10), "^Z gives the terminal back", screen())
    tmux("send-keys", "-t", "t", "fg", "Enter")
    ok(wait(lambda: "WORST FIRST" in screen(), 10), "fg draws it again", screen())
    tmux("send-keys", "-t", "t", "Q")
    ok(wait(lambda: "WORST" not in screen(), 10), "Q leaves the shell's screen", screen())
    tmux("kill-server")


def alarms(run):
    """From the banner to acknowledged, while isotherm-alarm answers, and while it does not."""
    socket = os.path.join(run.folder, "tmux-alarms")

    def tmux(*args):
        return subprocess.run(["tmux", "-f", "/dev/null", "-S", socket, *args], env=dict(run.env, TERM="xterm-256color",
                              LC_ALL="C.UTF-8"), capture_output=True, text=True, timeout=20).stdout

    def screen():
        return tmux("capture-pane", "-p", "-t", "t")

    def press(key):
        tmux("send-keys", "-t", "t", key)

    system = run.status()["systems"][0]["name"]
    alarm = f"{system}.leak_wet[0]"
    tmux("new-session", "-d", "-s", "t", "-x", "80", "-y", "24", f"{PROGRAM} top")
    wait(lambda: "P1:0 P2:0 P3:0 P4:0" in screen(), 15)
    run.fault(f"{system}.leak[0]=1")
    ok(wait(lambda: "!1 UNACK" in screen(), 15), "an alarm comes to the banner of the overview", screen())
    press("F7")
    ok(wait(lambda: "what to do" in screen() and ">!1 UNACK" in screen(), 5), "F7 lists it, with what to do", screen())
    press("Enter")
    ok(wait(lambda: f"ALARMS > {alarm[:9]}" in screen() and "consequence" in screen(), 5), "Enter opens the whole of it",
       screen())
    os.kill(run.pid("alarms"), signal.SIGSTOP)
    press("a")
    ok(wait(lambda: "isotherm-alarm does not answer" in screen(), 5), "an acknowledgement without answer is said", screen())
    press("a")
    press("1")
    ok(wait(lambda: "WORST FIRST" in screen(), 0.9, 0.02), "and no key waits for it", screen())
    os.kill(run.pid("alarms"), signal.SIGCONT)
    press("3")
    press("a")
    ok(wait(lambda: "acknowledged by" in screen() and "!1 ACK" in screen(), 10), "a acknowledges, and it is said by whom",
       screen())
    os.kill(run.pid("alarms"), signal.SIGKILL)
    ok(wait(lambda: "!1 ACK" in screen() and "ACK" in run.cli("alarms", alarm).stdout, 20), "it is acknowledged still after isotherm-alarm was killed")
    run.fault(f"{system}.leak[0]=0")
    ok(wait(lambda: run.cli("reset", alarm).returncode == 0, 20, 0.5), "once it is dry it can be reset")
    ok(wait(lambda: "no alarm stands" in screen(), 10), "and the list is empty", screen())
    tmux("kill-server")


def decisions(run):
    """What people decide from the command line; who asks without a reason is not heard."""
    system = run.status()["systems"][0]["name"]
    r = run.cli("stop", system)
    ok(r.returncode == 64 and "--why" in r.stderr, "stop wants a reason", r.stderr)
    r = run.cli("stop", "nowhere", "--why", "test")
    ok(r.returncode == 1 and "refused" in r.stderr, "an unknown system is refused", r.stderr)
    r = run.cli("shelve", f"{system}.tmax_alarm", "5x", "--why", "test")
    ok(r.returncode == 64 and "30s, 5m, 2h, 1d" in r.stderr, "a duration that is none is told what is allowed", r.stderr)
    r = run.cli("ack", "nothing.like.it")
    ok(r.returncode == 1 and "no alarm" in r.stderr, "an unknown alarm is named", r.stderr)
    r = run.cli("alarms", "--history")
    ok(r.returncode == 0 and "reset" in r.stdout and "raise" in r.stdout, "the history tells what happened", r.stdout)
    r = run.cli("maintenance", system, "--for", "2m", "--why", "test")
    ok(r.returncode == 0 and "maintenance" in r.stdout, "maintenance begins", r.stdout + r.stderr)
    ok(wait(lambda: run.status()["alarms"]["out_of_service"] > 20, 10), "its alarms are out of service")
    r = run.cli("maintenance", system, "--end", "--why", "test")
    ok(r.returncode == 0, "and ends", r.stdout + r.stderr)
    ok(wait(lambda: run.status()["alarms"]["out_of_service"] == 0, 10), "and they are back")


with Run("config/plants/single.yaml") as run:
    if ok(wait(lambda: run.cli("status").returncode in (0, 1), 60), "the plant runs", run.output()):
        keys_and_quit(run)
        signals(run)
        colours(run)
        if ok(shutil.which("tmux"), "tmux is there"):
            in_tmux(run)
            if ok(wait(lambda: run.status().get("alarms"), 30), "alarms are watched", run.output()):
                alarms(run)
                decisions(run)
    run.stop(signal.SIGTERM)
    gone = run.cli("alarms", "--history")
    ok(gone.returncode == 2 and "does not run" in gone.stderr, "history without a run: one line and exit 2", gone.stderr)
    gone = run.cli("top")
    ok(gone.returncode == 2 and "is not running" in gone.stderr, "without a run: one line and exit 2", gone.stderr)
done()
