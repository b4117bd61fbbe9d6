import Architectures
import Checkpoints
import Tensors
import Testing

/// Tiny encoders against the last hidden states of the reference implementation, in f32.
@Suite struct EncoderTests {
    static let cases = Fixtures.names(in: "encoders")

    static func check<Ops: Operations>(
        _ path: String, _ name: String, _ operations: Ops, makeCache: (Network<Ops>) -> Ops.Cache
    ) throws {
        let network = try NetworkLoader(Checkpoint.open(path)).load(operations)
        let json = try Fixtures.json("encoders/\(name)/expected.json")
        func ids(_ key: String) -> [Int32] { json[key]?.arrayValue?.compactMap { $0.intValue.map(Int32.init) } ?? [] }
        let (prompt, types) = (ids("prompt"), ids("tokenTypes"))
        let expected = try #require(json["hidden"]?.arrayValue).map { Float($0.doubleValue ?? .nan) }
        // Another, shorter text in the same batch must not matter.
        let other: [Int32] = [1, 2, 3, 4, 5]
        operations.scope {
            let spans = [
                BatchSpan(rows: 0..<5, firstPosition: 0, cache: makeCache(network)),
                BatchSpan(rows: 5..<5 + prompt.count, firstPosition: 0, cache: makeCache(network)),
            ]
            let output = network.forward(
                tokens: other + prompt, types: types.isEmpty ? [] : other.map { _ in 0 } + types, spans: spans,
                outputRows: Array(5..<5 + prompt.count))
            let error = zip(operations.read(output), expected).map { abs($0 - $1) }
            #expect(error.count == expected.count)
            #expect(error.allSatisfy { $0 < 1e-4 }, "\(error.max() ?? 0)")
        }
    }

    @Test(arguments: cases) func referenceOperations(name: String) throws {
        try Self.check(Fixtures.url("encoders/\(name)").path, name, ReferenceOperations()) { _ in
            ReferenceOperations.Cache()
        }
    }

    @Test(arguments: cases, Kernels.available) func fastOperations(name: String, kernels: String) throws {
        let operations = FastOperations(pool: ThreadPool(threads: 2), kernels: try #require(Kernels(named: kernels)))
        try Self.check(Fixtures.url("encoders/\(name)").path, name, operations) { FamilyTests.makeCache($0) }
    }
}
