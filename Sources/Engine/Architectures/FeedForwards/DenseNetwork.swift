import Platform
package import Tensors

/// Two or three matrices around an activation.
package struct DenseSpec: Sendable, Hashable {
    /// The width between the matrices.
    package var size: Int
    /// The function between them.
    package var activation: Activation
    /// Whether the activation is that of a third matrix, which multiplies the first.
    package var isGated: Bool
    /// Whether all matrices have biases.
    package var hasBias = false
    /// Whether the last matrix has a bias where the others have none.
    package var hasOutputBias = false
    /// Whether a tensor that holds the first two matrices has the activated one last.
    package var upComesFirst = false
    /// Normalization of what the last matrix reads.
    package var innerNorm: NormSpec?
    /// Factors of what the activation reads and of what the last matrix gives.
    package var gateScale: Float = 1
    package var outputScale: Float = 1
    /// Whether the activation is xIELU, whose numbers are in the file.
    package var hasLearnedActivation = false
    /// What the activation reads is what exceeds the mean of its row by so many deviations, and 0 elsewhere; nil for all.
    package var sparsity: Float?
    /// The first matrix's output is at most this, the other's within it and then raised by 1 (gpt-oss).
    package var limit: Float?
}

extension TensorRole {
    static let gate = TensorRole("gate")
    static let up = TensorRole("up")
    static let down = TensorRole("down")
    static let networkInnerNorm = TensorRole("networkInnerNorm")
    static let activationPositive = TensorRole("activationPositive")
    static let activationNegative = TensorRole("activationNegative")
}

/// A network of two or three matrices.
struct DenseNetwork<Ops: ParameterMaker> {
    /// The roles of its matrices.
    struct Roles {
        var gate = TensorRole.gate
        var up = TensorRole.up
        var down = TensorRole.down
    }

    let spec: DenseSpec
    /// `[size, hiddenSize]`.
    let gate: Ops.Matrix?
    let up: Ops.Matrix
    /// `[hiddenSize, size]`.
    let down: Ops.Matrix
    let innerNorm: Norm<Ops.Vector>?
    let learnedActivation: ValueFunction?

    init(
        _ spec: DenseSpec, from tensors: LayerTensors<Ops>, roles: Roles = Roles(), expert: Int? = nil,
        of experts: Int = 1
    ) throws {
        func input(_ role: TensorRole, _ index: Int) throws -> Ops.Matrix {
            try tensors.matrix(
                role, [spec.size, tensors.hiddenSize], expert: expert, of: experts,
                rows: TensorReader.Rows(counts: [spec.size, spec.size], index: index, groups: spec.size),
                hasBias: spec.hasBias)
        }
        self.spec = spec
        gate = spec.isGated ? try input(roles.gate, spec.upComesFirst ? 1 : 0) : nil
        up = try input(roles.up, spec.upComesFirst ? 0 : 1)
        down = try tensors.matrix(
            roles.down, [tensors.hiddenSize, spec.size], expert: expert, of: experts,
            hasBias: spec.hasBias || spec.hasOutputBias)
        innerNorm = try tensors.norm(spec.innerNorm, .networkInnerNorm, size: spec.size)
        learnedActivation = spec.hasLearnedActivation ? try Self.learnedActivation(tensors) : nil
    }

    /// xIELU with the two numbers of the file, of which the softplus counts; a slope of 0.5 has never been another.
    private static func learnedActivation(_ tensors: LayerTensors<Ops>) throws -> ValueFunction {
        let slope: Float = 0.5
        func number(_ role: TensorRole) throws -> Float {
            let value = try tensors.values(role, [1]).first ?? 0
            return value > 20 ? value : log1p(exp(value))
        }
        return .xielu(
            positive: try number(.activationPositive), negative: try slope + number(.activationNegative), slope: slope)
    }
}

extension DenseNetwork where Ops: Operations {
    func forward(_ input: LayerInput<Ops>, _ pass: LayerPass<Ops>) -> Ops.Activations {
        guard let gate else {
            var inputs = pass.project(input, [up])
            guard let learnedActivation else { return finish(inputs[0], nil, pass) }
            pass.operations.transform(&inputs[0], learnedActivation)
            return pass.operations.project(inputs[0], down)
        }
        var inputs = pass.project(input, [gate, up])
        if let limit = spec.limit {
            pass.operations.transform(&inputs[0], .limit(limit))
            pass.operations.transform(&inputs[1], .clamp(limit))
            pass.operations.transform(&inputs[1], .add(1))
        }
        if let sparsity = spec.sparsity { inputs[0] = exceeding(inputs[0], deviations: sparsity, pass) }
        if spec.gateScale != 1 { pass.operations.transform(&inputs[0], .scale(spec.gateScale)) }
        var output = finish(inputs[0], inputs[1], pass)
        if spec.outputScale != 1 { pass.operations.transform(&output, .scale(spec.outputScale)) }
        return output
    }

    /// How far values are above their row's mean and so many of its deviations; 0 for those that are not.
    private func exceeding(_ rows: Ops.Activations, deviations: Float, _ pass: LayerPass<Ops>) -> Ops.Activations {
        let operations = pass.operations
        let magnitudes = operations.magnitudes(rows, .deviation)
        var result = operations.normalize(rows, Norm(.deviation, epsilon: .leastNormalMagnitude), groups: 1)
        operations.transform(&result, .add(-deviations))
        result = operations.gate(result, nil, .relu)
        operations.multiplyRows(&result, by: magnitudes)
        return result
    }

    private func finish(
        _ gate: Ops.Activations, _ up: Ops.Activations?, _ pass: LayerPass<Ops>
    ) -> Ops.Activations {
        guard let innerNorm else { return pass.operations.project(gating: gate, up, spec.activation, down) }
        let gated = pass.operations.gate(gate, up, spec.activation)
        return pass.operations.project(pass.normalize(gated, innerNorm), down)
    }
}
