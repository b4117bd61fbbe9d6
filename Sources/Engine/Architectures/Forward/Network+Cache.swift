public import Tensors

extension NetworkSpec {
    /// What each block keeps of a sequence.
    public var cacheLayers: [CacheLayout.Layer] { layers.map { cacheLayer($0) } }

    private func cacheLayer(_ layer: LayerSpec) -> CacheLayout.Layer {
        var states: [Int] = []
        var attention: CacheLayout.Attention?
        func keep(_ shape: AttentionShape, window: Int?) {
            attention = CacheLayout.Attention(
                heads: shape.keyValueHeads, keySize: shape.headSize, valueSize: shape.valueSize, window: window)
        }
        switch layer.mixer {
        // What is seen beyond the window must be kept.
        case .attention(let spec): keep(spec.shape, window: spec.far == nil ? spec.shape.window : nil)
        case .attentionMixture(let spec, _): keep(spec.shape, window: spec.shape.window)
        case .latentAttention(let spec): keep(spec.shape, window: spec.shape.window)
        case .selectiveScan(let spec):
            states = [(spec.convolutionWidth - 1) * spec.innerSize, spec.innerSize * spec.stateSize]
        case .fadingAverage(let size): states = [hiddenSize, hiddenSize, 3 * size]
        case .matrixRecurrence(let spec):
            states = [hiddenSize, hiddenSize, spec.heads * spec.headSize * spec.headSize]
        }
        return CacheLayout.Layer(attention: attention, states: states)
    }
}

extension NetworkSpec {
    /// The query heads of the first block with attention.
    public var queryHeads: Int? {
        layers.lazy.compactMap { layer in
            switch layer.mixer {
            case .attention(let spec), .attentionMixture(let spec, _): spec.shape.heads
            case .latentAttention(let spec): spec.shape.heads
            case .selectiveScan, .fadingAverage, .matrixRecurrence: nil
            }
        }.first
    }

    /// The longest length that has the same rotary frequencies as `length`; nil where they do not depend on it.
    public func canonicalLength(_ length: Int) -> Int? {
        layers.compactMap { $0.mixer.rotary?.scaling.canonicalLength(length) }.max()
    }

    /// The length to make rotary frequencies for when a text of `length` positions is continued, the same however far; nil
    /// where they do not depend on it.
    public func reservedLength(_ length: Int) -> Int? {
        layers.compactMap { $0.mixer.rotary?.scaling.reservedLength(length) }.max()
    }
}
