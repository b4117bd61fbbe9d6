/// What is expected after a text, for each way to read it: the rows of an Earley parser over lexemes.
///
/// A row is made of what it contains, not of where it stands: equal expectations are one row, however far apart in the text.
/// So rows stand for stacks, an endless list needs no more of them than a short one, and nothing is lost by going back.
struct Rows: Sendable {
    /// A state of a rule that began in the row `origin`; of one that begins in this row, `origin` is -1.
    struct Item: Hashable, Sendable {
        var state: Int32
        var origin: Int32
        var progress: Int32
    }

    struct Row: Sendable {
        var items: Range<Int>
        /// The lexer's state where the row begins.
        var lexerState: Int32
        /// Whether the text may end here.
        var isAccepting: Bool
    }

    static let none: Int32 = -1
    static let itself: Int32 = -1
    /// The most items of one text's rows; beyond, it ends in an error.
    static let largestItemCount = 4_000_000

    let automaton: Automaton
    private(set) var rows: [Row] = []
    private(set) var overflow: String?
    private var items: [Item] = []
    private var progresses: [Progress] = [Progress()]
    private var progressIndex: [Progress: Int32] = [Progress(): 0]
    private var index: [UInt64: [Int32]] = [:]
    private var scans: [UInt64: Int32] = [:]
    private var scratch: [Item] = []
    private var scratchSet: Set<Item> = []
    private var predicted: [Int32]
    private var generation: Int32 = 0

    init(_ automaton: Automaton, _ lexer: Lexer) {
        self.automaton = automaton
        predicted = Array(repeating: 0, count: automaton.ruleStarts.count)
        scratch = [Item(state: automaton.ruleStarts[0], origin: Self.itself, progress: 0)]
        generation += 1
        predicted[0] = generation
        _ = append(isAccepting: automaton.states[Int(automaton.ruleStarts[0])].isFinal, lexer)
    }

    /// Where every text begins.
    var start: Position {
        Position(threads: [.init(row: 0, state: rows[0].lexerState)], isComplete: rows[0].isAccepting)
    }

    /// The items of a row.
    func items(of row: Int32) -> ArraySlice<Item> { items[rows[Int(row)].items] }

    /// What an array or an object already has, by number.
    func progress(_ number: Int32) -> Progress { progresses[Int(number)] }

    /// The row after the lexemes of `accept` were read in `row`; ``none`` if that leads nowhere.
    @inline(__always)
    mutating func scan(_ row: Int32, _ accept: Int32, _ lexer: Lexer) -> Int32 {
        let key = UInt64(UInt32(bitPattern: row)) << 32 | UInt64(UInt32(bitPattern: accept))
        if let known = scans[key] { return known }
        scratch.removeAll(keepingCapacity: true)
        scratchSet.removeAll(keepingCapacity: true)
        read(row, lexer.acceptLists[Int(accept)])
        let result = complete(lexer)
        scans[key] = result
        return result
    }

    /// The row after lexemes that end at the same place but began in different rows.
    mutating func scan(_ sources: [(row: Int32, accept: Int32)], _ lexer: Lexer) -> Int32 {
        if sources.count == 1 { return scan(sources[0].row, sources[0].accept, lexer) }
        scratch.removeAll(keepingCapacity: true)
        scratchSet.removeAll(keepingCapacity: true)
        for source in sources { read(source.row, lexer.acceptLists[Int(source.accept)]) }
        return complete(lexer)
    }

    /// The items after one of `lexemes`.
    private mutating func read(_ row: Int32, _ lexemes: [Int32]) {
        for position in rows[Int(row)].items {
            let item = items[position]
            for number in automaton.states[Int(item.state)].lexemes {
                let transition = automaton.lexemeTransitions[number]
                guard lexemes.contains(transition.symbol) else { continue }
                guard let progress = apply(transition.effect, to: item.progress) else { continue }
                add(
                    Item(
                        state: transition.target, origin: item.origin == Self.itself ? row : item.origin,
                        progress: progress))
            }
        }
    }

    private mutating func add(_ item: Item) {
        if scratch.count < 12 {
            if !scratch.contains(item) { scratch.append(item) }
        } else {
            if scratchSet.isEmpty { scratchSet.formUnion(scratch) }
            if scratchSet.insert(item).inserted { scratch.append(item) }
        }
    }

