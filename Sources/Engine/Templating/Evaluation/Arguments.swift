/// The evaluated arguments of a call.
struct Arguments {
    var positional: [Value] = []
    var keyword: [(name: String, value: Value)] = []
    /// The names that came from the template's input, in a dictionary after `**`.
    var inputNames: Set<String> = []

    /// The arguments in the order of `parameters`, nil where one is not given.
    func bound(
        to parameters: [String], required: Int = 0, of function: String
    ) throws(TemplateError) -> [Value?] {
        guard positional.count <= parameters.count else {
            throw .operation("\(function) takes at most \(parameters.count) arguments, not \(positional.count)")
        }
        var values: [Value?] = positional
        values += Array(repeating: nil, count: parameters.count - positional.count)
        for (name, value) in keyword {
            guard let index = parameters.firstIndex(of: name) else {
                throw .operation("\(function) has no parameter '\(name)'")
            }
            guard values[index] == nil else { throw .operation("\(function) is given '\(name)' twice") }
            values[index] = value
        }
        for index in 0..<required where values[index] == nil {
            throw .operation("\(function) needs its argument '\(parameters[index])'")
        }
        return values
    }
}

extension Evaluator {
    func evaluate(_ arguments: CallArguments) throws(TemplateError) -> Arguments {
        var given = Arguments()
        if arguments.isEmpty { return given }
        for argument in arguments.positional { given.positional.append(try evaluate(argument)) }
        for (name, argument) in arguments.keyword { given.keyword.append((name, try evaluate(argument))) }
        if let list = arguments.unpackedList { given.positional += try iterate(try evaluate(list)) }
        if let members = arguments.unpackedDictionary {
            guard case .dictionary(let mapping) = try evaluate(members) else {
                throw .operation("what follows '**' in a call is a dictionary")
            }
            for (key, value) in mapping.members {
                guard let name = key.value.text else { throw .operation("the names of arguments are strings") }
                given.keyword.append((name, value))
                if key.value.hasInput { given.inputNames.insert(name) }
            }
        }
        return given
    }
}
