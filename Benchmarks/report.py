"""Turns bench.py's measurements into the page docs/benchmarks.md."""

from statistics import median

MIB = 1024 * 1024

# ik_llama.cpp has no package that uses AVX-512. A native build, measured once beside llama.cpp (Zen 4, two threads), was so
# many times as fast.
IK = {
    ("SmolLM2-135M", "Q4_1"): {"prompt": 1097 / 275, "generation": 140 / 115},
    ("SmolLM2-135M", "Q4_0"): {"prompt": 834 / 770, "generation": 155 / 165},
    ("SmolLM2-135M", "Q8_0"): {"prompt": 1067 / 550, "generation": 137 / 125},
    ("SmolLM2-135M", "F16"): {"prompt": 1080 / 600, "generation": 75 / 96},
    ("tinyllama-1.1b", "Q4_1"): {"prompt": 165 / 31, "generation": 36 / 21},
    ("tinyllama-1.1b", "Q4_0"): {"prompt": 173 / 120, "generation": 47 / 46},
    ("tinyllama-1.1b", "Q8_0"): {"prompt": 181 / 99, "generation": 29 / 27},
}


def markdown(result):
    options = (" EVERYTHING=1" if result["everything"] else "") + (" AVX2=1" if result["avx2"] else "")
    lines = [
        "# Benchmarks with AVX2 alone" if result["avx2"] else "# Benchmarks", "",
        f"Made by `make bench{options}` on {result['date']} in "
        f"{result['minutes']:.0f} minutes. {result['threads']} thread{'s' if result['threads'] != 1 else ''}; medians "
        f"(least..most) of {result['rounds']} turns. A ratio above 1 is in Swiftlet's favor, and is to the best of the others.",
        "",
    ]
    if result["avx2"]:
        lines += [
            "Nothing uses AVX-512, though the processor may have it: Swiftlet by `SWIFTLET_KERNELS=avx2`, llama.cpp by how it is "
            "built, OpenVINO and PyTorch by `ONEDNN_MAX_CPU_ISA=AVX2`.", "",
        ]
    cases = result.get("cases", [])
    if any(turn["speeds"] for case in cases for turn in case["turns"]):
        # The factors are those of builds that use AVX-512.
        lines += speed_tables(cases, {} if result["avx2"] else IK)
    if any(turn["starts"] for case in cases for turn in case["turns"]):
        lines += start_table(cases)
    if "context" in result:
        lines += context_table(result["context"])
    if "sentences" in result:
        lines += sentence_table(result["sentences"])
    return "\n".join(lines + machine(result) + method(result))


