extension Evaluator {
    /// The elements that a loop over the value goes through.
    func iterate(_ value: Value) throws(TemplateError) -> [Value] {
        let items: [Value]
        switch try defined(value) {
        case .undefined: items = []
        case .list(let elements), .tuple(let elements): items = elements.items
        case .dictionary(let mapping): items = mapping.members.keys.map(\.value)
        case .string(let text), .markup(let text): items = text.scalars
        case .range(let range): items = range.items
        case .iterator(let iterator): items = iterator.consume()
        case .loop(let loop):
            var rest: [Value] = []
            while let item = try loop.advance() { rest.append(.tuple([item, value])) }
            items = rest
        case .none, .bool, .integer, .number, .namespace, .function:
            throw .operation("a \(value.typeName) cannot be iterated over")
        }
        try spend(items.count / 8)
        return items
    }

    /// Applies attributes, items, calls, filters and tests, one after the other.
    func apply(_ links: [Link], to base: Value) throws(TemplateError) -> Value {
        var value = base
        for link in links {
            line = link.line
            try spend()
            switch link.kind {
            case .attribute(let name): value = try attribute(name, of: value)
            case .item(let index): value = try item(try evaluate(index), of: value)
            case .slice(let bounds): value = try slice(value, bounds)
            case .call(let arguments): value = try call(value, try evaluate(arguments))
            case .filter(let name, let arguments):
                value = try apply(filter: name, to: value, try evaluate(arguments))
            case .test(let name, let arguments, let isNegated):
                value = .bool(try apply(test: name, to: value, try evaluate(arguments)) != isNegated)
            }
        }
        return value
    }

    /// `value.name`: a method or attribute, or else the member under the name.
    func attribute(_ name: String, of value: Value) throws(TemplateError) -> Value {
        if let found = try ownAttribute(name, of: value) { return found }
        if case .dictionary(let mapping) = value, let member = mapping.members[MappingKey(name)] { return member }
        return .undefined("\(value.objectName) has no attribute '\(name)'")
    }

    /// `value[index]`: the member or element, or else the attribute of that name.
    func item(_ index: Value, of value: Value) throws(TemplateError) -> Value {
        switch value {
        case .undefined(let reason): throw .undefined(reason)
        case .dictionary(let mapping):
            try spend(on: index)
            if let key = MappingKey(index), let member = mapping.members[key] { return member }
        case .list(let elements), .tuple(let elements):
            if let position = index.integer, let found = elements.items.element(atPython: position) { return found }
        case .range(let range):
            if let position = index.integer, let found = range.items.element(atPython: position) { return found }
        case .string(let text), .markup(let text):
            if let position = index.integer {
                try spend(text.text.utf8.count / 64)
                if let range = text.text.unicodeScalars.range(atPython: position) { return .string(text.part(range)) }
            }
        default: break
        }
        if let name = index.text {
            if let found = try ownAttribute(name, of: value) { return found }
            return .undefined("\(value.objectName) has no attribute '\(name)'")
        }
        return .undefined("\(value.objectName) has no element \(try print(index))")
    }

    private func ownAttribute(_ name: String, of value: Value) throws(TemplateError) -> Value? {
        if case .undefined(let reason) = value { throw .undefined(reason) }
        if name.hasPrefix("__") { return nil }
        switch value {
        case .namespace(let namespace): return namespace.members[MappingKey(name)]
        case .loop(let loop): return try attribute(name, of: loop)
        case .function(let function): return try attribute(name, of: function)
        case .integer(let integer) where name == "real" || name == "numerator": return .integer(integer)
        default:
            if Self.mutatingMethods(of: value).contains(name) {
                return .undefined("'\(name)' would change a \(value.typeName), which templates may not")
            }
            guard Self.methods(of: value).contains(name) else { return nil }
            return .function(Function(.method(name, of: value), name: name))
        }
    }

    private func slice(_ value: Value, _ bounds: SliceBounds) throws(TemplateError) -> Value {
        let start = try bound(bounds.start)
        let stop = try bound(bounds.stop)
        let step = try bound(bounds.step) ?? 1
        guard step != 0 else { throw .operation("the step of a slice cannot be zero") }
        switch value {
        case .undefined(let reason): throw .undefined(reason)
        case .list(let elements): return .list(try elements.items.slice(start, stop, step))
        case .tuple(let elements): return .tuple(try elements.items.slice(start, stop, step))
        case .string(let text), .markup(let text):
            try spend(text.text.utf8.count / 64)
            return .string(try slice(text, start, stop, step))
        case .range(let range): return .list(try range.items.slice(start, stop, step))
        default: return .undefined("\(value.objectName) cannot be sliced")
        }
    }

    private func slice(
        _ text: MarkedText, _ start: Int?, _ stop: Int?, _ step: Int
    ) throws(TemplateError) -> MarkedText {
        let scalars = text.text.unicodeScalars
        if step == 1, let start, start >= 0, stop == nil {
            return text.part(scalars.dropFirst(start).startIndex..<scalars.endIndex)
        }
        let indices = try Array(scalars.indices).slice(start, stop, step)
        if step == 1 {
            guard let first = indices.first, let last = indices.last else { return MarkedText("") }
            return text.part(first..<scalars.index(after: last))
        }
        var result = String.UnicodeScalarView()
        for index in indices { result.append(scalars[index]) }
        return MarkedText(String(result), isInput: text.hasInput)
    }

    private func bound(_ expression: Expression?) throws(TemplateError) -> Int? {
        guard let expression else { return nil }
        let value = try evaluate(expression)
        if case .none = value { return nil }
        guard let integer = value.integer else {
            throw .operation("the bounds of a slice are integers, not a \(value.typeName)")
        }
        return integer
    }
}

extension Array {
    fileprivate func element(atPython index: Int) -> Element? {
        let position = index < 0 ? count + index : index
        return indices.contains(position) ? self[position] : nil
    }

    /// Python's `[start:stop:step]`; the step is not zero.
    fileprivate func slice(_ start: Int?, _ stop: Int?, _ step: Int) throws(TemplateError) -> [Element] {
        let isForward = step > 0
        let (lowest, highest) = isForward ? (0, count) : (-1, count - 1)
        func clamp(_ bound: Int?, _ initial: Int) -> Int {
            guard let bound else { return initial }
            return Swift.min(Swift.max(bound < 0 ? bound + count : bound, lowest), highest)
        }
        let first = clamp(start, isForward ? lowest : highest)
        let end = clamp(stop, isForward ? highest : lowest)
        if isForward, step == 1 { return first < end ? Array(self[first..<end]) : [] }
        // A longer step reaches no further than one element, and cannot overflow.
        let step = Swift.max(Swift.min(step, count + 1), -count - 1)
        return Swift.stride(from: first, to: end, by: step).map { self[$0] }
    }
}

extension String.UnicodeScalarView {
    fileprivate func range(atPython position: Int) -> Range<Index>? {
        let found =
            position >= 0
            ? index(startIndex, offsetBy: position, limitedBy: endIndex)
            : position > Int.min ? index(endIndex, offsetBy: position, limitedBy: startIndex) : nil
        guard let found, found < endIndex else { return nil }
        return found..<index(after: found)
    }
}

extension MarkedText {
    /// The scalars, one text each.
    fileprivate var scalars: [Value] {
        guard hasInput else { return text.unicodeScalars.map { .string(String($0)) } }
        let scalars = text.unicodeScalars
        return scalars.indices.map { .string(part($0..<scalars.index(after: $0))) }
    }
}
