"""The machine that measurements are made on."""

import os
import platform
import subprocess
import sys


def describe():
    """The CPU's name, number of cores and vector instructions."""
    name = platform.processor() or platform.machine()
    if sys.platform == "darwin":
        name = subprocess.run(["sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, text=True).stdout.strip()
    elif os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as file:
            fields = dict(line.split(":", 1) for line in file.read().split("\n\n")[0].splitlines() if ":" in line)
        fields = {key.strip(): value.strip() for key, value in fields.items()}
        name = fields.get("model name", name)
        if "cpu family" in fields:
            name += f" (family {fields['cpu family']}, model {fields['model']})"
        wanted = [flag for flag in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16") if flag in fields.get("flags", "")]
        name += f", {os.cpu_count()} cores" + (", " + " ".join(wanted) if wanted else "")
    return f"{name}; {platform.system()} {platform.machine()}"
