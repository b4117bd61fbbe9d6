extension Evaluator {
    static let sequenceFilters: [String: FilterFunction] = [
        "length": { evaluator, value, _ throws(TemplateError) in .integer(try evaluator.length(of: value)) },
        "count": { evaluator, value, _ throws(TemplateError) in .integer(try evaluator.length(of: value)) },
        "list": { evaluator, value, _ throws(TemplateError) in .list(try evaluator.iterate(value)) },
        "first": { evaluator, value, _ throws(TemplateError) in
            if case .iterator(let iterator) = value, iterator.kind == .generator {
                return iterator.next() ?? .undefined("No first item, sequence was empty.")
            }
            if let text = value.marked, let scalar = text.text.unicodeScalars.indices.first {
                return .string(text.part(scalar..<text.text.unicodeScalars.index(after: scalar)))
            }
            return try evaluator.iterate(value).first ?? .undefined("No first item, sequence was empty.")
        },
        "last": { evaluator, value, _ throws(TemplateError) in
            if case .iterator(let iterator) = value, iterator.kind == .generator {
                throw .operation("a generator has no last item", remedy: "turn it into a list first")
            }
            return try evaluator.iterate(value).last ?? .undefined("No last item, sequence was empty.")
        },
        "reverse": { evaluator, value, _ throws(TemplateError) in
            if let text = value.text {
                var scalars = String.UnicodeScalarView()
                scalars.append(contentsOf: text.unicodeScalars.reversed())
                return .string(try evaluator.checked(String(scalars)))
            }
            return .iterator(ValueIterator(.generator, try evaluator.iterate(value).reversed()))
        },
        "join": { evaluator, value, arguments throws(TemplateError) in
            let given = try arguments.bound(to: ["d", "attribute"], of: "join")
            var items = try evaluator.iterate(value)
            if let attribute = given[1] { items = try evaluator.members(attribute, of: items) }
            return .string(try evaluator.joined(items, by: try evaluator.marked(given[0] ?? .string(""))))
        },
        "items": { evaluator, value, _ throws(TemplateError) in
            switch value {
            case .undefined: return .iterator(ValueIterator(.generator, []))
            case .dictionary(let mapping): return .iterator(ValueIterator(.generator, mapping.pairs))
            default: throw .operation("items takes a dictionary, not a \(value.typeName)")
            }
        },
        "dictsort": { evaluator, value, arguments throws(TemplateError) in
            try evaluator.sortMembers(value, arguments)
        },
        "sort": { evaluator, value, arguments throws(TemplateError) in
            let given = try arguments.bound(to: ["reverse", "case_sensitive", "attribute"], of: "sort")
            let keys = try evaluator.sortKeys(
                try evaluator.iterate(value), attribute: given[2], isCaseSensitive: given[1]?.isTrue == true,
                splitsCommas: true)
            return .list(try evaluator.sorted(keys, isReversed: given[0]?.isTrue == true))
        },
        "unique": { evaluator, value, arguments throws(TemplateError) in
            let given = try arguments.bound(to: ["case_sensitive", "attribute"], of: "unique")
            let keys = try evaluator.sortKeys(
                try evaluator.iterate(value), attribute: given[1], isCaseSensitive: given[0]?.isTrue == true)
            var seen: Set<MappingKey> = []
            var unique: [Value] = []
            for (key, item) in keys where seen.insert(try evaluator.key(.tuple(key))).inserted { unique.append(item) }
            return .iterator(ValueIterator(.generator, unique))
        },
        "min": { evaluator, value, arguments throws(TemplateError) in
            try evaluator.extreme(value, arguments, sign: -1)
        },
        "max": { evaluator, value, arguments throws(TemplateError) in
            try evaluator.extreme(value, arguments, sign: 1)
        },
        "groupby": { evaluator, value, arguments throws(TemplateError) in try evaluator.group(value, arguments) },
        "batch": { evaluator, value, arguments throws(TemplateError) in
            let given = try arguments.bound(to: ["linecount", "fill_with"], required: 1, of: "batch")
            let count = try evaluator.integer(given[0] ?? .none, for: "the size of a batch")
            guard count > 0 else { throw .operation("the size of a batch is at least 1") }
            let items = try evaluator.iterate(value)
            var batches: [Value] = []
            for start in stride(from: 0, to: items.count, by: count) {
                var batch = Array(items[start..<(start + min(count, items.count - start))])
                if let fill = given[1], !fill.isNone, batch.count < count {
                    try evaluator.spend(count)
                    batch += Array(repeating: fill, count: count - batch.count)
                }
                batches.append(.list(batch))
            }
            return .iterator(ValueIterator(.generator, batches))
        },
        "slice": { evaluator, value, arguments throws(TemplateError) in try evaluator.slices(value, arguments) },
    ]

    func length(of value: Value) throws(TemplateError) -> Int {
        switch value {
        case .undefined: return 0
        case .string(let text), .markup(let text):
            try spend(text.text.utf8.count / 64)
            return text.text.unicodeScalars.count
        case .list(let elements), .tuple(let elements): return elements.items.count
        case .dictionary(let mapping): return mapping.members.count
        case .range(let range): return range.items.count
        case .iterator(let iterator) where iterator.kind != .generator: return iterator.items.count
        case .loop(let loop): return try loop.count()
        default: throw .operation("a \(value.typeName) has no length")
        }
    }

    func joined(_ items: [Value], by separator: MarkedText) throws(TemplateError) -> MarkedText {
        var text = MarkedText("")
        for (index, item) in items.enumerated() {
            if index > 0 { text.append(separator) }
            text.append(try marked(item))
            guard text.text.utf8.count <= limits.outputBytes else { break }
            try spend(separator.text.utf8.count / 64)
        }
        return try checked(text)
    }

    private func slices(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let given = try arguments.bound(to: ["slices", "fill_with"], required: 1, of: "slice")
        let count = try integer(given[0] ?? .none, for: "the number of slices")
        guard count > 0 else { throw .operation("the number of slices is at least 1") }
        let items = try iterate(value)
        try spend(count)
        let (length, longer) = items.count.quotientAndRemainder(dividingBy: count)
        var slices: [Value] = []
        var start = 0
        for index in 0..<count {
            let end = start + length + (index < longer ? 1 : 0)
            var slice = Array(items[start..<end])
            if let fill = given[1], !fill.isNone, index >= longer { slice.append(fill) }
            slices.append(.list(slice))
            start = end
        }
        return .iterator(ValueIterator(.generator, slices))
    }
}

extension Mapping {
    /// The members as tuples.
    var pairs: [Value] { members.map { .tuple([$0.key.value, $0.value]) } }
}

extension Value {
    var isNone: Bool {
        if case .none = self { true } else { false }
    }
}
