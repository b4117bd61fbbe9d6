/// A grammar as a network of states: each rule is a small automaton whose transitions read a lexeme or call a rule.
struct Automaton: Sendable {
    struct State: Sendable {
        var lexemes: Range<Int> = 0..<0
        var calls: Range<Int> = 0..<0
        var rule: Int32
        /// Whether the rule may end here.
        var isFinal = false

        var hasTransitions: Bool { !lexemes.isEmpty || !calls.isEmpty }
    }

    /// Reading a lexeme, or calling a rule (`symbol`), leads to `target`; `effect` says under which condition.
    struct Transition: Sendable, Hashable {
        var symbol: Int32
        var target: Int32
        var effect: Int32
    }

    var states: [State] = []
    var lexemeTransitions: [Transition] = []
    var callTransitions: [Transition] = []
    /// The first state of each rule; the first rule is the whole text.
    var ruleStarts: [Int32] = []
    /// Conditions by number; number 0 stands for none.
    var effects: [Effect] = [.none]
    /// What must hold for the members of objects.
    var objects: [ObjectCondition] = []
}

/// A condition on what an array or an object already has, and how the transition changes it.
enum Effect: Sendable, Hashable {
    case none
    /// One more element; at most `limit` in all. Counts beyond `enough` need not be told apart.
    case count(limit: Int?, enough: Int)
    /// There must be at least this many.
    case atLeast(Int)
    /// The declared member at this position, of the object with this condition, once.
    case member(Int, object: Int)
    /// A member that is not declared.
    case extra(object: Int)
    /// Another member must still be possible.
    case more(object: Int)
    /// The object must be complete.
    case close(object: Int)
    /// A value that may come once in an array.
    case once(Int)
}

/// What must hold for the members of an object.
struct ObjectCondition: Sendable, Hashable {
    var required: [Int] = []
    /// How many members are declared.
    var declared = 0
    /// Members that can never be there.
    var allowsExtra = false
    var least = 0
    var most: Int?
    /// Members of which the first demands the others.
    var implications: [Int: [Int]] = [:]
    /// Whether declared members come in the order of their declaration.
    var isOrdered = true
}
