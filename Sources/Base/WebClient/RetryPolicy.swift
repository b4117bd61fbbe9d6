package import Essentials

/// How often and when a request is sent again after a failure that may pass.
package struct RetryPolicy: Sendable, Hashable {
    /// How often it is sent at most.
    package var attempts = 6
    /// Seconds before the second attempt; each further pause is twice as long.
    package var firstPause = 1.0
    /// The longest pause in seconds, one that the server asks for included.
    package var longestPause = 60.0

    package init() {}

    /// The pause after so many failures in a row, one at least; `response` may ask for a longer one.
    package func pause(afterFailures failures: Int, response: HTTPResponse? = nil, now: Date = Date()) -> Double {
        let usual = min(longestPause, firstPause * Double(1 << min(max(failures - 1, 0), 16)))
        guard let asked = response?["Retry-After"].flatMap({ Self.seconds($0, from: now) }) else {
            // Clients that failed together should not come back together.
            return usual * Double.random(in: 0.75...1)
        }
        return min(longestPause, max(asked, firstPause))
    }

    /// The seconds that a `Retry-After` field means: a number, or a date such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func seconds(_ field: String, from now: Date) -> Double? {
        if let seconds = Double(field) { return seconds.isFinite && seconds >= 0 ? seconds : nil }
        let parts = field.split(separator: " ")
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard parts.count == 6, parts[5] == "GMT", let day = Int(parts[1]), 1...31 ~= day,
            let month = months.firstIndex(of: String(parts[2])), let year = Int(parts[3]), 1970...9999 ~= year
        else { return nil }
        let time = parts[4].split(separator: ":").compactMap { Int($0) }
        guard time.count == 3, time.allSatisfy({ 0...60 ~= $0 }) else { return nil }
        // Days since 1970 with years that begin in March, so that the leap day is the last.
        let (shiftedYear, shiftedMonth) = month < 2 ? (year - 1, month + 10) : (year, month - 2)
        let days =
            shiftedYear * 365 + shiftedYear / 4 - shiftedYear / 100 + shiftedYear / 400
            + (153 * shiftedMonth + 2) / 5 + day - 1 - 719_468
        let date = Double(days * 86_400 + time[0] * 3600 + time[1] * 60 + time[2])
        return max(0, date - now.timeIntervalSince1970)
    }
}
