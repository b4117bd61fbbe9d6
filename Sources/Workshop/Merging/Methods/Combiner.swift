package import Checkpoints

/// Makes a chunk of the result from the same chunk of the inputs.
package typealias Combiner =
    @Sendable (Range<Int>, [UnsafeBufferPointer<Float>], UnsafeMutableBufferPointer<Float>) -> Void

extension MergeMethod {
    /// What makes the result of a group; methods that need sums or ranks over whole tensors read the inputs for them first.
    package func combiner(
        for group: TensorGroup, _ parameters: MethodParameters
    ) throws(CheckpointError) -> Combiner {
        switch self {
        case .linear: return Self.linear(group, parameters)
        case .passthrough: return Self.scaled(by: Float(parameters.inputs.first?["scale"] ?? 1))
        case .nearswap: return Self.nearswap(group, Float(parameters.value("t")))
        case .slerp, .nuslerp, .multislerp, .karcher, .modelStock: return try sphericalCombiner(for: group, parameters)
        case .sce: return try Self.sce(group, parameters)
        case .arceeFusion: return try Self.arceeFusion(group)
        case .ram, .ramPlus: return try reinforcedCombiner(for: group, parameters)
        case .taskArithmetic, .ties, .dareTies, .dareLinear, .breadcrumbs, .breadcrumbsTies, .della, .dellaLinear:
            return try taskVectorCombiner(for: group, parameters)
        }
    }

    /// The input itself, times a number.
    static func scaled(by scale: Float) -> Combiner {
        { _, inputs, output in for index in output.indices { output[index] = inputs[0][index] * scale } }
    }

    /// Model soups (arXiv:2203.05482): sum w x / sum w, in single precision with fused products, as the reference has it.
    private static func linear(_ group: TensorGroup, _ parameters: MethodParameters) -> Combiner {
        let weights = parameters.floats("weight", of: Array(group.inputs.indices))
        let sum = parameters.flag("normalize") ? weights.reduce(0, +) : nil
        return { _, inputs, output in
            output.update(repeating: 0)
            for (values, weight) in zip(inputs, weights) {
                for index in output.indices { output[index] = output[index].addingProduct(values[index], weight) }
            }
            if let sum { for index in output.indices { output[index] /= sum } }
        }
    }

    /// NearSwap: what lies near to the base is taken from the other model, the more the nearer.
    private static func nearswap(_ group: TensorGroup, _ t: Float) -> Combiner {
        let (base, other) = (group.base ?? 0, group.others[0])
        return { _, inputs, output in
            let (a, b) = (inputs[base], inputs[other])
            for index in output.indices {
                // PyTorch divides a number by a tensor so.
                let weight = min(1, max(0, t * (1 / max(1e-6, abs(a[index] - b[index])))))
                output[index] = weight * b[index] + (1 - weight) * a[index]
            }
        }
    }
}
