import JSONValues

/// Searches the numbers of a configuration's parameters for the merge with the best score.
package struct MergeSearch {
    /// One candidate with its score.
    package struct Candidate: Sendable {
        /// The configuration, with its numbers in place of the first ones.
        package let configuration: MergeConfiguration
        /// What was measured; less is better.
        package let score: Double
    }

    private enum Step: Hashable {
        case key(String)
        case index(Int)
    }

    private struct Gene {
        let place: [Step]
        let name: String
        let start: Double

        /// The nearest value that the parameter takes.
        func clamped(_ value: Double) -> Double {
            switch name {
            case "density", "select_topk": min(1, max(0.01, value))
            case "t": min(1, max(0, value))
            case "gamma", "epsilon": min(0.49, max(0, value))
            default: value
            }
        }
    }

    private let tree: JSON
    private let path: String
    private let genes: [Gene]
    private var strategy: EvolutionStrategy
    /// The best so far.
    package private(set) var best: Candidate?

    /// The numbers that are searched.
    package var geneCount: Int { genes.count }
    /// The candidates of a generation.
    package var population: Int { strategy.population }

    /// Begins at the numbers that a configuration has.
    package init(
        text: String, path: String, step: Double = 0.2, population: Int? = nil, seed: UInt64 = 0
    ) throws(MergeError) {
        _ = try MergeConfiguration(text: text, path: path)
        self.path = path
        tree = try ConfigurationNode(yaml: text, path: path).json()
        genes = Self.genes(tree, [], isParameter: nil)
        guard !genes.isEmpty else {
            throw MergeError(
                path: path,
                reason: "no parameters with numbers are in the configuration, so that there is nothing to search",
                remedy: "Give weight, t or density under parameters where the search begins")
        }
        strategy = EvolutionStrategy(mean: genes.map(\.start), step: step, population: population, seed: seed)
    }

    /// Draws a generation, scores it and learns from it; a score of infinity is for those that cannot be
    /// merged, and what `score` throws ends the search.
    package mutating func advance(_ score: (MergeConfiguration) async throws -> Double) async throws {
        let draws = strategy.draws()
        var scores: [Double] = []
        for draw in draws {
            let configuration = try configuration(draw)
            let value = try await score(configuration)
            scores.append(value.isNaN ? .infinity : value)
            if value < best?.score ?? .infinity { best = Candidate(configuration: configuration, score: value) }
        }
        strategy.learn(draws, scores: scores)
    }

    /// The configuration with other numbers.
    private func configuration(_ values: [Double]) throws(MergeError) -> MergeConfiguration {
        var tree = tree
        for (gene, value) in zip(genes, values) {
            Self.set(.number(gene.clamped(value)), at: gene.place[...], in: &tree)
        }
        return try MergeConfiguration(text: tree.text(.pretty) + "\n", path: path)
    }

    /// All numbers of parameters, by their places.
    private static func genes(_ tree: JSON, _ place: [Step], isParameter name: String?) -> [Gene] {
        switch tree {
        case .object(let members):
            return members.flatMap { key, value -> [Gene] in
                let isSetting = place.last == .key("parameters")
                if isSetting, MergeMethod.kind(ofParameter: key) != .number || ["eps", "tol"].contains(key) {
                    return []
                }
                if name != nil, key == "filter" { return [] }
                return genes(value, place + [.key(key)], isParameter: isSetting ? key : name)
            }
        case .array(let elements):
            return elements.enumerated().flatMap { genes($1, place + [.index($0)], isParameter: name) }
        default:
            guard let name, let number = tree.doubleValue ?? tree.stringValue.flatMap({ Double($0) }) else { return [] }
            return [Gene(place: place, name: name, start: number)]
        }
    }

    private static func set(_ value: JSON, at place: ArraySlice<Step>, in tree: inout JSON) {
        guard let first = place.first else {
            tree = value
            return
        }
        switch (first, tree) {
        case (.key(let key), .object(var members)):
            var member = members[key] ?? .null
            set(value, at: place.dropFirst(), in: &member)
            members[key] = member
            tree = .object(members)
        case (.index(let index), .array(var elements)) where elements.indices.contains(index):
            set(value, at: place.dropFirst(), in: &elements[index])
            tree = .array(elements)
        default: return
        }
    }
}
