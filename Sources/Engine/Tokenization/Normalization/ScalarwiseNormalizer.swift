/// Steps that make of each scalar the same wherever it stands, unless it attaches to what precedes it: their results
/// are remembered by scalar, so that text is rewritten without asking for Unicode's properties again and again.
final class ScalarwiseNormalizer: Sendable {
    private let steps: [Normalizer]
    private let results = Reusable { ScalarResults() }

    /// `steps` must all be scalarwise; see `Normalizer.isScalarwise`.
    init(_ steps: [Normalizer]) { self.steps = steps }

    func apply(to text: inout AlignedText) {
        guard !text.tracksOrigins else { return applySteps(to: &text) }
        let source = text.bytes
        text = AlignedText(
            results.withValue { results in
                source.withUnsafeBufferPointer { rewrite($0, &results) }
            })
    }

    private func applySteps(to text: inout AlignedText) {
        for step in steps { step.apply(to: &text) }
    }

    private func rewrite(_ bytes: UnsafeBufferPointer<UInt8>, _ results: inout ScalarResults) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count + 8)
        // Where the last scalar begins that attaches to nothing, here and in the output.
        var (base, outputBase) = (0, 0)
        var position = 0
        while position < bytes.count {
            let start = position
            let scalar = decodeScalar(bytes, &position)
            let result = results[scalar] ?? results.add(scalar, makeResult(scalar))
            if !result.attaches {
                // What vanishes leaves those on its sides neighbours.
                if result.length > 0 { (base, outputBase) = (start, output.count) }
                results.append(result, to: &output)
            } else {
                position = endOfAttached(in: bytes, from: position, &results)
                output.removeSubrange(outputBase...)
                var part = AlignedText(Array(bytes[base..<position]))
                applySteps(to: &part)
                output += part.bytes
            }
        }
        return output
    }

    private func endOfAttached(
        in bytes: UnsafeBufferPointer<UInt8>, from start: Int, _ results: inout ScalarResults
    ) -> Int {
        var end = start
        while end < bytes.count {
            var next = end
            let scalar = decodeScalar(bytes, &next)
            guard (results[scalar] ?? results.add(scalar, makeResult(scalar))).attaches else { break }
            end = next
        }
        return end
    }

    /// What the steps make of a scalar; nil if it attaches to what precedes it.
    private func makeResult(_ scalar: Unicode.Scalar) -> [UInt8]? {
        var text = AlignedText(Array(String(scalar).utf8))
        for step in steps {
            var attaches = false
            text.forEachScalar { scalar, _ in attaches = attaches || step.attaches(scalar) }
            if attaches { return nil }
            step.apply(to: &text)
        }
        return text.bytes
    }
}

/// What became of each scalar that was met.
private struct ScalarResults: Sendable {
    /// A place among the bytes, in 8 bits the length: 254 for scalars that attach (or become uncommonly long), 255 for
    /// those that are not known yet.
    struct Result {
        static let unknown = Result(bits: 255)
        static let attached = Result(bits: 254)
        var bits: UInt32

        var attaches: Bool { bits & 255 == 254 }
        var isKnown: Bool { bits & 255 != 255 }
        var length: Int { Int(bits & 255) }
        var place: Int { Int(bits >> 8) }
    }

    /// Where the page of each 256 scalars begins; the first page is there from the start and stands for none.
    private var pages = [Int32](repeating: 0, count: 0x11_0000 >> 8)
    private var entries = [Result](repeating: .unknown, count: 256)
    private var bytes: [UInt8] = []

    @inline(__always)
    subscript(scalar: Unicode.Scalar) -> Result? {
        let entry = entries[Int(pages[Int(scalar.value >> 8)]) &+ Int(scalar.value & 255)]
        return entry.isKnown ? entry : nil
    }

    @inline(__always)
    func append(_ result: Result, to output: inout [UInt8]) {
        for index in result.place..<result.place &+ result.length { output.append(bytes[index]) }
    }

    mutating func add(_ scalar: Unicode.Scalar, _ text: [UInt8]?) -> Result {
        let page = Int(scalar.value >> 8)
        if pages[page] == 0 {
            pages[page] = Int32(entries.count)
            entries += [Result](repeating: .unknown, count: 256)
        }
        var result = Result.attached
        if let text, text.count < Result.attached.length {
            result.bits = UInt32(bytes.count) << 8 | UInt32(text.count)
            bytes += text
        }
        entries[Int(pages[page]) + Int(scalar.value & 255)] = result
        return result
    }
}

extension Normalizer {
    /// Whether a step rewrites scalars one by one, apart from those of which ``attaches(_:)`` holds.
    var isScalarwise: Bool {
        switch self {
        case .unicode, .lowercase, .stripAccents, .bert, .controlCharacters: true
        case .strip, .replace, .prepend, .characterMap, .byteAlphabet, .sentencePiece, .sequence, .scalarwise: false
        }
    }

    /// Whether what becomes of a scalar may depend on those before it, or theirs on it.
    func attaches(_ scalar: Unicode.Scalar) -> Bool {
        switch self {
        case .unicode(let form): form.attaches(scalar)
        case .bert(let normalization): normalization.attaches(scalar)
        default: false
        }
    }

    private var flattened: [Normalizer] {
        if case .sequence(let steps) = self { steps.flatMap(\.flattened) } else { [self] }
    }

    /// The same step with runs of scalarwise steps in one.
    var optimized: Normalizer {
        var output: [Normalizer] = []
        var run: [Normalizer] = []
        func finishRun() {
            if !run.isEmpty { output.append(.scalarwise(ScalarwiseNormalizer(run))) }
            run = []
        }
        for step in flattened {
            if step.isScalarwise {
                run.append(step)
            } else {
                finishRun()
                output.append(step)
            }
        }
        finishRun()
        return output.count == 1 ? output[0] : .sequence(output)
    }
}
