import Essentials

/// What a host's `robots.txt` allows (RFC 9309).
struct RobotsRules: Sendable, Hashable {
    private struct Rule: Hashable {
        var pattern: [UInt8]
        var allows: Bool
    }

    private var rules: [Rule] = []
    /// Seconds that should lie between two requests.
    private(set) var pause = 0.0

    /// Everything is allowed.
    static let open = RobotsRules("", agent: "")
    /// Nothing is, since the host cannot say what.
    static let closed = RobotsRules("User-agent: *\nDisallow: /", agent: "")

    /// The rules for an agent: those of its own groups, or those for all.
    init(_ text: String, agent: String) {
        var groups: [String: (rules: [Rule], pause: Double)] = [:]
        var (agents, isInRules): ([String], Bool) = ([], false)
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.prefix { $0 != "#" }.split(separator: ":", maxSplits: 1).map {
                $0.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()
            }.map { String($0) }
            guard parts.count > 0, let key = parts.first?.lowercased() else { continue }
            let value = parts.count > 1 ? parts[1] : ""
            switch key {
            case "user-agent":
                if isInRules { (agents, isInRules) = ([], false) }
                agents.append(value.lowercased())
                groups[value.lowercased(), default: ([], 0)].pause += 0
            case "allow", "disallow":
                isInRules = true
                // An empty one forbids nothing.
                guard !value.isEmpty else { continue }
                for agent in agents {
                    groups[agent, default: ([], 0)].rules.append(
                        Rule(pattern: Array(Self.normalized(value).utf8), allows: key == "allow"))
                }
            case "crawl-delay":
                isInRules = true
                for agent in agents { groups[agent, default: ([], 0)].pause = max(0, Double(value) ?? 0) }
            default: break
            }
        }
        guard let own = groups[agent.lowercased()] ?? groups["*"] else { return }
        (rules, pause) = own
    }

    /// Whether a path, with what is asked behind it, may be fetched: the longest pattern that fits says so.
    func allows(_ path: String) -> Bool {
        let path = Array(Self.normalized(path).utf8)
        var best: Rule?
        for rule in rules where Self.fits(rule.pattern, path) {
            let isLonger = rule.pattern.count > best?.pattern.count ?? -1
            if isLonger || rule.pattern.count == best?.pattern.count && rule.allows { best = rule }
        }
        return best?.allows ?? true
    }

    /// Without encodings that mean the same.
    private static func normalized(_ path: String) -> String { path.removingPercentEncoding ?? path }

    /// A pattern fits the beginning of a path; `*` is anything, `$` at the end the path's end. It takes time in proportion to
    /// the product of both lengths at most.
    private static func fits(_ pattern: [UInt8], _ path: [UInt8]) -> Bool {
        let (star, end) = (UInt8(ascii: "*"), UInt8(ascii: "$"))
        let isWhole = pattern.last == end
        let pattern = isWhole ? Array(pattern.dropLast()) : pattern + [star]
        var (place, position, back, resumed): (Int, Int, Int?, Int) = (0, 0, nil, 0)
        while position < path.count {
            if place < pattern.count, pattern[place] == star {
                (back, resumed) = (place, position)
                place += 1
            } else if place < pattern.count, pattern[place] == path[position] {
                place += 1
                position += 1
            } else if let star = back {
                resumed += 1
                (place, position) = (star + 1, resumed)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == star }
    }
}
