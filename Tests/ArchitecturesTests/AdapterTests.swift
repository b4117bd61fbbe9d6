import Architectures
import Checkpoints
import Tensors
import Testing

/// Low-rank adapters in PEFT's format, applied when a model is loaded: PEFT's own numbers.
@Suite struct AdapterTests {
    static let cases = Fixtures.names(in: "adapters")
    /// Those of them whose model is there as a GGUF file, too, and which change nothing that converters change.
    static let ggufCases = cases.filter { !["llama.saved", "qwen2.biases"].contains($0) }

    private func adapter(_ name: String) throws -> LowRankAdapter {
        try LowRankAdapter(path: Fixtures.url("adapters/\(name)").path)
    }

    private func load<Ops: Operations>(_ name: String, on model: String, _ operations: Ops) throws -> Network<Ops> {
        try NetworkLoader(Checkpoint.open(Fixtures.url(model).path), adapter: adapter(name)).load(operations)
    }

    private func base(_ name: String) throws -> String { try #require(try adapter(name).baseModel) }

    private func expected(_ name: String) throws -> ExpectedText {
        try ExpectedText(Fixtures.json("adapters/\(name)/expected.json"))
    }

    @Test func everyKindIsThere() { #expect(Self.cases.count == 11) }

    @Test(arguments: cases) func referenceOperations(name: String) throws {
        let network = try load(name, on: "families/\(base(name))", ReferenceOperations())
        FamilyTests.check(network, try expected(name)) { ReferenceOperations.Cache() }
    }

    @Test(arguments: cases) func fastOperations(name: String) throws {
        let network = try load(name, on: "families/\(base(name))", FastOperations(pool: ThreadPool(threads: 2)))
        FamilyTests.check(network, try expected(name)) { FamilyTests.makeCache(network) }
    }

    /// The names and the order of rows are those of the original, whatever the base is stored as.
    @Test(arguments: ggufCases) func onGGUF(name: String) throws {
        let network = try load(name, on: "gguf/\(base(name)).gguf", FastOperations(pool: ThreadPool(threads: 2)))
        FamilyTests.check(network, try expected(name)) { FamilyTests.makeCache(network) }
    }

    /// What converters change the values of is not replaced; the message blames the adapter and names the tensor.
    @Test func replacedNormsOnGGUFAreRefused() throws {
        let error = #expect(throws: ArchitectureError.self) {
            try load("llama.saved", on: "gguf/llama.gguf", FastOperations(pool: ThreadPool(threads: 1)))
        }
        #expect(error?.path.hasSuffix("adapters/llama.saved") == true)
        #expect(error?.key == "adapter of model.layers.0.input_layernorm.weight")
    }

    /// One that was made for another model changes tensors that this one does not have: matrices, whole tensors, biases.
    @Test(arguments: [
        ("llama-lora", "gpt2", "model.layers.0.mlp.down_proj.weight"), ("gpt2.output", "llama", "transformer.h.0"),
        ("qwen2.biases", "llama", "self_attn.k_proj.bias"), ("llama.biased", "gpt2", "model.layers.0"),
    ])
    func anotherModelsAdapterIsRefused(name: String, model: String, tensor: String) throws {
        let error = #expect(throws: ArchitectureError.self) {
            try load(name, on: "families/\(model)", FastOperations(pool: ThreadPool(threads: 1)))
        }
        #expect(error?.path.hasSuffix("adapters/\(name)") == true)
        #expect(error?.key?.contains(tensor) == true, "\(error?.description ?? "")")
        #expect(error?.key?.contains(" more") == true)
    }
}
