import Checkpoints
package import JSONValues
package import Tensors

/// How one tensor differs between two models.
package struct TensorDifference: Sendable, Hashable {
    /// What is different.
    package enum Kind: Sendable, Hashable {
        /// Only the first model has it.
        case onlyInFirst
        /// Only the second model has it.
        case onlyInSecond
        case shape([Int], [Int])
        /// The values.
        case values(Values)
        /// The same values, stored in another type.
        case storage
        /// Something that holds no weights, compared byte by byte.
        case bytes
    }

    /// How far values lie apart.
    package struct Values: Sendable, Hashable {
        /// The largest and the mean distance.
        package var largest = 0.0
        package var mean = 0.0
        /// The length of the difference in parts of the length of the first; nil if that is zero.
        package var relative: Double?
        /// The cosine of the angle; nil if one of them is zero.
        package var cosine: Double?
        /// Values that are no numbers, or infinite, in either.
        package var nonFinite = 0
    }

    /// The tensor.
    package let name: String
    /// What is different.
    package let kind: Kind
    /// How it is stored in each; nil where it is missing.
    package let types: [DataType?]

    /// An object of its fields.
    package var json: JSON {
        var object: JSON.Object = [
            "name": .string(name), "dtype": .array(types.map { $0.map { .string($0.name) } ?? .null }),
        ]
        switch kind {
        case .onlyInFirst: object["difference"] = "only in the first"
        case .onlyInSecond: object["difference"] = "only in the second"
        case .shape(let a, let b):
            object["difference"] = "shape"
            object["shape"] = .array([a, b].map { .array($0.map { .integer($0) }) })
        case .storage: object["difference"] = "dtype"
        case .bytes: object["difference"] = "bytes"
        case .values(let values):
            object["difference"] = "values"
            object["max"] = .number(values.largest)
            object["mean"] = .number(values.mean)
            object["relative"] = values.relative.map { .number($0) } ?? .null
            object["cosine"] = values.cosine.map { .number($0) } ?? .null
            if values.nonFinite > 0 { object["non_finite"] = .integer(values.nonFinite) }
        }
        return .object(object)
    }
}

extension StoredTensor {
    /// Whether another tensor is stored in the same type, byte for byte.
    func hasSameBytes(as other: StoredTensor) -> Bool {
        dataType == other.dataType
            && withUnsafeBytes { first in other.withUnsafeBytes { second in first.elementsEqual(second) } }
    }
}

extension TensorDifference {
    /// Compares two tensors of one name; nil if they are equal.
    init?(_ a: StoredTensor?, _ b: StoredTensor?, pool: ThreadPool) throws(CheckpointError) {
        guard let a, let b else {
            guard let only = a ?? b else { return nil }
            (name, kind, types) = (only.name, a == nil ? .onlyInSecond : .onlyInFirst, [a?.dataType, b?.dataType])
            return
        }
        (name, types) = (a.name, [a.dataType, b.dataType])
        if a.shape != b.shape {
            kind = .shape(a.shape, b.shape)
            return
        }
        let isEqual = a.hasSameBytes(as: b)
        a.file.advise(.dontNeed, a.byteRange)
        b.file.advise(.dontNeed, b.byteRange)
        if isEqual { return nil }
        guard a.dataType.isWeightType, b.dataType.isWeightType else {
            kind = .bytes
            return
        }
        let inputs = [try StoredReader(a, isChecked: false), try StoredReader(b, isChecked: false)]
        let values = try Self.values(TensorGroup(inputs: inputs, base: nil, name: a.name, pool: pool))
        kind = values.largest == 0 && values.nonFinite == 0 ? .storage : .values(values)
    }

    private struct Sums: Sendable {
        var largest = 0.0
        var distance = 0.0
        var squares = (a: 0.0, b: 0.0, both: 0.0, difference: 0.0)
        var count = 0
        var nonFinite = 0

        mutating func add(_ a: Float, _ b: Float) {
            guard a.isFinite, b.isFinite else {
                nonFinite += 1
                return
            }
            let (a, b) = (Double(a), Double(b))
            let difference = abs(a - b)
            largest = max(largest, difference)
            distance += difference
            squares = (
                squares.a + a * a, squares.b + b * b, squares.both + a * b, squares.difference + difference * difference
            )
            count += 1
        }

        mutating func add(_ other: Sums) {
            largest = max(largest, other.largest)
            distance += other.distance
            squares = (
                squares.a + other.squares.a, squares.b + other.squares.b, squares.both + other.squares.both,
                squares.difference + other.squares.difference
            )
            count += other.count
            nonFinite += other.nonFinite
        }
    }

    private static func values(_ group: TensorGroup) throws(CheckpointError) -> Values {
        var sums = Sums()
        try group.scan { (_, inputs) throws(CheckpointError) -> Sums in
            var sums = Sums()
            for (a, b) in zip(inputs[0], inputs[1]) { sums.add(a, b) }
            return sums
        } collect: {
            sums.add($0)
        }
        let norms = (sums.squares.a.squareRoot(), sums.squares.b.squareRoot())
        return Values(
            largest: sums.largest, mean: sums.count > 0 ? sums.distance / Double(sums.count) : 0,
            relative: norms.0 > 0 ? sums.squares.difference.squareRoot() / norms.0 : nil,
            cosine: norms.0 > 0 && norms.1 > 0 ? min(1, max(-1, sums.squares.both / (norms.0 * norms.1))) : nil,
            nonFinite: sums.nonFinite)
    }
}
