import Tensors

/// Steps of one size in the direction of an average (Chen et al. 2023).
struct Lion: OptimizerRule {
    let beta1, beta2: Float

    func states(of parameter: Parameter) -> [OptimizerState] { [OptimizerState("first", shape: parameter.shape)] }

    func update(_ parameter: Parameter, _ states: [OptimizerState], _ update: ParameterUpdate) {
        let (values, gradient, averages) = (parameter.values, parameter.gradient, states[0].values)
        let kept = 1 - update.rate * update.decay
        update.forEachPart(parameter.count) { part in
            for index in part {
                let slope = gradient[index] * update.gradientScale
                let direction = beta1 * averages[index] + (1 - beta1) * slope
                let sign: Float = direction > 0 ? 1 : direction < 0 ? -1 : 0
                values[index] = values[index] * kept - update.rate * sign
                averages[index] = beta2 * averages[index] + (1 - beta2) * slope
            }
        }
    }
}
