/// SentencePiece's compiled normalization rules: a double-array trie from byte sequences to replacements.
struct CharacterMap: Sendable {
    private let units: [UInt32]
    private let replacements: [UInt8]
    /// The ASCII that stays as it is before ASCII: each is a cluster of its own there, and no rule has it alone.
    private var passes = [Bool](repeating: false, count: 256)

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
        // A carriage return and a line feed are one cluster.
        for byte in UInt8(0)..<0x80 where byte != 0x0D {
            passes[Int(byte)] = [byte].withUnsafeBufferPointer { match(in: $0, from: 0, to: 1, longest: false) == nil }
        }
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
        if !text.tracksOrigins { return applyToBytes(of: &text) }
        applyToClusters(of: &text)
    }

    private func applyToClusters(of text: inout AlignedText) {
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

    /// The same without looking for clusters where no rule can apply, or where a scalar is surely one by itself.
    private func applyToBytes(of text: inout AlignedText) {
        var output: [UInt8] = []
        output.reserveCapacity(text.bytes.count)
        text.bytes.withUnsafeBufferPointer { bytes in
            // Up to here the output is complete.
            var copied = 0
            var position = 0
            while position < bytes.count {
                if passes[Int(bytes[position])], position + 1 == bytes.count || bytes[position + 1] < 0x80 {
                    position += 1
                    continue
                }
                var end = position
                _ = decodeScalar(bytes, &end)
                guard let rule = match(in: bytes, from: position, to: bytes.count, longest: false) else {
                    position = end
                    continue
                }
                let cluster = GraphemeBreaks.surround(position..<end, in: bytes, from: copied)
                if cluster == position..<end, rule.end > end {
                    position = end
                    continue
                }
                output += bytes[copied..<cluster.lowerBound]
                if cluster == position..<end {
                    output += rule.replacement
                } else {
                    var part = AlignedText(Array(bytes[cluster]))
                    applyToClusters(of: &part)
                    output += part.bytes
                }
                copied = cluster.upperBound
                position = copied
            }
            output += bytes[copied...]
        }
        text = AlignedText(output)
    }

    private func offset(of unit: UInt32) -> UInt32 { (unit >> 10) << ((unit & 0x200) >> 6) }
}
