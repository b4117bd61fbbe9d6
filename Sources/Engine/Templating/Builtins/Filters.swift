typealias FilterFunction = @Sendable (Evaluator, Value, Arguments) throws(TemplateError) -> Value

extension Evaluator {
    /// The filters by name.
    static let filters: [String: FilterFunction] = textFilters.merging(sequenceFilters) { first, _ in first }
        .merging(selectionFilters) { first, _ in first }
        .merging(numberFilters) { first, _ in first }
        .merging(valueFilters) { first, _ in first }

    /// `value|name(arguments)`.
    func apply(filter name: String, to value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        guard let filter = Self.filters[name] else { throw .operation("there is no filter named '\(name)'") }
        let result = try filter(self, value, arguments)
        // The others make new text, all of which counts as input if any of what it is made of does.
        if Self.filtersThatKeepMarks.contains(name) || !value.hasInput && !arguments.hasInput { return result }
        return result.asInput
    }

    /// Filters that pass values on as they are, or know which part of a text came from where.
    private static let filtersThatKeepMarks: Set<String> = [
        "default", "d", "attr", "first", "last", "list", "items", "map", "select", "reject", "selectattr", "rejectattr",
        "sort", "dictsort", "unique", "min", "max", "batch", "slice", "join", "trim", "replace", "string", "safe",
        "format",
    ]

    private static let valueFilters: [String: FilterFunction] = [
        "default": { _, value, arguments throws(TemplateError) in try defaulted(value, arguments) },
        "d": { _, value, arguments throws(TemplateError) in try defaulted(value, arguments) },
        "tojson": { evaluator, value, arguments throws(TemplateError) in try evaluator.json(value, arguments) },
        "attr": { evaluator, value, arguments throws(TemplateError) in
            let name = try arguments.bound(to: ["name"], required: 1, of: "attr")[0]?.text ?? ""
            if case .dictionary(let mapping) = value, mapping.members[MappingKey(name)] != nil,
                !methods(of: value).contains(name)
            {
                return .undefined("\(value.objectName) has no attribute '\(name)'")
            }
            return try evaluator.attribute(name, of: value)
        },
        "pprint": { evaluator, value, _ throws(TemplateError) in
            try evaluator.spend(on: value)
            return .string(try evaluator.checked(value.represented))
        },
    ]

    private static func defaulted(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let given = try arguments.bound(to: ["default_value", "boolean"], of: "default")
        let isReplaced = value.isUndefined || (given[1]?.isTrue == true && !value.isTrue)
        return isReplaced ? given[0] ?? .string("") : value
    }

    private func json(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let given = try arguments.bound(to: ["ensure_ascii", "indent", "separators", "sort_keys"], of: "tojson")
        var format = JSONFormat(
            sortsKeys: given[3]?.isTrue ?? false, escapesNonASCII: given[0]?.isTrue ?? false)
        switch given[1] {
        case nil, Value.none?: break
        case let indent?:
            if let text = indent.text {
                format.indent = text
            } else if let count = indent.integer {
                guard count <= 1000 else { throw .operation("tojson cannot indent by \(count)") }
                format.indent = String(repeating: " ", count: max(count, 0))
            } else {
                throw .operation("the indent of tojson is an integer or a string, not a \(indent.typeName)")
            }
            format.itemSeparator = ","
        }
        switch given[2] {
        case nil, Value.none?: break
        case let separators?:
            let items = try iterate(separators)
            guard items.count == 2, let item = items[0].text, let key = items[1].text else {
                throw .operation("the separators of tojson are two strings")
            }
            (format.itemSeparator, format.keySeparator) = (item, key)
        }
        let levels = (format.indent?.utf8.count ?? 0) * value.extent.depth
        try spend(on: value)
        let (work, overflow) = value.extent.size.multipliedReportingOverflow(by: 1 + levels / 64)
        try spend(overflow ? .max : work)
        return .string(try checked(try value.jsonText(format)))
    }
}
