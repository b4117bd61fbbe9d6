/// A Unicode normalization form (Unicode Standard Annex 15).
enum UnicodeForm: String, Sendable {
    case nfc = "NFC"
    case nfd = "NFD"
    case nfkc = "NFKC"
    case nfkd = "NFKD"

    /// A scalar with how many scalars of the source it stands for; see `AlignedText.transform`.
    typealias Element = (scalar: Unicode.Scalar, change: Int)

    func apply(to text: inout AlignedText) {
        guard !text.isASCII else { return }
        var elements: [Element] = []
        text.forEachScalar { scalar, _ in
            let first = elements.count
            decompose(scalar, into: &elements)
            for index in elements.indices[first...].dropFirst() { elements[index].change = 1 }
        }
        Self.reorder(&elements)
        if self == .nfc || self == .nfkc { elements = Self.compose(elements) }
        text.transform(elements)
    }

    /// Whether a scalar may be reordered with, or composed with, what precedes it.
    func attaches(_ scalar: Unicode.Scalar) -> Bool {
        var elements: [Element] = []
        decompose(scalar, into: &elements)
        guard let first = elements.first?.scalar else { return false }
        return first.properties.canonicalCombiningClass.rawValue > 0
            || (0x1161...0x11C2).contains(first.value) || DecompositionTable.seconds.contains(first)
    }

    private func decompose(_ scalar: Unicode.Scalar, into elements: inout [Element]) {
        let value = scalar.value
        if value < 0xA0 || (value < 0x300 && self == .nfd && value < 0xC0) {
            elements.append((scalar, 0))
        } else if let parts = Hangul.decompose(scalar) {
            elements.append(contentsOf: parts.map { ($0, 0) })
        } else if let parts = DecompositionTable.canonical[value] {
            for part in parts { decompose(part, into: &elements) }
        } else if self == .nfkc || self == .nfkd, let parts = DecompositionTable.compatibility[value] {
            for part in parts { decompose(part, into: &elements) }
        } else {
            elements.append((scalar, 0))
        }
    }

    /// Sorts every run of combining marks by class, keeping the order of equal ones.
    private static func reorder(_ elements: inout [Element]) {
        for index in elements.indices {
            let combining = elements[index].scalar.properties.canonicalCombiningClass.rawValue
            guard combining > 0 else { continue }
            var position = index
            while position > 0,
                elements[position - 1].scalar.properties.canonicalCombiningClass.rawValue > combining
            {
                elements.swapAt(position - 1, position)
                position -= 1
            }
        }
    }

    private static func compose(_ elements: [Element]) -> [Element] {
        var output: [Element] = []
        var starter: Int?
        var lastClass: UInt8 = 0
        for element in elements {
            let combining = element.scalar.properties.canonicalCombiningClass.rawValue
            if let index = starter, index == output.count - 1 || (lastClass < combining && lastClass > 0),
                let composed = composition(output[index].scalar, element.scalar)
            {
                output[index] = (composed, output[index].change + element.change - 1)
                continue
            }
            if combining == 0 { starter = output.count }
            lastClass = combining
            output.append(element)
        }
        return output
    }

    private static func composition(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Unicode.Scalar? {
        Hangul.compose(first, second)
            ?? DecompositionTable.compositions[UInt64(first.value) << 32 | UInt64(second.value)]
    }
}

/// Hangul syllables, which (de)compose by arithmetic.
private enum Hangul {
    static func decompose(_ scalar: Unicode.Scalar) -> [Unicode.Scalar]? {
        guard (0xAC00...0xD7A3).contains(scalar.value) else { return nil }
        let index = scalar.value - 0xAC00
        let parts = [0x1100 + index / 588, 0x1161 + index % 588 / 28, 0x11A7 + index % 28]
        return parts.prefix(index % 28 == 0 ? 2 : 3).compactMap(Unicode.Scalar.init)
    }

    static func compose(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Unicode.Scalar? {
        let (left, right) = (first.value, second.value)
        if (0x1100...0x1112).contains(left), (0x1161...0x1175).contains(right) {
            return Unicode.Scalar(0xAC00 + (left - 0x1100) * 588 + (right - 0x1161) * 28)
        }
        if (0xAC00...0xD7A3).contains(left), (left - 0xAC00) % 28 == 0, (0x11A8...0x11C2).contains(right) {
            return Unicode.Scalar(left + right - 0x11A7)
        }
        return nil
    }
}

/// The decompositions as dictionaries, made when a text first needs them.
private enum DecompositionTable {
    static let canonical = parse(DecompositionData.canonical).mappings
    static let compatibility = parse(DecompositionData.compatibility).mappings
    static let compositions = parse(DecompositionData.canonical).compositions
    /// The scalars that compose with one before them.
    static let seconds = Set(
        compositions.keys.compactMap { Unicode.Scalar(UInt32(truncatingIfNeeded: $0)) })

    private static func parse(
        _ text: StaticString
    ) -> (mappings: [UInt32: [Unicode.Scalar]], compositions: [UInt64: Unicode.Scalar]) {
        var mappings: [UInt32: [Unicode.Scalar]] = [:]
        var compositions: [UInt64: Unicode.Scalar] = [:]
        for record in text.description.utf8.split(separator: UInt8(ascii: " ")) {
            let composes = record.first == UInt8(ascii: "+")
            let values = record.drop { $0 == UInt8(ascii: "+") }.split(separator: UInt8(ascii: "-"))
                .compactMap { UInt32(Substring($0), radix: 16).flatMap(Unicode.Scalar.init) }
            guard let code = values.first else { continue }
            mappings[code.value] = Array(values.dropFirst())
            if composes, values.count == 3 {
                compositions[UInt64(values[1].value) << 32 | UInt64(values[2].value)] = code
            }
        }
        return (mappings, compositions)
    }
}
