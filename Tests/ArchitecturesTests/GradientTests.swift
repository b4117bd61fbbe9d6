import Architectures
import Checkpoints
import JSONValues
import Platform
import Tensors
import Testing

/// Losses and the gradients of all parameters against PyTorch's, which `scripts/make_gradient_fixtures.py` took down. The
/// numbers of xIELU (`act_fn`) and the share of DiffLlama's second attention (`lambda`) are constants here.
@Suite struct GradientTests {
    static let cases = Fixtures.names(in: "gradients").map { String($0.dropLast(".json".count)) }
    private static let cut = 29

    /// Also where what blocks compute on their way is computed again.
    @Test(arguments: cases, [false, true]) func family(name: String, recomputes: Bool) throws {
        let operations = TapedOperations(pool: ThreadPool(threads: 2))
        operations.recomputes = recomputes
        let network = try FamilyTests.load(name, operations)
        let prompt = try FamilyTests.expected(name).prompt
        let expected = try Fixtures.json("gradients/\(name).json")
        let weights = prompt.indices.map { [1, 0.5, 0, 2][$0 % 4] as Float }
        let texts = [0..<Self.cut, Self.cut..<prompt.count].map { (Array(prompt[$0]), Array(weights[$0])) }
        let divisor = texts.reduce(0) { $0 + $1.1.dropFirst().reduce(0, +) }
        let sum = network.crossEntropy(texts, factor: 1 / divisor)
        operations.backward()
        operations.parameters.collectGradients()
        let loss = try #require(expected["loss"]?.doubleValue)
        #expect(abs(sum / Double(divisor) - loss) < 1e-5 * loss)

        var missing = Set(operations.parameters.parameters.map(\.name))
        let gradients = try #require(expected["gradients"]?.objectValue).mapValues {
            $0.arrayValue?.compactMap(\.doubleValue) ?? []
        }
        let largest = gradients.values.map { $0[0] }.max() ?? 0
        for (tensor, numbers) in gradients where !tensor.contains(".act_fn.") && !tensor.contains(".lambda_") {
            guard let parameter = operations.parameters[name: tensor] else {
                #expect(numbers[0] == 0, "\(tensor) is not known")
                continue
            }
            missing.remove(tensor)
            var (squares, waves) = (0.0, 0.0)
            for (index, value) in parameter.gradient.enumerated() {
                squares += Double(value) * Double(value)
                waves += Double(value) * cos(Double(index))
            }
            let tolerance = (Self.inFloat[name] ?? 1e-5) * numbers[0] + 1e-7 * largest
            #expect(
                abs(squares.squareRoot() - numbers[0]) < tolerance && abs(waves - numbers[1]) < tolerance,
                "\(tensor): \(squares.squareRoot()), \(waves), not \(numbers)")
        }
        #expect(missing.isEmpty)
    }

    @Test func everyFamilyButOneIsThere() { #expect(Self.cases.count == FamilyTests.cases.count - 1) }

    /// What transformers computes in f32 whatever it is asked for: the scan of Mamba-2, the gated delta rule, and the factors
    /// and norms of Gemma 3n and 4.
    private static let inFloat = [
        "bamba": 5e-5, "gemma3n": 5e-5, "gemma4": 1e-4, "gemma4-moe": 5e-5, "kimi_linear": 5e-5, "olmo_hybrid": 5e-5,
        "qwen3_5": 5e-5, "qwen3_5_moe": 5e-5,
    ]
}
