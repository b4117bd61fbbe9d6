import JSONValues
import Platform

/// Quantities as people read them.
enum Quantities {
    /// A size: `92 MB`, `1.3 GB`.
    static func bytes(_ count: Int) -> String {
        var value = Double(count)
        for unit in ["B", "kB", "MB", "GB"] {
            if value < 999.5 { return decimals(value, unit == "B" || value >= 9.95 ? 0 : 1) + " " + unit }
            value /= 1000
        }
        return decimals(value, 1) + " TB"
    }

    /// A duration: `8s`, `3m 20s`, `1h 05m`.
    static func seconds(_ value: Double) -> String {
        guard value.isFinite, value < 360_000 else { return "--" }
        let seconds = Int(value.rounded())
        if seconds < 60 { return "\(seconds)s" }
        if seconds < 3600 { return "\(seconds / 60)m " + twoDigits(seconds % 60) + "s" }
        return "\(seconds / 3600)h " + twoDigits(seconds / 60 % 60) + "m"
    }

    /// A number with a fixed count of decimals.
    static func decimals(_ value: Double, _ count: Int) -> String {
        value.formatted("%.\(count)f")
    }

    /// A time of day on this machine: `2026-11-23 10:42`.
    static func date(_ secondsSince1970: Int) -> String {
        var (seconds, date) = (time_t(secondsSince1970), tm())
        localtime_r(&seconds, &date)
        let fields = [date.tm_mon + 1, date.tm_mday, date.tm_hour, date.tm_min].map { twoDigits(Int($0)) }
        return "\(Int(date.tm_year) + 1900)-\(fields[0])-\(fields[1]) \(fields[2]):\(fields[3])"
    }

    private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
