import Architectures
import Checkpoints
import Tensors
import Testing

/// Whole models whose matrices are quantized as published folders are, against the reference on the decoded weights.
@Suite struct QuantizedFolderTests {
    static let cases = Fixtures.names(in: "quantized")

    private func error<Ops: Operations>(_ name: String, _ operations: Ops, _ cache: (Network<Ops>) -> Ops.Cache) throws
        -> Float
    {
        let checkpoint = try Checkpoint.open(Fixtures.url("quantized/\(name)").path)
        let network = try NetworkLoader(checkpoint).load(operations)
        let expected = try ExpectedText(Fixtures.json("quantized/\(name)/expected.json"))
        let prompt = expected.prompt
        var scores: [Float] = []
        operations.scope {
            let span = BatchSpan(rows: prompt.indices, firstPosition: 0, cache: cache(network))
            let logits = network.forward(tokens: prompt, spans: [span], outputRows: Array(prompt.indices))
            scores = logProbabilities(
                operations.read(logits), of: prompt.dropFirst(), vocabulary: network.spec.vocabularySize)
        }
        return expected.error(of: scores)
    }

    /// In f32 only what the conversion loses is lost: nothing, f16's rounding, or NF4's levels on a grid of 256.
    @Test(arguments: cases) func decodedWeights(name: String) throws {
        let error = try error(name, ReferenceOperations()) { _ in ReferenceOperations.Cache() }
        let tolerance: Float = name == "nf4" ? 0.05 : name.hasPrefix("fp8") || name.hasSuffix("order") ? 0.02 : 1e-4
        #expect(error < tolerance)
    }

    /// What activations of 8 bits cost, of the worst of log-probabilities down to -25: on the portable kernels, and by a tenth
    /// more at the most on all that round as they do. Those with BF16 round activations of dense matrices too.
    private static let rounding: [String: (codes: Float, floats: Float)] = [
        "awq": (0.321, 0.321), "fp8": (0.0002, 0.0036), "gptq-4": (0.2425, 0.2425),
        "gptq-4-act-order": (0.0115, 0.1126),
        "gptq-8": (0.09, 0.09), "int8": (0.0021, 0.0021), "mxfp4": (0.337, 0.337), "nf4": (0.0242, 0.0242),
    ]

    @Test(arguments: cases, Kernels.available) func kernels(name: String, kernels: String) throws {
        let operations = FastOperations(
            pool: ThreadPool(threads: 2), kernels: try #require(Kernels(named: kernels)), isDeterministic: true)
        let error = try error(name, operations) { FamilyTests.makeCache($0) }
        let rounding = try #require(Self.rounding[name])
        #expect(error < 1.1 * (kernels.hasSuffix("bf16") ? rounding.floats : rounding.codes))
    }
}
