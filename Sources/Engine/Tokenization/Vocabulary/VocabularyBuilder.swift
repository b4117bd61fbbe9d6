/// Collects pieces with their ids in whatever order a file lists them.
struct VocabularyBuilder {
    /// The largest id that is taken; a larger one is a mistake in the file, not a vocabulary.
    static let largestID = 0xFF_FFFF

    private var pieces = StringTable()
    private var ids: [Int32] = []
    private var isInOrder = true

    /// Adds `piece` under `id`; returns what is wrong with the id, if anything.
    mutating func add(_ piece: some Collection<UInt8>, id: Int) -> String? {
        guard id >= 0, id <= Self.largestID else { return "the id \(id) is not between 0 and \(Self.largestID)" }
        if id != ids.count { isInOrder = false }
        pieces.append(piece)
        ids.append(Int32(id))
        return nil
    }

    /// The pieces by id, or the id that two pieces share.
    func build() -> Result<StringTable, DuplicateID> {
        if isInOrder { return .success(pieces) }
        var order = [Int32](repeating: -1, count: Int(ids.max() ?? -1) + 1)
        for (index, id) in ids.enumerated() {
            guard order[Int(id)] < 0 else { return .failure(DuplicateID(id: id)) }
            order[Int(id)] = Int32(index)
        }
        var sorted = StringTable()
        for index in order { sorted.append(index < 0 ? [] : pieces[Int(index)]) }
        return .success(sorted)
    }

    /// Two pieces claim one id.
    struct DuplicateID: Error {
        let id: Int32
    }
}
