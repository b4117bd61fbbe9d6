import Platform

/// Computes what is written as people write it: `2 * (3 + 4)^2`, `sqrt(2)`, `20% of` not.
public enum Calculator {
    /// The value of an expression.
    ///
    /// - Throws: `ToolError.failed` with the place of what is not understood, or for a result that is no number.
    public static func evaluate(_ text: String) throws -> Double {
        var parser = Parser(text)
        let value = try parser.sum()
        try parser.finish()
        guard value.isFinite else { throw parser.failure("the result is no finite number") }
        return value
    }

    /// A number as people write it, without a needless fraction.
    public static func text(_ value: Double) -> String {
        if let whole = Int(exactly: value) { return String(whole) }
        return "\(value)"
    }

    /// The tool.
    public static var tool: AgentTool {
        AgentTool(
            "calculator", "Computes an arithmetic expression with + - * / % ^, parentheses and functions such as sqrt.",
            parameters: [
                "type": "object",
                "properties": ["expression": ["type": "string", "description": "Such as 2 * (3 + 4)^2"]],
                "required": ["expression"], "additionalProperties": false,
            ]
        ) { arguments in
            guard let expression = arguments["expression"]?.stringValue ?? arguments["input"]?.stringValue else {
                throw ToolError.arguments(tool: "calculator", reason: "expression is missing")
            }
            return text(try evaluate(expression))
        }
    }

    private struct Parser {
        private let characters: [Character]
        private var position = 0
        private var depth = 0

        init(_ text: String) {
            characters = text.map { ["×", "·"].contains($0) ? "*" : $0 == "÷" ? "/" : $0 == "−" ? "-" : $0 }
        }

        func failure(_ reason: String) -> ToolError {
            .failed(tool: "calculator", reason: "\(reason), at character \(position + 1) of \"\(String(characters))\"")
        }

        private mutating func peek() -> Character? {
            while position < characters.count, characters[position].isWhitespace { position += 1 }
            return position < characters.count ? characters[position] : nil
        }

        private mutating func take(_ character: Character) -> Bool {
            guard peek() == character else { return false }
            position += 1
            return true
        }

        mutating func finish() throws {
            if peek() != nil { throw failure("this is not understood") }
        }

        mutating func sum() throws -> Double {
            depth += 1
            defer { depth -= 1 }
            guard depth < 200 else { throw failure("it is nested too deep") }
            var value = try product()
            while true {
                if take("+") {
                    value += try product()
                } else if take("-") {
                    value -= try product()
                } else {
                    return value
                }
            }
        }

        private mutating func product() throws -> Double {
            var value = try signed()
            while true {
                if take("*") {
                    // As in Python.
                    if position < characters.count, characters[position] == "*" {
                        position += 1
                        value = pow(value, try signed())
                    } else {
                        value *= try signed()
                    }
                } else if take("/") {
                    let divisor = try signed()
                    guard divisor != 0 else { throw failure("division by zero") }
                    value /= divisor
                } else if take("%") {
                    let divisor = try signed()
                    guard divisor != 0 else { throw failure("division by zero") }
                    value = fmod(value, divisor)
                } else {
                    return value
                }
            }
        }

        private mutating func signed() throws -> Double {
            depth += 1
            defer { depth -= 1 }
            guard depth < 200 else { throw failure("it is nested too deep") }
            if take("-") { return -(try signed()) }
            if take("+") { return try signed() }
            return try power()
        }

        private mutating func power() throws -> Double {
            let base = try atom()
            if take("^") { return pow(base, try signed()) }
            let isPower = peek() == "*" && position + 1 < characters.count && characters[position + 1] == "*"
            guard isPower else { return base }
            position += 2
            return pow(base, try signed())
        }

        private mutating func atom() throws -> Double {
            guard let first = peek() else { throw failure("something is missing") }
            if take("(") {
                let value = try sum()
                guard take(")") else { throw failure("a parenthesis is not closed") }
                return value
            }
            if first.isASCII, first.isNumber || first == "." { return try number() }
            guard first.isLetter else { throw failure("this is not understood") }
            var name = ""
            while position < characters.count, characters[position].isLetter || characters[position].isNumber {
                name.append(characters[position])
                position += 1
            }
            return try named(name.lowercased())
        }

        private mutating func number() throws -> Double {
            var text = ""
            while position < characters.count {
                let character = characters[position]
                let isExponentSign = "+-".contains(character) && text.last.map { "eE".contains($0) } == true
                // 1e5 is a number, 2e is twice e.
                let following = position + 1 < characters.count ? characters[position + 1] : " "
                let isExponent = "eE".contains(character) && (following.isNumber || "+-".contains(following))
                guard character.isNumber || character == "." || isExponentSign || isExponent else { break }
                text.append(character)
                position += 1
            }
            guard let value = Double(text) else { throw failure("\(text) is no number") }
            return value
        }

        private mutating func named(_ name: String) throws -> Double {
            switch name {
            case "pi": return .pi
            case "e": return 2.718281828459045
            default: break
            }
            guard take("(") else { throw failure("\(name) is neither a constant nor a function with parentheses") }
            var arguments: [Double] = []
            if !take(")") {
                repeat { arguments.append(try sum()) } while take(",")
                guard take(")") else { throw failure("a parenthesis is not closed") }
            }
            if name == "min", let least = arguments.min() { return least }
            if name == "max", let most = arguments.max() { return most }
            if name == "pow", arguments.count == 2 { return pow(arguments[0], arguments[1]) }
            guard let function = Self.functions[name], arguments.count == 1 else {
                throw failure("there is no function \(name) of \(arguments.count) values")
            }
            return function(arguments[0])
        }

        private static let functions: [String: @Sendable (Double) -> Double] = [
            "sqrt": { sqrt($0) }, "cbrt": { cbrt($0) }, "abs": { abs($0) }, "exp": { exp($0) }, "ln": { log($0) },
            "log": { log10($0) }, "log10": { log10($0) }, "log2": { log2($0) }, "sin": { sin($0) },
            "cos": { cos($0) }, "tan": { tan($0) }, "asin": { asin($0) }, "acos": { acos($0) }, "atan": { atan($0) },
            "floor": { floor($0) }, "ceil": { ceil($0) }, "round": { $0.rounded() },
        ]
    }
}
