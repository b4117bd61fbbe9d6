/// A stretch of bytes read scalar by scalar, each with its class. Any bytes will do: one that is not part of a
/// well-formed scalar stands for itself, is one byte long and of class ``ScalarClass/other``.
///
/// Borrows the bytes and lives no longer than the call that made it. Nothing at or after `end` is read.
struct ScalarText {
    let bytes: UnsafePointer<UInt8>
    /// Where the text ends; scanners take the place where they start.
    let end: Int
    private let pages: UnsafePointer<UInt16>
    private let classes: UnsafePointer<ScalarClass>

    init(bytes: UnsafePointer<UInt8>, end: Int) {
        self.bytes = bytes
        self.end = end
        pages = ScalarClassTable.shared.pages
        classes = ScalarClassTable.shared.classes
    }

    /// The class of the scalar at an index below `end`, and its length in bytes.
    @inline(__always)
    func scalar(at index: Int) -> (classes: ScalarClass, length: Int) {
        let byte = bytes[index]
        if byte < 0x80 { return (classes[Int(byte)], 1) }
        return multibyteScalar(at: index)
    }

    /// The class of the scalar at an index, none at the end.
    @inline(__always)
    func classes(at index: Int) -> ScalarClass {
        index < end ? scalar(at: index).classes : []
    }

    private func multibyteScalar(at index: Int) -> (classes: ScalarClass, length: Int) {
        let (value, length) = decodeScalar(bytes, at: index, end: end)
        guard length > 1 else { return (.other, 1) }
        let page = Int(pages[Int(value >> 8)])
        return (classes[page << 8 | Int(value & 0xFF)], length)
    }

    /// Where the scalars of some classes that start at an index end.
    @inline(__always)
    func endOfRun(of members: ScalarClass, from start: Int) -> Int {
        var index = start
        while index < end {
            let byte = bytes[index]
            if byte < 0x80 {
                guard classes[Int(byte)].meets(members) else { return index }
                index &+= 1
            } else {
                let (found, length) = multibyteScalar(at: index)
                guard found.meets(members) else { return index }
                index &+= length
            }
        }
        return index
    }

    /// The same, for at most so many scalars.
    @inline(__always)
    func endOfRun(of members: ScalarClass, from start: Int, atMost limit: Int) -> Int {
        var index = start
        var left = limit
        while left > 0, index < end {
            let (found, length) = scalar(at: index)
            guard found.meets(members) else { break }
            index &+= length
            left &-= 1
        }
        return index
    }
}

/// The scalar that starts at an index below `end`; a byte that starts none well formed is returned with length 1, as
/// ASCII is.
@inline(__always)
func decodeScalar(_ bytes: UnsafePointer<UInt8>, at index: Int, end: Int) -> (value: UInt32, length: Int) {
    let lead = UInt32(bytes[index])
    let available = end - index
    @inline(__always) func continuation(_ offset: Int) -> UInt32? {
        let byte = UInt32(bytes[index + offset])
        return byte & 0xC0 == 0x80 ? byte & 0x3F : nil
    }
    switch lead {
    case 0xC2...0xDF where available >= 2:
        guard let low = continuation(1) else { break }
        return ((lead & 0x1F) << 6 | low, 2)
    case 0xE0...0xEF where available >= 3:
        guard let middle = continuation(1), let low = continuation(2) else { break }
        let value = (lead & 0x0F) << 12 | middle << 6 | low
        guard value >= 0x800, value & 0xF800 != 0xD800 else { break }
        return (value, 3)
    case 0xF0...0xF4 where available >= 4:
        guard let high = continuation(1), let middle = continuation(2), let low = continuation(3) else { break }
        let value = (lead & 0x07) << 18 | high << 12 | middle << 6 | low
        guard value >= 0x1_0000, value < 0x11_0000 else { break }
        return (value, 4)
    default:
        break
    }
    return (lead, 1)
}
