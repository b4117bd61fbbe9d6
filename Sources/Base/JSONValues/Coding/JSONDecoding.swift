struct JSONValueDecoder: Decoder {
    let json: JSON
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        let value: Any? =
            switch type {
            case is JSON.Type: json
            case is Bool.Type: json.boolValue
            case is String.Type: json.stringValue
            case is Double.Type: json.doubleValue
            case is Float.Type: try float()
            case let type as any (BinaryInteger & Decodable).Type: try integer(type)
            default: try T(from: self)
            }
        guard let value = value as? T else { throw mismatch(type, "expected \(Self.name(of: type)), not \(json.kind)") }
        return value
    }

    /// An integer, which must be one and fit; nil for any other kind of value.
    private func integer<I: BinaryInteger & Decodable>(_ type: I.Type) throws -> I? {
        let exact: I? =
            switch json {
            case .integer(let value): I(exactly: value)
            case .largeInteger(let digits): Self.integer(digits)
            case .number(let value): I(exactly: value)
            default: nil
            }
        if exact == nil, json.doubleValue != nil {
            throw mismatch(type, "\(json) is not \(Self.name(of: type)) that fits \(type)")
        }
        return exact
    }

    private func float() throws -> Float? {
        let value = json.doubleValue.map { Float($0) }
        if value?.isInfinite == true { throw mismatch(Float.self, "\(json) is beyond the numbers of 32 bits") }
        return value
    }

    private static func integer<I: BinaryInteger>(_ digits: String) -> I? {
        Int128(digits).flatMap { I(exactly: $0) } ?? UInt128(digits).flatMap { I(exactly: $0) }
    }

    private static func name(of type: Any.Type) -> String {
        switch type {
        case is Bool.Type: "a Boolean"
        case is String.Type: "a string"
        case is any BinaryInteger.Type: "an integer"
        case is any BinaryFloatingPoint.Type: "a number"
        default: "\(type)"
        }
    }

    private func mismatch(_ type: Any.Type, _ reason: String) -> DecodingError {
        json.isNull
            ? .valueNotFound(type, .init(codingPath: codingPath, debugDescription: reason))
            : .typeMismatch(type, .init(codingPath: codingPath, debugDescription: reason))
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard let members = json.objectValue else {
            throw mismatch(JSON.Object.self, "expected an object, not \(json.kind)")
        }
        return KeyedDecodingContainer(Members(members: members, codingPath: codingPath))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard let elements = json.arrayValue else { throw mismatch([JSON].self, "expected an array, not \(json.kind)") }
        return Elements(elements: elements, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { Single(decoder: self) }

    private struct Members<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let members: JSON.Object
        let codingPath: [any CodingKey]
        var allKeys: [Key] { members.keys.compactMap { Key(stringValue: $0) } }

        func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }

        private func inside(_ key: any CodingKey) throws -> JSONValueDecoder {
            guard let value = members[key.stringValue] else {
                throw DecodingError.keyNotFound(key, .init(codingPath: codingPath, debugDescription: "it is missing"))
            }
            return JSONValueDecoder(json: value, codingPath: codingPath + [key])
        }

        func decodeNil(forKey key: Key) throws -> Bool { try inside(key).json.isNull }
        func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try inside(key).decode(type) }
        // The protocol's own way for these is to fail.
        func decode(_ type: Int128.Type, forKey key: Key) throws -> Int128 { try inside(key).decode(type) }
        func decode(_ type: UInt128.Type, forKey key: Key) throws -> UInt128 { try inside(key).decode(type) }
        func nestedContainer<Nested>(
            keyedBy type: Nested.Type, forKey key: Key
        ) throws -> KeyedDecodingContainer<Nested> { try inside(key).container(keyedBy: type) }
        func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
            try inside(key).unkeyedContainer()
        }
        func superDecoder() throws -> any Decoder { try inside(AnyKey(stringValue: "super")) }
        func superDecoder(forKey key: Key) throws -> any Decoder { try inside(key) }
    }

    private struct Elements: UnkeyedDecodingContainer {
        let elements: [JSON]
        let codingPath: [any CodingKey]
        var currentIndex = 0
        var count: Int? { elements.count }
        var isAtEnd: Bool { currentIndex >= elements.count }

        /// Reads the next element and goes on, unless that fails.
        private mutating func next<R>(_ type: Any.Type, _ body: (JSONValueDecoder) throws -> R) throws -> R {
            let path = codingPath + [AnyKey(intValue: currentIndex)]
            guard !isAtEnd else {
                throw DecodingError.valueNotFound(
                    type, .init(codingPath: path, debugDescription: "there are only \(elements.count) elements"))
            }
            let result = try body(JSONValueDecoder(json: elements[currentIndex], codingPath: path))
            currentIndex += 1
            return result
        }

        mutating func decodeNil() throws -> Bool {
            guard !isAtEnd, elements[currentIndex].isNull else { return false }
            currentIndex += 1
            return true
        }
        mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try next(type) { try $0.decode(type) } }
        mutating func decode(_ type: Int128.Type) throws -> Int128 { try next(type) { try $0.decode(type) } }
        mutating func decode(_ type: UInt128.Type) throws -> UInt128 { try next(type) { try $0.decode(type) } }
        mutating func nestedContainer<Nested>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested> {
            try next(type) { try $0.container(keyedBy: type) }
        }
        mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
            try next([JSON].self) { try $0.unkeyedContainer() }
        }
        mutating func superDecoder() throws -> any Decoder { try next(JSON.self) { $0 } }
    }

    private struct Single: SingleValueDecodingContainer {
        let decoder: JSONValueDecoder
        var codingPath: [any CodingKey] { decoder.codingPath }

        func decodeNil() -> Bool { decoder.json.isNull }
        func decode<T: Decodable>(_ type: T.Type) throws -> T { try decoder.decode(type) }
        func decode(_ type: Int128.Type) throws -> Int128 { try decoder.decode(type) }
        func decode(_ type: UInt128.Type) throws -> UInt128 { try decoder.decode(type) }
    }
}
