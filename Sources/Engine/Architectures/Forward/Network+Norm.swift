import Tensors

extension Network {
    /// What a layer's mixer or feed-forward network reads: rows, and the norm that is still to be applied to them, which
    /// products take along.
    struct LayerInput {
        let rows: Ops.Activations
        let norm: NormSpec?
        let weights: NormWeights

        init(_ rows: Ops.Activations, norm: NormSpec?, weights: NormWeights) {
            (self.rows, self.norm, self.weights) = (rows, norm, weights)
        }

        /// Rows that are read as they are.
        init(_ rows: Ops.Activations) { self.init(rows, norm: nil, weights: NormWeights()) }
    }

    func project(_ input: LayerInput, _ matrices: [Ops.Matrix]) -> [Ops.Activations] {
        guard let norm = input.norm else { return operations.project(input.rows, matrices) }
        return operations.project(
            normalizing: input.rows, norm.kind, weight: input.weights.weight, bias: input.weights.bias,
            epsilon: norm.epsilon, matrices)
    }

    /// The normalized rows.
    func values(_ input: LayerInput) -> Ops.Activations { normalize(input.rows, input.norm, input.weights) }

    func normalize(
        _ input: Ops.Activations, _ norm: NormSpec?, _ weights: NormWeights, groups: Int = 1
    ) -> Ops.Activations {
        guard let norm else { return input }
        return operations.normalize(
            input, norm.kind, weight: weights.weight, bias: weights.bias, epsilon: norm.epsilon, groups: groups)
    }
}
