import Files

/// Many sequences, packed: in memory, and on the disk what goes beyond.
///
/// A token takes five bytes: its id, and the number of its weight in a short table.
struct TokenStore: Sendable {
    /// Where a sequence is.
    struct Entry: Sendable {
        fileprivate var offset: Int
        var length: Int32
        /// The record that it came from, counted over all data.
        var record: Int32
        /// The tokens of each of its texts, if there are several.
        fileprivate var parts: [Int]
    }

    private static let bytesPerToken = 5
    /// Tokens that are held in memory.
    static let memoryLimit = 64 << 20

    private(set) var entries: [Entry] = []
    private let memory: [UInt8]
    private let file: MappedFile?
    private let weightTable: [Float]

    /// The sequence of an entry.
    func sequence(_ entry: Entry) -> TrainingSequence {
        let (start, count) = (entry.offset, Int(entry.length))
        func read(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> TrainingSequence {
            let tokens = (0..<count).map {
                Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: start + $0 * 4, as: Int32.self))
            }
            let weights = (0..<count).map { weightTable[Int(bytes[start + count * 4 + $0])] }
            var sequence = TrainingSequence(tokens: tokens, weights: weights)
            sequence.parts = entry.parts
            return sequence
        }
        if start < memory.count { return memory.withUnsafeBytes { read($0, start) } }
        guard let file else { return TrainingSequence(tokens: [], weights: []) }
        return read(file.bytes, start - memory.count)
    }

    /// Makes a store, sequence by sequence.
    struct Builder {
        private var entries: [Entry] = []
        private var memory: [UInt8] = []
        private var pending: [UInt8] = []
        private var spilled = 0
        private var spill: OutputFile?
        private let spillPath: String
        private let memoryLimit: Int
        private var weightNumbers: [Float: UInt8] = [:]
        private var weightTable: [Float] = []

        /// - Parameter spillPath: a file for what does not fit into memory; it has no name any more when the store is made.
        init(spillPath: String, memoryLimit: Int = TokenStore.memoryLimit * TokenStore.bytesPerToken) {
            (self.spillPath, self.memoryLimit) = (spillPath, memoryLimit)
        }

        var count: Int { entries.count }

        mutating func append(_ sequence: TrainingSequence, record: Int) throws(TrainingError) {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(sequence.tokens.count * TokenStore.bytesPerToken)
            for token in sequence.tokens { withUnsafeBytes(of: token.littleEndian) { bytes.append(contentsOf: $0) } }
            for weight in sequence.weights { bytes.append(try number(of: weight)) }
            entries.append(
                Entry(
                    offset: memory.count + spilled + pending.count, length: Int32(sequence.tokens.count),
                    record: Int32(truncatingIfNeeded: record), parts: sequence.parts))
            if spill == nil, memory.count + bytes.count <= memoryLimit {
                memory += bytes
                return
            }
            pending += bytes
            if pending.count > 1 << 22 { try flush() }
        }

        /// The place of a weight in the table.
        private mutating func number(of weight: Float) throws(TrainingError) -> UInt8 {
            if let number = weightNumbers[weight] { return number }
            guard weightTable.count < 256 else {
                throw TrainingError(
                    .data, at: "the data", "have more than 256 different weights of turns", remedy: "round the weights")
            }
            let number = UInt8(weightTable.count)
            weightTable.append(weight)
            weightNumbers[weight] = number
            return number
        }

        private mutating func flush() throws(TrainingError) {
            do throws(FileError) {
                if spill == nil {
                    try FileSystem.createFolder(FileSystem.parent(of: spillPath))
                    spill = try OutputFile(path: spillPath, at: .empty)
                }
                try spill?.write(pending)
            } catch {
                try? FileSystem.remove(spillPath)
                throw TrainingError(.data, at: spillPath, error.description)
            }
            spilled += pending.count
            pending = []
        }

        consuming func finish() throws(TrainingError) -> TokenStore {
            var builder = self
            guard builder.spill != nil || !builder.pending.isEmpty else {
                return TokenStore(
                    entries: builder.entries, memory: builder.memory, file: nil, weightTable: builder.weightTable)
            }
            try builder.flush()
            let file: MappedFile
            do throws(FileError) {
                file = try MappedFile(path: builder.spillPath)
                try FileSystem.remove(builder.spillPath)
            } catch {
                throw TrainingError(.data, at: builder.spillPath, error.description)
            }
            return TokenStore(
                entries: builder.entries, memory: builder.memory, file: file, weightTable: builder.weightTable)
        }
    }
}
