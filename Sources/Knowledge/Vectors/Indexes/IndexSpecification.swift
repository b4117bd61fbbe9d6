/// What kind of index, and its parameters: `flat`, `hnsw:m=16,ef_construction=200`, `ivf:lists=316`, `ivfpq:lists=316`, `binary`,
/// `lsh:bits=256`; each may say how vectors are stored: `encoding=f16`.
package struct IndexSpecification: Sendable, Hashable {
    /// The kinds.
    package enum Kind: String, Sendable, CaseIterable {
        case flat, hnsw, ivf, ivfpq, binary, lsh
    }

    package let kind: Kind
    package let encoding: VectorEncoding
    private let numbers: [String: Int]

    /// Reads a specification.
    package init(_ text: String) throws(VectorError) {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard let name = parts.first, let kind = Kind(rawValue: name) else {
            let kinds = Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalidOption("There is no index called \(text); there are \(kinds).")
        }
        let known: [Kind: [String]] = [
            .hnsw: ["m", "ef_construction"], .ivf: ["lists"], .ivfpq: ["lists"], .lsh: ["bits"],
        ]
        var (numbers, encoding): ([String: Int], VectorEncoding) = ([:], .f32)
        for part in (parts.count > 1 ? parts[1] : "").split(separator: ",") {
            let sides = part.split(separator: "=", maxSplits: 1).map(String.init)
            if sides.count == 2, sides[0] == "encoding", let named = VectorEncoding(rawValue: sides[1]) {
                encoding = named
            } else if sides.count == 2, known[kind, default: []].contains(sides[0]), let number = Int(sides[1]),
                number > 0
            {
                numbers[sides[0]] = number
            } else {
                let names = (known[kind] ?? []).map { $0 + "=NUMBER" } + ["encoding=f32, f16, int8 or binary"]
                throw .invalidOption(
                    "\(part) says nothing to the index \(name); it knows \(names.joined(separator: ", ")).")
            }
        }
        (self.kind, self.encoding, self.numbers) = (kind, encoding, numbers)
    }

    package var graph: HNSWOptions {
        HNSWOptions(links: numbers["m"] ?? 16, constructionWidth: numbers["ef_construction"] ?? 200)
    }

    /// An empty index over rows, of which there are about `count`.
    package func make(_ rows: VectorRows, count: Int) throws(VectorError) -> any VectorIndex {
        let lists = numbers["lists"] ?? max(1, Int(Double(count).squareRoot()))
        let index: (any VectorIndex)? =
            switch kind {
            case .flat: FlatIndex(rows)
            case .hnsw: HNSWIndex(rows, options: graph)
            case .ivf: IVFIndex(rows, lists: lists, isQuantized: false)
            case .ivfpq: IVFIndex(rows, lists: lists, isQuantized: true)
            case .binary: BinaryIndex(rows)
            case .lsh: BinaryIndex(rows, bits: numbers["bits"] ?? 2 * rows.format.size)
            }
        guard let index else {
            throw .invalidOption(
                "The index \(kind.rawValue) cannot be made for \(rows.format.metric.rawValue) with these parameters.")
        }
        return index
    }

    /// What is tried one after another to find more: the name of the parameter and its values, none for exact search.
    package var searches: (name: String, options: [(value: Double, options: SearchOptions)]) {
        switch kind {
        case .flat: ("ef", [(0, SearchOptions())])
        case .hnsw:
            (
                "ef",
                [10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024].map {
                    (Double($0), SearchOptions(width: $0))
                }
            )
        case .ivf: ("probes", [1, 2, 3, 4, 6, 8, 12, 16, 32, 64, 128].map { (Double($0), SearchOptions(probes: $0)) })
        case .ivfpq:
            (
                "probes",
                [1, 2, 3, 4, 6, 8, 12, 16, 32, 64, 128].flatMap { probes in
                    [4, 10, 20].map { (Double(probes), SearchOptions(probes: probes, refinement: $0)) }
                }
            )
        case .binary, .lsh:
            ("refinement", [2, 5, 10, 20, 50, 100, 200].map { (Double($0), SearchOptions(refinement: Float($0))) })
        }
    }
}
