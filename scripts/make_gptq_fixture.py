"""Makes Tests/CheckpointsTests/Fixtures/quantization/gptq.json: a matrix rounded by GPTQ as its paper writes it down.

    pip install torch
    python scripts/make_gptq_fixture.py

The paper's algorithm (arXiv:2210.17323, with the Cholesky factor of the inverse and columns by falling diagonal) in f64, for
groups whose scales are known beforehand.
"""

import json
import pathlib

import torch

ROWS, COLUMNS, TOKENS, GROUP = 8, 32, 100, 16


def rounded(weights, products, scales):
    order = torch.argsort(products.diag(), descending=True, stable=True)
    hessian = products[order][:, order].clone()
    hessian += 0.01 * hessian.diag().mean() * torch.eye(COLUMNS, dtype=torch.float64)
    inverse = torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(hessian)), upper=True)
    current, codes = weights[:, order].clone(), torch.zeros(ROWS, COLUMNS, dtype=torch.long)
    for place, column in enumerate(order.tolist()):
        scale = scales[:, column // GROUP]
        code = (current[:, place] / scale).round().clamp(-8, 7)
        codes[:, column] = code.long() + 8
        error = (current[:, place] - scale * code) / inverse[place, place]
        current[:, place:] -= error[:, None] * inverse[place, place:][None, :]
    return codes


def main():
    torch.manual_seed(5)
    mixing = torch.randn(COLUMNS, COLUMNS, dtype=torch.float64) * torch.rand(COLUMNS, dtype=torch.float64) ** 2
    inputs = (torch.randn(TOKENS, COLUMNS, dtype=torch.float64) @ mixing).float().double()
    weights = (0.1 * torch.randn(ROWS, COLUMNS)).double()
    products = (inputs.T @ inputs).float().double()
    scales = (weights.view(ROWS, -1, GROUP).abs().amax(-1) / 7).half().double()
    codes = rounded(weights, products, scales)
    nearest = (weights / scales.repeat_interleave(GROUP, 1)).round().clamp(-8, 7).long() + 8
    print(f"{(codes != nearest).sum().item()} of {codes.numel()} codes are not the nearest")
    path = pathlib.Path(__file__).parent.parent / "Tests/CheckpointsTests/Fixtures/quantization/gptq.json"
    names = {"weights": weights, "products": products, "scales": scales, "codes": codes}
    path.write_text(json.dumps({name: value.flatten().tolist() for name, value in names.items()}) + "\n")


main()
