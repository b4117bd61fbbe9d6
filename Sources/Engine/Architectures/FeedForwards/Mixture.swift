package import Tensors

/// Several networks, of which each token uses a few (Shazeer et al. 2017).
package struct MixtureSpec: Sendable, Hashable {
    /// One of the networks.
    package var expert: DenseSpec
    /// How tokens are given to them.
    package var routing: Routing
    /// A network that all tokens use.
    package var shared: DenseSpec?
    /// Whether the shared network's output is multiplied by the sigmoid of one more row.
    package var sharedIsGated = false
    /// Whether the router has a bias.
    package var routerHasBias = false
    /// Whether the file has a bias for each expert that counts in the choice alone.
    package var hasChoiceBias = false
    /// Whether an expert's weight multiplies what it reads and not what it gives.
    package var scalesInput = false
    /// Normalization of what the router reads, which is the stream then, divided by the root of its width.
    package var routerNorm: NormSpec?
    /// Whether each expert's output is multiplied by a number of its own.
    package var hasExpertScales = false
    /// Whether a bias is added to the sum.
    package var hasBias = false

    package init(expert: DenseSpec, routing: Routing) {
        self.expert = expert
        self.routing = routing
    }
}

extension TensorRole {
    static let router = TensorRole("router")
    static let expertGate = TensorRole("expertGate")
    static let expertUp = TensorRole("expertUp")
    static let expertDown = TensorRole("expertDown")
    static let sharedGate = TensorRole("sharedGate")
    static let sharedUp = TensorRole("sharedUp")
    static let sharedDown = TensorRole("sharedDown")
    static let sharedRouter = TensorRole("sharedRouter")
    static let choiceBias = TensorRole("choiceBias")
    static let routerNorm = TensorRole("routerNorm")
    static let expertScales = TensorRole("expertScales")
    static let mixtureBias = TensorRole("mixtureBias")
}

/// A mixture of networks with its parameters.
struct Mixture<Ops: ParameterMaker> {
    let spec: MixtureSpec
    /// `[experts, hiddenSize]`.
    let router: Ops.Matrix
    let routerNorm: Norm<Ops.Vector>?
    /// `[experts]`.
    let choiceBias, expertScales: Ops.Vector?
    let experts: [DenseNetwork<Ops>]
    let shared: DenseNetwork<Ops>?
    /// `[1, hiddenSize]`.
    let sharedGate: Ops.Matrix?
    /// `[hiddenSize]`.
    let bias: Ops.Vector?

    init(_ spec: MixtureSpec, from tensors: LayerTensors<Ops>) throws {
        let (count, hidden) = (spec.routing.experts, tensors.hiddenSize)
        let roles = DenseNetwork<Ops>.Roles(gate: .expertGate, up: .expertUp, down: .expertDown)
        self.spec = spec
        router = try tensors.matrix(.router, [count, hidden], hasBias: spec.routerHasBias)
        choiceBias = spec.hasChoiceBias ? try tensors.vector(.choiceBias, [count]) : nil
        routerNorm = try tensors.norm(spec.routerNorm, .routerNorm)
        expertScales = spec.hasExpertScales ? try tensors.vector(.expertScales, [count]) : nil
        experts = try (0..<count).map {
            try DenseNetwork(spec.expert, from: tensors, roles: roles, expert: $0, of: count)
        }
        shared = try spec.shared.map {
            try DenseNetwork($0, from: tensors, roles: .init(gate: .sharedGate, up: .sharedUp, down: .sharedDown))
        }
        sharedGate = spec.sharedIsGated ? try tensors.matrix(.sharedRouter, [1, hidden]) : nil
        bias = spec.hasBias ? try tensors.vector(.mixtureBias, [hidden], part: .bias) : nil
        for role in [roles.gate, roles.up, roles.down] { tensors.releasePages(role, experts: count) }
    }
}

extension Mixture where Ops: Operations {
    /// Tokens are gathered by expert, so that each expert's weights are read once, and only if a token uses it.
    func forward(_ input: LayerInput<Ops>, _ pass: LayerPass<Ops>) -> Ops.Activations {
        let (operations, rows) = (pass.operations, pass.normalized(input))
        let scores = operations.project(routed(input, rows, pass), router)
        let shares = operations.route(scores, spec.routing, bias: choiceBias)
        var output = sharedOutput(rows, pass)
        for share in shares {
            operations.scope {
                var selected = operations.select(rows, rows: share.rows)
                if spec.scalesInput { operations.multiplyRows(&selected, by: share.factors) }
                var fed = experts[share.expert].forward(LayerInput(selected), pass)
                if let expertScales {
                    let all = operations.broadcast(expertScales, rows: share.rows.count)
                    let own = operations.channels(share.expert..<share.expert + 1, of: all)
                    operations.multiplyRows(&fed, by: own)
                }
                operations.addRows(
                    fed, factors: spec.scalesInput ? nil : share.factors, to: share.rows, of: &output)
            }
        }
        return output
    }

    /// What the router reads.
    private func routed(
        _ input: LayerInput<Ops>, _ rows: Ops.Activations, _ pass: LayerPass<Ops>
    ) -> Ops.Activations {
        guard let routerNorm else { return rows }
        var result = pass.normalize(input.rows, routerNorm)
        pass.operations.transform(&result, .scale(1 / Float(pass.hiddenSize).squareRoot()))
        return result
    }

    /// What all tokens have beside their experts: the shared network's output, a bias, or zeros.
    private func sharedOutput(_ rows: Ops.Activations, _ pass: LayerPass<Ops>) -> Ops.Activations {
        let operations = pass.operations
        guard let shared else {
            let (count, width) = (pass.batch.positions.count, pass.hiddenSize)
            if let bias { return operations.broadcast(bias, rows: count) }
            return operations.constant([Float](repeating: 0, count: count * width), width: width)
        }
        var output = shared.forward(LayerInput(rows), pass)
        if let sharedGate {
            let factors = operations.gate(operations.project(rows, sharedGate), nil, .sigmoid)
            operations.multiplyRows(&output, by: factors)
        }
        return output
    }
}
