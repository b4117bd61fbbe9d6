import Platform
import Tensors

extension Network {
    func mix(
        _ input: LayerInput, _ mixer: MixerSpec, _ weights: NetworkWeights<Ops.Matrix>.Mixer, _ layer: Int,
        _ pass: Pass
    ) -> Ops.Activations {
        switch (mixer, weights) {
        case (.attention(let spec), .attention(let weights)): attend(input, spec, weights, layer, pass)
        case (.latentAttention(let spec), .latentAttention(let weights)):
            attend(values(input), spec, weights, layer, pass)
        case (.attentionMixture(let spec, let routing), .attentionMixture(let weights)):
            attend(values(input), spec, routing, weights, layer, pass)
        case (.selectiveScan(let spec), .selectiveScan(let weights)): scan(values(input), spec, weights, layer, pass)
        case (.fadingAverage, .fadingAverage(let weights)): average(values(input), weights, layer, pass)
        case (.matrixRecurrence(let spec), .matrixRecurrence(let weights)):
            recur(values(input), spec, weights, layer, pass)
        default: preconditionFailure("the loader makes the weights that the spec asks for")
        }
    }

    private func attend(
        _ input: LayerInput, _ spec: AttentionSpec, _ weights: NetworkWeights<Ops.Matrix>.Attention, _ layer: Int,
        _ pass: Pass
    ) -> Ops.Activations {
        var inputs = project(input, [weights.query, weights.key, weights.value])
        if let clip = spec.clip {
            for index in inputs.indices { operations.transform(&inputs[index], .clamp(clip)) }
        }
        if let norm = spec.headNorm {
            inputs[0] = normalize(inputs[0], norm, weights.queryNorm, heads: spec.shape.heads)
            inputs[1] = normalize(inputs[1], norm, weights.keyNorm, heads: spec.shape.keyValueHeads)
        }
        let mixed = attend(inputs[0], keys: inputs[1], values: inputs[2], spec, layer, pass)
        return operations.project(mixed, weights.output)
    }

    private func normalize(
        _ input: Ops.Activations, _ norm: HeadNormSpec, _ weights: NormWeights, heads: Int
    ) -> Ops.Activations {
        normalize(input, norm.norm, weights, groups: norm.extent == .row ? 1 : heads)
    }

    private func attend(
        _ queries: Ops.Activations, keys: Ops.Activations, values: Ops.Activations, _ spec: AttentionSpec,
        _ layer: Int, _ pass: Pass
    ) -> Ops.Activations {
        let queries = scaled(queries, spec, pass)
        if let far = spec.far, let rotary = spec.rotary {
            operations.store(keys: keys, values: values, layer: layer, spans: pass.spans)
            let turned = farQueries(queries, far, rotary, spec.shape, pass)
            return operations.attend(
                rotate(queries, spec, pass), far: turned, attention: spec.shape, layer: layer, spans: pass.spans)
        }
        operations.store(keys: rotate(keys, spec, pass), values: values, layer: layer, spans: pass.spans)
        return operations.attend(
            rotate(queries, spec, pass), far: nil, attention: spec.shape, layer: layer, spans: pass.spans)
    }

    private func rotate(_ input: Ops.Activations, _ spec: AttentionSpec, _ pass: Pass) -> Ops.Activations {
        guard let rotary = spec.rotary, let rotation = pass.rotations[rotary] else { return input }
        return operations.rotate(input, headSize: spec.shape.headSize, by: rotation, layout: rotary.layout)
    }

    /// Queries of long texts, made larger so that attention stays as sharp (Su 2021).
    private func scaled(_ queries: Ops.Activations, _ spec: AttentionSpec, _ pass: Pass) -> Ops.Activations {
        guard let start = spec.logarithmicScaleFrom else { return queries }
        var queries = queries
        let factors = pass.positions.map { max(1, logf(Float($0 + 1)) / logf(Float(start))) }
        operations.multiplyRows(&queries, by: operations.constant(factors, width: 1))
        return queries
    }

