import CKernels
import Files

/// From how many tokens on products are faster with the weights rounded first, layout by layout: measured once on a
/// machine and kept in a file. A file of other kernels or threads, or one that cannot be read, counts for nothing.
struct KernelTuning {
    /// Fewer tokens are never worth rounding for, more always are.
    static let tied = 8..<128
    /// The weights from which a measurement tells something.
    static let leastWeights = 1 << 19

    private let path: String
    private let machine: String
    private var roundedTokens: [String: Int] = [:]

    init(path: String, kernels: String, threads: Int) {
        self.path = path
        machine = "\(kernels), \(threads) threads, layout \(SWIFTLET_LAYOUT_VERSION)"
        guard let bytes = try? FileSystem.contents(of: path, limit: 1 << 20),
            let text = String(validating: bytes, as: UTF8.self)
        else { return }
        let lines = text.split(separator: "\n")
        guard lines.first == machine[...] else { return }
        for line in lines.dropFirst() {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, let tokens = Int(parts[0]) else { continue }
            roundedTokens[String(parts[1])] = tokens
        }
    }

    /// What was measured for a layout. What is set is written at once; if that fails, the next start measures again.
    subscript(layout: String) -> Int? {
        get { roundedTokens[layout] }
        set {
            roundedTokens[layout] = newValue
            let lines = roundedTokens.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)\n" }
            try? AtomicFile.write(Array((machine + "\n" + lines.joined()).utf8), to: path, isDurable: false)
        }
    }

    /// From where on a line is below another one, of seconds by tokens through two points each.
    static func crossing(of exact: [(tokens: Int, seconds: Double)], _ rounded: [(tokens: Int, seconds: Double)]) -> Int
    {
        func line(_ points: [(tokens: Int, seconds: Double)]) -> (slope: Double, start: Double) {
            let slope = (points[1].seconds - points[0].seconds) / Double(points[1].tokens - points[0].tokens)
            return (slope, points[0].seconds - slope * Double(points[0].tokens))
        }
        let (exact, rounded) = (line(exact), line(rounded))
        guard exact.slope > rounded.slope else { return tied.upperBound }
        let tokens = (rounded.start - exact.start) / (exact.slope - rounded.slope)
        return Int(min(max(tokens, Double(tied.lowerBound)), Double(tied.upperBound)).rounded(.up))
    }
}

extension FastOperations {
    /// Measures from how many tokens on a matrix is faster with its weights rounded, at two numbers of tokens.
    func measureRoundedTokens(_ matrix: PackedMatrix) -> Int {
        var points: (exact: [(tokens: Int, seconds: Double)], rounded: [(tokens: Int, seconds: Double)]) = ([], [])
        for tokens in [16, 96] {
            arena.scope {
                let input = make(tokens, matrix.columns)
                input.values.update(repeating: 0.5, count: tokens * matrix.columns)
                points.exact.append((tokens, leastSeconds(input, matrix, rounds: false)))
                points.rounded.append((tokens, leastSeconds(input, matrix, rounds: true)))
            }
        }
        return KernelTuning.crossing(of: points.exact, points.rounded)
    }

    private func leastSeconds(_ input: Activations, _ matrix: PackedMatrix, rounds: Bool) -> Double {
        let clock = ContinuousClock()
        return (0..<5).map { _ in
            clock.measure { arena.scope { _ = multiply(input, [matrix], rounds: rounds) } } / .seconds(1)
        }.min() ?? 0
    }
}
