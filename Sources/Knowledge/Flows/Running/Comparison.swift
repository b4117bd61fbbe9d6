import JSONValues

/// Compares values as conditions of flows say it.
enum Comparison {
    /// - Parameter operation: By either name that Flowise has for it, such as `notEqual` or `Is Not Equal`.
    /// - Throws: `FlowError` for an operation that is not known.
    static func holds(_ first: JSON, _ operation: String, _ second: JSON, at place: String) throws -> Bool {
        let name = operation.lowercased().filter { $0.isLetter }
        let (a, b) = (text(first), text(second))
        switch name {
        case "equal", "is", "isequal", "equals", "equalto", "isequalto":
            return a == b || (number(first) != nil && number(first) == number(second))
        case "notequal", "isnot", "isnotequal", "isnotequalto":
            return try !holds(first, "equal", second, at: place)
        case "contains": return a.contains(b)
        case "notcontains", "doesnotcontain": return !a.contains(b)
        case "startswith", "startwith": return a.hasPrefix(b)
        case "endswith", "endwith": return a.hasSuffix(b)
        case "isempty": return a.isEmpty || a == "[]" || a == "{}" || a == "null"
        case "notempty", "isnotempty": return try !holds(first, "isEmpty", second, at: place)
        case "istrue": return a == "true"
        case "isfalse": return a == "false"
        case "larger", "greaterthan": return try compare(first, second, place) { $0 > $1 }
        case "largerequal", "greaterthanequalto", "greaterthanorequalto":
            return try compare(first, second, place) { $0 >= $1 }
        case "smaller", "lessthan": return try compare(first, second, place) { $0 < $1 }
        case "smallerequal", "lessthanequalto", "lessthanorequalto":
            return try compare(first, second, place) { $0 <= $1 }
        case "regex", "matchesregex": return try matches(a, b, place)
        default: throw FlowError(place, "compares by \(operation), which is not known")
        }
    }

    private static func text(_ value: JSON) -> String { value.isNull ? "" : value.stringValue ?? value.text() }

    private static func number(_ value: JSON) -> Double? {
        value.doubleValue ?? value.stringValue.flatMap { Double($0) }
    }

    private static func compare(
        _ first: JSON, _ second: JSON, _ place: String, _ holds: (Double, Double) -> Bool
    ) throws -> Bool {
        // A variable that nothing was put into is neither more nor less.
        if text(first).isEmpty || text(second).isEmpty { return false }
        guard let a = number(first), let b = number(second) else {
            throw FlowError(place, "compares \(first.text()) with \(second.text()), which are not both numbers")
        }
        return holds(a, b)
    }

    private static func matches(_ text: String, _ pattern: String, _ place: String) throws -> Bool {
        do { return try Regex(pattern).firstMatch(in: text) != nil } catch {
            throw FlowError(place, "has a pattern that is none: \(pattern)")
        }
    }
}
