import Platform

/// The time that `strftime_now` prints.
struct TemplateClock: Sendable {
    /// The current time, in seconds since 1970.
    var now: @Sendable () -> Double = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
    /// Whether it is printed in UTC, not in the machine's time zone.
    var isUTC = false

    private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    /// The time in a format of C's `strftime`, with English names.
    func text(format: String) -> String {
        let seconds = now()
        var (whole, date) = (time_t(exactly: seconds.rounded(.down)) ?? 0, tm())
        if isUTC { gmtime_r(&whole, &date) } else { localtime_r(&whole, &date) }
        var result = ""
        var scalars = format.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            guard scalar == "%", var code = scalars.next() else {
                result.unicodeScalars.append(scalar)
                continue
            }
            let isPadded = code != "-"
            if !isPadded, let next = scalars.next() { code = next }
            result += field(code, date, seconds: seconds, isPadded: isPadded)
        }
        return result
    }

    private func field(_ code: Unicode.Scalar, _ date: tm, seconds: Double, isPadded: Bool) -> String {
        let (year, month, day) = (Int(date.tm_year) + 1900, Int(date.tm_mon) + 1, Int(date.tm_mday))
        let (hour, minute, second) = (Int(date.tm_hour), Int(date.tm_min), Int(date.tm_sec))
        let (weekday, dayOfYear) = (Int(date.tm_wday), Int(date.tm_yday) + 1)
        func number(_ value: Int, _ width: Int = 2, fill: String = "0") -> String {
            let digits = String(value)
            return isPadded ? String(repeating: fill, count: max(0, width - digits.utf8.count)) + digits : digits
        }
        func all(_ codes: String) -> String {
            codes.unicodeScalars.map { code in
                code.properties.isAlphabetic ? field(code, date, seconds: seconds, isPadded: true) : String(code)
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
        case "f": number(Int((seconds - seconds.rounded(.down)) * 1e6), 6)
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
        case "s": String(Int(exactly: seconds.rounded(.down)) ?? 0)
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
