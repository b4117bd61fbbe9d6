import Tensors

/// Alternating updates (AltUp, Baykal et al. 2023): several streams, of which each block computes with the first only;
/// what becomes of the others is predicted, and corrected by what the block made of the first.
package struct AlternatingUpdateSpec: Sendable, Hashable {
    /// The number of streams.
    package var streams: Int
    /// Normalization of what the coefficients are made of.
    package var norm: NormSpec
}

extension TensorRole {
    static let streamProjection = TensorRole("streamProjection")
    static let streamOutput = TensorRole("streamOutput")
    static let updateRouter = TensorRole("updateRouter")
    static let updateRouterNorm = TensorRole("updateRouterNorm")
    static let updatePrediction = TensorRole("updatePrediction")
    static let updateCorrection = TensorRole("updateCorrection")
    static let updateScale = TensorRole("updateScale")
}

/// What makes several streams of one, and one of several.
struct AlternatingStreams<Ops: ParameterMaker> {
    /// A matrix `[hiddenSize, hiddenSize]` for each stream after the first.
    let inputs, outputs: [Ops.Matrix]

    init(_ spec: AlternatingUpdateSpec, from tensors: LayerTensors<Ops>) throws {
        let (width, count) = (tensors.hiddenSize, spec.streams - 1)
        func matrices(_ role: TensorRole) throws -> [Ops.Matrix] {
            try (0..<count).map { try tensors.matrix(role, [width, width], expert: $0, of: count) }
        }
        (inputs, outputs) = (try matrices(.streamProjection), try matrices(.streamOutput))
    }
}

extension AlternatingStreams where Ops: Operations {
    /// The streams after the first, each as large as it.
    func widened(_ stream: Ops.Activations, _ operations: Ops) -> [Ops.Activations] {
        let magnitudes = operations.magnitudes(stream, .rootMeanSquare)
        return inputs.map { resized(operations.project(stream, $0), magnitudes, operations) }
    }

    /// The mean of all streams.
    func join(_ others: [Ops.Activations], to stream: inout Ops.Activations, _ operations: Ops) {
        let magnitudes = operations.magnitudes(stream, .rootMeanSquare)
        for (other, matrix) in zip(others, outputs) {
            let projected = operations.project(other, matrix)
            operations.add(resized(projected, magnitudes, operations), scale: 1, to: &stream)
        }
        operations.transform(&stream, .scale(1 / Float(others.count + 1)))
    }

    private func resized(
        _ rows: Ops.Activations, _ magnitudes: Ops.Activations, _ operations: Ops
    ) -> Ops.Activations {
        // The reference has a least magnitude instead, which rows of any model are far above.
        var result = operations.normalize(rows, Norm(.rootMeanSquare, epsilon: .leastNormalMagnitude), groups: 1)
        operations.multiplyRows(&result, by: magnitudes)
        return result
    }
}

/// The coefficients of one block.
struct AlternatingUpdate<Ops: ParameterMaker> {
    let streams: Int
    /// `[streams, hiddenSize]`.
    let router: Ops.Matrix
    let routerNorm: Norm<Ops.Vector>?
    /// `[streams * streams, streams]` and `[streams, streams]`.
    let prediction, correction: Ops.Matrix
    /// What the corrected first stream is multiplied by for the block's vectors of tokens, `[hiddenSize]`.
    let scale: Ops.Vector

    init(_ spec: AlternatingUpdateSpec, from tensors: LayerTensors<Ops>) throws {
        streams = spec.streams
        router = try tensors.matrix(.updateRouter, [streams, tensors.hiddenSize])
        routerNorm = try tensors.norm(spec.norm, .updateRouterNorm)
        prediction = try tensors.matrix(.updatePrediction, [streams * streams, streams])
        correction = try tensors.matrix(.updateCorrection, [streams, streams])
        scale = try tensors.vector(.updateScale, [tensors.hiddenSize])
    }
}

extension AlternatingUpdate where Ops: Operations {
    /// What the streams are expected to be before the block: each of them and a mixture of all.
    func predicted(_ all: [Ops.Activations], _ pass: LayerPass<Ops>) -> [Ops.Activations] {
        let operations = pass.operations
        let coefficients = operations.project(shares(of: all[0], pass), prediction)
        return all.indices.map { target in
            var sum = copy(all[target], operations)
            for (source, stream) in all.enumerated() {
                add(stream, times: coefficients, target * streams + source, to: &sum, pass)
            }
            return sum
        }
    }

    /// The streams after the block has made `active` of the first.
    func corrected(
        _ predictions: [Ops.Activations], by active: Ops.Activations, _ pass: LayerPass<Ops>
    ) -> [Ops.Activations] {
        let operations = pass.operations
        var coefficients = operations.project(shares(of: active, pass), correction)
        operations.transform(&coefficients, .add(1))
        var innovation = copy(active, operations)
        operations.add(predictions[0], scale: -1, to: &innovation)
        return predictions.enumerated().map { index, prediction in
            var sum = copy(prediction, operations)
            add(innovation, times: coefficients, index, to: &sum, pass)
            return sum
        }
    }

    /// The first stream as the block's vectors of tokens see it.
    func scaled(_ stream: Ops.Activations, _ pass: LayerPass<Ops>) -> Ops.Activations {
        let factors = pass.operations.broadcast(scale, rows: pass.batch.positions.count)
        return pass.operations.gate(stream, factors, .identity)
    }

    private func shares(of stream: Ops.Activations, _ pass: LayerPass<Ops>) -> Ops.Activations {
        var normalized = pass.normalize(copy(stream, pass.operations), routerNorm)
        pass.operations.transform(&normalized, .scale(1 / Float(pass.hiddenSize)))
        return pass.operations.gate(pass.operations.project(normalized, router), nil, .tanh)
    }

    private func add(
        _ rows: Ops.Activations, times coefficients: Ops.Activations, _ column: Int, to sum: inout Ops.Activations,
        _ pass: LayerPass<Ops>
    ) {
        let factors = pass.operations.channels(column..<column + 1, of: coefficients)
        pass.operations.addRows(rows, factors: factors, to: Array(pass.batch.positions.indices), of: &sum)
    }

    private func copy(_ rows: Ops.Activations, _ operations: Ops) -> Ops.Activations {
        operations.gate(rows, nil, .identity)
    }
}
