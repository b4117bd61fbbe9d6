/// The variables of a template, loop iteration, macro call or block, inside those that surround it.
final class Scope {
    let parent: Scope?
    private var values: [Int: Value] = [:]

    init(parent: Scope?) { self.parent = parent }

    /// The value of a variable of this scope, or else of the nearest one around it.
    func value(of id: Int) -> Value? {
        var scope: Scope? = self
        while let current = scope {
            if let value = current.values[id] { return value }
            scope = current.parent
        }
        return nil
    }

    func set(_ id: Int, to value: Value) { values[id] = value }

    /// Forgets everything, which ends cycles of scopes and the macros defined in them.
    func clear() { values = [:] }
}
