import Tensors

/// A short convolution between two gates (Liquid AI 2025): C x convolution(B x x), of which B, C and x are projections of the
/// same row.
package struct ShortConvolutionSpec: Sendable, Hashable {
    /// Rows that the convolution sees.
    package var width: Int
    /// Whether the convolution and both matrices have biases.
    package var hasBias = false
}

extension ShortConvolutionSpec: MixerKind {
    var mixer: MixerSpec { .shortConvolution(self) }

    func cacheLayer(hiddenSize: Int) -> CacheLayout.Layer { CacheLayout.Layer(states: [(width - 1) * hiddenSize]) }
}

/// A gated short convolution with its parameters.
struct ShortConvolution<Ops: ParameterMaker> {
    /// The parts of `in_proj`, `[hiddenSize, hiddenSize]` each.
    let b, c, x: Ops.Matrix
    /// `[width, hiddenSize]`.
    let convolution: Ops.Vector
    let convolutionBias: Ops.Vector?
    let outProjection: Ops.Matrix

    init(_ spec: ShortConvolutionSpec, from tensors: LayerTensors<Ops>) throws {
        let hidden = tensors.hiddenSize
        func input(_ index: Int) throws -> Ops.Matrix {
            let rows = TensorReader.Rows(counts: [hidden, hidden, hidden], index: index)
            return try tensors.matrix(.inProjection, [hidden, hidden], rows: rows, hasBias: spec.hasBias)
        }
        (b, c, x) = (try input(0), try input(1), try input(2))
        convolution = try tensors.vector(.convolution, [hidden, spec.width], isTransposed: true)
        convolutionBias = spec.hasBias ? try tensors.vector(.convolution, [hidden], part: .bias) : nil
        outProjection = try tensors.matrix(.outProjection, [hidden, hidden], hasBias: spec.hasBias)
    }
}

extension ShortConvolution where Ops: Operations {
    func forward(_ input: LayerInput<Ops>, _ pass: LayerPass<Ops>) -> Ops.Activations {
        let operations = pass.operations
        let inputs = pass.project(input, [b, c, x])
        let convolved = operations.convolve(
            operations.gate(inputs[0], inputs[2], .identity), weight: convolution, bias: convolutionBias,
            state: pass.state(0), spans: pass.batch.spans)
        return operations.project(gating: inputs[1], convolved, .identity, outProjection)
    }
}
