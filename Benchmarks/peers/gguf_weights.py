"""What a token has to go through in a GGUF file: {"bytes": of all matrices, "weights": their number}."""

import json
import sys

from gguf import GGUFReader

tensors = GGUFReader(sys.argv[1]).tensors
# Of an embedding one row is read, unless it is the output matrix too.
has_output = any(tensor.name == "output.weight" for tensor in tensors)
matrices = [tensor for tensor in tensors
            if len(tensor.shape) > 1 and not (has_output and tensor.name == "token_embd.weight")]
print(json.dumps({"bytes": sum(int(tensor.n_bytes) for tensor in matrices),
                  "weights": sum(int(tensor.n_elements) for tensor in matrices)}))
