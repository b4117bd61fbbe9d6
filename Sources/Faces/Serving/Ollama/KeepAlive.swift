import JSONValues

/// Ollama's `keep_alive`: for how long a model stays loaded.
package enum KeepAlive {
    /// Reads the field in seconds; nil if it is absent, negative for ever.
    static func seconds(_ fields: RequestFields) throws(APIError) -> Double? {
        switch fields["keep_alive"] {
        case nil: return nil
        case .integer(let seconds)?: return bounded(Double(seconds))
        case .number(let seconds)?: return bounded(seconds)
        case .string(let text)?:
            guard let seconds = duration(text) else {
                throw .invalid("keep_alive", "must be seconds or a duration such as \"5m\", not \"\(text)\"")
            }
            return seconds
        case let other?: throw .invalid("keep_alive", "must be seconds or a duration such as \"5m\", not \(other.kind)")
        }
    }

    /// What a request without a prompt has done: it lets a model be loaded, or leave.
    static func doneReason(_ fields: RequestFields) throws(APIError) -> String {
        try seconds(fields) == 0 ? "unload" : "load"
    }

    /// More than thirty years are for ever; clocks cannot count everything that a client may write.
    private static func bounded(_ seconds: Double) -> Double { seconds > 1e9 ? -1 : seconds }

    /// Reads Go's durations, negative for ever, such as `1h30m` or `-1s`; a number alone is seconds.
    package static func duration(_ text: String) -> Double? {
        if let seconds = Double(text), seconds.isFinite { return bounded(seconds) }
        let units: [(String, Double)] = [
            ("ms", 1e-3), ("us", 1e-6), ("µs", 1e-6), ("ns", 1e-9), ("h", 3600), ("m", 60), ("s", 1),
        ]
        var rest = text[...]
        let isNegative = rest.hasPrefix("-")
        if isNegative || rest.hasPrefix("+") { rest.removeFirst() }
        var total = 0.0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let number = rest.prefix { $0.isNumber || $0 == "." }
            guard let value = Double(number) else { return nil }
            rest = rest.dropFirst(number.count)
            guard let unit = units.first(where: { rest.hasPrefix($0.0) }) else { return nil }
            rest = rest.dropFirst(unit.0.count)
            total += value * unit.1
        }
        guard total.isFinite else { return nil }
        return isNegative ? -total : bounded(total)
    }
}
