/// Requests without memory, and whose turn it is.
///
/// Texts that had to give their memory back come first, in the order of their arrival. Of the others the turn is with clients
/// that have the fewest texts in work; among their requests with those that come first, where long prompts count as having
/// arrived later by the time that they take to read. Short ones overtake them so, but no more than that time allows.
struct WaitingLine {
    private(set) var requests: [ActiveRequest] = []

    var isEmpty: Bool { requests.isEmpty }
    var count: Int { requests.count }

    mutating func append(_ arrived: [ActiveRequest]) { requests += arrived }

    /// Puts texts that gave their memory back in front.
    mutating func take(back displaced: [ActiveRequest]) { requests = displaced + requests }

    /// Takes out those that fulfil a condition.
    mutating func remove(where isGone: (ActiveRequest) -> Bool) -> [ActiveRequest] {
        let gone = requests.filter(isGone)
        if !gone.isEmpty { requests.removeAll(where: isGone) }
        return gone
    }

    mutating func remove(at index: Int) -> ActiveRequest { requests.remove(at: index) }

    /// The index of the request that is to begin beside those in work; nil if there is no place for any.
    ///
    /// - Parameters:
    ///   - places: how many texts may be in work.
    ///   - express: how many more, if they are soon done: they need not wait for long ones to end.
    func next(beside active: [ActiveRequest], places: Int, express: Int) -> Int? {
        if let first = requests.firstIndex(where: { !$0.isQueued }) {
            return active.count < places + express ? first : nil
        }
        guard active.count < places + express else { return nil }
        let isFull = active.count >= places
        var inWork: [String?: Int] = [:]
        for request in active { inWork[request.request.client, default: 0] += 1 }
        return requests.indices.filter { !isFull || requests[$0].isSoonDone }.min {
            let (one, other) = (requests[$0], requests[$1])
            return (inWork[one.request.client] ?? 0, one.rank, one.id)
                < (inWork[other.request.client] ?? 0, other.rank, other.id)
        }
    }
}

extension ActiveRequest {
    /// Prompt tokens a second that are taken for granted where short prompts overtake long ones.
    private static let expectedSpeed = 1000.0

    /// When the request would have its turn if it were alone: the time of its arrival, and that of reading what is left.
    var rank: Double { arrival + Double(sequence.pending.count) / Self.expectedSpeed }

    /// Whether little is to be read and written.
    fileprivate var isSoonDone: Bool {
        sequence.pending.count <= 256 && (request.maximumTokens ?? .max) <= 32
    }
}
