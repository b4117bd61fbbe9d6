"""Measures a peer's sentence encoding in one process; called by sentences.py, which reads the JSON object.

    python sentence_speed.py sentence-transformers FOLDER TEXTS --threads 2
    python sentence_speed.py llama.cpp MODEL.gguf TEXTS --threads 2

Texts per second, tokenizing included, after a run to warm up; and the vectors, so that one can see that the engines agree.
With --each the texts come one by one, as queries do.
"""

import argparse
import json
import time


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("engine", choices=["sentence-transformers", "sentence-transformers-bf16", "llama.cpp"])
    parser.add_argument("model")
    parser.add_argument("texts")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--each", action="store_true")
    arguments = parser.parse_args()
    with open(arguments.texts, encoding="utf-8") as file:
        texts = file.read().splitlines()
    if arguments.engine == "llama.cpp":
        encoders = llama_cpp(arguments.model, arguments.threads)
    else:
        encoders = sentence_transformers(arguments.model, arguments.threads, arguments.engine.endswith("bf16"))
    speeds = {}
    for batch, encode in encoders:
        encode(texts[:32])
        start = time.perf_counter()
        vectors = [encode([text])[0] for text in texts] if arguments.each else encode(texts)
        speeds[batch] = len(texts) / (time.perf_counter() - start)
    best = max(speeds, key=speeds.get)
    print(json.dumps({"per_second": speeds[best], "batch": best,
                      "vectors": [[float(value) for value in vector] for vector in vectors]}))


def sentence_transformers(path, threads, rounds):
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(threads)
    model = SentenceTransformer(path, device="cpu", model_kwargs={"dtype": torch.bfloat16} if rounds else {})
    for batch in (8, 16, 32):
        yield batch, lambda texts, batch=batch: model.encode(
            texts, batch_size=batch, show_progress_bar=False, convert_to_numpy=not rounds)


def llama_cpp(path, threads):
    import numpy
    from llama_cpp import llama_cpp as api
    from llama_cpp_model import Model

    model = Model(path)
    for size in (512, 2048):
        parameters = api.llama_context_default_params()
        parameters.n_ctx = parameters.n_batch = parameters.n_ubatch = size
        parameters.n_seq_max = 64
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.embeddings = True
        parameters.kv_unified = True
        context = api.llama_init_from_model(model.model, parameters)
        batch = api.llama_batch_init(size, 0, 1)
        width = api.llama_model_n_embd(model.model)

        def encode(texts, context=context, batch=batch, size=size):
            vectors, waiting = [], 0

            def flush():
                nonlocal waiting
                if waiting and api.llama_decode(context, batch) != 0:
                    raise SystemExit("llama_decode failed")
                for sequence in range(waiting):
                    vector = numpy.ctypeslib.as_array(api.llama_get_embeddings_seq(context, sequence), (width,))
                    vectors.append(vector / numpy.linalg.norm(vector))
                waiting = batch.n_tokens = 0

            for text in texts:
                tokens = model.tokens(text, special=True)[:256]
                if batch.n_tokens + len(tokens) > size or waiting == 64:
                    flush()
                for index, token in enumerate(tokens):
                    row = batch.n_tokens + index
                    batch.token[row], batch.pos[row], batch.n_seq_id[row] = token, index, 1
                    batch.seq_id[row][0], batch.logits[row] = waiting, True
                batch.n_tokens += len(tokens)
                waiting += 1
            flush()
            return vectors

        yield size, encode
        api.llama_free(context)


if __name__ == "__main__":
    main()
