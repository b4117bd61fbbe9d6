import Checkpoints
import JSONValues
import Platform
import Tensors
import Tokenization

/// Reads prompts with a model: for each layer the states that enter it, at the last token or as the mean of all.
package typealias PromptStates = (_ prompt: String, _ isMean: Bool) throws -> [[Float]]

/// The rows of the routers: what each expert answers to, layer by layer.
struct ExpertRouter {
    let configuration: ExpertConfiguration
    let base: MergeModel
    let layers: Int
    let hiddenSize: Int
    let seed: UInt64

    /// The routers [layers][experts * hiddenSize].
    func weights(_ states: PromptStates?) throws -> [[Float]] {
        let experts = configuration.experts
        if configuration.gate.isRandom { return random(experts.count) }
        var routers = [[Float]](repeating: [], count: layers)
        let embedding = configuration.gate == .cheapEmbed ? try PromptEmbedding(base) : nil
        for expert in experts {
            var vectors = try vectors(expert.positivePrompts, embedding, states)
            if !expert.negativePrompts.isEmpty {
                let others = try self.vectors(expert.negativePrompts, embedding, states)
                for layer in vectors.indices {
                    for index in vectors[layer].indices { vectors[layer][index] -= others[layer][index] }
                }
            }
            for layer in 0..<layers { routers[layer] += Self.normalized(vectors[layer]) }
        }
        return routers
    }

    private func random(_ experts: Int) -> [[Float]] {
        let count = experts * hiddenSize
        let scale = (1 / Double(hiddenSize)).squareRoot()
        return (0..<layers).map { layer in
            var normal = NormalRandom(CountedRandom(seed: seed, tensor: "router", input: layer))
            let uniform = CountedRandom(seed: seed, tensor: "router", input: layer)
            return (0..<count).map { place in
                configuration.gate == .random ? normal.next() : Float((2 * uniform.uniform(place) - 1) * scale)
            }
        }
    }

    /// The states of some prompts, [layers][hiddenSize].
    private func vectors(
        _ prompts: [String], _ embedding: PromptEmbedding?, _ states: PromptStates?
    ) throws -> [[Float]] {
        if let embedding {
            var sum = [Float](repeating: 0, count: hiddenSize)
            for prompt in prompts { try embedding.add(prompt, to: &sum) }
            return [[Float]](repeating: Self.normalized(sum), count: layers)
        }
        guard let states else {
            throw MergeError(
                path: configuration.path,
                reason: "gate_mode \(configuration.gate.rawValue) needs the states of a model",
                remedy: "Choose cheap_embed")
        }
        var sums = [[Float]](repeating: [Float](repeating: 0, count: hiddenSize), count: layers)
        for prompt in prompts {
            let found = try states(prompt, configuration.gate == .hiddenAverage)
            for (layer, state) in found.prefix(layers).enumerated() {
                for (index, value) in state.enumerated() { sums[layer][index] += value / Float(prompts.count) }
            }
        }
        return sums
    }

    private static func normalized(_ vector: [Float]) -> [Float] {
        let norm = Float(vector.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot())
        return vector.map { $0 / max(1e-8, norm) }
    }
}

/// The embeddings of prompts' tokens.
private struct PromptEmbedding {
    private let tokenizer: Tokenizer
    private let reader: any TensorReader
    private let begin: String

    init(_ model: MergeModel) throws {
        tokenizer = try Tokenizer(folder: model.path)
        guard let name = model.names.first(where: { TensorNames.isEmbedding($0) }),
            let reader = try model.reader(name, rounding: nil)
        else { throw MergeError(path: model.path, reason: "the model has no embedding of tokens") }
        self.reader = reader
        begin = model.beginToken
    }

    func add(_ prompt: String, to sum: inout [Float]) throws {
        let width = reader.rowLength
        for id in tokenizer.encode(begin + prompt, addSpecialTokens: false, parseSpecialTokens: true) {
            let row = Int(id)
            guard row < reader.shape[0] else { throw reader.error("there is no row \(row), which the tokenizer has") }
            var failure: CheckpointError?
            withUnsafeTemporaryAllocation(of: Float.self, capacity: width) { buffer in
                buffer.initialize(repeating: 0)
                do throws(CheckpointError) {
                    try reader.read(row * width..<(row + 1) * width, into: buffer)
                } catch { failure = error }
                for index in 0..<width { sum[index] += buffer[index] }
            }
            if let failure { throw failure }
        }
    }
}

extension MergeModel {
    /// The token that begins texts, in writing; empty if there is none.
    var beginToken: String {
        let token = configuration.tokenizerConfiguration?["bos_token"]
        return token?.stringValue ?? token?["content"]?.stringValue ?? ""
    }
}

/// Numbers with a normal distribution, by Box and Muller.
struct NormalRandom {
    private let random: CountedRandom
    private var place = 0

    init(_ random: CountedRandom) { self.random = random }

    /// The next one.
    mutating func next() -> Float {
        defer { place += 1 }
        return Self.value(random, place)
    }

    /// The number at a place.
    static func value(_ random: CountedRandom, _ place: Int) -> Float {
        let (a, b) = (1 - random.uniform(2 * place), random.uniform(2 * place + 1))
        return Float((-2 * log(a)).squareRoot() * cos(2 * .pi * b))
    }
}
