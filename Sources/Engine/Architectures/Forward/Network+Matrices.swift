package import Tensors

extension Network where Ops == FastOperations {
    /// Matrices that multiply the same activations in one go, and what they are in the network.
    package struct Projection {
        /// Such as `attention.query+key+value`; the same in every block.
        package let name: String
        package let matrices: [FastOperations.Matrix]
        /// Whether only tokens whose logits are wanted come to it, of a prompt the last one.
        package let isOfOutput: Bool

        init(_ name: String, _ matrices: [FastOperations.Matrix], isOfOutput: Bool = false) {
            (self.name, self.matrices, self.isOfOutput) = (name, matrices, isOfOutput)
        }
    }

    /// All projections in the order of the forward pass, the output last; of a mixture every expert.
    package var projections: [Projection] {
        var found: [Projection] = []
        for layer in weights.layers {
            Self.find(in: Mirror(reflecting: layer), path: [], &found)
        }
        if let matrix = weights.embeddingProjection { found.append(Projection("embedding.projection", [matrix])) }
        for (name, matrix) in [("output.projection", weights.outputProjection), ("output", weights.output)] {
            if let matrix { found.append(Projection(name, [matrix], isOfOutput: true)) }
        }
        return found
    }

    /// What the forward pass projects together where a part has all of them.
    private static var together: [[String]] { [["query", "key", "value"], ["gate", "up"]] }

    /// Goes through the parts of a block, whatever kind of block it is.
    private static func find(in mirror: Mirror, path: [String], _ found: inout [Projection]) {
        var members: [(label: String, matrix: FastOperations.Matrix)] = []
        for (label, value) in mirror.children {
            // An optional, an element and the only associated value have no name of their own.
            let label = [nil, "some", "mixer", "feedForward"].contains(label) ? nil : label
            let inner = Mirror(reflecting: value)
            if let matrix = value as? FastOperations.Matrix {
                members.append((label ?? path.last ?? "", matrix))
            } else if inner.displayStyle == .optional,
                let matrix = inner.children.first?.value as? FastOperations.Matrix
            {
                members.append((label ?? path.last ?? "", matrix))
            } else if !(value is [Float]) {
                find(in: inner, path: path + [label].compactMap { $0 }, &found)
            }
        }
        let prefix = path.map { $0 + "." }.joined()
        for group in together where Set(group).isSubset(of: members.map(\.label)) {
            let matrices = members.filter { group.contains($0.label) }.map(\.matrix)
            found.append(Projection(prefix + group.joined(separator: "+"), matrices))
            members.removeAll { group.contains($0.label) }
        }
        found += members.map { Projection(prefix + $0.label, [$0.matrix]) }
    }
}
