/// The functions that every template has.
enum GlobalFunction: String {
    case range, dict, namespace, cycler, joiner
    case raiseException = "raise_exception"
    case strftimeNow = "strftime_now"
}

extension Evaluator {
    /// The longest `range()`, which is the sandbox's bound.
    private static let longestRange = 100_000

    func call(_ function: GlobalFunction, _ arguments: Arguments) throws(TemplateError) -> Value {
        switch function {
        case .range: return try range(arguments)
        case .dict: return .dictionary(Mapping(try members(arguments)))
        case .namespace:
            let members = try members(arguments)
            for key in members.keys where key.value.text?.hasPrefix("_") == true {
                throw .operation(
                    "a namespace cannot store '\(key.value.printed)'", remedy: "rename it without '_' in front")
            }
            return .namespace(namespace(members))
        case .cycler:
            guard !arguments.positional.isEmpty else { throw .operation("cycler has no items to cycle through") }
            return .function(Function(.cycler, name: "cycler", items: arguments.positional))
        case .joiner:
            let separator = try arguments.bound(to: ["sep"], of: "joiner")[0] ?? .string(", ")
            return .function(Function(.joiner, name: "joiner", items: [separator]))
        case .raiseException:
            let message = try arguments.bound(to: ["message"], required: 1, of: "raise_exception")[0] ?? .none
            throw TemplateError(.raised, try print(message))
        case .strftimeNow:
            let format = try arguments.bound(to: ["format"], required: 1, of: "strftime_now")[0] ?? .none
            guard let text = format.text else { throw .operation("strftime_now takes a format") }
            return .string(try checked(clock.text(format: text)))
        }
    }

    private func range(_ arguments: Arguments) throws(TemplateError) -> Value {
        var bounds: [Int] = []
        for value in arguments.positional {
            guard let bound = value.integer else {
                throw .operation("the arguments of range are integers, not a \(value.typeName)")
            }
            bounds.append(bound)
        }
        guard arguments.keyword.isEmpty, (1...3).contains(bounds.count) else {
            throw .operation("range takes one to three integers")
        }
        let (start, stop) = bounds.count == 1 ? (0, bounds[0]) : (bounds[0], bounds[1])
        let step = bounds.count == 3 ? bounds[2] : 1
        guard step != 0 else { throw .operation("the step of range cannot be zero") }
        if (step > 0) == (start < stop), start != stop {
            let (distance, overflow) = stop.subtractingReportingOverflow(start)
            guard !overflow, distance.magnitude.dividedRoundingUp(by: step.magnitude) <= Self.longestRange else {
                throw TemplateError(.limit, "range has more than \(Self.longestRange) elements")
            }
            try spend(Int(distance.magnitude / step.magnitude))
        }
        return .range(PythonRange(start: start, stop: stop, step: step))
    }

    private func members(_ arguments: Arguments) throws(TemplateError) -> Mapping.Members {
        guard arguments.positional.count <= 1 else { throw .operation("expected at most one positional argument") }
        var members = Mapping.Members()
        switch arguments.positional.first {
        case .dictionary(let mapping)?: members = mapping.members
        case let pairs?:
            for pair in try iterate(pairs) {
                let items = try iterate(pair)
                guard items.count == 2 else { throw .operation("the elements of a dictionary are pairs") }
                members[try key(items[0])] = items[1]
            }
        case nil: break
        }
        for (name, value) in arguments.keyword {
            members[MappingKey(name, isInput: arguments.inputNames.contains(name))] = value
        }
        _ = try checked(.dictionary(Mapping(members)))
        return members
    }
}

extension UInt {
    fileprivate func dividedRoundingUp(by divisor: UInt) -> UInt { self / divisor + (self % divisor == 0 ? 0 : 1) }
}
