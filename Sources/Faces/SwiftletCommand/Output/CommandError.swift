/// A failure that is explained by one sentence.
struct CommandError: Error, Hashable, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
