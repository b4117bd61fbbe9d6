package import Tensors

/// Attention to the source text (Vaswani et al. 2017): keys and values are made once, of what the encoder gives, and lie in the
/// cache before those of the answer.
package struct SourceAttentionSpec: Sendable, Hashable {
    /// Heads and their sizes, which are those of the block's attention to the answer.
    package var shape: AttentionShape
    /// Whether all matrices have biases.
    package var hasBias: Bool

    /// Attention with the same heads as that to the answer.
    package init(like attention: AttentionSpec) {
        shape = attention.shape
        (shape.isCausal, shape.readsSource) = (false, true)
        hasBias = attention.hasInputBias
    }
}

extension TensorRole {
    static let sourceQuery = TensorRole("sourceQuery")
    static let sourceKey = TensorRole("sourceKey")
    static let sourceValue = TensorRole("sourceValue")
    static let sourceOutput = TensorRole("sourceOutput")
    static let sourceNorm = TensorRole("sourceNorm")
}

/// Attention to the source text with its parameters.
struct SourceAttention<Ops: ParameterMaker> {
    let spec: SourceAttentionSpec
    /// `[heads * headSize, hiddenSize]`.
    let query, key, value: Ops.Matrix
    /// `[hiddenSize, heads * headSize]`.
    let output: Ops.Matrix

    init(_ spec: SourceAttentionSpec, from tensors: LayerTensors<Ops>) throws {
        let (hidden, width) = (tensors.hiddenSize, spec.shape.heads * spec.shape.headSize)
        func input(_ role: TensorRole) throws -> Ops.Matrix {
            try tensors.matrix(role, [width, hidden], hasBias: spec.hasBias)
        }
        self.spec = spec
        (query, key, value) = (try input(.sourceQuery), try input(.sourceKey), try input(.sourceValue))
        output = try tensors.matrix(.sourceOutput, [hidden, width], hasBias: spec.hasBias)
    }
}

extension SourceAttention where Ops: Operations {
    /// Stores the keys and values of what the encoder gave for the rows of a batch of source texts.
    func read(_ states: Ops.Activations, _ pass: LayerPass<Ops>) {
        let stored = pass.operations.project(states, [key, value])
        pass.operations.store(keys: stored[0], values: stored[1], layer: pass.layer, spans: pass.batch.spans)
    }

    func forward(_ input: LayerInput<Ops>, _ pass: LayerPass<Ops>) -> Ops.Activations {
        let queries = pass.project(input, [query])[0]
        let mixed = pass.operations.attend(queries, shape: spec.shape, layer: pass.layer, spans: pass.batch.spans)
        return pass.operations.project(mixed, output)
    }
}
