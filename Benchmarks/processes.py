"""Runs a program and says what it used; and how much of the machine others used meanwhile."""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass


class Failure(Exception):
    """A program that did not do its work, with what it wrote to standard error."""


@dataclass
class Run:
    output: bytes
    first_byte_seconds: float  # From before the process started to its first byte of output.
    peak_memory: int  # Bytes.
    cpu_seconds: float


def run(command, environment=None):
    """Runs the command to its end, with more variables in its environment if given.

    The system counts a child's peak from this process's own size on, so this one has to stay small (it imports no
    numpy).
    """
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        try:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, bufsize=0,
                                       env=os.environ | (environment or {}))
        except OSError as error:
            raise Failure(f"{command[0]}: {error.strerror}") from error
        output = process.stdout.read(1)
        first_byte = time.perf_counter() - start
        while chunk := process.stdout.read(65536):
            output += chunk
        process.stdout.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            errors.seek(0)
            message = errors.read().decode(errors="replace").strip().splitlines()
            raise Failure("\n".join([f"{' '.join(command)}: exit code {process.returncode}"] + message[-5:]))
    unit = 1 if sys.platform == "darwin" else 1024
    return Run(output, first_byte, usage.ru_maxrss * unit, usage.ru_utime + usage.ru_stime)


class Neighbors:
    """Measures what share of the machine's CPU time programs other than ours (and other virtual machines) take."""

    def __init__(self):
        self.start = self.times()

    def share(self, own_seconds):
        """The others' share since the beginning, from 0 to 1; None where the system does not tell."""
        if self.start is None:
            return None
        busy, total = (end - start for start, end in zip(self.start, self.times()))
        return max(0.0, (busy - own_seconds) / total) if total > 0 else 0.0

    @staticmethod
    def times():
        """Seconds of all CPUs since the machine's start: (busy, all)."""
        try:
            with open("/proc/stat") as file:
                ticks = [int(field) for field in file.readline().split()[1:9]]
        except OSError:
            return None
        idle = ticks[3] + ticks[4]
        unit = os.sysconf("SC_CLK_TCK")
        return (sum(ticks) - idle) / unit, sum(ticks) / unit
