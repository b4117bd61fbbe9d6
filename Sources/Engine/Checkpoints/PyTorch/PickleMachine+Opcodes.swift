// The opcodes of Python's pickletools, protocols 1 to 5, as far as state dicts use them.
extension PickleMachine {
    mutating func execute(_ opcode: UInt8) throws(CheckpointError) {
        switch UnicodeScalar(opcode) {
        case "\u{80}": try cursor.skip(1)  // PROTO
        case "\u{95}": try cursor.skip(8)  // FRAME
        case "(": marks.append(stack.count)
        case "0":
            if marks.last == stack.count { marks.removeLast() } else { _ = try pop() }
        case "1": _ = try popToMark()
        case "2": stack.append(try top())
        case "N": stack.append(.none)
        case "\u{88}": stack.append(.bool(true))
        case "\u{89}": stack.append(.bool(false))
        case "J": stack.append(.int(Int(try cursor.read(Int32.self))))
        case "K": stack.append(.int(Int(try cursor.read(UInt8.self))))
        case "M": stack.append(.int(Int(try cursor.read(UInt16.self))))
        case "G":
            try cursor.skip(8)
            stack.append(.other)
        case "\u{8A}": try pushLong(count: Int(try cursor.read(UInt8.self)))
        case "\u{8B}": try pushLong(count: Int(try cursor.read(UInt32.self)))
        case "U", "\u{8C}": try pushString(count: Int(try cursor.read(UInt8.self)))
        case "T", "X": try pushString(count: Int(try cursor.read(UInt32.self)))
        case "\u{8D}": try pushString(count: try cursor.readCount())
        case "C": try pushBytes(count: Int(try cursor.read(UInt8.self)))
        case "B": try pushBytes(count: Int(try cursor.read(UInt32.self)))
        case "\u{8E}", "\u{96}": try pushBytes(count: try cursor.readCount())
        case "q": memo[Int(try cursor.read(UInt8.self))] = try top()
        case "r": memo[Int(try cursor.read(UInt32.self))] = try top()
        case "\u{94}": memo[memo.count] = try top()
        case "h": try recall(Int(try cursor.read(UInt8.self)))
        case "j": try recall(Int(try cursor.read(UInt32.self)))
        default: try executeContainer(opcode)
        }
    }

    private mutating func executeContainer(_ opcode: UInt8) throws(CheckpointError) {
        switch UnicodeScalar(opcode) {
        case ")", "]", "\u{8F}": pushSequence([])
        case "t", "l", "\u{91}": pushSequence(try popToMark())
        case "\u{85}", "\u{86}", "\u{87}":
            var values: [PickleValue] = []
            for _ in 0..<Int(opcode - 0x84) { values.append(try pop()) }
            pushSequence(values.reversed())
        case "a":
            let value = try pop()
            try extend([value])
        case "e", "\u{90}": try extend(try popToMark())
        case "}": pushDictionary([])
        case "d": pushDictionary(try pairs(try popToMark()))
        case "s":
            let value = try pop()
            try insert([(try pop(), value)])
        case "u": try insert(try pairs(try popToMark()))
        default: try executeObject(opcode)
        }
    }

    private mutating func executeObject(_ opcode: UInt8) throws(CheckpointError) {
        switch UnicodeScalar(opcode) {
        case "c":
            let module = try readLine()
            try pushGlobal(module: module, name: try readLine())
        case "\u{93}":
            let (name, module) = (try pop(), try pop())
            guard case (.string(let module), .string(let name)) = (module, name) else {
                throw failure("a name is made of \(module.kind) and \(name.kind)")
            }
            try pushGlobal(module: module, name: name)
        case "Q": try pushStorage()
        case "R", "\u{81}": try reduce()
        case "b": try build()
        case "i":
            let module = try readLine()
            throw refusal(of: "\(module).\(try readLine())")
        default:
            let name = Self.refusedOpcodes[opcode] ?? "0x" + String(opcode, radix: 16)
            throw failure(
                "the opcode \(name) is no part of a state dict", remedy: "Get the model as safetensors")
        }
    }

    private static let refusedOpcodes: [UInt8: String] = [
        0x6F: "OBJ", 0x82: "EXT1", 0x83: "EXT2", 0x84: "EXT4", 0x92: "NEWOBJ_EX", 0x97: "NEXT_BUFFER",
        0x98: "READONLY_BUFFER", 0x50: "PERSID", 0x49: "INT", 0x4C: "LONG", 0x46: "FLOAT", 0x53: "STRING",
        0x56: "UNICODE", 0x70: "PUT", 0x67: "GET",
    ]

    private mutating func pushGlobal(module: String, name: String) throws(CheckpointError) {
        guard let global = PickleGlobal(module: module, name: name) else { throw refusal(of: "\(module).\(name)") }
        stack.append(.global(global))
    }

    private mutating func pushString(count: Int) throws(CheckpointError) {
        stack.append(.string(try readString(count: count)))
    }

    private mutating func pushBytes(count: Int) throws(CheckpointError) {
        try cursor.skip(count)
        stack.append(.other)
    }

    /// A little-endian integer of any length; those beyond 64 bits are nothing that a tensor has.
    private mutating func pushLong(count: Int) throws(CheckpointError) {
        let start = cursor.offset
        try cursor.skip(count)
        let bytes = cursor.file.bytes[start..<start + count]
        guard count <= 8 else { return stack.append(.other) }
        let magnitude = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let unused = UInt64(64 - 8 * count)
        stack.append(.int(count == 0 ? 0 : Int(Int64(bitPattern: magnitude << unused) >> Int64(unused))))
    }

    private mutating func recall(_ index: Int) throws(CheckpointError) {
        guard let value = memo[index] else { throw failure("the pickle recalls \(index), which it did not keep") }
        stack.append(value)
    }

    private mutating func extend(_ values: [PickleValue]) throws(CheckpointError) {
        guard case .sequence(let index) = try top() else { throw failure("\(try top().kind) is no list") }
        sequences[index] += values
    }

    private mutating func insert(_ pairs: [(key: PickleValue, value: PickleValue)]) throws(CheckpointError) {
        guard case .dictionary(let index) = try top() else { throw failure("\(try top().kind) is no dictionary") }
        dictionaries[index] += pairs
    }
}
