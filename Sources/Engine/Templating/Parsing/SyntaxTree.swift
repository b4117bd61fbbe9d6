/// An expression. Chains (`a + b + c`, `a.b[c]|d`) are flat lists, so that the tree is only as deep as the brackets of
/// the template and a long chain costs no stack.
indirect enum Expression: Sendable {
    case none
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case name(Name)
    case list([Expression])
    case tuple([Expression])
    case dictionary([(key: Expression, value: Expression)])
    case postfix(Expression, [Link])
    case not(Expression)
    case and([Expression])
    case or([Expression])
    case negative(Expression)
    case positive(Expression)
    case arithmetic(Expression, [(operation: ArithmeticOperator, operand: Expression)])
    case comparison(Expression, [(operation: ComparisonOperator, operand: Expression)])
    case concatenation([Expression])
    case conditional(test: Expression, then: Expression, otherwise: Expression?)
}

/// A variable's name; names are compared by number.
struct Name: Sendable, Hashable {
    let id: Int
    let text: String
}

/// Names that the evaluator itself binds; their numbers are fixed.
enum WellKnownName: Int, CaseIterable, Sendable {
    case loop, caller, varargs, kwargs

    var name: Name { Name(id: rawValue, text: "\(self)") }
}

/// What follows an operand: `.name`, `[item]`, `[start:stop:step]`, `(arguments)`, `|filter` or `is test`.
struct Link: Sendable {
    enum Kind: Sendable {
        case attribute(String)
        case item(Expression)
        case slice(SliceBounds)
        case call(CallArguments)
        case filter(String, CallArguments)
        case test(String, CallArguments, isNegated: Bool)
    }

    let kind: Kind
    let line: Int
}

/// The parts of `[start:stop:step]`.
struct SliceBounds: Sendable {
    var start: Expression?
    var stop: Expression?
    var step: Expression?
}

/// The arguments of a call as written.
struct CallArguments: Sendable {
    var positional: [Expression] = []
    var keyword: [(name: String, value: Expression)] = []
    var unpackedList: Expression?
    var unpackedDictionary: Expression?

    var isEmpty: Bool {
        positional.isEmpty && keyword.isEmpty && unpackedList == nil && unpackedDictionary == nil
    }
}

enum ArithmeticOperator: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case floorDivide = "//"
    case modulo = "%"
    case power = "**"
}

enum ComparisonOperator: String, Sendable {
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case isIn = "in"
    case isNotIn = "not in"
}

/// What an assignment or a loop writes to.
indirect enum Target: Sendable {
    case name(Name)
    case attribute(namespace: Name, String)
    case tuple([Target])
}

/// A statement and its line.
struct Statement: Sendable {
    enum Kind: Sendable {
        case text(String)
        case output(Expression)
        case forLoop(ForLoop)
        case conditional([(test: Expression, body: [Statement])], otherwise: [Statement])
        case assign(Target, Expression)
        case assignBlock(Target, filters: [Link], [Statement])
        case macro(MacroDefinition)
        case call(Expression, CallArguments, MacroDefinition)
        case filterBlock([Link], [Statement])
        case with([(target: Target, value: Expression)], [Statement])
        /// A body with variables of its own.
        case scope([Statement])
        /// A body that sees the variables of the top level only.
        case block([Statement])
        case breakLoop
        case continueLoop
    }

    let kind: Kind
    let line: Int
}

final class ForLoop: Sendable {
    let target: Target
    let sequence: Expression
    let condition: Expression?
    let isRecursive: Bool
    let body: [Statement]
    let otherwise: [Statement]

    init(
        target: Target, sequence: Expression, condition: Expression?, isRecursive: Bool, body: [Statement],
        otherwise: [Statement]
    ) {
        self.target = target
        self.sequence = sequence
        self.condition = condition
        self.isRecursive = isRecursive
        self.body = body
        self.otherwise = otherwise
    }
}

final class MacroDefinition: Sendable {
    typealias Parameter = (name: Name, initial: Expression?)

    let name: Name
    let parameters: [Parameter]
    let body: [Statement]
    /// The special variables that the body reads; without them extra arguments are errors.
    let usesPositionalRest: Bool
    let usesKeywordRest: Bool
    let usesCaller: Bool

    init(name: Name, parameters: [Parameter], body: [Statement], usedNames: Set<Int>) {
        self.name = name
        self.parameters = parameters
        self.body = body
        usesPositionalRest = usedNames.contains(WellKnownName.varargs.rawValue)
        usesKeywordRest = usedNames.contains(WellKnownName.kwargs.rawValue)
        usesCaller = usedNames.contains(WellKnownName.caller.rawValue)
    }
}
