"""Measures OpenVINO GenAI in one process; called by bench.py, which reads the JSON object.

    .venv-bench/bin/python Benchmarks/peers/openvino_speed.py MODEL.gguf --threads 2 --prompt 512 --generate 64

Speeds are those of its own performance metrics, after a run to warm up. It is given token ids; each prompt is another
one, since it keeps the cache of the last.
"""

import argparse
import json
import time

import numpy
import openvino
import openvino_genai


def main():
    parser = argparse.ArgumentParser(description="Measure OpenVINO GenAI; bench.py calls this.")
    parser.add_argument("model")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--prompt", type=lambda text: [int(part) for part in text.split(",")], default=[512])
    parser.add_argument("--generate", type=int, default=64)
    arguments = parser.parse_args()
    start = time.perf_counter()
    pipeline = openvino_genai.LLMPipeline(arguments.model, "CPU", INFERENCE_NUM_THREADS=arguments.threads)
    load_seconds = time.perf_counter() - start
    run(pipeline, 64, 4, first=300)
    tests = []
    for size in arguments.prompt:
        run(pipeline, size, 4, first=301)
        metrics = run(pipeline, size, arguments.generate, first=302)
        tests += [
            {"test": "prompt", "tokens": size, "depth": 0, "sequences": 1,
             "per_second": size / metrics.get_ttft().mean * 1000},
            {"test": "generation", "tokens": arguments.generate, "depth": size, "sequences": 1,
             "per_second": 1000 / metrics.get_tpot().mean},
        ]
    print(json.dumps({"version": openvino_genai.__version__.split("-")[0], "tests": tests, "load_seconds": load_seconds}))


def run(pipeline, size, generated, first):
    settings = openvino_genai.GenerationConfig()
    settings.max_new_tokens = settings.min_new_tokens = generated
    settings.ignore_eos = True
    settings.do_sample = False
    tokens = numpy.array([[first] + [300 + index * 37 % 1000 for index in range(size - 1)]], dtype=numpy.int64)
    inputs = openvino_genai.TokenizedInputs(openvino.Tensor(tokens), openvino.Tensor(numpy.ones_like(tokens)))
    return pipeline.generate(inputs, settings).perf_metrics


if __name__ == "__main__":
    main()
