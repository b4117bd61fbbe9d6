/// How a list of statements ended.
enum Flow {
    case normal, breakLoop, continueLoop
}

extension Evaluator {
    func execute(_ statements: [Statement]) throws(TemplateError) -> Flow {
        try checkStack()
        for statement in statements {
            line = statement.line
            try spend()
            let flow = try execute(statement)
            if flow != .normal { return flow }
        }
        return .normal
    }

    private func execute(_ statement: Statement) throws(TemplateError) -> Flow {
        switch statement.kind {
        case .text(let text): try write(text)
        case .output(let expression): try write(try defined(try evaluate(expression)))
        case .conditional(let branches, let otherwise):
            return try executeConditional(branches, otherwise: otherwise)
        case .forLoop(let loop): try execute(loop)
        case .assign(let target, let expression): try assign(try evaluate(expression), to: target)
        case .assignBlock(let target, let filters, let body):
            try executeAssignBlock(target, filters: filters, body: body)
        case .macro(let definition): scope.set(definition.name.id, to: macro(definition))
        case .call(let function, let arguments, let definition):
            try executeCall(function, arguments, definition)
        case .filterBlock(let filters, let body): try executeFilterBlock(filters, body: body)
        case .with(let bindings, let body): return try executeWith(bindings, body: body)
        case .scope(let body):
            return try scoped(in: scope) { () throws(TemplateError) in try execute(body) }
        case .block(let body):
            return try scoped(in: root) { () throws(TemplateError) in try execute(body) }
        case .breakLoop: return .breakLoop
        case .continueLoop: return .continueLoop
        }
        return .normal
    }

    private func write(_ value: Value) throws(TemplateError) {
        try write(try marked(value))
    }

    /// Python's `str()`, with its work counted.
    func print(_ value: Value) throws(TemplateError) -> String {
        if let text = value.text { return text }
        try spend(on: value)
        return try checked(value.printed)
    }

    /// The same with what is known of its origin: text that is made of a value with input is all input.
    func marked(_ value: Value) throws(TemplateError) -> MarkedText {
        if let text = value.marked { return text }
        return MarkedText(try print(value), isInput: value.hasInput)
    }

    private func executeConditional(
        _ branches: [(test: Expression, body: [Statement])], otherwise: [Statement]
    ) throws(TemplateError) -> Flow {
        for branch in branches where try defined(try evaluate(branch.test)).isTrue { return try execute(branch.body) }
        return try execute(otherwise)
    }

    private func executeAssignBlock(
        _ target: Target, filters: [Link], body: [Statement]
    ) throws(TemplateError) {
        let text = try capturedScope(body)
        try assign(try apply(filters, to: .string(text)), to: target)
    }

    private func executeFilterBlock(_ filters: [Link], body: [Statement]) throws(TemplateError) {
        let text = try capturedScope(body)
        try write(try apply(filters, to: .string(text)))
    }

    private func capturedScope(_ body: [Statement]) throws(TemplateError) -> MarkedText {
        try captured { () throws(TemplateError) in
            _ = try scoped(in: scope) { () throws(TemplateError) in try execute(body) }
        }
    }

    private func executeWith(
        _ bindings: [(target: Target, value: Expression)], body: [Statement]
    ) throws(TemplateError) -> Flow {
        // All values are those of the surrounding scope.
        var values: [Value] = []
        for binding in bindings { values.append(try evaluate(binding.value)) }
        return try scoped(in: scope) { () throws(TemplateError) in
            for (binding, value) in zip(bindings, values) { try assign(value, to: binding.target) }
            return try execute(body)
        }
    }

    private func executeCall(
        _ function: Expression, _ arguments: CallArguments, _ definition: MacroDefinition
    ) throws(TemplateError) {
        var given = try evaluate(arguments)
        given.keyword.append((WellKnownName.caller.name.text, macro(definition)))
        let callee = try evaluate(function)
        try write(try call(callee, given))
    }

    func assign(_ value: Value, to target: Target) throws(TemplateError) {
        switch target {
        case .name(let name): scope.set(name.id, to: value)
        case .attribute(let name, let attribute):
            guard case .namespace(let namespace)? = scope.value(of: name.id) else {
                throw .operation(
                    "cannot assign attribute '\(attribute)' of '\(name.text)'",
                    remedy: "only values made by namespace() can be changed")
            }
            guard !attribute.hasPrefix("_") else {
                throw .operation("a namespace cannot store '\(attribute)'", remedy: "rename it without '_' in front")
            }
            namespace.members[MappingKey(attribute)] = value
        case .tuple(let targets): try unpack(value, into: targets)
        }
    }

    private func unpack(_ value: Value, into targets: [Target]) throws(TemplateError) {
        let items = try iterate(value)
        guard items.count == targets.count else {
            throw .operation("cannot unpack \(items.count) values into \(targets.count) names")
        }
        for (item, target) in zip(items, targets) { try assign(item, to: target) }
    }
}
