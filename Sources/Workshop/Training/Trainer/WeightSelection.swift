import Tensors

/// Which weights are trained, by the patterns of a recipe's `unfrozen_parameters`. A pattern that ends in `[first:end]` means
/// these rows alone, as `model.embed_tokens.weight[32000:]` does those of new tokens.
struct WeightSelection {
    /// Rows of a parameter that stay as they are.
    private struct Frozen {
        let parameter: Parameter
        let places: [Range<Int>]
        let values: [Float]
    }

    private let frozen: [Frozen]

    /// Freezes all that no pattern means; none at all if there are no patterns.
    ///
    /// - Throws: `TrainingError` if nothing is left, or rows are asked for that are not there.
    init(_ patterns: [String], of parameters: [Parameter], path: String) throws(TrainingError) {
        guard !patterns.isEmpty else {
            frozen = []
            return
        }
        var selected: [(pattern: NamePattern, rows: (first: Int?, end: Int?)?)] = []
        for text in patterns {
            let (name, rows) = Self.split(text)
            selected.append((try NamePattern(name, path: path), rows))
        }
        var frozen: [Frozen] = []
        for parameter in parameters {
            let matches = selected.filter { $0.pattern.matches(parameter.name, wholly: false) }
            parameter.isTrainable = !matches.isEmpty
            let ranges = matches.compactMap(\.rows)
            // A pattern without rows means all of them.
            guard !ranges.isEmpty, ranges.count == matches.count else { continue }
            frozen.append(try Self.rest(of: parameter, ranges, path))
        }
        self.frozen = frozen
        guard parameters.contains(where: \.isTrainable) else {
            throw TrainingError(
                .recipe, at: "\(path), unfrozen_parameters", "match no weight of the model",
                remedy: "names are such as \(parameters.first?.name ?? "")")
        }
    }

    /// A pattern and the rows that stand behind it.
    private static func split(_ text: String) -> (name: String, rows: (first: Int?, end: Int?)?) {
        guard let match = text.firstMatch(of: /\[(\d*):(\d*)\]$/) else { return (text, nil) }
        return (String(text[..<match.range.lowerBound]), (Int(match.1), Int(match.2)))
    }

    private static func rest(
        of parameter: Parameter, _ ranges: [(first: Int?, end: Int?)], _ path: String
    ) throws(TrainingError) -> Frozen {
        let rows = parameter.shape.first ?? 0
        var isTrained = [Bool](repeating: false, count: rows)
        for (first, end) in ranges {
            let (first, end) = (first ?? 0, end ?? rows)
            guard first < end, end <= rows else {
                throw TrainingError(
                    .recipe, at: "\(path), unfrozen_parameters",
                    "[\(first):\(end)] are no rows of \(parameter.name), which has \(rows)")
            }
            for row in first..<end { isTrained[row] = true }
        }
        let width = parameter.count / max(rows, 1)
        let places = isTrained.indices.filter { !isTrained[$0] }.map { $0 * width..<($0 + 1) * width }
        return Frozen(
            parameter: parameter, places: places, values: places.flatMap { parameter.values[$0] })
    }

    /// Takes the gradients of frozen rows away, so that they count in no norm.
    func clearGradients() {
        for entry in frozen {
            let gradient = entry.parameter.gradient
            for place in entry.places { gradient[place].update(repeating: 0) }
        }
    }

    /// Gives frozen rows the values back that they began with: weight decay does not spare them.
    func restore() {
        for entry in frozen {
            let values = entry.parameter.values
            var start = 0
            for place in entry.places {
                for (offset, index) in place.enumerated() { values[index] = entry.values[start + offset] }
                start += place.count
            }
        }
    }
}
