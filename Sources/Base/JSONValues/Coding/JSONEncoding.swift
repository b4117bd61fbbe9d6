import OrderedCollections

/// A place in the JSON that is being made. Containers fill it, some of them after others have been asked for beside them.
final class EncodingPlace {
    private enum Content {
        case value(JSON)
        case array([EncodingPlace])
        case object(OrderedDictionary<String, EncodingPlace>)
    }

    private var content: Content?

    /// What has been put here; nothing is `{}`, which is what a type without members encodes.
    var json: JSON {
        switch content {
        case nil: .object([:])
        case .value(let value): value
        case .array(let places): .array(places.map(\.json))
        case .object(let places): .object(places.mapValues(\.json))
        }
    }

    func set(_ value: JSON) { content = .value(value) }

    func beginArray() { if case .array = content {} else { content = .array([]) } }
    func beginObject() { if case .object = content {} else { content = .object([:]) } }

    var count: Int { if case .array(let places) = content { places.count } else { 0 } }

    func append() -> EncodingPlace {
        let place = EncodingPlace()
        if case .array(var places) = content {
            content = nil
            places.append(place)
            content = .array(places)
        }
        return place
    }

    func member(_ key: String) -> EncodingPlace {
        guard case .object(var places) = content else { return EncodingPlace() }
        if let place = places[key] { return place }
        let place = EncodingPlace()
        content = nil
        places[key] = place
        content = .object(places)
        return place
    }

    func encode(_ value: some Encodable, at path: [any CodingKey]) throws {
        switch value {
        case let value as JSON: set(value)
        case let value as Bool: set(.bool(value))
        case let value as String: set(.string(value))
        case let value as any (BinaryInteger & Encodable): set(JSON(exactly: value))
        case let value as Double: set(try JSON(exactly: value, value.isFinite ? value : nil, at: path))
        case let value as Float:
            // The shortest digits, if they mean the same number: 0.1, not 0.10000000149011612.
            let short = Double(value.description).flatMap { Float($0) == value ? $0 : nil } ?? Double(value)
            set(try JSON(exactly: value, value.isFinite ? short : nil, at: path))
        default: try value.encode(to: JSONValueEncoder(place: self, codingPath: path))
        }
    }
}

extension JSON {
    fileprivate init(exactly value: some BinaryInteger) {
        self = Int(exactly: value).map { .integer($0) } ?? .largeInteger(String(value))
    }

    fileprivate init(exactly value: Any, _ number: Double?, at path: [any CodingKey]) throws {
        guard let number else {
            throw EncodingError.invalidValue(
                value, .init(codingPath: path, debugDescription: "JSON has no number for \(value)"))
        }
        self = .number(number)
    }
}

struct JSONValueEncoder: Encoder {
    let place: EncodingPlace
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        place.beginObject()
        return KeyedEncodingContainer(Members(place: place, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        place.beginArray()
        return Elements(place: place, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { Single(place: place, codingPath: codingPath) }

    private struct Members<Key: CodingKey>: KeyedEncodingContainerProtocol {
        let place: EncodingPlace
        let codingPath: [any CodingKey]

        func encodeNil(forKey key: Key) { place.member(key.stringValue).set(.null) }

        func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
            try place.member(key.stringValue).encode(value, at: codingPath + [key])
        }

        // The protocol's own way for these is to fail.
        func encode(_ value: Int128, forKey key: Key) { place.member(key.stringValue).set(JSON(exactly: value)) }
        func encode(_ value: UInt128, forKey key: Key) { place.member(key.stringValue).set(JSON(exactly: value)) }

        private func inside(_ key: any CodingKey) -> JSONValueEncoder {
            JSONValueEncoder(place: place.member(key.stringValue), codingPath: codingPath + [key])
        }

        func nestedContainer<Nested>(
            keyedBy type: Nested.Type, forKey key: Key
        ) -> KeyedEncodingContainer<Nested> { inside(key).container(keyedBy: type) }
        func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { inside(key).unkeyedContainer() }
        func superEncoder() -> any Encoder { inside(AnyKey(stringValue: "super")) }
        func superEncoder(forKey key: Key) -> any Encoder { inside(key) }
    }

    private struct Elements: UnkeyedEncodingContainer {
        let place: EncodingPlace
        let codingPath: [any CodingKey]
        var count: Int { place.count }

        func encodeNil() { place.append().set(.null) }

        func encode<T: Encodable>(_ value: T) throws {
            let path = codingPath + [AnyKey(intValue: count)]
            try place.append().encode(value, at: path)
        }

        func encode(_ value: Int128) { place.append().set(JSON(exactly: value)) }
        func encode(_ value: UInt128) { place.append().set(JSON(exactly: value)) }

        private func inside() -> JSONValueEncoder {
            let path = codingPath + [AnyKey(intValue: count)]
            return JSONValueEncoder(place: place.append(), codingPath: path)
        }

        func nestedContainer<Nested>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
            inside().container(keyedBy: type)
        }
        func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { inside().unkeyedContainer() }
        func superEncoder() -> any Encoder { inside() }
    }

    private struct Single: SingleValueEncodingContainer {
        let place: EncodingPlace
        let codingPath: [any CodingKey]

        func encodeNil() { place.set(.null) }
        func encode(_ value: Int128) { place.set(JSON(exactly: value)) }
        func encode(_ value: UInt128) { place.set(JSON(exactly: value)) }
        func encode<T: Encodable>(_ value: T) throws { try place.encode(value, at: codingPath) }
    }
}
