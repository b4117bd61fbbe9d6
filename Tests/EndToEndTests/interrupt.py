#!/usr/bin/env python3
"""Talks in a terminal and interrupts two answers: each Ctrl-C must end the answer at hand, and the program must go on.

    python3 Tests/EndToEndTests/interrupt.py SWIFTLET MODEL
"""
import os
import pty
import select
import sys
import time


def read(terminal, seconds, until=None, enough=None):
    """What the program writes within a time, or until it has written a text, or enough."""
    text = b""
    end = time.time() + seconds
    while time.time() < end:
        if select.select([terminal], [], [], 0.05)[0]:
            try:
                text += os.read(terminal, 65536)
            except OSError:
                break
        if until and until in text or enough and len(text) > enough:
            break
    return text


process, terminal = pty.fork()
if process == 0:
    os.environ["TERM"] = "xterm"
    os.execv(sys.argv[1], [sys.argv[1], "chat", sys.argv[2]])
read(terminal, 3)
for question in (b"Write a very long story about the sea.", b"Count from one to ten thousand."):
    os.write(terminal, question + b"\r")
    least = len(question) + 40
    assert len(read(terminal, 20, enough=least)) > least, "no answer came"
    os.write(terminal, b"\x03")
    read(terminal, 1)
    rest = read(terminal, 1)
    assert len(rest) < 200, "the answer goes on after Ctrl-C"
os.write(terminal, b"/bye\r")
end = time.time() + 20
while time.time() < end:
    # The terminal is gone before the program is: nothing waits then.
    read(terminal, 0.1)
    time.sleep(0.05)
    done, status = os.waitpid(process, os.WNOHANG)
    if done:
        assert os.waitstatus_to_exitcode(status) == 0, status
        print("two answers interrupted: passed")
        sys.exit(0)
os.kill(process, 9)
sys.exit("the program did not end")
