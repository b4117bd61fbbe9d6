import Testing

@testable import Vectors

@Suite struct RankingTests {
    @Test func wordsAreSplit() {
        #expect(WordSplitter.words(of: "Hello, World-wide 42!") == ["hello", "world", "wide", "42"])
        #expect(WordSplitter.words(of: "東京都へ行く") == ["東京", "京都", "都へ", "へ行", "行く"])
        #expect(WordSplitter.words(of: "한국어 text 日") == ["한국", "국어", "text", "日"])
        #expect(WordSplitter.words(of: "GPT東京4") == ["gpt", "東京", "4"])
        #expect(WordSplitter.words(of: " \0\n").isEmpty)
    }

    @Test("Reciprocal ranks: equal scores share a rank, and the other ranking decides")
    func fusion() {
        // The three have the same words; the vectors say near, mid, far, in either order of ids.
        for ids in [["near", "mid", "far"], ["far", "mid", "near"]] {
            let words = ids.map { (item: $0, score: Float(1)) }
            let vectors: [(item: String, score: Float)] = [("near", 0.9), ("mid", 0.5), ("far", 0.1)]
            #expect(RankFusion.fuse([words, vectors]).map(\.item) == ["near", "mid", "far"])
        }
        let fused = RankFusion.fuse([[("a", Float(3)), ("b", 2)], [("b", 9), ("c", 1)]])
        #expect(fused.map(\.item) == ["b", "a", "c"])
        #expect(abs(fused[0].score - (1.0 / 62 + 1.0 / 61)) < 1e-12)
        #expect(RankFusion.fuse([[(item: String, score: Float)]]()).isEmpty)
    }

    @Test("Marginal relevance prefers what differs from what is chosen")
    func diversity() {
        let candidates: [[Float]] = [[1, 0.01], [1, 0.02], [0.8, 0.6]]
        #expect(MarginalRelevance.choose([1, 0], from: candidates, count: 2, lambda: 1) == [0, 1])
        #expect(MarginalRelevance.choose([1, 0], from: candidates, count: 2, lambda: 0.3) == [0, 2])
        #expect(MarginalRelevance.choose([1, 0], from: candidates, count: 9).count == 3)
        #expect(MarginalRelevance.choose([1, 0], from: [], count: 2).isEmpty)
    }

    @Test func lateInteraction() {
        let query: [[Float]] = [[1, 0], [0, 1]]
        #expect(LateInteraction.score(query, [[1, 0], [0.5, 0.5]]) == 1.5)
        #expect(LateInteraction.score(query, [[1, 0], [0, 1]]) == 2)
        #expect(LateInteraction.score(query, []) == -.infinity)
    }

    @Test func sparseVectors() {
        let a = SparseVector([1: 2, 5: 0, 9: 3])
        #expect(a.entries.count == 2)
        #expect(a.dot(SparseVector([9: 2, 1: 0.5, 4: 7])) == 7)
    }
}
