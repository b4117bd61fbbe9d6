public import Tensors

/// The feed-forward network of a block.
public enum FeedForwardSpec: Sendable, Hashable {
    /// One network for all tokens.
    case dense(DenseSpec)
    /// Several networks, of which each token uses a few.
    case mixture(MixtureSpec)
    /// One that also reads the token before, and whose output a sigmoid gates (Peng et al. 2023).
    case channelMix(size: Int)

    /// down(activation(gate(x)) * up(x)) (Shazeer 2020).
    public static func gated(size: Int, _ activation: Activation, hasBias: Bool = false) -> FeedForwardSpec {
        .dense(DenseSpec(size: size, activation: activation, isGated: true, hasBias: hasBias))
    }

    /// down(activation(up(x))).
    public static func plain(size: Int, _ activation: Activation, hasBias: Bool) -> FeedForwardSpec {
        .dense(DenseSpec(size: size, activation: activation, isGated: false, hasBias: hasBias))
    }
}

/// Two or three matrices around an activation.
public struct DenseSpec: Sendable, Hashable {
    /// The width between the matrices.
    public var size: Int
    /// The function between them.
    public var activation: Activation
    /// Whether the activation is that of a third matrix, which multiplies the first.
    public var isGated: Bool
    /// Whether all matrices have biases.
    public var hasBias = false
}

/// Several networks, of which each token uses a few (Shazeer et al. 2017).
public struct MixtureSpec: Sendable, Hashable {
    /// One of the networks.
    public var expert: DenseSpec
    /// How tokens are given to them.
    public var routing: RoutingSpec
    /// A network that all tokens use.
    public var shared: DenseSpec?
    /// Whether the shared network's output is multiplied by the sigmoid of one more row.
    public var sharedIsGated = false
    /// Whether a bias is added to the sum.
    public var hasBias = false

    /// Makes a mixture.
    public init(expert: DenseSpec, routing: RoutingSpec) {
        self.expert = expert
        self.routing = routing
    }
}

/// How tokens are given to experts: by a softmax over a score for each.
public struct RoutingSpec: Sendable, Hashable {
    /// Experts.
    public var experts: Int
    /// Experts that a token uses.
    public var used: Int
    /// Whether the weights of those used are brought to a sum of 1.
    public var renormalizes = false
    /// Factor of the weights.
    public var scale: Float = 1
    /// Experts are in this many groups of equal size.
    public var groups = 1
    /// Groups that a token's experts come from: those with the best expert.
    public var usedGroups = 1

    /// Makes a routing.
    public init(experts: Int, used: Int, renormalizes: Bool) {
        self.experts = experts
        self.used = used
        self.renormalizes = renormalizes
    }
}
