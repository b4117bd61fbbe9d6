import Testing

@testable import Documents

@Suite struct SplittingTests {
    /// A token a word, and one for each 8 bytes of a longer one.
    private static let count: @Sendable (String) -> Int = { text in
        text.split(whereSeparator: \.isWhitespace).reduce(0) { $0 + ($1.utf8.count + 7) / 8 }
    }

    private func split(_ part: DocumentPart, _ options: SplittingOptions) throws -> [Passage] {
        try PassageSplitter(options, countTokens: Self.count).split(Document(parts: [part]))
    }

    @Test(arguments: SplittingOptions.Method.allCases) func passagesFitAndNothingIsLost(
        _ method: SplittingOptions.Method
    ) throws {
        var random = SystemRandomNumberGenerator()
        // Each word once, so that a passage is found in one place only.
        let words = [
            "alpha@", "bé@", "ab🙂@cd🙂", "東京都の@予算は三億円です。", "end@.", "x@\n", "\n\n", "# Head@\n", "Really@?",
            "averyveryverylongword@withoutanend",
        ]
        for size in [8, 9, 20, 64] {
            let text = (0..<300).map { (words.randomElement(using: &random) ?? "").replacing("@", with: "\($0)") }
                .joined(separator: " ")
            for structure in [DocumentPart.Structure.prose, .headed, .code, .records] {
                let part = DocumentPart(text, structure: structure, lines: .own)
                let passages = try split(part, SplittingOptions(method: method, size: size))
                let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
                var (place, end) = (text.startIndex, text.startIndex)
                for passage in passages {
                    #expect(Self.count(passage.text) <= size)
                    let next = text[end...].drop(while: \.isWhitespace)
                    let found =
                        next.hasPrefix(passage.text)
                        ? try #require(next.firstRange(of: passage.text))
                        : try #require(text[place...].firstRange(of: passage.text))
                    // Whatever lies between two passages is white space.
                    let gap = found.lowerBound > end ? text[end..<found.lowerBound] : ""
                    #expect(gap.trimmed.isEmpty)
                    place = text.index(after: found.lowerBound)
                    end = found.upperBound
                    let range = try #require(passage.location.lines)
                    #expect(lines[range.lowerBound - 1].contains(passage.text.prefix { $0 != "\n" }))
                    #expect(passage.context.contains(passage.number) && passage.context.upperBound < passages.count)
                }
                let kept = Set(passages.flatMap { $0.text.split(whereSeparator: \.isWhitespace) })
                if size == 64 {
                    #expect(Set(text.split(whereSeparator: \.isWhitespace)).isSubset(of: kept))
                }
            }
        }
    }

    @Test func overlapsThatNeverEndAreRefused() {
        #expect(throws: SplittingError.self) {
            try PassageSplitter(SplittingOptions(size: 10, overlap: 10), countTokens: Self.count)
        }
    }

    @Test func overlapRepeatsWholePieces() throws {
        let text = (1...60).map { "w\($0)" }.joined(separator: " ")
        let passages = try split(DocumentPart(text), SplittingOptions(method: .recursive, size: 10, overlap: 4))
        #expect(passages[0].text == "w1 w2 w3 w4 w5 w6 w7 w8 w9 w10" && passages[1].text.hasPrefix("w7 w8 w9 w10 w11"))
        #expect(passages.last?.text.hasSuffix("w60") == true)
    }

    @Test func headingsBoundPassages() throws {
        let text = "intro\n\n# A\n\none\n\n```\n# no heading\n```\n\n## B ##\n\ntwo\n\n# C\nthree\n"
        let passages = try split(DocumentPart(text, structure: .headed, lines: .own), SplittingOptions(size: 64))
        #expect(passages.map(\.location.section) == [[], ["A"], ["A", "B"], ["C"]])
        #expect(
            passages.map(\.location.description) == ["line 1", "lines 3-9, A", "lines 11-13, A > B", "lines 15-16, C"])
        #expect(passages[2].text == "## B ##\n\ntwo")
    }

    @Test func sentencesEndWhereTheyEnd() {
        let text = "Dr. Lee came at 5.30 p.m. yesterday. \"Why?\" he asked! See fig. 3, e.g. here. 予算です。次。"
        let sentences = Sentences.ranges(text.startIndex..<text.endIndex, of: text).map { text[$0].trimmed }
        #expect(
            sentences == [
                "Dr. Lee came at 5.30 p.m. yesterday.", "\"Why?\"", "he asked!", "See fig. 3, e.g. here.", "予算です。",
                "次。",
            ])
    }

    @Test func smallPassagesKnowTheirLargeOnes() throws {
        let text = (1...40).map { "Sentence number \($0) here." }.joined(separator: "\n\n")
        let small = try split(DocumentPart(text), SplittingOptions(method: .hierarchical, size: 8))
        #expect(small[0].context == 0...small[0].context.upperBound && small[0].context.count == 4)
        #expect(small[5].context == 4...7)
        let window = try split(DocumentPart(text), SplittingOptions(method: .window, size: 64))
        #expect(window.count == 40 && window[10].context == 7...13 && window[0].context == 0...3)
    }
}
