/// Something that can be called.
final class Function {
    enum Kind {
        case global(GlobalFunction)
        case method(String, of: Value)
        case macro(MacroDefinition, Scope)
        case cycler
        case joiner
    }

    let kind: Kind
    let name: String
    /// What `cycler` goes through, or the separator of `joiner`.
    let items: [Value]
    /// How often a cycler or joiner was used.
    var position = 0

    init(_ kind: Kind, name: String, items: [Value] = []) {
        self.kind = kind
        self.name = name
        self.items = items
    }
}

extension Evaluator {
    func macro(_ definition: MacroDefinition) -> Value {
        .function(Function(.macro(definition, retainScope()), name: definition.name.text))
    }

    func call(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let callLine = line
        try spend()
        try checkStack()
        let result: Value
        switch value {
        case .undefined(let reason): throw .undefined(reason)
        case .loop(let loop): result = try recurse(loop, arguments)
        case .function(let function): result = try call(function, arguments)
        default: throw .operation("a \(value.typeName) cannot be called")
        }
        line = callLine
        return result
    }

    private func call(_ function: Function, _ arguments: Arguments) throws(TemplateError) -> Value {
        switch function.kind {
        case .global(let global): return try call(global, arguments)
        case .method(let name, let receiver): return try callMethod(name, of: receiver, arguments)
        case .macro(let definition, let scope): return .string(try call(definition, in: scope, arguments))
        case .joiner:
            function.position += 1
            return function.position == 1 ? .string("") : function.items[0]
        case .cycler: throw .operation("a cycler cannot be called", remedy: "call its next()")
        }
    }

    private func call(
        _ definition: MacroDefinition, in defining: Scope, _ arguments: Arguments
    ) throws(TemplateError) -> MarkedText {
        try captured { () throws(TemplateError) in
            try scoped(in: defining) { () throws(TemplateError) in
                try bind(arguments, to: definition)
                _ = try execute(definition.body)
            }
        }
    }

    /// Sets the parameters of a macro, in whose scope the defaults are evaluated.
    private func bind(_ arguments: Arguments, to definition: MacroDefinition) throws(TemplateError) {
        var named = Mapping.Members()
        for (name, value) in arguments.keyword {
            let key = MappingKey(name, isInput: arguments.inputNames.contains(name))
            guard named.updateValue(value, forKey: key) == nil else {
                throw .operation("macro '\(definition.name.text)' is given '\(name)' twice")
            }
        }
        for (index, parameter) in definition.parameters.enumerated() {
            let key = MappingKey(parameter.name.text)
            let value: Value
            if index < arguments.positional.count {
                guard named[key] == nil else {
                    throw .operation("macro '\(definition.name.text)' is given '\(parameter.name.text)' twice")
                }
                value = arguments.positional[index]
            } else if let given = named.removeValue(forKey: key) {
                value = given
            } else if let initial = parameter.initial {
                value = try evaluate(initial)
            } else {
                value = .undefined("parameter '\(parameter.name.text)' was not provided")
            }
            scope.set(parameter.name.id, to: value)
        }
        try bindRest(arguments, named, to: definition)
    }

    private func bindRest(
        _ arguments: Arguments, _ named: Mapping.Members, to definition: MacroDefinition
    ) throws(TemplateError) {
        var named = named
        if definition.usesCaller, !definition.parameters.contains(where: { $0.name == WellKnownName.caller.name }) {
            let caller = named.removeValue(forKey: MappingKey(WellKnownName.caller.name.text))
            scope.set(WellKnownName.caller.rawValue, to: caller ?? .undefined("No caller defined"))
        }
        if definition.usesKeywordRest {
            scope.set(WellKnownName.kwargs.rawValue, to: .dictionary(Mapping(named)))
        } else if let extra = named.keys.first {
            throw .operation("macro '\(definition.name.text)' has no parameter '\(extra.value.printed)'")
        }
        let rest = Array(arguments.positional.dropFirst(definition.parameters.count))
        if definition.usesPositionalRest {
            scope.set(WellKnownName.varargs.rawValue, to: .tuple(rest))
        } else if !rest.isEmpty {
            throw .operation(
                "macro '\(definition.name.text)' takes at most \(definition.parameters.count) arguments, "
                    + "not \(arguments.positional.count)")
        }
    }

    /// The attributes of macros, cyclers and joiners.
    func attribute(_ name: String, of function: Function) throws(TemplateError) -> Value? {
        switch (function.kind, name) {
        case (.macro(let definition, _), "name"): return .string(definition.name.text)
        case (.macro(let definition, _), "arguments"):
            return .tuple(definition.parameters.map { .string($0.name.text) })
        case (.cycler, "current"): return function.items[function.position % function.items.count]
        case (.cycler, "next"), (.cycler, "reset"):
            return .function(Function(.method(name, of: .function(function)), name: name))
        default: return nil
        }
    }
}
