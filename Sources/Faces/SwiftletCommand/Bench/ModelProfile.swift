import Inference
import JSONValues
import Tensors

/// What `swiftlet bench --explain` shows: the speed of each kind of matrix, held against the machine's limits.
struct ModelProfile {
    let name: String
    let kernels = Kernels.best.name
    let threads: Int
    let limits: MachineLimits
    let projections: [ProjectionProfile]

    /// The tokens of a generation step, of one of several texts, and of a piece of a prompt; of an encoder instead those of a
    /// short query and of a pass over many texts.
    let tokens: [Int]
    private let isEncoder: Bool

    init(_ path: String, options: ModelOptions, roundsWeights: Bool) throws {
        let kind = try ModelKind.of(path)
        isEncoder = kind != .language
        if isEncoder, let option = options.onlyOfLanguageModels {
            throw CommandError("\(path) is an encoder, for which \(option) means nothing")
        }
        tokens = [1, 8, isEncoder ? SentenceEncoder.passTokens : EngineOptions().batchTokens]
        let model = try Self.load(path, kind, options, roundsWeights: roundsWeights)
        name = model.name
        let pool = ThreadPool(threads: options.threads ?? ThreadPool.machineThreads)
        threads = pool.threads
        var limits = MachineLimits.measure(pool: pool)
        var projections = try model.profileProjections(tokens: tokens, seconds: 0.5)
        limits.raise(to: .measure(pool: pool))
        self.limits = limits
        projections.sort { ($0.seconds[1] ?? 0) > ($1.seconds[1] ?? 0) }
        self.projections = projections
    }

    private static func load(
        _ path: String, _ kind: ModelKind, _ options: ModelOptions, roundsWeights: Bool
    ) throws -> any ProfiledModel {
        switch kind {
        case .language:
            if roundsWeights { throw CommandError("\(path) is a language model, for which --bf16 means nothing") }
            return try LanguageModel.load(path, options: options.loading())
        case .sentenceEncoder:
            var loading = SentenceEncoder.LoadingOptions()
            (loading.threads, loading.roundsWeights) = (options.threads, roundsWeights)
            return try SentenceEncoder.load(path, options: loading)
        case .crossEncoder:
            return try CrossEncoder.load(path, threads: options.threads, roundsWeights: roundsWeights)
        case .tokenVectors, .wordVectors:
            throw CommandError("\(path) looks its vectors up, without matrices to explain; measure it with --texts")
        }
    }

    func write(asJSON: Bool) throws(OutputError) {
        try Console.write(asJSON ? json.text() + "\n" : text)
    }

    private var text: String {
        var table = Table(
            ["MATRICES", "COUNT", "SHAPE", "LAYOUT", "1 TOKEN", "GB/S", "OF READS"]
                + tokens.dropFirst().flatMap { ["\($0) TOKENS", "GMAC/S", "OF PEAK"] },
            rightAligned: [1, 4, 5, 6, 7, 8, 9, 10, 11, 12])
        for projection in projections {
            let bytes = Double(projection.byteCount) / (projection.seconds[1] ?? .infinity)
            var cells = [
                projection.name, String(projection.count), "\(projection.rows) x \(projection.columns)",
                projection.layout,
                Self.milliseconds(projection, 1), Quantities.decimals(bytes / 1e9, 1),
                Self.share(bytes, limits.readBytes),
            ]
            for count in tokens.dropFirst() {
                let speed = projection.speed(tokens: count)
                cells += [
                    Self.milliseconds(projection, count), Quantities.decimals(speed / 1e9, 0),
                    Self.share(speed, limits.peak(of: projection.arithmetic)),
                ]
            }
            table.add(cells)
        }
        return "\(name), \(kernels), \(threads) threads\n" + limits.text + "\n" + table.text
            + "\nTokens per second of the matrices alone: \(sums)\n"
    }

    private var sums: String {
        func speed(_ projections: [ProjectionProfile], _ tokens: Int) -> String {
            let seconds = projections.reduce(0) { $0 + ($1.seconds[tokens] ?? 0) }
            return Quantities.decimals(Double(tokens) / seconds, 0)
        }
        let speeds = tokens.map { speed(projections, $0) }
        if isEncoder { return zip(tokens, speeds).map { "\($1) in a pass of \($0)" }.joined(separator: ", ") }
        let prompt = speed(projections.filter { !$0.isOfOutput }, tokens[2])
        return
            "generation \(speeds[0]), that of \(tokens[1]) texts \(speeds[1]) and of \(tokens[2]) texts \(speeds[2]), "
            + "prompts \(prompt): only their last token comes to the output"
    }

    private static func milliseconds(_ projection: ProjectionProfile, _ tokens: Int) -> String {
        Quantities.decimals((projection.seconds[tokens] ?? 0) * 1000, 2) + " ms"
    }

    static func share(_ value: Double, _ limit: Double) -> String {
        limit > 0 ? Quantities.decimals(100 * value / limit, 0) + "%" : "-"
    }

    private var json: JSON {
        [
            "model": .string(name), "kernels": .string(kernels), "threads": .integer(threads), "limits": limits.json,
            "projections": .array(
                projections.map { projection in
                    [
                        "name": .string(projection.name), "count": .integer(projection.count),
                        "rows": .integer(projection.rows), "columns": .integer(projection.columns),
                        "is_of_output": .bool(projection.isOfOutput),
                        "layout": .string(projection.layout), "bytes": .integer(projection.byteCount),
                        "peak": .number(limits.peak(of: projection.arithmetic)),
                        "seconds": .object(
                            JSON.Object(
                                uniqueKeysWithValues: tokens.map {
                                    (String($0), .number(projection.seconds[$0] ?? 0))
                                })),
                    ]
                }),
        ]
    }
}

extension MachineLimits {
    /// In words.
    var text: String {
        func speed(_ value: Double) -> String { value > 0 ? Quantities.decimals(value / 1e9, 0) + " GMAC/s" : "none" }
        return "limits: reads \(Quantities.decimals(readBytes / 1e9, 1)) GB/s, 8-bit dot products \(speed(int8)), "
            + "bf16 \(speed(bf16)), f32 \(speed(f32))\n"
    }

    var json: JSON {
        [
            "read_bytes_per_second": .number(readBytes), "int8_per_second": .number(int8),
            "bf16_per_second": .number(bf16), "f32_per_second": .number(f32),
        ]
    }
}
