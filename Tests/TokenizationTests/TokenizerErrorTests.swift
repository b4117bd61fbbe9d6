import JSONValues
import Testing
import Tokenization

/// What comes from outside and is wrong is refused with an error that says where.
struct TokenizerErrorTests {
    private func failure(_ json: String) -> TokenizerError? {
        do {
            _ = try Tokenizer(tokenizerJSON: Array(json.utf8), configuration: nil, source: "t.json")
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        (#"{"model":{"type":"BPE","vocab":{"a":0,"b":0},"merges":[]}}"#, "model.vocab"),
        (#"{"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":["a b"]}}"#, "model.merges[0]"),
        (#"{"model":{"type":"Magic","vocab":{"a":0}}}"#, "model.type"),
        (#"{"normalizer":{"type":"Magic"},"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}"#, "normalizer.type"),
        (
            #"{"pre_tokenizer":{"type":"Split","pattern":{"Regex":"("},"behavior":"Isolated"},"model":{"type":"BPE","#
                + #""vocab":{"a":0},"merges":[]}}"#, "pre_tokenizer.pattern"
        ),
        (#"{"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}}"#, "line 1"),
        (#"{"model":{"type":"Unigram","unk_id":7,"vocab":[["a",0.0]]}}"#, "model.unk_id"),
        (
            #"{"added_tokens":[{"id":0,"content":"x"}],"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}"#,
            "added_tokens"
        ),
        (#"{"model":"#, "line 1"),
    ])
    func tokenizerJSON(_ json: String, _ key: String) throws {
        let error = try #require(failure(json))
        #expect(error.source == "t.json")
        #expect(error.key.hasPrefix(key), "\(error)")
    }

    @Test func ggufWithoutWhatItNeeds() {
        func key(_ vocabulary: GGUFVocabulary) -> String? {
            do {
                _ = try Tokenizer(gguf: vocabulary, source: "m.gguf")
                return nil
            } catch { return error.key }
        }
        #expect(key(GGUFVocabulary(model: "gpt2", pre: "x", tokens: StringTable())) == "tokenizer.ggml.tokens")
        #expect(key(GGUFVocabulary(model: "gpt2", pre: "x", tokens: StringTable(["a"]))) == "tokenizer.ggml.pre")
        #expect(key(GGUFVocabulary(model: "gpt2", pre: "gpt-2", tokens: StringTable(["a"]))) == "tokenizer.ggml.merges")
        #expect(key(GGUFVocabulary(model: "magic", pre: nil, tokens: StringTable(["a"]))) == "tokenizer.ggml.model")
        #expect(key(GGUFVocabulary(model: "llama", pre: nil, tokens: StringTable(["a"]))) == "tokenizer.ggml.scores")
    }

    @Test func damagedVocabularies() {
        #expect(throws: TokenizerError.self) { try Tokenizer(sentencePiece: [0x0A, 0x7F], source: "m") }
        #expect(throws: TokenizerError.self) { try Tokenizer(sentencePiece: [], source: "m") }
        #expect(throws: TokenizerError.self) { try Tokenizer(rwkv: Array("1 'a' 2".utf8), source: "m") }
        #expect(throws: TokenizerError.self) { try Tokenizer(tekken: Array("{}".utf8), source: "m") }
        #expect(throws: TokenizerError.self) { try Tokenizer(tiktoken: Array("!! 1".utf8), pattern: "a", source: "m") }
        #expect(throws: TokenizerError.self) { try Tokenizer(folder: "/nowhere/at/all") }
    }

    @Test func unknownIDsStandForNothing() throws {
        let tokenizer = try Fixture.tokenizer("byte-level")
        #expect(tokenizer.decode([-1, .max, .min]) == "")
        #expect(tokenizer.bytes(of: -5).isEmpty)
        #expect(tokenizer.piece(of: 1 << 30) == nil)
    }
}
