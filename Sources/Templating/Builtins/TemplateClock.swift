import Foundation

/// The time that `strftime_now` prints.
struct TemplateClock: Sendable {
    /// The current time.
    var now: @Sendable () -> Date = { Date() }
    /// The time zone in which it is printed.
    var timeZone = TimeZone.current

    private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    /// The time in a format of C's `strftime`, with English names.
    func text(format: String) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        let date = now()
        let parts = calendar.dateComponents(
            [.year, .month, .day, .hour, .minute, .second, .weekday, .nanosecond], from: date)
        let day = calendar.ordinality(of: .day, in: .year, for: date) ?? 1
        var result = ""
        var scalars = format.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            guard scalar == "%", var code = scalars.next() else {
                result.unicodeScalars.append(scalar)
                continue
            }
            let isPadded = code != "-"
            if !isPadded, let next = scalars.next() { code = next }
            result += field(code, parts, dayOfYear: day, date: date, isPadded: isPadded)
        }
        return result
    }

    private func field(
        _ code: Unicode.Scalar, _ parts: DateComponents, dayOfYear: Int, date: Date, isPadded: Bool
    ) -> String {
        let (year, month, day) = (parts.year ?? 0, parts.month ?? 1, parts.day ?? 1)
        let (hour, minute, second) = (parts.hour ?? 0, parts.minute ?? 0, parts.second ?? 0)
        let weekday = (parts.weekday ?? 1) - 1
        func number(_ value: Int, _ width: Int = 2, fill: String = "0") -> String {
            let digits = String(value)
            return isPadded ? String(repeating: fill, count: max(0, width - digits.utf8.count)) + digits : digits
        }
        func all(_ codes: String) -> String {
            codes.unicodeScalars.map { code in
                code.properties.isAlphabetic
                    ? field(code, parts, dayOfYear: dayOfYear, date: date, isPadded: true) : String(code)
            }.joined()
        }
        return switch code {
        case "Y": number(year, 4)
        case "y": number(year % 100)
        case "C": number(year / 100)
        case "m": number(month)
        case "d": number(day)
        case "e": number(day, fill: " ")
        case "H": number(hour)
        case "I": number((hour + 11) % 12 + 1)
        case "k": number(hour, fill: " ")
        case "l": number((hour + 11) % 12 + 1, fill: " ")
        case "M": number(minute)
        case "S": number(second)
        case "f": number((parts.nanosecond ?? 0) / 1000, 6)
        case "j": number(dayOfYear, 3)
        case "w": String(weekday)
        case "u": String((weekday + 6) % 7 + 1)
        case "U": number((dayOfYear + 6 - weekday) / 7)
        case "W": number((dayOfYear + 6 - (weekday + 6) % 7) / 7)
        case "A": Self.weekdays[weekday]
        case "a": String(Self.weekdays[weekday].prefix(3))
        case "B": Self.months[month - 1]
        case "b", "h": String(Self.months[month - 1].prefix(3))
        case "p": hour < 12 ? "AM" : "PM"
        case "P": hour < 12 ? "am" : "pm"
        case "s": String(Int(exactly: date.timeIntervalSince1970.rounded(.down)) ?? 0)
        case "D": all("m/d/y")
        case "F": all("Y-m-d")
        case "T", "X": all("H:M:S")
        case "R": all("H:M")
        case "r": all("I:M:S p")
        case "x": all("m/d/y")
        case "c": all("a b e H:M:S Y")
        case "n": "\n"
        case "t": "\t"
        case "z", "Z": ""
        case "%": "%"
        default: "%" + String(code)
        }
    }
}
