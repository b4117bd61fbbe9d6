extension Evaluator {
    static let selectionFilters: [String: FilterFunction] = [
        "map": { evaluator, value, arguments throws(TemplateError) in try evaluator.map(value, arguments) },
        "select": { evaluator, value, arguments throws(TemplateError) in
            try evaluator.select(value, arguments, keeps: true, byAttribute: false)
        },
        "reject": { evaluator, value, arguments throws(TemplateError) in
            try evaluator.select(value, arguments, keeps: false, byAttribute: false)
        },
        "selectattr": { evaluator, value, arguments throws(TemplateError) in
            try evaluator.select(value, arguments, keeps: true, byAttribute: true)
        },
        "rejectattr": { evaluator, value, arguments throws(TemplateError) in
            try evaluator.select(value, arguments, keeps: false, byAttribute: true)
        },
    ]

    /// The member at a path such as `name`, `0` or `function.name`.
    func member(_ path: Value, of item: Value) throws(TemplateError) -> Value {
        guard let text = path.text else { return try self.item(path, of: item) }
        var value = item
        for part in text.pieces(separatedBy: ".") {
            try spend()
            let isNumber = !part.isEmpty && part.unicodeScalars.allSatisfy(\.isDigit)
            value = try self.item(isNumber ? .integer(Int(part) ?? .max) : .string(part), of: value)
        }
        return value
    }

    func members(_ path: Value, of items: [Value]) throws(TemplateError) -> [Value] {
        var members: [Value] = []
        for item in items { members.append(try member(path, of: item)) }
        return members
    }

    private func map(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        var mapped: [Value] = []
        // Whatever is false counts as empty, none included.
        let items = value.isTrue ? try iterate(value) : []
        if let name = arguments.positional.first {
            guard let filter = name.text else { throw .operation("map takes the name of a filter") }
            let rest = Arguments(positional: Array(arguments.positional.dropFirst()), keyword: arguments.keyword)
            for item in items { mapped.append(try apply(filter: filter, to: item, rest)) }
        } else {
            let given = try arguments.bound(to: ["attribute", "default"], required: 1, of: "map")
            for item in items {
                var member = try member(given[0] ?? .none, of: item)
                if member.isUndefined, let initial = given[1] { member = initial }
                mapped.append(member)
            }
        }
        return .iterator(ValueIterator(.generator, mapped))
    }

    private func select(
        _ value: Value, _ arguments: Arguments, keeps: Bool, byAttribute: Bool
    ) throws(TemplateError) -> Value {
        var rest = arguments.positional[...]
        var path: Value?
        if byAttribute {
            guard let attribute = rest.popFirst() else { throw .operation("the name of an attribute is missing") }
            path = attribute
        }
        let test = rest.popFirst()
        var selected: [Value] = []
        for item in value.isTrue ? try iterate(value) : [] {
            let subject = try path.map { path throws(TemplateError) in try member(path, of: item) } ?? item
            let isSelected: Bool
            if let test {
                guard let name = test.text else { throw .operation("a test is given by its name") }
                isSelected = try apply(
                    test: name, to: subject, Arguments(positional: Array(rest), keyword: arguments.keyword))
            } else {
                isSelected = subject.isTrue
            }
            if isSelected == keeps { selected.append(item) }
        }
        return .iterator(ValueIterator(.generator, selected))
    }
}
