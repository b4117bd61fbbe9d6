import Decoding
import Testing

@Suite struct StopMatcherTests {
    private func run(_ pieces: [String], stops: [String]) -> (text: String, isStopped: Bool, emitted: [String]) {
        var matcher = StopMatcher(stops)
        var emitted: [String] = []
        for piece in pieces {
            let (text, isStopped) = matcher.append(piece)
            emitted.append(text)
            if isStopped { return (emitted.joined(), true, emitted) }
        }
        emitted.append(matcher.finish())
        return (emitted.joined(), false, emitted)
    }

    @Test func acrossPieces() {
        let result = run(["one", " tw", "o###", "x"], stops: ["two##"])
        #expect(result.text == "one " && result.isStopped)
    }

    @Test func doubtfulTextIsHeldBackAndReleased() {
        let result = run(["a\n", "\nU", "ser: b"], stops: ["\n\nUser!", "zz"])
        #expect(result.emitted == ["a", "", "\n\nUser: b", ""] && !result.isStopped)
    }

    @Test func theEarliestStopWins() {
        #expect(run(["abcdef"], stops: ["de", "bc"]).text == "a")
        #expect(run(["aab"], stops: ["ab"]).text == "a")
    }

    @Test func heldTextIsGivenAtTheEnd() { #expect(run(["end <"], stops: ["<end>"]).text == "end <") }

    @Test func charactersAreNotSplit() { #expect(run(["é😀", "😀x"], stops: ["😀😀"]).text == "é") }

    @Test func nothingToStopAt() { #expect(run(["a", ""], stops: [""]).text == "a") }
}
