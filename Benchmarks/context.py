"""How speed changes with the length of the text: prompts, and generation after them."""

import models

USUAL = [512, 2048, 8000]
EVERYTHING = [512, 1024, 2048, 4096, 8192, 16384, 32768]


def measure(arguments, swiftlet, peers):
    """Speeds by length and engine; one measurement each, since long prompts take their time.

    The everyday run stays within the real model's context; the long one takes a random model of the same shape.
    """
    lengths = EVERYTHING if arguments.everything else USUAL
    path = arguments.model
    if arguments.everything:
        path = models.synthetic(arguments.swiftlet, "smollm2-135m", "Q4_1", "--context", "40960")
    llama = [engine for engine in peers if engine.name == "llama.cpp"]
    rows = []
    for length in lengths:
        row = {"length": length, "speeds": {}}
        row["speeds"][swiftlet.name] = swiftlet.by_key(swiftlet.bench(path, "-p", length, "-n", 32))
        for engine in llama:
            # Beyond, its prompts take minutes.
            if length <= 8192:
                options = ["--prompt", length, "--generate", 32]
                row["speeds"][engine.name] = engine.by_key(engine.bench(path, *options))
        rows.append(row)
    return rows
