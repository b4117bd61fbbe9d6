public import ArgumentParser
public import Vectors

/// What `swiftlet bench --vectors` measures.
struct VectorBenchOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Measure how fast vectors are found: those to search in.", valueName: "fvecs"))
    var vectors: String?
    @Option(help: ArgumentHelp("The vectors to search with.", valueName: "fvecs")) var queries: String?
    @Option(help: ArgumentHelp("The numbers of their nearest neighbours, nearest first.", valueName: "ivecs"))
    var truth: String?
    @Option(
        help: ArgumentHelp(
            "flat, hnsw, ivf, ivfpq, binary or lsh, after a colon parameters: m and ef_construction of hnsw, lists of ivf "
                + "and ivfpq, bits of lsh, and encoding (f32, f16, int8, binary).", valueName: "kind"))
    var index = "hnsw:m=16,ef_construction=200"
    @Option(help: "l2, dot, cosine, jaccard or hamming.") var metric = Metric.l2
    @Option(name: .customShort("k"), help: ArgumentHelp("Neighbours to find.", valueName: "count")) var neighbours = 10

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Measure searches with filters too, which let these shares of the vectors through.", valueName: "shares"))
    var filtered: [Double] = []

    func validate() throws {
        if let share = filtered.first(where: { !($0 > 0 && $0 <= 1) }) {
            throw ValidationError("--filtered wants numbers above 0 and up to 1, not \(share)")
        }
        if vectors == nil, let other = [("--queries", queries), ("--truth", truth)].first(where: { $0.1 != nil }) {
            throw ValidationError("\(other.0) wants --vectors")
        }
        if vectors != nil, queries == nil || truth == nil {
            throw ValidationError("--vectors wants --queries and --truth")
        }
        if !(1...100_000).contains(neighbours) {
            throw ValidationError("-k wants a number from 1 to 100000, not \(neighbours)")
        }
    }

    /// The benchmark, if one is asked for.
    func bench(threads: Int?) throws -> VectorBench? {
        guard let vectors, let queries, let truth else { return nil }
        return try VectorBench(
            vectors: vectors, queries: queries, truth: truth, index: index, metric: metric, count: neighbours,
            threads: threads, shares: filtered)
    }
}

extension Metric: ExpressibleByArgument {}
