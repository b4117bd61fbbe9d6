import JSONValues
import OrderedCollections

/// A set of JSON values in a normal form: scalars as expressions over their text, arrays and objects as lists of shapes.
///
/// Sets have unions, intersections and, with few exceptions, complements, which is what the keywords of a schema are made of.
struct ValueSet: Hashable, Sendable {
    var allowsNull = false
    var allowsFalse = false
    var allowsTrue = false
    /// Numbers, as text.
    var number = Expression.nothing
    /// Strings, as JSON text with their quotes.
    var string = Expression.nothing
    /// Any of these.
    var arrays: [ArrayShape] = []
    /// Any of these.
    var objects: [ObjectShape] = []

    var hasScalars: Bool {
        allowsNull || allowsFalse || allowsTrue || number != .nothing || string != .nothing
    }
}

/// A subschema, or several together, by its number in the compiler.
typealias Term = Int

/// What an array may contain.
struct ArrayShape: Hashable, Sendable {
    /// The first elements.
    var prefix: [Term] = []
    /// All further elements.
    var rest: Term
    var least = 0
    var most: Int?
    /// There must be an element of each of these.
    var contains: [Term] = []
    var isUnique = false

    func element(_ index: Int) -> Term { index < prefix.count ? prefix[index] : rest }
}

/// What an object may contain.
struct ObjectShape: Hashable, Sendable {
    /// Members by name, in their order.
    var members: OrderedDictionary<String, Term> = [:]
    /// Names that must be there; all of them are among the members.
    var required: OrderedSet<String> = []
    /// Other members: sets of keys, as JSON text, that have no key in common, and what their values may be. Keys in none
    /// of them are forbidden.
    var extras: [Extra] = []
    var least = 0
    var most: Int?
    /// Members that demand others.
    var implications: OrderedDictionary<String, OrderedSet<String>> = [:]

    struct Extra: Hashable, Sendable {
        var keys: Expression
        var value: Term
    }
}
