import Essentials
import Templating

/// The synonyms of a WordNet installation (Debian's package `wordnet-base`), found in its sorted files without loading them.
public struct WordNet: Sendable {
    /// Where Debian and Princeton's own installation put the files.
    public static let usualFolders = [
        "/usr/share/wordnet", "/usr/local/WordNet-3.0/dict", "/opt/homebrew/opt/wordnet/dict",
    ]

    /// One part of speech: its index, its synonym sets and its irregular forms.
    struct Part: Sendable {
        var index: SortedLines
        var data: Data
        var exceptions: SortedLines
        /// Endings and what stands for them in the base form.
        var endings: [(Scalars, Scalars)]
    }

    private let parts: [Part]

    /// Opens a folder with `index.noun`, `data.noun`, `noun.exc` and so on.
    ///
    /// - Throws: `EvaluationError` of kind `.data` naming the file that is missing.
    public init(folder: String) throws(EvaluationError) {
        let endings: KeyValuePairs<String, String> = [
            "noun": "s: ses:s ves:f xes:x zes:z ches:ch shes:sh men:man ies:y",
            "verb": "s: ies:y es:e es: ed:e ed: ing:e ing:", "adj": "er: est: er:e est:e", "adv": "",
        ]
        var parts: [Part] = []
        for (name, rules) in endings {
            func file(_ name: String) throws(EvaluationError) -> Data {
                let path = "\(folder)/\(name)"
                guard let data = try? Data(contentsOf: URL(filePath: path), options: .alwaysMapped) else {
                    throw EvaluationError(.data, at: path, "cannot be read", remedy: "install wordnet-base")
                }
                return data
            }
            let pairs = rules.split(separator: " ").map { rule -> (Scalars, Scalars) in
                let sides = rule.split(separator: ":", omittingEmptySubsequences: false)
                return (String(sides[0]).scalars, String(sides[1]).scalars)
            }
            parts.append(
                Part(
                    index: SortedLines(try file("index.\(name)")), data: try file("data.\(name)"),
                    exceptions: SortedLines(try file("\(name).exc")), endings: pairs))
        }
        self.parts = parts
    }

    /// The installed WordNet, if there is one.
    public static func installed() -> WordNet? {
        usualFolders.lazy.compactMap { try? WordNet(folder: $0) }.first
    }

    /// All single words of all synonym sets that a word in lower case is in.
    func synonyms(of word: Scalars) -> Set<Scalars> {
        var found = Set<Scalars>()
        for part in parts {
            for form in forms(of: word, part) {
                for offset in part.offsets(of: form) { found.formUnion(part.words(at: offset)) }
            }
        }
        return found
    }

    /// The word itself and its base forms, as nltk's `morphy` tries them.
    private func forms(of word: Scalars, _ part: Part) -> [Scalars] {
        if let fields = part.exceptions.fields(of: String(word)) { return [word] + fields.map { String($0).scalars } }
        return [word]
            + part.endings.compactMap { ending, replacement in
                word.count >= ending.count && word.suffix(ending.count).elementsEqual(ending)
                    ? word.dropLast(ending.count) + replacement : nil
            }
    }
}

extension WordNet.Part {
    /// Where the synonym sets of a base form begin.
    func offsets(of form: Scalars) -> [Int] {
        // Part of speech, sets, pointers and their symbols, senses, tagged senses, and an offset for each set.
        guard let fields = index.fields(of: String(form)), fields.count > 2, let count = Int(fields[1]) else {
            return []
        }
        return fields.suffix(count).compactMap { Int($0) }
    }

    /// The words of the set at an offset, without those of several words.
    func words(at offset: Int) -> [Scalars] {
        guard let start = data.index(data.startIndex, offsetBy: offset, limitedBy: data.endIndex), start < data.endIndex
        else { return [] }
        let line = String(decoding: data[start...].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        let fields = line.split(separator: " ")
        guard fields.count > 4, let count = Int(fields[3], radix: 16), fields.count >= 4 + 2 * count else { return [] }
        return (0..<count).compactMap { number in
            // Adjectives may carry their position, as in galore(ip).
            let word = fields[4 + 2 * number].prefix { $0 != "(" }
            return word.contains("_") ? nil : String(word).scalars
        }
    }
}

/// A text of lines that are sorted by their first field.
struct SortedLines: Sendable {
    private let data: Data

    init(_ data: Data) { self.data = data }

    /// What follows the key in its line; nil if no line begins with it.
    func fields(of key: String) -> [Substring]? {
        guard !key.isEmpty, !key.contains(" ") else { return nil }
        let wanted = Array(key.utf8)
        return data.withUnsafeBytes { bytes in
            var (low, high) = (0, bytes.count)
            while low < high {
                var start = (low + high) / 2
                while start > low, bytes[start - 1] != UInt8(ascii: "\n") { start -= 1 }
                var end = start
                while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
                let key = bytes[start..<end].prefix { $0 != UInt8(ascii: " ") }
                if key.elementsEqual(wanted) {
                    return String(decoding: bytes[start..<end], as: UTF8.self).split(separator: " ").dropFirst().map(
                        \.self)
                }
                // The licence at the top of a file is in lines that begin with a space and sort before all words.
                if key.lexicographicallyPrecedes(wanted) { low = end + 1 } else { high = start }
            }
            return nil
        }
    }
}
