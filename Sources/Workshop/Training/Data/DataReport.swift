/// What was read, and what was left out and why.
package struct DataReport: Sendable, Hashable {
    /// Records that were left out for one reason.
    package struct Omission: Sendable, Hashable {
        package var reason: String
        package var count: Int
        /// Where the first of them stands.
        package var first: String
    }

    package var records = 0
    package var sequences = 0
    package var tokens = 0
    package var learnedTokens = 0
    /// Texts that were cut to the sequence length.
    package var cut = 0
    package var omissions: [Omission] = []

    mutating func omit(_ reason: String, at place: String) {
        if let index = omissions.firstIndex(where: { $0.reason == reason }) {
            omissions[index].count += 1
        } else {
            omissions.append(Omission(reason: reason, count: 1, first: place))
        }
    }

    /// The report in sentences for people.
    package var lines: [String] {
        var lines = ["\(records) records: \(sequences) sequences, \(tokens) tokens, \(learnedTokens) of them learned"]
        if cut > 0 { lines.append("\(cut) texts were cut to the sequence length") }
        for omission in omissions {
            lines.append("\(omission.count) left out, \(omission.reason); the first is \(omission.first)")
        }
        return lines
    }
}
