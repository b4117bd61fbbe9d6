import Architectures
import Checkpoints
import Tensors
import Testing

/// Low-rank adapters in PEFT's format, applied when a model is loaded.
@Suite struct AdapterTests {
    static let cases = Fixtures.names(in: "adapters")

    private func load<Ops: Operations>(_ name: String, on model: String, _ operations: Ops) throws -> Network<Ops> {
        let adapter = try LowRankAdapter(path: Fixtures.url("adapters/\(name)").path)
        return try NetworkLoader(Checkpoint.open(Fixtures.url(model).path), adapter: adapter).load(operations)
    }

    @Test(arguments: cases) func referenceOperations(name: String) throws {
        let network = try load(name, on: "families/llama", ReferenceOperations())
        FamilyTests.check(network, try ExpectedText(Fixtures.json("adapters/\(name)/expected.json"))) {
            ReferenceOperations.Cache()
        }
    }

    @Test(arguments: cases) func fastOperations(name: String) throws {
        let network = try load(name, on: "families/llama", FastOperations(pool: ThreadPool(threads: 2)))
        FamilyTests.check(network, try ExpectedText(Fixtures.json("adapters/\(name)/expected.json"))) {
            FamilyTests.makeCache(network)
        }
    }

    /// One that was made for another model changes matrices that this one does not have.
    @Test func anotherModelsAdapterIsRefused() throws {
        #expect(throws: ArchitectureError.self) {
            try load("llama-lora", on: "families/gpt2", FastOperations(pool: ThreadPool(threads: 1)))
        }
    }
}
