import ArgumentParser
import Checkpoints
import JSONValues
import Tensors

/// `swiftlet kernels`.
struct KernelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kernels",
        abstract: "Measure the kernels, and the machine's limits, which they are held against.",
        discussion: """
            Multiplies random matrices of each format with a number of tokens, and lets queries attend to a number of \
            positions. One token is bound by reading memory, many by arithmetic: the last columns say how much of it is \
            reached. The environment variable SWIFTLET_KERNELS chooses the instruction set, here as everywhere: portable, \
            avx2, avx512, avx512bf16 or neon.

              swiftlet kernels --format Q4_0,Q4_K --rows 5632 --columns 2048 --tokens 1,8,192
            """)

    @Option(help: ArgumentHelp("Formats with commas between; otherwise all.", valueName: "names")) var format: String?
    @Option(help: "Outputs of the matrices.") var rows = 4096
    @Option(help: "Inputs of the matrices.") var columns = 4096
    @Option(help: ArgumentHelp("Tokens that are multiplied at once.", valueName: "counts")) var tokens = Sizes([
        1, 8, 192,
    ])
    @Option(help: ArgumentHelp("Positions that queries attend to.", valueName: "counts"))
    var positions = Sizes([1024, 8192])
    @Option(help: "Query heads.") var heads = 32
    @Option(help: "Key and value heads.") var kvHeads = 8
    @Option(help: "Channels of a head.") var headSize = 64
    @OptionGroup var threadOptions: ThreadOptions
    @Flag(help: "Measure only the machine's limits.") var limits = false
    @Flag(help: "Write one JSON object.") var json = false

    func validate() throws {
        for (name, values) in [
            ("--rows", [rows]), ("--columns", [columns]), ("--tokens", tokens.values),
            ("--positions", positions.values),
            ("--heads", [heads]), ("--kv-heads", [kvHeads]), ("--head-size", [headSize]),
        ] {
            if let value = values.first(where: { !(1...1 << 20).contains($0) }) {
                throw ValidationError("\(name) wants a number from 1 to \(1 << 20), not \(value)")
            }
        }
        if heads % kvHeads != 0 { throw ValidationError("--kv-heads \(kvHeads) does not divide --heads \(heads)") }
        for type in try dataTypes() where columns % type.blockSize != 0 {
            if format != nil {
                throw ValidationError("--columns \(columns) is not whole blocks of \(type.blockSize) for \(type.name)")
            }
        }
    }

    private func dataTypes() throws -> [DataType] {
        let known = SyntheticCheckpoint.dataTypes
        guard let format else { return known }
        return try format.split(separator: ",").map { name in
            guard let type = known.first(where: { $0.name == name.uppercased() }) else {
                throw ValidationError(
                    "--format \(name) is not known; there are \(known.map(\.name).joined(separator: ", "))")
            }
            return type
        }
    }

    func run() throws {
        let pool = ThreadPool(threads: threadOptions.threads ?? ThreadPool.machineThreads)
        var machine = MachineLimits.measure(pool: pool)
        var results: [KernelResult] = []
        if !limits {
            let bench = KernelBench(pool: pool)
            for type in try dataTypes() where columns % type.blockSize == 0 {
                results += bench.multiply(type, rows: rows, columns: columns, tokens: tokens.values)
                // Between the kernels, since shared machines are not equally fast all the time.
                machine.raise(to: .measure(pool: pool))
            }
            let shape = AttentionShape(
                heads: heads, keyValueHeads: kvHeads, headSize: headSize)
            for count in positions.values {
                results += bench.attend(shape, positions: count, tokens: tokens.values)
            }
        }
        if json {
            let result: JSON = [
                "kernels": .string(Kernels.best.name), "threads": .integer(pool.threads), "limits": machine.json,
                "results": .array(results.map { $0.json(machine) }),
            ]
            return try Console.write(result.text() + "\n")
        }
        var table = Table(
            ["KERNEL", "SHAPE", "LAYOUT", "TOKENS", "GMAC/S", "OF PEAK", "GB/S", "OF READS"],
            rightAligned: [3, 4, 5, 6, 7])
        for result in results { table.add(result.cells(machine)) }
        try Console.write(
            "\(Kernels.best.name), \(pool.threads) threads\n\(machine.text)" + (limits ? "" : "\n" + table.text))
    }
}
