import Tensors

/// Steps against the gradient, without momentum; weight decay is a part of the gradient.
struct SGD: OptimizerRule {
    func states(of parameter: Parameter) -> [OptimizerState] { [] }

    func update(_ parameter: Parameter, _ states: [OptimizerState], _ update: ParameterUpdate) {
        let (values, gradient) = (parameter.values, parameter.gradient)
        update.forEachPart(parameter.count) { part in
            for index in part {
                let slope = gradient[index] * update.gradientScale + update.decay * values[index]
                values[index] -= update.rate * slope
            }
        }
    }
}