    /// Ends the rules that may end, and finds or makes the row.
    private mutating func complete(_ lexer: Lexer) -> Int32 {
        var isAccepting = false
        var position = 0
        while position < scratch.count {
            let item = scratch[position]
            position += 1
            let state = automaton.states[Int(item.state)]
            guard state.isFinal else { continue }
            if state.rule == 0, item.origin == 0 { isAccepting = true }
            for waiting in rows[Int(item.origin)].items {
                let caller = items[waiting]
                for number in automaton.states[Int(caller.state)].calls {
                    let call = automaton.callTransitions[number]
                    guard call.symbol == state.rule, let progress = apply(call.effect, to: caller.progress) else {
                        continue
                    }
                    let origin = caller.origin == Self.itself ? item.origin : caller.origin
                    add(Item(state: call.target, origin: origin, progress: progress))
                }
            }
        }
        scratch.removeAll { !automaton.states[Int($0.state)].hasTransitions }
        if scratch.isEmpty, !isAccepting { return Self.none }
        if scratch.count > 1 { scratch.sort() }
        return find(isAccepting, lexer)
    }

    private mutating func find(_ isAccepting: Bool, _ lexer: Lexer) -> Int32 {
        var key: UInt64 = isAccepting ? 1 : 2
        for item in scratch {
            key = mix(key, UInt64(UInt32(bitPattern: item.state)) << 32 | UInt64(UInt32(bitPattern: item.origin)))
            key = mix(key, UInt64(UInt32(bitPattern: item.progress)))
        }
        let count = scratch.count
        for candidate in index[key] ?? [] {
            let row = rows[Int(candidate)]
            if row.items.count >= count, row.isAccepting == isAccepting,
                items[row.items.prefix(count)].elementsEqual(scratch),
                row.items.count == count || items[row.items.lowerBound + count].origin == Self.itself
            {
                return candidate
            }
        }
        generation += 1
        let row = append(isAccepting: isAccepting, lexer)
        index[key, default: []].append(row)
        return row
    }

    /// Makes a row of the items at hand, with the rules that may begin.
    private mutating func append(isAccepting: Bool, _ lexer: Lexer) -> Int32 {
        var expected: [Int32] = []
        var position = 0
        while position < scratch.count {
            let item = scratch[position]
            position += 1
            let state = automaton.states[Int(item.state)]
            for number in state.lexemes {
                let transition = automaton.lexemeTransitions[number]
                if transition.effect == 0 || apply(transition.effect, to: item.progress) != nil {
                    expected.append(transition.symbol)
                }
            }
            for number in state.calls {
                let call = automaton.callTransitions[number]
                guard predicted[Int(call.symbol)] != generation else { continue }
                if call.effect != 0, apply(call.effect, to: item.progress) == nil { continue }
                predicted[Int(call.symbol)] = generation
                let start = automaton.ruleStarts[Int(call.symbol)]
                scratch.append(Item(state: start, origin: Self.itself, progress: 0))
            }
        }
        if expected.count > 1 {
            expected.sort()
            expected.removeDuplicatesOfSorted()
        }
        let start = items.count
        items.append(contentsOf: scratch)
        if items.count > Self.largestItemCount, overflow == nil {
            overflow = "reading the text takes more than \(Self.largestItemCount) items"
        }
        rows.append(
            Row(items: start..<items.count, lexerState: lexer.start(expected), isAccepting: isAccepting))
        return Int32(rows.count - 1)
    }

    /// The number of what `progress` becomes by an effect; nil where its condition does not hold.
    @inline(__always)
    mutating func apply(_ effect: Int32, to progress: Int32) -> Int32? {
        effect == 0 ? progress : applySlowly(effect, to: progress)
    }

    private mutating func applySlowly(_ effect: Int32, to progress: Int32) -> Int32? {
        guard let result = automaton.apply(automaton.effects[Int(effect)], to: progresses[Int(progress)]) else {
            return nil
        }
        if let known = progressIndex[result] { return known }
        let number = Int32(progresses.count)
        progresses.append(result)
        progressIndex[result] = number
        return number
    }
}

extension Rows.Item: Comparable {
    static func < (left: Self, right: Self) -> Bool {
        (left.state, left.origin, left.progress) < (right.state, right.origin, right.progress)
    }
}
