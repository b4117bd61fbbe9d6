// Seeds: Fuzzing/Seeds/*.schema.json

import Constraints
import JSONValues

/// Any schema or grammar is either refused with an error, or what its masks allow is accepted, for as long as it is followed.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let schema = try? JSON(parsing: bytes, source: "fuzz") {
        follow(.jsonSchema(schema), bytes)
    } else {
        let text = String(decoding: bytes, as: UTF8.self)
        for grammar in [Grammar.gbnf(text), .lark(text), .regex(text)] { follow(grammar, bytes) }
    }
    return 0
}

private let trie = TokenTrie(tokens: (0...255).map { [UInt8($0)] } + [Array("\": ".utf8), []], endTokens: [257])

private func follow(_ grammar: Grammar, _ choices: [UInt8]) {
    do {
        var matcher = try Constraint(grammar, trie).makeMatcher()
        var mask = TokenMask(count: trie.vocabularySize)
        for choice in choices.prefix(64) {
            try matcher.mask(into: &mask)
            let allowed = mask.allowed
            // A constraint never leads to where nothing may follow.
            precondition(!allowed.isEmpty, "nothing may follow")
            let token = allowed[Int(choice) % allowed.count]
            let isAccepted = try matcher.accept(token)
            precondition(isAccepted, "\(token) was in the mask")
            if matcher.isFinished { return }
        }
    } catch {
        return
    }
}
