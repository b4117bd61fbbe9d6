"""llama.cpp through its C API: a model, contexts with given settings, batches.

The class Llama of llama-cpp-python costs about a fifth of the speed, so this calls llama_decode with batches that are
ready before the clock starts.
"""

import resource
import sys

import numpy
from llama_cpp import llama_cpp as api


class Model:
    """A loaded model."""

    def __init__(self, path):
        api.llama_backend_init()
        self.model = api.llama_model_load_from_file(path.encode(), api.llama_model_default_params())
        if not self.model:
            sys.exit(f"llama.cpp cannot load {path}")
        self.vocabulary = api.llama_model_get_vocab(self.model)
        self.vocabulary_size = api.llama_vocab_n_tokens(self.vocabulary)

    def tokens(self, text, special=False):
        """The text's tokens; with `special` the one that begins a text, if the model has one."""
        data = text.encode()
        buffer = (api.llama_token * (len(data) + 2))()
        count = api.llama_tokenize(self.vocabulary, data, len(data), buffer, len(buffer), special, False)
        return list(buffer[:count])

    @property
    def begins_texts(self):
        return api.llama_vocab_get_add_bos(self.vocabulary)


class Context:
    """A context of a model. Settings that are None keep llama.cpp's defaults."""

    def __init__(self, model, threads, size, sequences=1, flash=None, unified=None, batch=512):
        parameters = api.llama_context_default_params()
        parameters.n_ctx = size * sequences
        parameters.n_seq_max = sequences
        parameters.n_batch = parameters.n_ubatch = min(batch, size * sequences)
        parameters.n_threads = parameters.n_threads_batch = threads
        if flash is not None:
            parameters.flash_attn_type = int(flash)
        if unified is not None:
            parameters.kv_unified = unified
        self.model = model
        self.context = api.llama_init_from_model(model.model, parameters)
        if not self.context:
            sys.exit(f"llama.cpp cannot make a context of {size} tokens for {sequences} sequences")

    def close(self):
        api.llama_free(self.context)

    def clear(self):
        api.llama_memory_clear(api.llama_get_memory(self.context), True)

    def decode(self, batch):
        if api.llama_decode(self.context, batch.batch) != 0:
            sys.exit("llama_decode failed")

    def logits(self, row):
        """The logits of a row of the last batch."""
        logits = api.llama_get_logits_ith(self.context, row)
        return numpy.ctypeslib.as_array(logits, (self.model.vocabulary_size,))


class Batch:
    """Rows of (token, position, sequence, whether its logits are wanted)."""

    def __init__(self, rows):
        self.batch = api.llama_batch_init(len(rows), 0, 1)
        self.batch.n_tokens = len(rows)
        for index, (token, position, sequence, wanted) in enumerate(rows):
            self.batch.token[index] = token
            self.batch.pos[index] = position
            self.batch.n_seq_id[index] = 1
            self.batch.seq_id[index][0] = sequence
            self.batch.logits[index] = wanted

    def close(self):
        api.llama_batch_free(self.batch)


def peak_memory():
    """This process's peak resident memory in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
