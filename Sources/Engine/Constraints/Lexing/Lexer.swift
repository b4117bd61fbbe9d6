/// The automaton that recognizes lexemes, made as far as it is used.
///
/// A state is a set of lexemes that are still possible, each with what is left of its expression. Transitions are computed when
/// a byte first asks for them and then stand in a table.
final class Lexer {
    /// What one lexeme still has to match.
    struct Entry: Hashable {
        var lexeme: Int32
        var rest: Expression
    }

    struct State {
        var entries: Range<Int>
        /// The lexemes that may end here, as a number in ``acceptLists``; 0 for none.
        var accept: Int32 = 0
        /// Whether anything may follow inside of a lexeme.
        var continues = false
        /// Whether a mask from here is worth keeping: many tokens have to be looked at.
        var isWide = false
        var interior: Interior?
        var hasLookedForInterior = false
    }

    /// A step's result: nothing may follow, or the table does not know yet.
    static let dead: Int32 = 0
    static let unknown: Int32 = -1
    /// A step's result is a state times four, and these.
    static let accepts: Int32 = 1
    static let continues: Int32 = 2
    /// The most states; beyond, a mask ends in an error.
    static let largestCount = 40_000

    var expressions: Expressions
    let lexemes: [Expression]
    /// Lexemes after which only the end may come, so that no token has to be looked at further.
    let isClosing: [Bool]
    private(set) var states: [State] = []
    private(set) var entries: [Entry] = []
    private(set) var acceptLists: [[Int32]] = [[]]
    private var acceptIndex: [[Int32]: Int32] = [[]: 0]
    private var stateIndex: [UInt64: Int32] = [:]
    private var startIndex: [[Int32]: Int32] = [:]
    private let classes: UnsafeMutablePointer<UInt8>
    private let stride: Int
    private var table: UnsafeMutablePointer<Int32>
    private var capacity = 64
    private var ownOverflow: String?

    init(_ expressions: Expressions, lexemes: [Expression], isClosing: [Bool]) {
        self.expressions = expressions
        self.expressions.resetEffort(Expressions.mostMaskEffort)
        self.lexemes = lexemes
        self.isClosing = isClosing
        classes = .allocate(capacity: 256)
        classes.initialize(from: expressions.classes.numbers, count: 256)
        stride = expressions.classes.count
        table = .allocate(capacity: capacity * stride)
        table.initialize(repeating: Self.unknown, count: capacity * stride)
        states.append(State(entries: 0..<0, hasLookedForInterior: true))
        for column in 0..<stride { table[column] = Self.dead }
    }

    deinit {
        table.deallocate()
        classes.deallocate()
    }

    var stateCount: Int { states.count }

    /// The limit that was reached, here or in the expressions; what is found from then on is not to be used.
    var overflow: String? { ownOverflow ?? expressions.overflow }

    /// The state in which exactly `lexemes`, in ascending order, are expected.
    func start(_ lexemes: [Int32]) -> Int32 {
        if lexemes.isEmpty { return Self.dead }
        if let known = startIndex[lexemes] { return known }
        var list: [Entry] = []
        for lexeme in lexemes {
            let expression = self.lexemes[Int(lexeme)]
            if expressions.isLive(expression) { list.append(Entry(lexeme: lexeme, rest: expression)) }
        }
        let state = intern(list, isStart: true) >> 2
        startIndex[lexemes] = state
        return state
    }

    /// The table as it is now, for loops. It is outdated once ``compute(_:_:)`` was called.
    struct View {
        let table: UnsafeMutablePointer<Int32>
        let classes: UnsafeMutablePointer<UInt8>
        let stride: Int

        /// What ``Lexer/step(_:_:)`` gives, or ``Lexer/unknown``.
        @inline(__always)
        func look(_ state: Int32, _ byte: UInt8) -> Int32 {
            table[Int(state) &* stride &+ Int(classes[Int(byte)])]
        }
    }

    var view: View { View(table: table, classes: classes, stride: stride) }

    /// Where `byte` leads from `state`: the state times four, plus ``accepts`` if a lexeme may end there after which
    /// something may follow, plus ``continues`` if one may go on; 0 if nowhere.
    func step(_ state: Int32, _ byte: UInt8) -> Int32 {
        let next = view.look(state, byte)
        return next != Self.unknown ? next : compute(state, byte)
    }

    @inline(never)
    func compute(_ state: Int32, _ byte: UInt8) -> Int32 {
        var list: [Entry] = []
        for position in states[Int(state)].entries {
            let entry = entries[position]
            let rest = expressions.derivative(entry.rest, byte)
            if rest != .nothing, !expressions[rest].isConditional || expressions.isLive(rest) {
                list.append(Entry(lexeme: entry.lexeme, rest: rest))
            }
        }
        let next = intern(list, isStart: false)
        table[Int(state) * stride + Int(classes[Int(byte)])] = next
        return next
    }

    private func intern(_ list: [Entry], isStart: Bool) -> Int32 {
        guard !list.isEmpty else { return Self.dead }
        var key: UInt64 = isStart ? 5 : 7
        for entry in list { key = mix(key, UInt64(UInt32(bitPattern: entry.lexeme)) << 32 | UInt64(entry.rest.id)) }
        if let known = stateIndex[key] { return known }
        guard states.count < Self.largestCount else {
            if ownOverflow == nil { ownOverflow = "it takes more than \(Self.largestCount) states" }
            return Self.dead
        }
        let number = Int32(states.count)
        var state = State(entries: entries.count..<entries.count + list.count)
        entries.append(contentsOf: list)
        let ended = isStart ? [] : list.filter { expressions.isNullable($0.rest) }.map(\.lexeme)
        state.accept = accept(ended)
        state.continues = list.contains { $0.rest != .empty }
        states.append(state)
        if states.count > capacity { grow() }
        var next = number << 2
        if ended.contains(where: { !isClosing[Int($0)] }) { next |= Self.accepts }
        if state.continues { next |= Self.continues }
        stateIndex[key] = next
        return next
    }

    /// The number of a list of lexemes that end together.
    func accept(_ lexemes: [Int32]) -> Int32 {
        if let known = acceptIndex[lexemes] { return known }
        let number = Int32(acceptLists.count)
        acceptLists.append(lexemes)
        acceptIndex[lexemes] = number
        return number
    }

    private func grow() {
        let larger = UnsafeMutablePointer<Int32>.allocate(capacity: capacity * 2 * stride)
        larger.update(from: table, count: capacity * stride)
        (larger + capacity * stride).initialize(repeating: Self.unknown, count: capacity * stride)
        table.deallocate()
        table = larger
        capacity *= 2
    }

    // MARK: Interiors

    /// The bytes that may come next in `state`; maybe more.
    func firstBytes(_ state: Int32) -> ByteSet {
        states[Int(state)].entries.reduce(into: ByteSet()) { $0 = $0.union(expressions.firstBytes(entries[$1].rest)) }
    }

    /// Equal for states of any lexer from which tokens lead to the same ends.
    func fingerprint(_ state: Int32) -> UInt64 {
        states[Int(state)].entries.reduce(UInt64(11)) { key, position in
            let entry = entries[position]
            return mix(mix(key, expressions[entry.rest].fingerprint), isClosing[Int(entry.lexeme)] ? 1 : 0)
        }
    }

    func setInterior(_ interior: Interior?, of state: Int32) {
        states[Int(state)].interior = interior
        states[Int(state)].hasLookedForInterior = true
    }

    func markWide(_ state: Int32) {
        states[Int(state)].isWide = true
    }
}
