/// Why a constraint cannot be made or followed.
public enum ConstraintError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A schema is malformed, or says what cannot be enforced: the JSON pointer of the place, its keyword, and why.
    case schema(pointer: String, keyword: String, reason: String)
    /// A grammar or a regular expression is malformed, or says what cannot be enforced; `line` and `column` count from 1.
    case grammar(line: Int, column: Int, reason: String)
    /// No text at all meets the constraint.
    case unsatisfiable(String)
    /// A limit on memory or time was reached.
    case tooComplex(String)

    /// What is wrong, where, and what to do.
    public var description: String {
        switch self {
        case .schema(let pointer, let keyword, let reason):
            "\"\(keyword)\" at \(pointer.isEmpty ? "the top of the schema" : pointer): \(reason)"
        case .grammar(let line, let column, let reason): "line \(line), column \(column): \(reason)"
        case .unsatisfiable(let reason): "nothing meets this constraint: \(reason)"
        case .tooComplex(let reason): "the constraint is too complex: \(reason); make it simpler"
        }
    }
}
