/// Finds stop strings in text that arrives piece by piece.
///
/// Text that could still be the beginning of a stop string is held back until it is certain.
package struct StopMatcher: Sendable {
    private let stops: [[UInt8]]
    private var held: [UInt8] = []
    /// The stop string that ended the text.
    package private(set) var found: String?

    /// Looks for any of `stops`; empty ones are ignored.
    package init(_ stops: [String]) { self.stops = stops.filter { !$0.isEmpty }.map { Array($0.utf8) } }

    /// Whether there is anything to look for.
    package var isActive: Bool { !stops.isEmpty }

    /// Takes more text; returns what is certain now, and whether a stop string ended it.
    package mutating func append(_ text: String) -> (text: String, isStopped: Bool) {
        guard !stops.isEmpty else { return (text, false) }
        held += Array(text.utf8)
        if let (end, stop) = firstStop() {
            defer { held = [] }
            found = String(decoding: stop, as: UTF8.self)
            return (String(decoding: held[..<end], as: UTF8.self), true)
        }
        let keep = stops.map(longestBeginningHeld).max() ?? 0
        defer { held.removeFirst(held.count - keep) }
        return (String(decoding: held.dropLast(keep), as: UTF8.self), false)
    }

    /// What is still held back when the text ends without a stop string.
    package mutating func finish() -> String {
        defer { held = [] }
        return String(decoding: held, as: UTF8.self)
    }

    private func firstStop() -> (start: Int, stop: [UInt8])? {
        held.indices.lazy.compactMap { start in
            stops.first { held[start...].starts(with: $0) }.map { (start, $0) }
        }.first
    }

    /// The length of the longest end of the held text that `stop` begins with.
    private func longestBeginningHeld(_ stop: [UInt8]) -> Int {
        stride(from: min(stop.count - 1, held.count), to: 0, by: -1).first {
            held.suffix($0).elementsEqual(stop.prefix($0))
        } ?? 0
    }
}
