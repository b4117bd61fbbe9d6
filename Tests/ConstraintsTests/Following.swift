import Constraints
import JSONValues

/// A vocabulary of all single bytes and some longer tokens, as tokenizers have them; the last one ends a text.
let vocabulary = TokenTrie(
    tokens: (0...255).map { [UInt8($0)] }
        + ["\"}", "\":", "\", \"", "{\"", "true", "null", "12", "345", "ab", "abc", " \"", "\n  ", "],", "}]", ", "].map
    {
        Array($0.utf8)
    } + [[]],
    endTokens: [271])

/// Whether `text` meets `grammar` as a whole. Each byte must be both in the mask and accepted, or neither.
func accepts(_ grammar: Grammar, _ text: String) throws -> Bool {
    let constraint = try Constraint(grammar, vocabulary)
    var matcher = constraint.makeMatcher()
    var mask = TokenMask(count: vocabulary.vocabularySize)
    for byte in text.utf8 {
        try matcher.mask(into: &mask)
        let isAllowed = mask[Int32(byte)]
        let isAccepted = try matcher.accept(Int32(byte))
        guard isAllowed == isAccepted else { throw MaskDisagrees(text: text, byte: byte, isAllowed: isAllowed) }
        guard isAccepted else { return false }
    }
    try matcher.mask(into: &mask)
    guard mask[271] == matcher.isComplete else { throw MaskDisagrees(text: text, byte: 0, isAllowed: mask[271]) }
    return matcher.isComplete
}

struct MaskDisagrees: Error {
    var text: String
    var byte: UInt8
    var isAllowed: Bool
}

func schema(_ text: String, _ options: SchemaOptions = SchemaOptions()) throws -> Grammar {
    .jsonSchema(try JSON(parsing: text, source: "schema"), options)
}

/// Every token of each mask on the way to `text` leads on, and no other does.
func masksAreExact(_ grammar: Grammar, _ text: String) throws -> Bool {
    let constraint = try Constraint(grammar, vocabulary)
    var matcher = constraint.makeMatcher()
    var mask = TokenMask(count: vocabulary.vocabularySize)
    for byte in text.utf8 {
        // Twice: the second time what was kept is used.
        for _ in 0..<2 {
            try matcher.mask(into: &mask)
            for token in 0..<Int32(271) {
                var copy = matcher
                guard try copy.accept(token) == mask[token] else { return false }
            }
        }
        guard try matcher.accept(Int32(byte)) else { return false }
    }
    return true
}
