public import JSONValues
public import OrderedCollections

/// What a metric says about a whole list of texts.
public struct MetricResult: Sendable, Hashable {
    /// The metric's name as its reference writes it, such as `BLEU`.
    public var name: String
    /// The score, in the unit that the signature's metric has: BLEU, chrF, TER and SQuAD's scores from 0 to 100, others from 0 to 1.
    public var score: Double
    /// The settings that another person needs to get the same number.
    public var signature: String
    /// What the score is made of.
    public var parts: JSON.Object

    public init(name: String, score: Double, signature: String, parts: JSON.Object = [:]) {
        self.name = name
        self.score = score
        self.signature = signature
        self.parts = parts
    }

    /// One object: `name`, `score`, `signature`, then the parts.
    public var json: JSON {
        var members: JSON.Object = [
            "name": .string(name), "score": .number(score), "signature": .string(signature),
        ]
        for (key, value) in parts where members[key] == nil { members[key] = value }
        return .object(members)
    }
}

/// A setting and its value, in the order and style of sacrebleu's signatures: `nrefs:1|case:mixed`.
func signature(_ settings: KeyValuePairs<String, String>) -> String {
    settings.map { "\($0.key):\($0.value)" }.joined(separator: "|")
}

extension Bool {
    var yesOrNo: String { self ? "yes" : "no" }
}
