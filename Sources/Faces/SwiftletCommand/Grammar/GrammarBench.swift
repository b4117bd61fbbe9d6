import Constraints
import JSONValues
import Tokenization

/// Follows schemas' valid and invalid instances token by token, as the MaskBench benchmark does, and counts and times that.
struct GrammarBench {
    /// What became of one schema.
    enum Outcome: Equatable {
        case passing
        case compileError(String)
        /// A valid instance was refused.
        case validationError(String)
        /// An invalid instance was accepted.
        case invalidationError(String)
    }

    private(set) var outcomes: [(name: String, outcome: Outcome)] = []
    /// Schema to first mask, and a mask with the step that follows it; microseconds.
    private(set) var firstMaskTimes: [Double] = []
    private(set) var maskTimes: [Double] = []
    private(set) var slowest: [(time: Double, name: String, text: String)] = []
    private let tokenizer: Tokenizer
    private let trie: TokenTrie
    private let options: SchemaOptions
    private var mask: TokenMask

    init(_ tokenizer: Tokenizer, _ options: SchemaOptions) {
        self.tokenizer = tokenizer
        self.options = options
        trie = TokenTrie(tokenizer)
        mask = TokenMask(count: trie.vocabularySize)
    }

    /// Takes one line of the benchmark: `name`, `schema`, and `tests`, each with `valid` and `data`.
    mutating func run(_ line: JSON) {
        let name = line["name"]?.stringValue ?? ""
        outcomes.append((name, outcome(of: line["schema"] ?? .null, name, line["tests"]?.arrayValue ?? [])))
    }

    private mutating func outcome(of schema: JSON, _ name: String, _ tests: [JSON]) -> Outcome {
        let clock = ContinuousClock()
        var matcher: Matcher
        let start = clock.now
        do {
            matcher = try Constraint(.jsonSchema(schema, options), trie).makeMatcher()
            try matcher.mask(into: &mask)
        } catch {
            return .compileError("\(error)")
        }
        firstMaskTimes.append((clock.now - start).microseconds)
        var result = Outcome.passing
        for test in tests {
            let isValid = test["valid"]?.boolValue ?? true
            let text = (test["data"] ?? .null).text(.python)
            do {
                let (isAccepted, consumed) = try follow(text, matcher, name)
                if isAccepted, !isValid { return .invalidationError(text) }
                if !isAccepted, isValid { result = .validationError("\(consumed) | \(text.dropFirst(consumed.count))") }
            } catch {
                return .validationError("\(error)")
            }
        }
        return result
    }

    /// Whether the text is accepted, and what of it was.
    private mutating func follow(
        _ text: String, _ start: Matcher, _ name: String
    ) throws(ConstraintError) -> (Bool, String) {
        var matcher = start
        let clock = ContinuousClock()
        let tokens = tokenizer.encode(text, addSpecialTokens: false, parseSpecialTokens: false)
        for (position, token) in tokens.enumerated() {
            let start = clock.now
            try matcher.mask(into: &mask)
            let isAllowed = mask[token]
            if isAllowed { _ = try matcher.accept(token) }
            let time = (clock.now - start).microseconds
            maskTimes.append(time)
            if time > 250 { slowest.append((time, name, tokenizer.decode(Array(tokens[..<(position + 1)])))) }
            if !isAllowed { return (false, tokenizer.decode(Array(tokens[..<position]))) }
        }
        return (matcher.isComplete, text)
    }

    /// What was found, as one object.
    var report: JSON {
        func count(_ matches: (Outcome) -> Bool) -> JSON { .integer(outcomes.count { matches($0.outcome) }) }
        return [
            "schemas": .integer(outcomes.count),
            "passing": count { $0 == .passing },
            "compile_errors": count { if case .compileError = $0 { true } else { false } },
            "validation_errors": count { if case .validationError = $0 { true } else { false } },
            "invalidation_errors": count { if case .invalidationError = $0 { true } else { false } },
            "masks": .integer(maskTimes.count),
            "ttfm_us": Self.summary(firstMaskTimes),
            "tbm_us": Self.summary(maskTimes),
        ]
    }

    private static func summary(_ times: [Double]) -> JSON {
        let sorted = times.sorted()
        func quantile(_ part: Double) -> JSON {
            guard let last = sorted.indices.last else { return .null }
            return .number((sorted[Int((Double(last) * part).rounded())] * 10).rounded() / 10)
        }
        let average = sorted.isEmpty ? 0 : sorted.reduce(0, +) / Double(sorted.count)
        return [
            "avg": .number((average * 10).rounded() / 10), "p50": quantile(0.5), "p99": quantile(0.99),
            "max": quantile(1),
        ]
    }
}

extension Duration {
    fileprivate var microseconds: Double {
        Double(components.seconds) * 1e6 + Double(components.attoseconds) / 1e12
    }
}
