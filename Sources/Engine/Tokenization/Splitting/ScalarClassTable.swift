/// The class of every scalar, in two stages: a page number for each 256 scalars, and pages of classes.
///
/// Most pages hold one class throughout and share its page, so that the table is small enough for the cache.
///
/// Unchecked because of the raw pointers: the memory is filled before `shared` is visible to anybody, is never written
/// or freed afterwards, and so may be read from any thread.
final class ScalarClassTable: @unchecked Sendable {
    /// The one table, made from its text at first use (well under a millisecond).
    static let shared = ScalarClassTable(runs: scalarClassRuns)

    /// For each 256 scalars, where their page starts in `classes`.
    let pages: UnsafePointer<UInt16>
    /// The classes, page by page; the first half page is ASCII.
    let classes: UnsafePointer<ScalarClass>

    private static let pageSize = 256
    private static let scalarCount = 0x11_0000

    private init(runs: StaticString) {
        var pageStarts: [UInt16] = []
        pageStarts.reserveCapacity(Self.scalarCount / Self.pageSize)
        var storage: [ScalarClass] = []
        var uniformPages: [UInt16: UInt16] = [:]
        var page: [ScalarClass] = []
        page.reserveCapacity(Self.pageSize)
        var isUniform = true

        func finishPage() {
            let start = UInt16(truncatingIfNeeded: storage.count / Self.pageSize)
            if isUniform, let first = page.first {
                if let known = uniformPages[first.rawValue] {
                    pageStarts.append(known)
                } else {
                    uniformPages[first.rawValue] = start
                    pageStarts.append(start)
                    storage += page
                }
            } else {
                pageStarts.append(start)
                storage += page
            }
            page.removeAll(keepingCapacity: true)
            isUniform = true
        }

        Self.forEachRun(in: runs) { scalarClass, length in
            var left = length
            while left > 0 {
                let count = min(left, Self.pageSize - page.count)
                if let first = page.first, first != scalarClass { isUniform = false }
                page.append(contentsOf: repeatElement(scalarClass, count: count))
                left -= count
                if page.count == Self.pageSize { finishPage() }
            }
        }

        let pageMemory = UnsafeMutablePointer<UInt16>.allocate(capacity: pageStarts.count)
        pageMemory.initialize(from: pageStarts, count: pageStarts.count)
        let classMemory = UnsafeMutablePointer<ScalarClass>.allocate(capacity: storage.count)
        classMemory.initialize(from: storage, count: storage.count)
        pages = UnsafePointer(pageMemory)
        classes = UnsafePointer(classMemory)
    }

    /// Reads the notation of scripts/make_scalar_classes.py.
    private static func forEachRun(in runs: StaticString, _ body: (ScalarClass, Int) -> Void) {
        var pending: ScalarClass?
        var length = 0
        var isHan = false
        runs.withUTF8Buffer { text in
            for byte in text {
                if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
                    length = length * 10 + Int(byte - UInt8(ascii: "0"))
                    continue
                }
                if let scalarClass = pending {
                    body(scalarClass, max(length, 1))
                    pending = nil
                    length = 0
                }
                if byte == UInt8(ascii: "h") {
                    isHan = true
                } else {
                    let base = scalarClass(letter: byte)
                    pending = isHan ? base.union(.han) : base
                    isHan = false
                }
            }
        }
        if let pending { body(pending, max(length, 1)) }
    }

    private static func scalarClass(letter: UInt8) -> ScalarClass {
        switch letter {
        case UInt8(ascii: "u"): .upper
        case UInt8(ascii: "l"): .lower
        case UInt8(ascii: "o"): .caseless
        case UInt8(ascii: "m"): .mark
        case UInt8(ascii: "d"): .decimal
        case UInt8(ascii: "n"): .numeral
        case UInt8(ascii: "p"): .punctuation
        case UInt8(ascii: "s"): .symbol
        case UInt8(ascii: "b"): .space
        case UInt8(ascii: "r"): .newline
        case UInt8(ascii: "w"): .blank
        default: .other
        }
    }
}
