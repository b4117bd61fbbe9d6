extension Evaluator {
    /// What an item is sorted by, and the item.
    typealias SortEntry = (key: [Value], item: Value)

    /// The keys of items: the items themselves or their attributes (for `sort` several with commas between them).
    func sortKeys(
        _ items: [Value], attribute: Value?, isCaseSensitive: Bool, splitsCommas: Bool = false
    ) throws(TemplateError) -> [SortEntry] {
        let paths: [Value]
        if splitsCommas, let text = attribute?.text {
            paths = text.pieces(separatedBy: ",").map { .string($0) }
        } else {
            paths = [attribute ?? .none]
        }
        var entries: [SortEntry] = []
        for item in items {
            var key: [Value] = []
            for path in paths {
                let part = path.isNone ? item : try member(path, of: item)
                key.append(try isCaseSensitive ? part : ignoringCase(part))
            }
            entries.append((key, item))
        }
        return entries
    }

    /// The items in the order of their keys; equal ones keep theirs, reversed or not.
    func sorted(_ entries: [SortEntry], isReversed: Bool) throws(TemplateError) -> [Value] {
        // Merge sort, because the standard library's sort does not carry typed errors.
        var runs = entries.map { [$0] }
        while runs.count > 1 {
            var merged: [[SortEntry]] = []
            for index in stride(from: 0, to: runs.count, by: 2) {
                guard index + 1 < runs.count else {
                    merged.append(runs[index])
                    break
                }
                merged.append(try merge(runs[index], runs[index + 1], isReversed: isReversed))
            }
            runs = merged
        }
        return (runs.first ?? []).map(\.item)
    }

    private func merge(
        _ left: [SortEntry], _ right: [SortEntry], isReversed: Bool
    ) throws(TemplateError) -> [SortEntry] {
        var result: [SortEntry] = []
        result.reserveCapacity(left.count + right.count)
        var (first, second) = (left[...], right[...])
        while let one = first.first, let other = second.first {
            let takesSecond = try isReversed ? precedes(one.key, other.key) : precedes(other.key, one.key)
            if takesSecond {
                result.append(other)
                second.removeFirst()
            } else {
                result.append(one)
                first.removeFirst()
            }
        }
        return result + first + second
    }

    private func precedes(_ left: [Value], _ right: [Value]) throws(TemplateError) -> Bool {
        try spend()
        for (first, second) in zip(left, right) where try !equal(first, second) {
            return try (order(first, second, for: "<") ?? 0) < 0
        }
        return false
    }

    private func ignoringCase(_ value: Value) throws(TemplateError) -> Value {
        guard let text = value.text else { return value }
        try reserve(bytes: text.utf8.count)
        return .string(text.pythonLowercased)
    }

    func extreme(_ value: Value, _ arguments: Arguments, sign: Int) throws(TemplateError) -> Value {
        let given = try arguments.bound(to: ["case_sensitive", "attribute"], of: sign < 0 ? "min" : "max")
        let entries = try sortKeys(
            try iterate(value), attribute: given[1], isCaseSensitive: given[0]?.isTrue == true)
        guard var best = entries.first else { return .undefined("No aggregated item, sequence was empty.") }
        for entry in entries.dropFirst() {
            let isBetter = try sign < 0 ? precedes(entry.key, best.key) : precedes(best.key, entry.key)
            if isBetter { best = entry }
        }
        return best.item
    }

    func sortMembers(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let given = try arguments.bound(to: ["case_sensitive", "by", "reverse"], of: "dictsort")
        let position: Int
        switch given[1]?.text ?? "key" {
        case "key": position = 0
        case "value": position = 1
        default: throw .operation("dictsort sorts by 'key' or by 'value'")
        }
        if case .undefined(let reason) = value { throw .undefined(reason) }
        guard case .dictionary(let mapping) = value else {
            throw .operation("dictsort takes a dictionary, not a \(value.typeName)")
        }
        let entries = try sortKeys(
            mapping.pairs, attribute: .integer(position), isCaseSensitive: given[0]?.isTrue == true)
        return .list(try sorted(entries, isReversed: given[2]?.isTrue == true))
    }

    func group(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let given = try arguments.bound(
            to: ["attribute", "default", "case_sensitive"], required: 1, of: "groupby")
        var entries: [SortEntry] = []
        for item in try iterate(value) {
            var key = try member(given[0] ?? .none, of: item)
            if key.isUndefined, let initial = given[1] { key = initial }
            entries.append(([given[2]?.isTrue == true ? key : try ignoringCase(key)], .tuple([key, item])))
        }
        var groups: [Value] = []
        var current: (key: Value, folded: Value, items: [Value])?
        for pair in try sorted(entries, isReversed: false) {
            guard case .tuple(let elements) = pair else { continue }
            let (key, item) = (elements.items[0], elements.items[1])
            let folded = given[2]?.isTrue == true ? key : try ignoringCase(key)
            if let open = current, try equal(open.folded, folded) {
                current?.items.append(item)
            } else {
                if let open = current { groups.append(.tuple([open.key, .list(open.items)])) }
                current = (key, folded, [item])
            }
        }
        if let open = current { groups.append(.tuple([open.key, .list(open.items)])) }
        return .list(groups)
    }
}
