/// The formats of strings that JSON Schema defines, as regular expressions of the whole string.
enum StringFormat {
    /// Defined by JSON Schema, but not by a regular expression of bearable size.
    static let unsupported: Set = ["idn-email", "idn-hostname"]

    /// Formats with a greatest length, in characters.
    static let longest = ["hostname": 253]

    static let patterns: [String: String] = [
        "date": date,
        "time": time,
        "date-time": "(?:\(date))[Tt](?:\(time))",
        "duration": duration,
        "email": "\(mailName)@(?:\(hostname)|\\[\(ipv4)\\])",
        "hostname": hostname,
        "ipv4": ipv4,
        "ipv6": ipv6,
        "uuid": "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
        "uri": uri(scheme: "\(scheme):", extra: ""),
        "uri-reference": "(?:\(uri(scheme: "\(scheme):", extra: ""))|\(relative(extra: "")))",
        "iri": uri(scheme: "\(scheme):", extra: beyondASCII),
        "iri-reference": "(?:\(uri(scheme: "\(scheme):", extra: beyondASCII))|\(relative(extra: beyondASCII)))",
        "uri-template": uriTemplate,
        "json-pointer": "(?:/(?:[^/~]|~[01])*)*",
        "relative-json-pointer": "(?:0|[1-9][0-9]*)(?:#|(?:/(?:[^/~]|~[01])*)*)",
        // Regular expressions are no regular language; these are the ones without groups and classes.
        "regex": "(?:[^\\\\()\\[\\]{}*+?|]|\\\\[dDwWsSnrtfv.*+?()\\[\\]{}|^$/\\\\-])*",
    ]

    private static let date: String = {
        let long = "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
        let short = "(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
        let february = "02-(?:0[1-9]|1[0-9]|2[0-8])"
        let leap = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29"
        return "(?:[0-9]{4}-(?:\(long)|\(short)|\(february))|\(leap))"
    }()

    // A leap second comes at the end of a day of universal time only; without an offset that is 23:59:60.
    private static let time =
        "(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]+)?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
        + "|23:59:60(?:\\.[0-9]+)?(?:[Zz]|[+-]00:00))"

    private static let duration: String = {
        let time = "T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S)"
        let date = "(?:[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?|[0-9]+M(?:[0-9]+D)?|[0-9]+D)"
        return "P(?:\(date)(?:\(time))?|\(time)|[0-9]+W)"
    }()

    private static let mailName = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    // The third and fourth character of a label are not both hyphens, which would make it punycode.
    private static let label = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    private static let hostname = "(?:\(label)(?:\\.\(label))*)"
    private static let byte = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
    private static let ipv4 = "(?:\(byte)(?:\\.\(byte)){3})"

    private static let ipv6: String = {
        let group = "[0-9a-fA-F]{1,4}"
        let last = "(?:\(group):\(group)|\(ipv4))"
        var forms = ["(?:\(group):){6}\(last)", "::(?:\(group):){5}\(last)"]
        forms.append("(?:\(group))?::(?:\(group):){4}\(last)")
        for count in 1...3 {
            forms.append("(?:(?:\(group):){0,\(count)}\(group))?::(?:\(group):){\(4 - count)}\(last)")
        }
        forms.append("(?:(?:\(group):){0,4}\(group))?::\(last)")
        forms.append("(?:(?:\(group):){0,5}\(group))?::\(group)")
        forms.append("(?:(?:\(group):){0,6}\(group))?::")
        return "(?:\(forms.joined(separator: "|")))"
    }()

    // RFC 3986, appendix A; `extra` is what IRIs may have in addition (RFC 3987).
    private static let beyondASCII = "\\u00A0-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFEF\\u{10000}-\\u{1FFFD}"
    private static let scheme = "[A-Za-z][A-Za-z0-9+.-]*"

    private static func characters(_ more: String, _ extra: String) -> String {
        "(?:[A-Za-z0-9._~!$&'()*+,;=\(more)\(extra)-]|%[0-9A-Fa-f]{2})"
    }

    private static func authority(_ extra: String) -> String {
        let literal = "\\[(?:\(ipv6)|[vV][0-9A-Fa-f]+\\.[A-Za-z0-9._~!$&'()*+,;=:-]+)\\]"
        return "//(?:\(characters(":", extra))*@)?(?:\(literal)|\(characters("", extra))*)(?::[0-9]*)?"
            + "(?:/\(characters(":@", extra))*)*"
    }

    private static func tail(_ extra: String) -> String {
        let part = "\(characters(":@/?", extra))*"
        return "(?:\\?\(part))?(?:#\(part))?"
    }

    private static func uri(scheme: String, extra: String) -> String {
        let segment = characters(":@", extra)
        let path = "/?(?:\(segment)+(?:/\(segment)*)*)?"
        return "\(scheme)(?:\(authority(extra))|\(path))\(tail(extra))"
    }

    private static func relative(extra: String) -> String {
        let segment = characters(":@", extra)
        let first = characters("@", extra)
        let path = "(?:/(?:\(segment)+(?:/\(segment)*)*)?|\(first)+(?:/\(segment)*)*|)"
        return "(?:\(authority(extra))|\(path))\(tail(extra))"
    }

    private static let uriTemplate: String = {
        let name = "(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})+(?:\\.(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})+)*"
        let variable = "\(name)(?::[1-9][0-9]{0,3}|\\*)?"
        let expression = "\\{[+#./;?&=,!@|]?\(variable)(?:,\(variable))*\\}"
        return "(?:[^\\u0000-\\u0020\"'%<>\\\\^`{|}]|%[0-9A-Fa-f]{2}|\(expression))*"
    }()
}
