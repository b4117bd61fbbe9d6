import Checkpoints

/// What a format cannot say, and whether that ends the conversion.
struct Losses {
    /// The file that says it.
    let path: String
    /// Whether losses are only noted.
    let areAllowed: Bool
    private(set) var notes: [String] = []

    init(path: String, areAllowed: Bool) { (self.path, self.areAllowed) = (path, areAllowed) }

    /// Refuses a key, or notes it.
    mutating func refuse(_ location: String, _ reason: String) throws(CheckpointError) {
        guard areAllowed else {
            throw CheckpointError(
                path: path, location: location, reason: reason, remedy: "swiftlet convert --lossy goes on without it")
        }
        notes.append("\(location): \(reason)")
    }
}
