import Testing

@testable import Tokenization

@Suite("Split patterns")
struct SplittingTests {
    @Test("Every scanner cuts as PCRE2 does", arguments: KnownRegexes.scanners.keys.sorted())
    func scannersAgreeWithPCRE2(regex: String) throws {
        let scanner = try SplitPattern(regex: regex)
        let oracle = SplitPattern(steps: [.regex(try CompiledRegex(regex))])
        var source = AwkwardText(seed: 17)
        for round in 0..<1500 {
            let bytes = source.next()
            let (found, expected) = (pieces(scanner, bytes), pieces(oracle, bytes))
            #expect(found == expected, "round \(round): \(String(decoding: bytes, as: UTF8.self).debugDescription)")
            if found != expected { return }
        }
    }

    @Test("Runs of listed scalars cut as PCRE2 does, in every pattern that names use")
    func setsAgreeWithPCRE2() throws {
        let regexes = Set(NamedPatterns.names.flatMap { NamedPatterns.regexes(for: $0) ?? [] })
        let sets = regexes.filter { SetRun(regex: $0) != nil && KnownRegexes.scanners[$0] == nil }
        #expect(sets.count > 3)
        for regex in sets {
            let scanner = try SplitPattern(regex: regex)
            let oracle = SplitPattern(steps: [.regex(try CompiledRegex(regex))])
            var source = AwkwardText(seed: 23)
            for round in 0..<400 {
                let bytes = source.next()
                #expect(pieces(scanner, bytes) == pieces(oracle, bytes), "\(regex.prefix(40)), round \(round)")
            }
            let all = (UInt32(0)...0x1_FFFF).compactMap(Unicode.Scalar.init)
            let text = Array(String(String.UnicodeScalarView(all.flatMap { ["\u{1}", $0] })).utf8)
            #expect(pieces(scanner, text) == pieces(oracle, text), "\(regex.prefix(40))")
        }
        #expect(SetRun(regex: "[a-z]") == nil && SetRun(regex: "[^a]+") == nil && SetRun(regex: #"[\w]+"#) == nil)
        #expect(SetRun(regex: "[a-z&&[^c]]+") == nil && SetRun(regex: "[b-a]+") == nil && SetRun(regex: "[]+") == nil)
    }

    @Test("Every name cuts any bytes into pieces that cover them", arguments: NamedPatterns.names)
    func namesCoverAnyBytes(name: String) throws {
        let pattern = try #require(SplitPattern.named(name))
        var source = AwkwardText(seed: 5)
        for _ in 0..<100 {
            let bytes = source.next()
            var position = 0
            for piece in pieces(pattern, bytes) {
                #expect(piece.lowerBound == position && !piece.isEmpty)
                position = piece.upperBound
            }
            #expect(position == bytes.count)
        }
    }

    @Test("Names cut as their models do")
    func examples() throws {
        let text = "I'LL pay $1234567 now,\n\n  ok? "
        #expect(
            strings(try #require(SplitPattern.named("llama-bpe")), text)
                == ["I", "'LL", " pay", " $", "123", "456", "7", " now", ",\n\n", " ", " ok", "?", " "])
        #expect(
            strings(try #require(SplitPattern.named("smollm")), "it's 12  x")
                == ["it", "'s", " ", "1", "2", " ", " x"])
        #expect(strings(try #require(SplitPattern.named("superbpe")), "a1234567") == ["a", "1", "234", "567"])
        #expect(NamedPatterns.names.count == 91)
    }

    @Test("Syntax that PCRE2 reads differently keeps the reference's meaning")
    func translation() throws {
        #expect(strings(try SplitPattern(regex: #"\p{Han}+"#), "々〇ー漢・字") == ["々〇", "ー", "漢", "・", "字"])
        #expect(strings(try SplitPattern(regex: #"\p{Hiragana}+"#), "かーな") == ["か", "ー", "な"])
        #expect(strings(try SplitPattern(regex: #"\s"#), "a\u{180E}b\u{85}c") == ["a\u{180E}b", "\u{85}", "c"])
        #expect(strings(try SplitPattern(regex: "[a-z&&[^c]]+"), "abcd") == ["ab", "c", "d"])
    }

    @Test("Long runs of one character take no quadratic time", arguments: ["superbpe", "afmoe", "deepseek-llm"])
    func longRuns(name: String) throws {
        let pattern = try #require(SplitPattern.named(name))
        for character in ["1", " "] {
            let bytes = Array((String(repeating: character, count: 60_000) + "x").utf8)
            let clock = ContinuousClock()
            #expect(clock.measure { _ = pieces(pattern, bytes) } < .seconds(2))
        }
    }

    @Test("Matches leave the gaps out")
    func matches() throws {
        var found: [Range<Int>] = []
        let pattern = try SplitPattern(regex: #"\d+"#)
        Array("ab12c3".utf8).withUnsafeBufferPointer { pattern.forEachMatch(in: $0) { found.append($0) } }
        #expect(found == [2..<4, 5..<6])
    }

    @Test("Unknown names and bad patterns are refused")
    func errors() {
        #expect(SplitPattern.named("no-such-pattern") == nil)
        let error = #expect(throws: SplitPatternError.self) { try SplitPattern(regex: "(unclosed") }
        #expect(error?.regex == "(unclosed")
        #expect(error?.offset == 9)
    }

    @Test("A pattern that explodes ends in one gap instead of a hang")
    func explosion() throws {
        let pattern = try SplitPattern(regex: "(a+)+$|b")
        let text = "b" + String(repeating: "a", count: 60) + "!"
        #expect(strings(pattern, text) == ["b", String(text.dropFirst())])
    }
}
