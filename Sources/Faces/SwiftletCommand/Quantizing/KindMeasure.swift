import JSONValues
import Quantization

/// What was measured of a model that was quantized to one kind.
struct KindMeasure {
    let kind: String
    /// Bytes of all tensors.
    let bytes: Int
    /// Their elements.
    let weights: Int
    /// Tensors whose rows are no whole blocks of their kind, so that another stands in.
    let substituted: Int
    let tensors: Int
    let distance: DistributionDistance
    let tokensPerSecond: Double

    private var bits: Double { weights > 0 ? 8 * Double(bytes) / Double(weights) : 0 }

    static func table(_ rows: [KindMeasure]) -> String {
        var table = Table(
            ["KIND", "SIZE", "BITS", "STAND IN", "PERPLEXITY", "DIVERGENCE", "SAME BEST", "TOKENS/S"],
            rightAligned: [1, 2, 3, 4, 5, 6, 7])
        for row in rows {
            table.add([
                row.kind, Quantities.bytes(row.bytes), Quantities.decimals(row.bits, 2), "\(row.substituted)",
                Quantities.decimals(row.distance.perplexity, 3), Quantities.decimals(row.distance.meanDivergence, 5),
                Quantities.decimals(100 * row.distance.agreement, 2) + "%", Quantities.decimals(row.tokensPerSecond, 0),
            ])
        }
        guard let first = rows.first else { return "" }
        return table.text + "\nThe model as it is: perplexity "
            + Quantities.decimals(first.distance.basePerplexity, 3) + "; \(first.distance.count) tokens were scored.\n"
    }

    static func json(_ rows: [KindMeasure]) -> JSON {
        [
            "perplexity": rows.first.map { .number($0.distance.basePerplexity) } ?? .null,
            "tokens": .integer(rows.first?.distance.count ?? 0),
            "kinds": .array(
                rows.map { row in
                    [
                        "kind": .string(row.kind), "bytes": .integer(row.bytes), "bits_per_weight": .number(row.bits),
                        "substituted_tensors": .integer(row.substituted), "tensors": .integer(row.tensors),
                        "perplexity": .number(row.distance.perplexity),
                        "divergence": .number(row.distance.meanDivergence),
                        "same_best": .number(row.distance.agreement),
                        "tokens_per_second": .number(row.tokensPerSecond),
                    ]
                }),
        ]
    }
}
