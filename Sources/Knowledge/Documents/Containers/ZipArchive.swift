import Unpacking

/// A file of packed files (PKWARE's APPNOTE), read with bounds on all that it unpacks.
struct ZipArchive {
    private struct Entry {
        var method: UInt16
        var packedSize: Int
        var size: Int
        var offset: Int
    }

    private let bytes: [UInt8]
    private let maximumUnpackedSize: Int
    private var entries: [String: Entry] = [:]

    /// The names of the files, sorted.
    var names: [String] { entries.keys.sorted() }

    /// Reads the directory of an archive.
    init(_ bytes: [UInt8], maximumUnpackedSize: Int) throws(Malformed) {
        (self.bytes, self.maximumUnpackedSize) = (bytes, maximumUnpackedSize)
        // The directory's place stands behind it, before a comment of up to 64 kB.
        let end = stride(from: bytes.count - 22, through: max(0, bytes.count - 22 - 0xFFFF), by: -1)
            .first { number4($0) == 0x0605_4B50 }
        guard let end else { throw Malformed("it is no office file: it is not packed as these are") }
        var place = number4(end + 16)
        var total = 0
        for _ in 0..<number2(end + 10) {
            guard place + 46 <= bytes.count, number4(place) == 0x0201_4B50 else {
                throw Malformed("its directory of packed files is broken")
            }
            let length = number2(place + 28)
            guard place + 46 + length <= bytes.count else {
                throw Malformed("its directory of packed files is cut off")
            }
            let name = String(decoding: bytes[place + 46..<place + 46 + length], as: UTF8.self)
            entries[name] = Entry(
                method: UInt16(number2(place + 10)), packedSize: number4(place + 20), size: number4(place + 24),
                offset: number4(place + 42))
            total += number4(place + 24)
            place += 46 + length + number2(place + 30) + number2(place + 32)
        }
        guard total <= maximumUnpackedSize else { throw Self.tooLarge(total, maximumUnpackedSize) }
    }

    private static func tooLarge(_ size: Int, _ limit: Int) -> Malformed {
        Malformed("it unpacks to \(size) bytes or more, and up to \(limit) are read: it may be a zip bomb")
    }

    /// The bytes of a file; nil if there is none of that name.
    func contents(of name: String) throws(Malformed) -> [UInt8]? {
        guard let entry = entries[name] else { return nil }
        let header = entry.offset
        guard header + 30 <= bytes.count, number4(header) == 0x0403_4B50 else {
            throw Malformed("\(name) in it is not where its directory says")
        }
        let start = header + 30 + number2(header + 26) + number2(header + 28)
        guard start + entry.packedSize <= bytes.count else { throw Malformed("\(name) in it is cut off") }
        let packed = bytes[start..<start + entry.packedSize]
        switch entry.method {
        case 0: return Array(packed)
        case 8: return try inflate(packed, name)
        default: throw Malformed("\(name) in it is packed by method \(entry.method), which is not read here")
        }
    }

    /// The bytes of a file that must be there.
    func required(_ name: String) throws(Malformed) -> [UInt8] {
        guard let contents = try contents(of: name) else {
            throw Malformed("it has no \(name), which makes it what it is named")
        }
        return contents
    }

    private func inflate(_ packed: ArraySlice<UInt8>, _ name: String) throws(Malformed) -> [UInt8] {
        do {
            return try Inflation.unpack(packed, .none, limit: maximumUnpackedSize)
        } catch .tooLarge(let count) {
            throw Self.tooLarge(count, maximumUnpackedSize)
        } catch {
            throw Malformed("\(name) in it is damaged")
        }
    }

    private func number2(_ place: Int) -> Int {
        place + 2 <= bytes.count ? Int(bytes[place]) | Int(bytes[place + 1]) << 8 : 0
    }
    private func number4(_ place: Int) -> Int { number2(place) | number2(place + 2) << 16 }
}
