import JSONValues
import Tensors

/// How the states of a text's tokens become one vector.
public struct Pooling: Sendable, Hashable {
    /// One way to do it.
    public enum Mode: String, Sendable, Hashable, CaseIterable {
        /// The first token's state.
        case first = "cls"
        /// The largest value of each channel.
        case max
        case mean
        /// The sum divided by the root of the number of tokens.
        case meanSquareRoot = "mean_sqrt_len_tokens"
        /// The mean with weights 1, 2, 3, ... (Muennighoff 2022).
        case weightedMean = "weightedmean"
        /// The last token's state.
        case last = "lasttoken"
    }

    /// The ways whose vectors are put one after another.
    public var modes: [Mode]
    /// Whether a prompt's tokens count too.
    public var includesPrompt = true

    public init(_ mode: Mode) { modes = [mode] }

    /// Reads sentence-transformers' configuration: a way or a list of them, or in older ones a Boolean for each.
    init(_ configuration: JSON, path: String) throws(EmbeddingError) {
        let names: [String]
        if let mode = configuration["pooling_mode"] {
            names = (mode.arrayValue ?? [mode]).map { $0.stringValue ?? $0.kind }
        } else {
            let keys = [
                "cls_token": "cls", "max_tokens": "max", "mean_tokens": "mean",
                "mean_sqrt_len_tokens": "mean_sqrt_len_tokens", "weightedmean_tokens": "weightedmean",
                "lasttoken": "lasttoken",
            ]
            let chosen = keys.filter { configuration["pooling_mode_\($0.key)"]?.boolValue == true }.map(\.value)
            // The order in which the reference puts them together.
            let all = Mode.allCases.map(\.rawValue).filter(chosen.contains)
            names = all.isEmpty ? ["mean"] : all
        }
        modes = []
        for name in names {
            guard let mode = Mode(rawValue: name) else {
                let known = Mode.allCases.map(\.rawValue).joined(separator: ", ")
                throw .model(path: path, key: "pooling_mode", reason: "\(name) is not among \(known)")
            }
            modes.append(mode)
        }
        guard !modes.isEmpty else { throw .model(path: path, key: "pooling_mode", reason: "names no way") }
        includesPrompt = configuration["include_prompt"]?.boolValue ?? true
    }

    /// Pools the rows of one text, of which the first `promptTokens` belong to a prompt.
    func pool(_ rows: [UnsafeMutableBufferPointer<Float>], width: Int, promptTokens: Int) -> [Float] {
        let skipped = includesPrompt ? 0 : min(promptTokens, rows.count)
        let counted = rows[skipped...]
        return modes.flatMap { mode -> [Float] in
            guard let last = counted.last, let first = counted.first else {
                return [Float](repeating: 0, count: width)
            }
            switch mode {
            case .first: return Array(first)
            case .last: return Array(last)
            case .max: return (0..<width).map { column in counted.reduce(-.infinity) { Swift.max($0, $1[column]) } }
            case .mean: return Self.sum(counted, width, divisor: Double(counted.count)) { _ in 1 }
            case .meanSquareRoot:
                return Self.sum(counted, width, divisor: Double(counted.count).squareRoot()) { _ in 1 }
            case .weightedMean:
                let total = counted.indices.reduce(0) { $0 + $1 + 1 }
                return Self.sum(counted, width, divisor: Double(total)) { Double($0 + 1) }
            }
        }
    }

    private static func sum(
        _ rows: ArraySlice<UnsafeMutableBufferPointer<Float>>, _ width: Int, divisor: Double,
        weight: (Int) -> Double
    ) -> [Float] {
        var sum = [Double](repeating: 0, count: width)
        for index in rows.indices {
            let factor = weight(index)
            for column in 0..<width { sum[column] += factor * Double(rows[index][column]) }
        }
        return sum.map { Float($0 / divisor) }
    }
}