    private func farQueries(
        _ queries: Ops.Activations, _ far: FarAttentionSpec, _ rotary: RotarySpec, _ shape: AttentionShape, _ pass: Pass
    ) -> FarQueries<Ops.Activations> {
        let frequencies = inverseFrequencies(rotary, length: spec.contextLength)
        let positions: [Int]
        let (limit, divisor): (Int?, Int)
        switch far {
        case .grouped(let size):
            let window = shape.window ?? 0
            positions = pass.positions.map { $0 / size + window - window / size }
            (limit, divisor) = (nil, size)
        case .beginning(let count, let distance):
            positions = pass.positions.map { min($0, distance) }
            (limit, divisor) = (count, 0)
        }
        let rotation = operations.makeRotation(
            positions: positions, inverseFrequencies: positions.map { _ in frequencies }, scale: 1)
        return FarQueries(
            queries: operations.rotate(queries, headSize: shape.headSize, by: rotation, layout: rotary.layout),
            limit: limit, inverseFrequencies: frequencies, layout: rotary.layout, farDivisor: divisor)
    }

    private func attend(
        _ input: Ops.Activations, _ spec: LatentAttentionSpec, _ weights: NetworkWeights<Ops.Matrix>.LatentAttention,
        _ layer: Int, _ pass: Pass
    ) -> Ops.Activations {
        guard let rotation = pass.rotations[spec.rotary] else { return input }
        let shape = spec.shape
        let inputs = operations.project(
            input, [weights.latent, weights.rotatedKey, weights.queryDown ?? weights.queryUp])
        let latent = normalize(inputs[0], spec.norm, weights.latentNorm)
        let keysAndValues = operations.project(latent, [weights.key, weights.value])
        // The rotated channels come first in queries and keys; the loader has put the queries' rows in this order.
        let rotated = operations.rotate(
            inputs[1], headSize: spec.rotatedSize, by: rotation, layout: spec.rotary.layout)
        let keys = operations.joinHeads(shared: rotated, each: keysAndValues[0], heads: shape.heads)
        var queries = inputs[2]
        if weights.queryDown != nil {
            queries = operations.project(normalize(queries, spec.norm, weights.queryNorm), weights.queryUp)
        }
        queries = operations.rotate(queries, headSize: shape.headSize, by: rotation, layout: spec.rotary.layout)
        operations.store(keys: keys, values: keysAndValues[1], layer: layer, spans: pass.spans)
        let mixed = operations.attend(queries, far: nil, attention: shape, layer: layer, spans: pass.spans)
        return operations.project(mixed, weights.output)
    }

    /// Each of a token's experts brings as many query heads as there are keys; all share the keys and values.
    private func attend(
        _ input: Ops.Activations, _ attention: AttentionSpec, _ routing: RoutingSpec,
        _ weights: NetworkWeights<Ops.Matrix>.AttentionMixture, _ layer: Int, _ pass: Pass
    ) -> Ops.Activations {
        let shape = attention.shape
        let inputs = operations.project(input, [weights.key, weights.value, weights.router])
        let assignment = Assignment(scores: operations.read(inputs[2]), routing)
        operations.store(keys: rotate(inputs[0], attention, pass), values: inputs[1], layer: layer, spans: pass.spans)
        let (tokens, hidden) = (pass.positions.count, spec.hiddenSize)
        var output = operations.constant(pass.positions.flatMap { _ in weights.outputBias }, width: hidden)
        for rank in 0..<routing.used {
            let shares = assignment.shares(rank: rank)
            let width = shape.heads * shape.headSize
            var queries = zeros(tokens: tokens, width: width)
            for share in shares {
                let rows = operations.select(input, rows: share.rows)
                let ones = share.rows.map { _ in Float(1) }
                operations.addRows(
                    operations.project(rows, weights.queries[share.expert]), factors: ones, to: share.rows, of: &queries
                )
            }
            let mixed = operations.attend(
                rotate(queries, attention, pass), far: nil, attention: shape, layer: layer, spans: pass.spans)
            for share in shares {
                let rows = operations.select(mixed, rows: share.rows)
                operations.addRows(
                    operations.project(rows, weights.outputs[share.expert]), factors: share.factors, to: share.rows,
                    of: &output)
            }
        }
        return output
    }
}
