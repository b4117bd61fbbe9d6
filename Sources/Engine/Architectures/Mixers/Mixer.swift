import Tensors

/// What lets positions see each other: a case for each kind, whose file has all that is special about it: its numbers, the
/// roles of its tensors, its parameters, what it keeps of a text, and its forward pass.
///
/// A new kind is such a file and a line in each of the lists below.
package enum MixerSpec: Sendable, Hashable {
    /// Softmax attention.
    case attention(AttentionSpec)
    /// Attention whose keys and values come from one small vector.
    case latentAttention(LatentAttentionSpec)
    /// Attention whose query heads are chosen token by token.
    case attentionMixture(AttentionMixtureSpec)
    /// Attention to which the places of queries and keys add by themselves.
    case disentangledAttention(DisentangledAttentionSpec)
    /// The difference of two softmax attentions.
    case differentialAttention(DifferentialAttentionSpec)
    /// Linear attention whose heads fade at fixed rates.
    case lightningAttention(LightningAttentionSpec)
    /// A short convolution between two gates.
    case shortConvolution(ShortConvolutionSpec)
    /// A selective state space.
    case mamba(MambaSpec)
    /// Linear attention by the gated delta rule.
    case gatedDelta(GatedDeltaSpec)
    /// Linear attention whose heads fade at rates that they read.
    case mamba2(Mamba2Spec)
    /// Attention and Mamba-2 side by side.
    case hybridHeads(HybridHeadsSpec)
    /// An average of all values so far, by channel, with fading weights.
    case rwkv4(RWKV4Spec)
    /// A recurrence with a matrix-valued state for each head.
    case rwkv5(RWKV5Spec)

    /// The numbers of whichever kind it is.
    var kind: any MixerKind {
        switch self {
        case .attention(let spec): spec
        case .latentAttention(let spec): spec
        case .attentionMixture(let spec): spec
        case .disentangledAttention(let spec): spec
        case .differentialAttention(let spec): spec
        case .lightningAttention(let spec): spec
        case .shortConvolution(let spec): spec
        case .mamba(let spec): spec
        case .gatedDelta(let spec): spec
        case .mamba2(let spec): spec
        case .hybridHeads(let spec): spec
        case .rwkv4(let spec): spec
        case .rwkv5(let spec): spec
        }
    }
}

/// A mixer with its parameters. Indirect, as what is in it is large: every copy in place would be kilobytes of code.
indirect enum Mixer<Ops: ParameterMaker> {
    case attention(Attention<Ops>)
    case latentAttention(LatentAttention<Ops>)
    case attentionMixture(AttentionMixture<Ops>)
    case disentangledAttention(DisentangledAttention<Ops>)
    case differentialAttention(DifferentialAttention<Ops>)
    case lightningAttention(LightningAttention<Ops>)
    case shortConvolution(ShortConvolution<Ops>)
    case mamba(MambaMixer<Ops>)
    case gatedDelta(GatedDelta<Ops>)
    case mamba2(Mamba2<Ops>)
    case hybridHeads(HybridHeads<Ops>)
    case rwkv4(RWKV4<Ops>)
    case rwkv5(RWKV5<Ops>)

    init(_ spec: MixerSpec, from tensors: LayerTensors<Ops>) throws {
        switch spec {
        case .attention(let spec): self = .attention(try Attention(spec, from: tensors))
        case .latentAttention(let spec): self = .latentAttention(try LatentAttention(spec, from: tensors))
        case .attentionMixture(let spec): self = .attentionMixture(try AttentionMixture(spec, from: tensors))
        case .disentangledAttention(let spec):
            self = .disentangledAttention(try DisentangledAttention(spec, from: tensors))
        case .differentialAttention(let spec):
            self = .differentialAttention(try DifferentialAttention(spec, from: tensors))
        case .lightningAttention(let spec): self = .lightningAttention(try LightningAttention(spec, from: tensors))
        case .shortConvolution(let spec): self = .shortConvolution(try ShortConvolution(spec, from: tensors))
        case .mamba(let spec): self = .mamba(try MambaMixer(spec, from: tensors))
        case .gatedDelta(let spec): self = .gatedDelta(try GatedDelta(spec, from: tensors))
        case .mamba2(let spec): self = .mamba2(try Mamba2(spec, from: tensors))
        case .hybridHeads(let spec): self = .hybridHeads(try HybridHeads(spec, from: tensors))
        case .rwkv4(let spec): self = .rwkv4(try RWKV4(spec, from: tensors))
        case .rwkv5(let spec): self = .rwkv5(try RWKV5(spec, from: tensors))
        }
    }
}

extension Mixer where Ops: Operations {
    func forward(_ input: LayerInput<Ops>, _ pass: LayerPass<Ops>) -> Ops.Activations {
        switch self {
        case .attention(let mixer): mixer.forward(input, pass)
        case .latentAttention(let mixer): mixer.forward(input, pass)
        case .attentionMixture(let mixer): mixer.forward(input, pass)
        case .disentangledAttention(let mixer): mixer.forward(input, pass)
        case .differentialAttention(let mixer): mixer.forward(input, pass)
        case .lightningAttention(let mixer): mixer.forward(input, pass)
        case .shortConvolution(let mixer): mixer.forward(input, pass)
        case .mamba(let mixer): mixer.forward(input, pass)
        case .gatedDelta(let mixer): mixer.forward(input, pass)
        case .mamba2(let mixer): mixer.forward(input, pass)
        case .hybridHeads(let mixer): mixer.forward(input, pass)
        case .rwkv4(let mixer): mixer.forward(input, pass)
        case .rwkv5(let mixer): mixer.forward(input, pass)
        }
    }
}

/// What the engine asks of every kind of mixer.
protocol MixerKind: Sendable, Hashable {
    /// The case that it belongs to.
    var mixer: MixerSpec { get }
    /// What it keeps of a sequence, in a stream of `hiddenSize` channels.
    func cacheLayer(hiddenSize: Int) -> CacheLayout.Layer
    /// Its rotary positions; nil if it has none.
    var rotary: RotarySpec? { get set }
    /// Its query heads; nil if it has none.
    var queryHeads: Int? { get }
}

extension MixerKind {
    var rotary: RotarySpec? {
        get { nil }
        // Whoever sets positions has seen that there are some.
        set {}
    }

    var queryHeads: Int? { nil }
}

extension MixerSpec {
    /// Its rotary positions; nil if it has none. Setting them changes nothing then.
    var rotary: RotarySpec? {
        get { kind.rotary }
        set {
            var kind = kind
            kind.rotary = newValue
            self = kind.mixer
        }
    }
}
