"""What a GGUF file's tokens have to go through.

{"bytes": of all matrices that a generated token is multiplied with, "prompt_weights": the number of weights in those that
every token of a prompt is multiplied with}. Of a prompt only the last token reaches the output matrix.
"""

import json
import sys

from gguf import GGUFReader

matrices = {tensor.name: tensor for tensor in GGUFReader(sys.argv[1]).tensors if len(tensor.shape) > 1}
# Embeddings are looked up, row by row; that of tokens is the output matrix, too, where there is no other.
embedding = matrices.pop("token_embd.weight", None)
output = matrices.pop("output.weight", embedding)
for looked_up in ("position_embd.weight", "token_types.weight"):
    matrices.pop(looked_up, None)
inner = list(matrices.values())
print(json.dumps({"bytes": sum(int(tensor.n_bytes) for tensor in inner + ([output] if output else [])),
                  "prompt_weights": sum(int(tensor.n_elements) for tensor in inner)}))