def number(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"


def spread(values):
    """Median (least..most)."""
    if not values:
        return "-"
    if len(values) == 1:
        return number(values[0])
    return f"{number(median(values))} ({number(min(values))}..{number(max(values))})"


def ratio(ours, others, less_is_better=False):
    """To the best of the others, by medians."""
    others = [median(values) for values in others if values]
    if not others or not ours:
        return "-"
    own = median(ours)
    value = min(others) / own if less_is_better else own / max(others)
    return f"**{value:.2f}x**"


def speed_tables(cases, factors):
    names = list(cases[0]["turns"][0]["speeds"])
    lines = ["## Prompts and generation", "", "Tokens per second, of several texts all their tokens together.", ""]
    shape = None
    for case in cases:
        if case["shape"] != shape:
            shape = case["shape"]
            kind = "the real model" if shape == "SmolLM2-135M" else "random weights of this shape"
            lines += ["", f"### {shape}, {kind}", "",
                      "| | " + " | ".join(names) + " | ik_llama.cpp, derived | ratio | share of the limit |",
                      "|---|" + "---:|" * (len(names) + 3)]
        keys = case["turns"][0]["speeds"].get("Swiftlet", {})
        lines += [speed_row(case, key, names, factors) for key in keys]
    return lines + [""]


def speed_row(case, key, names, factors):
    by_engine = {name: [turn["speeds"][name][key] for turn in case["turns"] if key in turn["speeds"].get(name, {})]
                 for name in names}
    ours, others = by_engine["Swiftlet"], [values for name, values in by_engine.items() if name != "Swiftlet"]
    factor = factors.get((case["shape"], case["format"]), {}).get(key.split()[0]) if "texts" not in key else None
    llama = by_engine.get("llama.cpp")
    derived = median(llama) * factor if factor and llama else None
    if derived:
        others.append([derived])
    cells = [spread(by_engine[name]) for name in names] + [number(derived) if derived else "-"]
    return f"| {case['format']}, {key} | {' | '.join(cells)} | {ratio(ours, others)} | {limit_share(case, key, ours)} |"


def limit_share(case, key, speeds):
    """Of the bandwidth for one text, of the arithmetic for prompts."""
    weights = case["weights"]
    if not weights or not speeds:
        return "-"
    limits = {name: median(turn["limits"][name] for turn in case["turns"]) for name in case["turns"][0]["limits"]}
    if key.startswith("generation"):
        if "texts" in key:
            return "-"
        return f"{median(speeds) * weights['bytes'] / limits['read_bytes_per_second']:.0%} of reads"
    kind = "bf16" if case["format"] in ("F16", "BF16") else "f32" if case["format"] == "F32" else "int8"
    peak = limits[f"{kind}_per_second"]
    if peak == 0:
        return "-"
    return f"{median(speeds) * weights['prompt_weights'] / peak:.0%} of {kind}"


def start_table(cases):
    lines = ["## Start and memory", "",
             "From the start of the process to the first token, and peak resident memory (of both starts the larger), with a "
             "context of 512 tokens. The first start packs the weights and keeps them in a file; later ones map that file.", "",
             "| | Swiftlet | llama.cpp | ratio |", "|---|---:|---:|---:|"]
    for case in cases:
        starts = [turn["starts"] for turn in case["turns"] if turn["starts"]]
        if not starts:
            continue
        for title, key, scale in [("first token of the first start, ms", "first_seconds", 1000),
                                  ("first token of later starts, ms", "seconds", 1000), ("memory, MiB", "memory", 1 / MIB),
                                  ("memory / file size", "memory", 1 / case["file_size"])]:
            ours, theirs = ([start[name].get(key, start[name]["seconds"]) * scale for start in starts if start.get(name)]
                            for name in ("Swiftlet", "llama.cpp"))
            show = (lambda values: f"{median(values):.2f}" if values else "-") if "size" in title else spread
            lines.append(f"| {case['shape']} {case['format']}, {title} | {show(ours)} | {show(theirs)} | "
                         f"{ratio(ours, [theirs], less_is_better=True)} |")
    return lines + [""]


def context_table(rows):
    lines = ["## Long texts", "", "Tokens per second by the length of the prompt, and of generation after it; one measurement "
             "each.", "", "| tokens | Swiftlet, prompt | llama.cpp, prompt | ratio | Swiftlet, generation | llama.cpp, "
             "generation | ratio |", "|---:|---:|---:|---:|---:|---:|---:|"]
    for row in rows:
        cells = [str(row["length"])]
        for key in (f"prompt of {row['length']}", f"generation after {row['length']}"):
            ours, theirs = ([row["speeds"][name][key]] if key in row["speeds"].get(name, {}) else []
                            for name in ("Swiftlet", "llama.cpp"))
            cells += [spread(ours), spread(theirs), ratio(ours, [theirs])]
        lines.append(f"| {' | '.join(cells)} |")
    return lines + [""]


def sentence_table(result):
    engines = result["engines"]
    lines = ["## Sentence encoding", "",
             f"all-MiniLM-L6-v2, {result['texts']} texts of 3 to 120 words (median {result['median_words']:.0f}), tokenizing "
             "included; and queries of 5 to 8 words, one by one. The ratios are those of Swiftlet with the same precision, "
             "the cosine is the least one of all texts with Swiftlet's vectors in f32.", "",
             "| | texts/s | ratio | ms a query | ratio | least cosine |", "|---|---:|---:|---:|---:|---:|"]
    for name, engine in engines.items():
        ours = engines.get("Swiftlet, bf16" if name.endswith("bf16") else "Swiftlet")
        ratios = ["-", "-"]
        if not name.startswith("Swiftlet") and ours:
            ratios = [ratio(ours["all"], [engine["all"]]), ratio(engine["each"], [ours["each"]])]
        lines.append(f"| {name} | {spread(engine['all'])} | {ratios[0]} | {spread(engine['each'])} | {ratios[1]} | "
                     f"{engine['cosine']:.5f} |")
    return lines + [""]


def machine(result):
    lines = ["## The machine", "", f"{result['machine']}.", ""]
    turns = [turn for case in result.get("cases", []) for turn in case["turns"]]
    if not turns:
        return lines
    titles = [("read_bytes_per_second", "Reading memory, GB/s"), ("int8_per_second", "8-bit dot products, GMAC/s"),
              ("bf16_per_second", "bf16 dot products, GMAC/s"), ("f32_per_second", "f32 multiply-adds, GMAC/s")]
    lines += ["Its limits, measured in each turn:", "", "| | |", "|---|---:|"]
    lines += [f"| {title} | {spread([turn['limits'][name] / 1e9 for turn in turns])} |" for name, title in titles]
    noises = [turn["noise"] for turn in turns if turn["noise"] is not None]
    if noises:
        lines += ["", f"Other programs took {median(noises):.1%} of the CPU in the median turn, {max(noises):.1%} in the "
                  "worst; turns with more than a few percent are repeated and the quietest count."]
    return lines + [""]


def method(result):
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    return [
        "## How it is measured", "",
        f"{versions}.", "",
        "- All read the same files with as many threads, in turns (Swiftlet, the others, Swiftlet, ...), each in new "
        "processes that warm up first. Files are in the system's page cache.",
        "- llama.cpp is built for this CPU and driven through its C API with batches that are ready before the clock starts. "
        "Its speeds are the best of flash attention or not, and for several texts of one cache for all or one for each.",
        "- OpenVINO GenAI reads the GGUF file, is given token ids, and reports its speeds itself. A dash stands where it "
        "cannot read the format.",
        "- ik_llama.cpp has no package for AVX-512. Its column is llama.cpp's speed of this run times the ratio of a native "
        "build to llama.cpp, measured once: derived, not measured here.",
        "- Several texts begin after 32 tokens each, and are timed while all of them are generated.",
        "- The share of the limit is, for generation, the bytes of the file's matrices per second against reading memory; "
        "above 100%, caches hold some of them. For prompts it is the multiply-adds of the matrices, without the output's, "
        "which only the last token reaches, against the machine's instructions for numbers of that size.",
        "- Start to first token: Swiftlet's is from starting the process to its first byte of output; llama.cpp's leaves out "
        "starting Python and loading its libraries. llama.cpp's memory is less what Python had before the model was loaded.",
        "- `swiftlet bench MODEL --explain` and `swiftlet kernels` show where the time goes, matrix by matrix and kernel by "
        "kernel. `Benchmarks/perplexity.py` compares accuracy.",
        "",
    ]
