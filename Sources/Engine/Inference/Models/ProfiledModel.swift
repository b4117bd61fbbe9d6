import Architectures
package import Tensors

/// How fast matrices of one kind are multiplied.
package struct ProjectionProfile: Sendable, Hashable {
    /// What they are in the network.
    package var name: String
    /// How many there are.
    package var count: Int
    /// Outputs of one of them.
    package var rows: Int
    /// Inputs.
    package var columns: Int
    /// How they are stored in memory.
    package var layout: String
    /// The bytes of all.
    package var byteCount: Int
    /// What bounds products of many tokens.
    package var arithmetic: Arithmetic
    /// Whether only tokens whose logits are wanted come to it, of a prompt the last one.
    package var isOfOutput: Bool
    /// Seconds for one pass over all of them, by number of tokens.
    package var seconds: [Int: Double]

    /// Multiply-adds per second.
    package func speed(tokens: Int) -> Double {
        Double(rows * columns * count * tokens) / (seconds[tokens] ?? .infinity)
    }
}

/// A model with a network, whose matrices can be measured.
package protocol ProfiledModel: Sendable {
    /// The name of the model.
    var name: String { get }
    /// Measures the network's matrices, each as often as it takes for steady numbers, in the order of the forward pass: as
    /// in generation, what was used last is no longer in the caches.
    ///
    /// - Parameters:
    ///   - tokens: the numbers of tokens to multiply them with.
    ///   - seconds: how long that is repeated for each of these numbers.
    /// - Throws: `EngineError.stopped` if an engine has the model.
    func profileProjections(tokens: [Int], seconds: Double) throws -> [ProjectionProfile]
}

extension LanguageModel: ProfiledModel {
    /// Measures the network's matrices.
    package func profileProjections(tokens: [Int], seconds: Double) throws -> [ProjectionProfile] {
        guard claim() else { throw EngineError.stopped }
        return network.profileProjections(tokens: tokens, seconds: seconds)
    }
}

extension Network where Ops == FastOperations {
    func profileProjections(tokens: [Int], seconds: Double) -> [ProjectionProfile] {
        let projections = projections
        var profiles: [ProjectionProfile] = []
        var indices: [Int] = []
        for projection in projections {
            let profile = Self.profile(projection)
            if let index = profiles.firstIndex(where: {
                ($0.name, $0.rows, $0.columns, $0.layout) == (
                    profile.name, profile.rows, profile.columns, profile.layout
                )
            }) {
                profiles[index].count += 1
                profiles[index].byteCount += profile.byteCount
                indices.append(index)
            } else {
                indices.append(profiles.count)
                profiles.append(profile)
            }
        }
        for count in tokens {
            var best = [Double](repeating: .infinity, count: profiles.count)
            let end = ContinuousClock.now + .seconds(seconds)
            // The first pass warms up and is not among the least.
            repeat {
                var pass = [Double](repeating: 0, count: profiles.count)
                for (projection, index) in zip(projections, indices) {
                    pass[index] += time(projection.matrices, tokens: count)
                }
                for index in best.indices { best[index] = min(best[index], pass[index]) }
            } while ContinuousClock.now < end
            for index in best.indices { profiles[index].seconds[count] = best[index] }
        }
        return profiles
    }

    private static func profile(_ projection: Projection) -> ProjectionProfile {
        let weights = projection.matrices.map(\.weights)
        return ProjectionProfile(
            name: projection.name, count: 1, rows: weights.reduce(0) { $0 + $1.rows },
            columns: weights.first?.columns ?? 0,
            layout: weights.first?.layoutDescription ?? "", byteCount: weights.reduce(0) { $0 + $1.byteCount },
            arithmetic: weights.first?.arithmetic ?? .f32, isOfOutput: projection.isOfOutput, seconds: [:])
    }

    private func time(_ matrices: [FastOperations.Matrix], tokens: Int) -> Double {
        let columns = matrices.first?.weights.columns ?? 0
        var duration = Duration.zero
        operations.reset {
            // Any values will do, but zeros could be a special case.
            let input = operations.constant((0..<tokens * columns).map { Float($0 % 255 - 127) }, width: columns)
            duration = ContinuousClock().measure { _ = operations.project(input, matrices) }
        }
        return duration / .seconds(1)
    }
}
