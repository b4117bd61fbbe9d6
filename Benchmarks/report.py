"""Turns compare.py's measurements into the page docs/benchmarks.md."""

from statistics import median

MIB = 1024 * 1024


def markdown(result):
    turns = result["turns"]
    size = result["file_size"]
    threads = f"{result['threads']} thread{'s' if result['threads'] != 1 else ''}"
    lines = [
        "# Benchmarks",
        "",
        f"{result['model']} ({size / 1e6:.1f} MB), {threads}, median (min..max) of {result['runs']} turns. "
        "A ratio above 1 is in Swiftlet's favor.",
        "",
        "| | Swiftlet | llama.cpp | ratio |",
        "|---|---:|---:|---:|",
        row(turns, f"Prompt of {result['prompt_tokens']} tokens, tokens/s", "prompt_per_second"),
        row(turns, f"Generation of {result['generated_tokens']} tokens, tokens/s", "predicted_per_second"),
        row(turns, "Start to first token, ms", "first_token_seconds", scale=1000, less_is_better=True),
        row(turns, "Peak resident memory, MiB", "peak_memory", scale=1 / MIB, less_is_better=True),
        row(turns, "Peak resident memory / file size", "peak_memory", scale=1 / size, digits=2, less_is_better=True),
        "",
    ]
    if result["llama_cpp_missing"]:
        lines += ["llama.cpp was missing and is not measured; `Benchmarks/setup.sh` installs it.", ""]
    lines += ["## The machine", "", f"{result['cpu']}; {result['system']}; {result['date']}.", ""]
    lines += limits(result, threads)
    lines += method(result)
    return "\n".join(lines)


def row(turns, name, key, scale=1.0, digits=None, less_is_better=False):
    ours, theirs = ([turn[side][key] * scale for turn in turns if side in turn] for side in ("swiftlet", "llama_cpp"))
    ratio = "-"
    if theirs:
        ratio = median(theirs) / median(ours) if less_is_better else median(ours) / median(theirs)
        ratio = f"**{ratio:.2f}x**"
    return f"| {name} | {spread(ours, digits)} | {spread(theirs, digits) if theirs else 'not measured'} | {ratio} |"


def spread(values, digits=None):
    """Median (min..max), with decimals where the numbers are small."""
    if digits is None:
        digits = 0 if median(values) >= 100 else 1
    return f"{median(values):.{digits}f} ({min(values):.{digits}f}..{max(values):.{digits}f})"


def limits(result, threads):
    measured = result["limits"]
    if measured is None:
        return ["The machine's limits were not measured: no C compiler.", ""]
    bandwidth = measured["read_bytes_per_second"]
    most = bandwidth / result["file_size"]
    lines = [
        "| Measured limit | |",
        "|---|---:|",
        f"| Reading memory, {threads} | {bandwidth / 1e9:.1f} GB/s |",
        f"| So generation at most (bandwidth / file size) | {most:.0f} tokens/s |",
    ]
    for side, name in (("swiftlet", "Swiftlet"), ("llama_cpp", "llama.cpp")):
        reached = [turn[side]["predicted_per_second"] for turn in result["turns"] if side in turn]
        if reached:
            lines.append(f"| of which {name} reaches | {median(reached) / most:.0%} |")
    operations = measured["int8_operations_per_second"]
    if operations is not None:
        lines.append(f"| 8-bit multiply-adds (dpbusd), {threads} | {operations / 2e12:.2f} T/s |")
    return lines + [""]


def method(result):
    noises = [turn["noise"] for turn in result["turns"] if turn["noise"] is not None]
    versions = [f"Swiftlet {result['swiftlet_version']}"]
    if not result["llama_cpp_missing"]:
        versions.append(f"llama-cpp-python {result['turns'][0]['llama_cpp']['version']}, built for this CPU")
    command = (
        f"python3 Benchmarks/compare.py --swiftlet .build/release/swiftlet --model {result['model']} "
        f"--runs {result['runs']} --threads {result['threads']} --markdown docs/benchmarks.md"
    )
    lines = [
        "## How it is measured",
        "",
        f"{'; '.join(versions)}. Made by:",
        "",
        "```sh",
        "Benchmarks/setup.sh   # once: llama.cpp in .venv-bench",
        command,
        "```",
        "",
        "- Both read the same file with as many threads, in turns (Swiftlet, llama.cpp, Swiftlet, ...), each time in a "
        "new process after one run to warm up. The file is in the system's page cache.",
        "- llama.cpp is driven through its C API with batches that are ready before the clock starts, with its own "
        "default settings; both choose the most likely token.",
        "- Start to first token: Swiftlet's is from starting the process to its first byte of output "
        "(`swiftlet run MODEL Hello --raw --max-tokens 1 --temperature 0`); llama.cpp's leaves out starting a process "
        "and loading its libraries: it is measured inside, from loading the model to the first token.",
        "- Memory is the peak that the system reports of the process of the speed measurement, for llama.cpp less what "
        "Python had before the model was loaded.",
        "- The limits are the best of several tries of `Benchmarks/limits.c`.",
    ]
    if noises:
        lines.append(
            f"- Other programs took {median(noises):.1%} of the CPU in the median turn, {max(noises):.1%} in the worst; "
            "turns with more than a few percent are repeated and the quietest count.")
    return lines + [""]
