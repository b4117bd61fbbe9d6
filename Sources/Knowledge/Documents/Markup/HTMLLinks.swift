/// Where the links of a page lead.
package struct HTMLLinks: Sendable, Hashable {
    /// The addresses as they stand in the page, in their order, each once; without those marked `nofollow`.
    package private(set) var addresses: [String] = []
    /// What addresses are relative to, if not to the page.
    package private(set) var base: String?
    /// Whether the page may be indexed, and its links followed, as it says itself to robots.
    package private(set) var (isIndexed, isFollowed) = (true, true)

    /// Reads a page; whatever is wrong with it, what is recognizable counts.
    package init(_ bytes: [UInt8]) {
        var scanner = MarkupScanner(Array((TextDecoding.text(bytes) ?? "").utf8), isHTML: true)
        var known: Set<String> = []
        while let event = (try? scanner.next()) ?? nil {
            guard case .start(let name, let attributes) = event else { continue }
            func words(_ key: String) -> [Substring] {
                (attributes[key] ?? "").lowercased().split { $0 == "," || $0.isWhitespace }
            }
            switch name {
            case "script", "style", "textarea": scanner.skipRawText(of: name)
            case "base": base = base ?? attributes["href"]
            case "meta" where words("name") == ["robots"]:
                let rules = words("content")
                if rules.contains("noindex") || rules.contains("none") { isIndexed = false }
                if rules.contains("nofollow") || rules.contains("none") { isFollowed = false }
            case "a", "area":
                guard let address = attributes["href"]?.trimmed, !words("rel").contains("nofollow") else { continue }
                if known.insert(address).inserted { addresses.append(address) }
            default: break
            }
        }
    }
}
