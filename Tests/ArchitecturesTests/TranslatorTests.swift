import Architectures
import Checkpoints
import JSONValues
import Tensors
import Testing

/// Tiny encoder-decoders against the numbers of the reference implementation, in f32: the source in the same pass as the
/// beginning of the answer, then token by token, beside another text.
@Suite struct TranslatorTests {
    static let cases = Fixtures.names(in: "translators")

    static func check<Ops: Operations>(
        _ name: String, _ operations: Ops, makeCache: (Network<Ops>) -> Ops.Cache
    ) throws {
        let path = Fixtures.url("translators/\(name)").path
        let network = try NetworkLoader(Checkpoint.open(path)).load(operations)
        let json = try Fixtures.json("translators/\(name)/expected.json")
        let expected = try ExpectedText(json)
        let source = try #require(json["source"]?.arrayValue).map { Int32(try #require($0.intValue)) }
        let (vocabulary, other): (Int, [Int32]) = (network.spec.vocabularySize, [5, 6, 7, 8, 2, 9])
        let caches = [makeCache(network), makeCache(network)]
        /// Runs rows of the answer, at first behind the source, with another text in front whose source has 4 tokens.
        func run(_ tokens: [Int32], at position: Int, all: Bool) -> [Float] {
            let isFirst = position == 0
            let front = isFirst ? other : [11]
            let rows = isFirst ? source + tokens : tokens
            var spans = [
                BatchSpan(
                    rows: front.indices, firstPosition: isFirst ? 0 : other.count + position - expected.prompt.count,
                    cache: caches[0]),
                BatchSpan(
                    rows: front.count..<front.count + rows.count,
                    firstPosition: isFirst ? 0 : source.count + position, cache: caches[1]),
            ]
            (spans[0].sourceCount, spans[1].sourceCount) = (4, source.count)
            let last = front.count + rows.count
            let outputs = all ? Array(last - tokens.count..<last) : [last - 1]
            var logits: [Float] = []
            operations.scope {
                logits = operations.read(network.forward(tokens: front + rows, spans: spans, outputRows: outputs))
            }
            return logits
        }
        let logits = run(expected.prompt, at: 0, all: true)
        let scores = logProbabilities(logits, of: expected.prompt.dropFirst(), vocabulary: vocabulary)
        #expect(expected.error(of: scores) < FamilyTests.tolerance, "\(expected.error(of: scores))")
        var generated = [argmax(logits.suffix(vocabulary))]
        while generated.count < expected.greedy.count {
            let position = expected.prompt.count + generated.count - 1
            generated.append(argmax(run(generated.suffix(1), at: position, all: false)))
        }
        #expect(generated == expected.greedy)
    }

    @Test(arguments: cases) func referenceOperations(name: String) throws {
        try Self.check(name, ReferenceOperations()) { _ in ReferenceOperations.Cache() }
    }

    @Test(arguments: cases, Kernels.available) func fastOperations(name: String, kernels: String) throws {
        let operations = FastOperations(pool: ThreadPool(threads: 2), kernels: try #require(Kernels(named: kernels)))
        try Self.check(name, operations) { FamilyTests.makeCache($0) }
    }
}
