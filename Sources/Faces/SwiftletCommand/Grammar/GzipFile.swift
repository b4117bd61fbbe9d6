import Files

/// Reads files, unpacking those that are packed with gzip (RFC 1952, RFC 1951).
enum GzipFile {
    /// The contents of the file at `path`.
    static func read(_ path: String) throws -> [UInt8] {
        let bytes = try FileSystem.contents(of: path, limit: 1 << 30)
        guard bytes.starts(with: [0x1F, 0x8B]) else { return bytes }
        var inflater = Inflater(bytes)
        guard inflater.skipGzipHeader(), inflater.inflate() else {
            throw CommandError("\(path) is damaged: it cannot be unpacked; get it again")
        }
        return inflater.output
    }
}

/// Unpacks DEFLATE.
struct Inflater {
    private(set) var output: [UInt8] = []
    private let input: [UInt8]
    private var position = 0
    private var bits: UInt32 = 0
    private var bitCount = 0

    init(_ input: [UInt8]) { self.input = input }

    /// A canonical Huffman code: how many codes have each length, and the symbols in the order of their codes.
    private struct Code {
        var counts = [Int](repeating: 0, count: 16)
        var symbols: [Int] = []

        init(lengths: [Int]) {
            for length in lengths { counts[length] += 1 }
            counts[0] = 0
            for length in 1...15 {
                for (symbol, own) in lengths.enumerated() where own == length { symbols.append(symbol) }
            }
        }
    }

    mutating func skipGzipHeader() -> Bool {
        guard input.count > 18, input[2] == 8 else { return false }
        let flags = input[3]
        position = 10
        if flags & 4 != 0 {
            guard position + 2 <= input.count else { return false }
            position += 2 + Int(input[position]) + Int(input[position + 1]) << 8
        }
        for flag in [UInt8(8), 16] where flags & flag != 0 {
            while position < input.count, input[position] != 0 { position += 1 }
            position += 1
        }
        if flags & 2 != 0 { position += 2 }
        return position < input.count
    }

    /// Unpacks all blocks; false if the input is damaged.
    mutating func inflate() -> Bool {
        while true {
            guard let last = take(1), let kind = take(2) else { return false }
            let isSound: Bool
            switch kind {
            case 0: isSound = copyStored()
            case 1:
                let lengths =
                    Array(repeating: 8, count: 144) + Array(repeating: 9, count: 112) + Array(repeating: 7, count: 24)
                    + Array(repeating: 8, count: 8)
                isSound = unpack(Code(lengths: lengths), Code(lengths: Array(repeating: 5, count: 30)))
            case 2: isSound = unpackDynamic()
            default: isSound = false
            }
            guard isSound else { return false }
            if last == 1 { return true }
        }
    }

    private mutating func take(_ count: Int) -> Int? {
        while bitCount < count {
            guard position < input.count else { return nil }
            bits |= UInt32(input[position]) << UInt32(bitCount)
            position += 1
            bitCount += 8
        }
        let value = bits & (1 << UInt32(count) - 1)
        bits >>= UInt32(count)
        bitCount -= count
        return Int(value)
    }

    private mutating func copyStored() -> Bool {
        bits = 0
        bitCount = 0
        guard position + 4 <= input.count else { return false }
        let count = Int(input[position]) | Int(input[position + 1]) << 8
        position += 4
        guard position + count <= input.count else { return false }
        output += input[position..<position + count]
        position += count
        return true
    }

    private mutating func decode(_ code: Code) -> Int? {
        var value = 0
        var first = 0
        var index = 0
        for length in 1...15 {
            guard let bit = take(1) else { return nil }
            value |= bit
            let count = code.counts[length]
            if value - count < first { return code.symbols[index + value - first] }
            index += count
            first = (first + count) << 1
            value <<= 1
        }
        return nil
    }

    private mutating func unpackDynamic() -> Bool {
        guard let literals = take(5), let distances = take(5), let codes = take(4) else { return false }
        let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
        var lengths = [Int](repeating: 0, count: 19)
        for index in 0..<codes + 4 {
            guard let length = take(3) else { return false }
            lengths[order[index]] = length
        }
        let code = Code(lengths: lengths)
        let total = literals + 257 + distances + 1
        lengths = []
        while lengths.count < total {
            guard let symbol = decode(code) else { return false }
            switch symbol {
            case 0..<16: lengths.append(symbol)
            case 16:
                guard let last = lengths.last, let more = take(2) else { return false }
                lengths += Array(repeating: last, count: 3 + more)
            default:
                guard let more = take(symbol == 17 ? 3 : 7) else { return false }
                lengths += Array(repeating: 0, count: (symbol == 17 ? 3 : 11) + more)
            }
        }
        guard lengths.count == total else { return false }
        return unpack(
            Code(lengths: Array(lengths[..<(literals + 257)])), Code(lengths: Array(lengths[(literals + 257)...])))
    }

    private static let lengthBases = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ]
    private static let lengthBits = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    private static let distanceBases = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145,
        8193, 12289, 16385, 24577,
    ]

    private mutating func unpack(_ literals: Code, _ distances: Code) -> Bool {
        while true {
            guard let symbol = decode(literals) else { return false }
            if symbol < 256 {
                output.append(UInt8(symbol))
            } else if symbol == 256 {
                return true
            } else {
                guard symbol - 257 < Self.lengthBases.count, let more = take(Self.lengthBits[symbol - 257]),
                    let place = decode(distances), place < Self.distanceBases.count,
                    let further = take(max(0, place / 2 - 1))
                else { return false }
                let distance = Self.distanceBases[place] + further
                guard distance <= output.count else { return false }
                for _ in 0..<Self.lengthBases[symbol - 257] + more { output.append(output[output.count - distance]) }
            }
        }
    }
}
