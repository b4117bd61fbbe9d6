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
}

extension TensorRole {
    static let gate = TensorRole("gate")
    static let up = TensorRole("up")
    static let down = TensorRole("down")
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

    init(
        _ spec: DenseSpec, from tensors: LayerTensors<Ops>, roles: Roles = Roles(), expert: Int? = nil,
        of experts: Int = 1
    ) throws {
        func input(_ role: TensorRole, _ index: Int) throws -> Ops.Matrix {
            try tensors.matrix(
                role, [spec.size, tensors.hiddenSize], expert: expert, of: experts,
                rows: TensorReader.Rows(counts: [spec.size, spec.size], index: index), hasBias: spec.hasBias)
        }
        self.spec = spec
        gate = spec.isGated ? try input(roles.gate, 0) : nil
        up = try input(roles.up, 1)
        down = try tensors.matrix(
            roles.down, [tensors.hiddenSize, spec.size], expert: expert, of: experts, hasBias: spec.hasBias)
    }
}

extension DenseNetwork where Ops: Operations {
    func forward(_ input: LayerInput<Ops>, _ pass: LayerPass<Ops>) -> Ops.Activations {
        guard let gate else {
            let inputs = pass.project(input, [up])
            return pass.operations.project(gating: inputs[0], nil, spec.activation, down)
        }
        let inputs = pass.project(input, [gate, up])
        return pass.operations.project(gating: inputs[0], inputs[1], spec.activation, down)
    }
}
