import Files

/// Reads a pickle that holds a state dict: numbers, strings, containers and tensors.
///
/// Nothing is imported and nothing is called. A name that is not one of `PickleGlobal`'s is refused when it is read,
/// before any value that follows it. Time and memory are proportional to the bytes read.
struct PickleMachine {
    /// A state dict takes about 200 bytes for each tensor.
    static let maximumByteCount = 32 << 20

    /// What tuples, lists and sets hold.
    var sequences: [[PickleValue]] = []
    /// What dictionaries hold, in the order that it was put in; of equal keys the last counts.
    var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []
    var storages: [PickledStorage] = []
    var tensors: [PickledTensor] = []

    var cursor: FileCursor
    /// What the pickle is called in errors, such as `archive/data.pkl`.
    let name: String
    var stack: [PickleValue] = []
    var marks: [Int] = []
    var memo: [Int: PickleValue] = [:]
    /// Where the opcode that is executed begins.
    var position = 0
    private let start: Int
    private var copiedCount = 0

    init(_ file: MappedFile, range: Range<Int>, name: String) {
        cursor = FileCursor(file: file, range: range)
        self.name = name
        start = range.lowerBound
    }

    /// Executes one pickle up to its end; afterwards `cursor` is behind it and another may be read.
    mutating func run() throws(CheckpointError) -> PickleValue {
        (stack, marks, memo) = ([], [], [:])
        let limit = cursor.offset + Self.maximumByteCount
        while true {
            position = cursor.offset
            guard position < limit else {
                throw failure("the pickle is longer than the \(Self.maximumByteCount) bytes that are read")
            }
            let opcode = try cursor.read(UInt8.self)
            if opcode == UInt8(ascii: ".") { return try pop() }
            try execute(opcode)
        }
    }

    /// An error at the opcode that is executed.
    func failure(_ reason: String, remedy: String? = nil) -> CheckpointError {
        CheckpointError(path: cursor.file.path, location: "\(name), offset \(position)", reason: reason, remedy: remedy)
    }

    /// The error for a name that is not part of any state dict.
    func refusal(of global: String) -> CheckpointError {
        failure(
            "the pickle names \(global), which is no part of a state dict; loading it in Python could run code",
            remedy: "Get the model as safetensors, or save its state dict alone")
    }

    /// Counts values that a call copies: one list recalled for many calls must not fill the memory.
    mutating func countCopies(_ count: Int) throws(CheckpointError) {
        copiedCount += count
        let limit = 4 * (cursor.offset - start)
        guard copiedCount <= limit else {
            throw failure(
                "calls copy \(copiedCount) values, more than the \(limit) that a state dict of this size would")
        }
    }

    mutating func pop() throws(CheckpointError) -> PickleValue {
        guard stack.count > marks.last ?? 0, let value = stack.popLast() else {
            throw failure("the pickle takes a value where there is none")
        }
        return value
    }

    /// The values above the last mark, which goes too.
    mutating func popToMark() throws(CheckpointError) -> [PickleValue] {
        guard let mark = marks.popLast() else { throw failure("the pickle returns to a mark where there is none") }
        let values = Array(stack[mark...])
        stack.removeSubrange(mark...)
        return values
    }

    func top() throws(CheckpointError) -> PickleValue {
        guard stack.count > marks.last ?? 0, let value = stack.last else {
            throw failure("the pickle uses a value where there is none")
        }
        return value
    }

    mutating func pushSequence(_ values: [PickleValue]) {
        sequences.append(values)
        stack.append(.sequence(sequences.count - 1))
    }

    mutating func pushDictionary(_ pairs: [(key: PickleValue, value: PickleValue)]) {
        dictionaries.append(pairs)
        stack.append(.dictionary(dictionaries.count - 1))
    }

    /// Values that alternate between keys and what belongs to them.
    func pairs(_ values: [PickleValue]) throws(CheckpointError) -> [(key: PickleValue, value: PickleValue)] {
        guard values.count % 2 == 0 else { throw failure("a key of a dictionary has no value") }
        return stride(from: 0, to: values.count, by: 2).map { (values[$0], values[$0 + 1]) }
    }

    mutating func readString(count: Int) throws(CheckpointError) -> String {
        let start = cursor.offset
        try cursor.skip(count)
        guard let text = String(validating: cursor.file.bytes[start..<start + count], as: UTF8.self) else {
            throw failure("a string is not valid UTF-8")
        }
        return text
    }

    /// Text up to the end of the line, which is not part of it.
    mutating func readLine() throws(CheckpointError) -> String {
        let rest = cursor.file.bytes[cursor.offset..<cursor.offset + min(cursor.remaining, 1024)]
        guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { throw failure("a line has no end") }
        let text = try readString(count: end - cursor.offset)
        try cursor.skip(1)
        return text
    }
}
