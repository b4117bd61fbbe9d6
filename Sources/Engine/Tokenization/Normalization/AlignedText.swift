/// Text on its way to the model, with the place in the original that each of its bytes came from.
struct AlignedText: Sendable {
    /// Where a byte came from: a range of bytes of the original text.
    struct Origin: Sendable, Hashable {
        var start: Int32
        var end: Int32
    }

    private(set) var bytes: [UInt8]
    /// One for each byte, or none at all where nobody asked for offsets.
    private(set) var origins: [Origin]
    private(set) var tracksOrigins: Bool

    /// A copy of `text[range]`, still equal to the original.
    init(_ text: UnsafeBufferPointer<UInt8>, range: Range<Int>, tracksOrigins: Bool) {
        bytes = Array(text[range])
        self.tracksOrigins = tracksOrigins
        origins =
            tracksOrigins
            ? range.map { Origin(start: Int32(clamping: $0), end: Int32(clamping: $0 + 1)) } : []
    }

    /// A text of which nobody asks where it came from.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        origins = []
        tracksOrigins = false
    }

    /// An empty text that tracks origins as `other` does.
    init(emptyLike other: AlignedText) {
        bytes = []
        origins = []
        tracksOrigins = other.tracksOrigins
        bytes.reserveCapacity(other.bytes.count + 8)
    }

    /// The range of the original that `range` came from.
    func origin(of range: Range<Int>) -> Range<Int> {
        guard tracksOrigins, !range.isEmpty, range.upperBound <= origins.count else { return 0..<0 }
        let start = Int(origins[range.lowerBound].start)
        return start..<max(start, Int(origins[range.upperBound - 1].end))
    }

    /// The ranges of this text that came from `ranges` of the original, in order.
    func ranges(from ranges: [Range<Int>]) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var rest = ranges[...]
        for (index, origin) in origins.enumerated() {
            while let range = rest.first, range.upperBound <= origin.start { rest.removeFirst() }
            guard let range = rest.first else { break }
            guard range.lowerBound < max(origin.end, origin.start + 1) else { continue }
            if let last = found.last, last.upperBound == index {
                found[found.count - 1] = last.lowerBound..<index + 1
            } else {
                found.append(index..<index + 1)
            }
        }
        return found
    }

    /// Lets go of where bytes came from.
    mutating func forgetOrigins() {
        origins = []
        tracksOrigins = false
    }

    /// Adds `source[range]` unchanged.
    mutating func append(_ source: AlignedText, _ range: Range<Int>) {
        bytes.append(contentsOf: source.bytes[range])
        if tracksOrigins { origins.append(contentsOf: source.origins[range]) }
    }

    /// Adds `replacement`, which stands for `source[range]`.
    mutating func append(_ replacement: some Collection<UInt8>, for source: AlignedText, _ range: Range<Int>) {
        bytes.append(contentsOf: replacement)
        guard tracksOrigins else { return }
        let origin = source.origin(of: range)
        let whole = Origin(start: Int32(clamping: origin.lowerBound), end: Int32(clamping: origin.upperBound))
        origins.append(contentsOf: repeatElement(whole, count: replacement.count))
    }

    /// Adds a scalar that stands for `source[range]`.
    mutating func append(_ scalar: Unicode.Scalar, for source: AlignedText, _ range: Range<Int>) {
        if scalar.isASCII {
            append(CollectionOfOne(UInt8(truncatingIfNeeded: scalar.value)), for: source, range)
        } else {
            append(Array(String(scalar).utf8), for: source, range)
        }
    }

    /// Rewrites the text scalar by scalar: `body` gets each scalar with its range and adds what stands for it.
    mutating func rewrite(_ body: (Unicode.Scalar, Range<Int>, AlignedText, inout AlignedText) -> Void) {
        let source = self
        var output = AlignedText(emptyLike: source)
        source.forEachScalar { scalar, range in body(scalar, range, source, &output) }
        self = output
    }

    /// Calls `body` with each scalar and the bytes it takes.
    func forEachScalar(_ body: (Unicode.Scalar, Range<Int>) -> Void) {
        bytes.withUnsafeBufferPointer { bytes in
            var position = 0
            while position < bytes.count {
                let start = position
                let scalar = decodeScalar(bytes, &position)
                body(scalar, start..<position)
            }
        }
    }

    /// Rewrites the text as scalars of which each says how many of the source's it stands for: 0 for one, 1 for none
    /// (it was inserted after the one before it), a negative number for as many more.
    mutating func transform(_ scalars: [(scalar: Unicode.Scalar, change: Int)], skipping initial: Int = 0) {
        var ranges: [Range<Int>] = []
        forEachScalar { ranges.append($1) }
        let source = self
        var output = AlignedText(emptyLike: source)
        var next = initial
        for (scalar, change) in scalars {
            let index = change > 0 ? next - 1 : next
            let range = ranges.indices.contains(index) ? ranges[index] : 0..<0
            output.append(scalar, for: source, range)
            next += 1 - min(change, 1)
        }
        self = output
    }

    /// Replaces what is not UTF-8 by U+FFFD; returns whether there was any.
    mutating func repairUTF8() {
        guard !bytes.withUnsafeBufferPointer(isUTF8) else { return }
        rewrite { scalar, range, source, output in output.append(scalar, for: source, range) }
    }

    /// Whether every byte is ASCII.
    var isASCII: Bool { bytes.allSatisfy { $0 < 0x80 } }
}
