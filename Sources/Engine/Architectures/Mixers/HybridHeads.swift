import Tensors

/// Attention and Mamba-2 side by side on the same rows (Zuo et al. 2025), each with its own factors.
package struct HybridHeadsSpec: Sendable, Hashable {
    /// Grouped heads of softmax attention.
    package var attention: AttentionSpec
    /// Heads with fading states.
    package var mamba: Mamba2Spec
    /// Factors of what attention reads and gives.
    package var attentionInputScale: Float = 1
    package var attentionOutputScale: Float = 1
    /// Factors of what Mamba-2 reads and gives.
    package var mambaInputScale: Float = 1
    package var mambaOutputScale: Float = 1
}

extension HybridHeadsSpec: MixerKind {
    var mixer: MixerSpec { .hybridHeads(self) }
    var queryHeads: Int? { attention.queryHeads }
    var rotary: RotarySpec? {
        get { attention.rotary }
        set { attention.rotary = newValue }
    }

    func cacheLayer(hiddenSize: Int) -> CacheLayout.Layer {
        var layer = attention.cacheLayer(hiddenSize: hiddenSize)
        layer.states = mamba.cacheLayer(hiddenSize: hiddenSize).states
        return layer
    }
}

/// Both parts with their parameters.
struct HybridHeads<Ops: ParameterMaker> {
    let spec: HybridHeadsSpec
    let attention: Attention<Ops>
    let mamba: Mamba2<Ops>

    init(_ spec: HybridHeadsSpec, from tensors: LayerTensors<Ops>) throws {
        self.spec = spec
        attention = try Attention(spec.attention, from: tensors)
        mamba = try Mamba2(spec.mamba, from: tensors)
    }
}

extension HybridHeads where Ops: Operations {
    func forward(_ input: LayerInput<Ops>, _ pass: LayerPass<Ops>) -> Ops.Activations {
        let operations = pass.operations
        let rows = pass.normalized(input)
        func scaled(_ scale: Float) -> LayerInput<Ops> {
            guard scale != 1 else { return LayerInput(rows) }
            var copy = operations.gate(rows, nil, .identity)
            operations.transform(&copy, .scale(scale))
            return LayerInput(copy)
        }
        var output = mamba.forward(scaled(spec.mambaInputScale), pass)
        if spec.mambaOutputScale != 1 { operations.transform(&output, .scale(spec.mambaOutputScale)) }
        let attended = attention.forward(scaled(spec.attentionInputScale), pass)
        operations.add(attended, scale: spec.attentionOutputScale, to: &output)
        return output
    }
}
