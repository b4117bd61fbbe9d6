import JSONValues

/// One thing that `swiftlet bench` measures.
enum BenchTest: Hashable {
    /// Reading a prompt, and generating after it.
    case text(prompt: Int, generated: Int)
    /// Generating after so many tokens.
    case depth(Int, generated: Int)
    /// Generating several texts at once.
    case sequences(Int, depth: Int, generated: Int)

    /// The depth where none is asked for.
    static let shortDepth = 32

    /// The positions that each text takes.
    var positions: (count: Int, overflow: Bool) {
        let (sum, overflow) =
            switch self {
            case .text(let depth, let count), .depth(let depth, let count), .sequences(_, let depth, let count):
                depth.addingReportingOverflow(count)
            }
        return (sum, overflow)
    }

    /// For messages.
    var title: String {
        switch self {
        case .text(let prompt, let count): "a prompt of \(prompt) tokens and \(count) more"
        case .depth(let depth, let count), .sequences(_, let depth, let count):
            "generating \(count) tokens after \(depth)"
        }
    }
}

/// A measured speed.
struct BenchResult {
    enum Kind: String {
        case prompt
        case generation
    }

    var kind: Kind
    /// Tokens of the prompt, or those that each text generates.
    var tokens: Int
    /// Tokens before them.
    var depth: Int
    /// Texts at once.
    var sequences: Int
    /// Tokens per second, of all texts together.
    var speed: Spread

    var title: String {
        switch kind {
        case .prompt: "prompt \(tokens)"
        case .generation:
            "generation \(tokens) after \(depth)" + (sequences > 1 ? ", \(sequences) texts" : "")
        }
    }

    var json: JSON {
        [
            "test": .string(kind.rawValue), "tokens": .integer(tokens), "depth": .integer(depth),
            "sequences": .integer(sequences), "per_second": .number(speed.median),
            "per_second_runs": .array(speed.values.map(JSON.number)),
        ]
    }
}

/// The median and the bounds of several measurements.
struct Spread: Hashable {
    /// The measurements in the order they were taken.
    let values: [Double]

    init(_ values: [Double]) {
        self.values = values
    }

    var minimum: Double { values.min() ?? 0 }
    var maximum: Double { values.max() ?? 0 }

    /// The middle value, or the mean of the two in the middle.
    var median: Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return 0 }
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
}
