import JSONValues
import OrderedCollections

/// Compiles a JSON schema: first to sets of values, then to a grammar.
///
/// Subschemas are looked at when something refers to them, and each combination of them once, so that recursive schemas end.
struct SchemaCompiler {
    /// What a term stands for.
    enum Meaning: Hashable {
        case any, never
        /// The subschema at a place of the document.
        case place(Int)
        /// What all (any) of these terms allow.
        case all([Term])
        case either([Term])
        case not(Term)
        /// Exactly this value.
        case literal(JSON)
    }

    static let any: Term = 0
    static let never: Term = 1
    /// Combinations of subschemas that are looked at, at most.
    static let mostTerms = 20_000
    /// Alternatives that one place may have, at most.
    static let mostShapes = 600
    /// How deep references and combinations at one place may go.
    static let deepestNesting = 120

    let options: SchemaOptions
    var document: SchemaDocument
    var expressions: Expressions
    var text: JSONText
    private(set) var meanings: [Meaning] = [.any, .never]
    private var termIndex: [Meaning: Term] = [.any: 0, .never: 1]
    private var sets: [Term: ValueSet] = [:]
    private var inProgress: Set<Term> = []
    private var nesting = 0
    var emptiness: [Term: Bool] = [:]
    /// What elements of arrays are that are the wanted ones, too: by the element's term and the wanted one's.
    var jointTerms: [[Term]: Term] = [:]
    /// Work done so far, in steps that take well under a microsecond each.
    var effort = 0
    static let mostEffort = 3_000_000

    init(_ schema: JSON, _ options: SchemaOptions, _ expressions: Expressions) throws(ConstraintError) {
        self.options = options
        document = try SchemaDocument(schema)
        self.expressions = expressions
        text = JSONText(&self.expressions, options)
    }

    // MARK: Terms

    mutating func term(_ meaning: Meaning) throws(ConstraintError) -> Term {
        if let known = termIndex[meaning] { return known }
        guard meanings.count < Self.mostTerms else {
            throw .tooComplex("its subschemas combine in more than \(Self.mostTerms) ways")
        }
        meanings.append(meaning)
        termIndex[meaning] = meanings.count - 1
        return meanings.count - 1
    }

    /// What both allow.
    mutating func both(_ first: Term, _ second: Term) throws(ConstraintError) -> Term {
        if first == second || second == Self.any { return first }
        if first == Self.any { return second }
        if first == Self.never || second == Self.never { return Self.never }
        var members: [Term] = []
        for term in [first, second] {
            if case .all(let parts) = meanings[term] { members += parts } else { members.append(term) }
        }
        var seen: Set<Term> = []
        return try term(.all(members.filter { seen.insert($0).inserted }))
    }

    mutating func not(_ term: Term) throws(ConstraintError) -> Term {
        if term == Self.any { return Self.never }
        if term == Self.never { return Self.any }
        if case .not(let inner) = meanings[term] { return inner }
        return try self.term(.not(term))
    }

    /// The subschema below `place`.
    mutating func child(of place: Int, _ keys: String...) throws(ConstraintError) -> Term {
        let pointer = keys.reduce(document.places[place].pointer) { $0 + "/" + SchemaDocument.escape($1) }
        guard let child = try document.place(at: pointer) else { return Self.any }
        if case .bool(let value) = document.places[child].json { return value ? Self.any : Self.never }
        return try term(.place(child))
    }

    // MARK: Sets

    /// The values that `term` allows.
    mutating func values(of term: Term) throws(ConstraintError) -> ValueSet {
        if let known = sets[term] { return known }
        try spend(20)
        guard inProgress.insert(term).inserted else {
            throw .schema(pointer: pointer(of: term), keyword: "$ref", reason: "it refers to itself without end")
        }
        nesting += 1
        defer {
            inProgress.remove(term)
            nesting -= 1
        }
        guard nesting <= Self.deepestNesting else {
            throw .tooComplex("references and combinations are nested deeper than \(Self.deepestNesting) levels")
        }
        var result: ValueSet
        switch meanings[term] {
        case .any: result = anything
        case .never: result = ValueSet()
        case .place(let place): result = try values(at: place)
        case .all(let terms):
            result = anything
            for part in terms { result = try intersection(result, try values(of: part)) }
        case .either(let terms):
            result = ValueSet()
            for part in terms { result = try union(result, try values(of: part)) }
        case .not(let inner): result = try complement(try values(of: inner), at: pointer(of: inner))
        case .literal(let value): result = try literal(value, asInteger: false)
        }
        if let reason = expressions.overflow { throw .tooComplex(reason) }
        sets[term] = result
        return result
    }

    /// Every JSON value.
    var anything: ValueSet {
        ValueSet(
            allowsNull: true, allowsFalse: true, allowsTrue: true, number: text.number, string: text.string,
            arrays: [anyArray], objects: [anyObject])
    }

    var anyArray: ArrayShape { ArrayShape(rest: Self.any) }
    var anyObject: ObjectShape { ObjectShape(extras: [.init(keys: text.string, value: Self.any)]) }

    /// Exactly `value`.
    mutating func literal(_ value: JSON, asInteger: Bool) throws(ConstraintError) -> ValueSet {
        var set = ValueSet()
        switch value {
        case .null: set.allowsNull = true
        case .bool(false): set.allowsFalse = true
        case .bool(true): set.allowsTrue = true
        case .integer(let number):
            if let decimal = Decimal("\(number)") {
                set.number = text.literal(decimal, asInteger: asInteger, &expressions)
            }
        case .largeInteger(let digits):
            guard let decimal = Decimal(digits) else { throw .tooComplex("a number has 400 digits or more") }
            set.number = text.literal(decimal, asInteger: asInteger, &expressions)
        case .number(let number):
            guard let decimal = Decimal("\(number)") else { break }
            set.number = text.literal(decimal, asInteger: asInteger, &expressions)
        case .string(let string): set.string = text.literal(string, &expressions)
        case .array(let elements):
            var prefix: [Term] = []
            for element in elements { prefix.append(try term(.literal(element))) }
            set.arrays = [ArrayShape(prefix: prefix, rest: Self.never, least: prefix.count, most: prefix.count)]
        case .object(let members):
            var shape = ObjectShape()
            for (key, member) in members {
                shape.members[key] = try term(.literal(member))
                shape.required.append(key)
            }
            set.objects = [shape]
        }
        return set
    }

    /// A place for messages.
    func pointer(of term: Term) -> String {
        switch meanings[term] {
        case .place(let place): document.places[place].pointer
        case .all(let terms), .either(let terms): terms.first.map { pointer(of: $0) } ?? ""
        case .not(let inner): pointer(of: inner)
        case .any, .never, .literal: ""
        }
    }

    mutating func spend(_ steps: Int) throws(ConstraintError) {
        effort += steps
        if effort > Self.mostEffort { throw .tooComplex("its subschemas combine in too many ways") }
    }
}
