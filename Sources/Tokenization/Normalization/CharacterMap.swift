/// SentencePiece's compiled normalization rules: a double-array trie from byte sequences to replacements.
struct CharacterMap: Sendable {
    private let units: [UInt32]
    private let replacements: [UInt8]

    /// Reads the compiled form: the trie's size in bytes, the trie, then replacements that each end with a zero byte.
    /// Nil if the sizes do not fit.
    init?(_ bytes: [UInt8]) {
        func word(at offset: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
        }
        guard bytes.count >= 4 else { return nil }
        let size = Int(word(at: 0))
        guard size % 4 == 0, size >= 4, size <= bytes.count - 4 else { return nil }
        units = (0..<size / 4).map { word(at: 4 + 4 * $0) }
        replacements = Array(bytes[(4 + size)...])
    }

    /// The replacement of the shortest or longest rule that `text` continues with at `start`, and where the rule ends.
    func match(
        in text: UnsafeBufferPointer<UInt8>, from start: Int, to limit: Int, longest: Bool
    ) -> (end: Int, replacement: ArraySlice<UInt8>)? {
        var found: (Int, Int)?
        var node = Int(offset(of: units[0]))
        var position = start
        while position < limit {
            let byte = text[position]
            node ^= Int(byte)
            guard byte != 0, units.indices.contains(node) else { break }
            let unit = units[node]
            guard unit & 0x8000_00FF == UInt32(byte) else { break }
            position += 1
            node ^= Int(offset(of: unit))
            if unit >> 8 & 1 == 1 {
                guard units.indices.contains(node) else { break }
                found = (position, Int(units[node] & 0x7FFF_FFFF))
                if !longest { break }
            }
        }
        guard let (end, index) = found, replacements.indices.contains(index) else { return nil }
        return (end, replacements[index...].prefix { $0 != 0 })
    }

    /// Rewrites `text` as the `Precompiled` normalizer does: whole short grapheme clusters, else single scalars.
    func apply(to text: inout AlignedText) {
        let source = text
        var scalars: [(scalar: Unicode.Scalar, change: Int)] = []
        source.bytes.withUnsafeBufferPointer { bytes in
            var start = 0
            for cluster in String(lossy: source.bytes) {
                let end = start + cluster.utf8.count
                if end - start < 6, let (_, new) = match(in: bytes, from: start, to: end, longest: false) {
                    Self.replace(cluster.unicodeScalars.count, with: new, in: &scalars)
                } else {
                    var position = start
                    for scalar in cluster.unicodeScalars {
                        let next = position + String(scalar).utf8.count
                        if let (_, new) = match(in: bytes, from: position, to: next, longest: false) {
                            Self.replace(1, with: new, in: &scalars)
                        } else {
                            scalars.append((scalar, 0))
                        }
                        position = next
                    }
                }
                start = end
            }
        }
        text.transform(scalars)
    }

    private static func replace(
        _ oldCount: Int, with new: ArraySlice<UInt8>, in scalars: inout [(scalar: Unicode.Scalar, change: Int)]
    ) {
        let added = String(lossy: new).unicodeScalars
        scalars.append(contentsOf: added.map { ($0, 0) })
        let difference = added.count - oldCount
        if difference > 0 {
            for index in scalars.indices.suffix(difference) { scalars[index].change = 1 }
        } else if let last = scalars.indices.last {
            scalars[last].change += difference
        }
    }

    private func offset(of unit: UInt32) -> UInt32 { (unit >> 10) << ((unit & 0x200) >> 6) }
}
