import Architectures
import Checkpoints
import JSONValues
import Tensors
import Testing

/// Positions that are stretched at run time, each kind against the reference's numbers.
@Suite struct PositionTests {
    static let kinds = Fixtures.names(in: "families/llama").filter { $0.hasPrefix("expected-") }

    private func load<Ops: Operations>(_ file: String, _ operations: Ops) throws -> (Network<Ops>, ExpectedText) {
        let json = try Fixtures.json("families/llama/\(file)")
        var settings = try #require(json["parameters"]?.objectValue)
        settings["rope_type"] = settings.removeValue(forKey: "kind")
        let checkpoint = try Checkpoint.open(Fixtures.url("families/llama").path)
        let rope = try RotaryOverride(JSON.object(settings).text())
        return (try NetworkLoader(checkpoint, rope: rope).load(operations), try ExpectedText(json))
    }

    @Test func everyKindHasNumbers() { #expect(Self.kinds.count == RotaryOverride.kinds.count) }

    @Test(arguments: kinds) func referenceOperations(file: String) throws {
        let (network, expected) = try load(file, ReferenceOperations())
        FamilyTests.check(network, expected) { ReferenceOperations.Cache() }
    }

    @Test(arguments: kinds, Kernels.available) func fastOperations(file: String, kernels: String) throws {
        let operations = FastOperations(pool: ThreadPool(threads: 2), kernels: try #require(Kernels(named: kernels)))
        let (network, expected) = try load(file, operations)
        FamilyTests.check(network, expected) { FamilyTests.makeCache(network) }
    }

    @Test(arguments: [
        "", "unknown:2", "linear:x", "{", "selfextend:group=8,window=4", "selfextend:window=8", "linear", "linear:1e30",
        "linear:1e300",
        "dynamic:1e9", "ntk:1e30", "selfextend:group=16777216,window=16777216",
    ])
    func nonsenseIsRefused(text: String) throws {
        let checkpoint = try Checkpoint.open(Fixtures.url("families/llama").path)
        #expect(throws: (any Error).self) { try NetworkLoader(checkpoint, rope: RotaryOverride(text)) }
    }

    @Test func modelsWithoutRotaryPositionsRefuse() throws {
        let checkpoint = try Checkpoint.open(Fixtures.url("families/gpt2").path)
        #expect(throws: ArchitectureError.self) { try NetworkLoader(checkpoint, rope: RotaryOverride("linear:2")) }
    }
}
