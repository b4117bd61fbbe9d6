import Tensors

extension Network {
    func scan(
        _ input: Ops.Activations, _ spec: SelectiveScanSpec, _ weights: NetworkWeights<Ops.Matrix>.SelectiveScan,
        _ layer: Int,
        _ pass: Pass
    ) -> Ops.Activations {
        let inputs = operations.project(input, [weights.value, weights.gate])
        let convolved = operations.convolve(
            inputs[0], weight: weights.convolution, bias: weights.convolutionBias,
            state: StateReference(layer: layer, index: 0), spans: pass.spans)
        let values = operations.gate(convolved, nil, .silu)
        let parameters = operations.project(values, [weights.stepDown, weights.input, weights.output])
        let steps = operations.project(normalize(parameters[0], spec.innerNorm, weights.stepNorm), weights.step)
        let scanned = operations.scan(
            ScanInputs(
                values: values, steps: operations.gate(steps, nil, .softplus),
                inputs: normalize(parameters[1], spec.innerNorm, weights.inputNorm),
                outputs: normalize(parameters[2], spec.innerNorm, weights.outputNorm), rates: weights.rates,
                skip: weights.skip),
            state: StateReference(layer: layer, index: 1), spans: pass.spans)
        return operations.project(operations.gate(inputs[1], scanned, .silu), weights.result)
    }

    func average(
        _ input: Ops.Activations, _ weights: NetworkWeights<Ops.Matrix>.FadingAverage, _ layer: Int, _ pass: Pass
    ) -> Ops.Activations {
        let previous = operations.shift(input, state: StateReference(layer: layer, index: 0), spans: pass.spans)
        func project(_ mix: [Float], _ matrix: Ops.Matrix) -> Ops.Activations {
            operations.project(operations.interpolate(input, previous, weight: mix), matrix)
        }
        let average = operations.averageFading(
            keys: project(weights.keyMix, weights.key), values: project(weights.valueMix, weights.value),
            fading: weights.fading, bonus: weights.bonus, state: StateReference(layer: layer, index: 2),
            spans: pass.spans)
        let receptance = project(weights.receptanceMix, weights.receptance)
        return operations.project(operations.gate(receptance, average, .sigmoid), weights.output)
    }

    func recur(
        _ input: Ops.Activations, _ spec: MatrixRecurrenceSpec,
        _ weights: NetworkWeights<Ops.Matrix>.MatrixRecurrence, _ layer: Int, _ pass: Pass
    ) -> Ops.Activations {
        let previous = operations.shift(input, state: StateReference(layer: layer, index: 0), spans: pass.spans)
        func project(_ mix: [Float], _ matrix: Ops.Matrix) -> Ops.Activations {
            operations.project(operations.interpolate(input, previous, weight: mix), matrix)
        }
        let output = operations.recur(
            receptance: project(weights.receptanceMix, weights.receptance),
            keys: project(weights.keyMix, weights.key), values: project(weights.valueMix, weights.value),
            decay: weights.decay, bonus: weights.bonus, heads: spec.heads,
            state: StateReference(layer: layer, index: 2), spans: pass.spans)
        let normalized = normalize(output, spec.norm, weights.norm, groups: spec.heads)
        let gate = project(weights.gateMix, weights.gate)
        return operations.project(operations.gate(gate, normalized, .silu), weights.output)
    }
}
