import Tensors

/// Steps in the direction of an average of gradients, made orthogonal (Jordan et al. 2024), of the size that AdamW's have at the
/// same learning rate (Liu et al. 2025). For the matrices of blocks alone.
struct Muon: OptimizerRule {
    /// What is kept of the average.
    static let momentum: Float = 0.95

    func states(of parameter: Parameter) -> [OptimizerState] { [OptimizerState("first", shape: parameter.shape)] }

    func update(_ parameter: Parameter, _ states: [OptimizerState], _ update: ParameterUpdate) {
        let (values, gradient, averages) = (parameter.values, parameter.gradient, states[0].values)
        let momentum = Self.momentum
        update.forEachPart(parameter.count) { part in
            for index in part {
                let slope = gradient[index] * update.gradientScale
                let average = momentum * averages[index] + (1 - momentum) * slope
                averages[index] = average
                gradient[index] = momentum * average + (1 - momentum) * slope
            }
        }
        let (rows, columns) = (parameter.shape[parameter.shape.count - 2], parameter.shape[parameter.shape.count - 1])
        for start in stride(from: 0, to: parameter.count, by: rows * columns) {
            guard let direction = gradient.baseAddress.map({ $0 + start }) else { return }
            update.operations.orthogonalize(direction, rows: rows, columns: columns)
        }
        let size = update.rate * 0.2 * Float(max(rows, columns)).squareRoot()
        let kept = 1 - update.rate * update.decay
        update.forEachPart(parameter.count) { part in
            for index in part { values[index] = values[index] * kept - size * gradient[index] }
        }
    }
}
