/// Splits documents into passages of a bounded number of tokens.
///
/// Every passage is a stretch of its part's text, cut between characters as people see them, and none reaches out of its part or
/// its section. Nothing of a text but white space is left out.
public struct PassageSplitter: Sendable {
    public let options: SplittingOptions
    private let countTokens: @Sendable (String) -> Int

    /// A splitter that counts tokens as a model does.
    ///
    /// - Throws: `SplittingError` for sizes that make no sense.
    public init(_ options: SplittingOptions, countTokens: @escaping @Sendable (String) -> Int) throws(SplittingError) {
        guard options.size >= 8, options.overlap >= 0, options.overlap < (options.size + 1) / 2 else {
            throw .sizes(size: options.size, overlap: options.overlap)
        }
        (self.options, self.countTokens) = (options, countTokens)
    }

    /// The passages of a document in their order.
    public func split(_ document: Document) -> [Passage] { split(document, SubjectChanges()) }

    /// The passages of a document that is split by subjects.
    ///
    /// - Parameter vectors: Those of its `sentenceWindows`.
    package func split(_ document: Document, vectors: [[Float]]) -> [Passage] {
        split(document, SubjectChanges(sentenceWindows(of: document), vectors: vectors))
    }

    private func split(_ document: Document, _ changes: SubjectChanges) -> [Passage] {
        var (passages, changes): ([Passage], SubjectChanges) = ([], changes)
        for part in document.parts { split(part, &changes, into: &passages) }
        return passages
    }

    /// What is to be embedded of a document that is split by subjects.
    package func sentenceWindows(of document: Document) -> SentenceWindows {
        var windows = SentenceWindows()
        for part in document.parts {
            for section in sections(of: part) {
                let sentences = sentences(section.range, of: part.text).map { String(part.text[$0.range]) }
                for place in sentences.indices {
                    windows.texts.append(sentences[max(0, place - 1)...min(sentences.count - 1, place + 1)].joined())
                    windows.endsSection.append(place == sentences.count - 1)
                }
            }
        }
        return windows
    }

    private func sentences(_ range: Range<String.Index>, of text: String) -> [Atom] {
        atoms(range, of: text, cuts: [.sentences, .words, .characters], size: options.size)
    }

    private func split(_ part: DocumentPart, _ changes: inout SubjectChanges, into passages: inout [Passage]) {
        let lines = LineFinder(part)
        for section in sections(of: part) {
            func add(_ ranges: [Range<String.Index>], context: (Int) -> ClosedRange<Int>) {
                let first = passages.count
                for (number, range) in ranges.enumerated() {
                    let location = DocumentLocation(
                        place: part.place, lines: lines.lines(of: range), lineName: lines.name, section: section.path)
                    let around = context(number)
                    passages.append(
                        Passage(
                            text: String(part.text[range]), location: location, number: first + number,
                            context: first + around.lowerBound...first + around.upperBound))
                }
            }
            switch options.method {
            case .window:
                let ranges = merged(sentences(section.range, of: part.text), part.text, size: 0, overlap: 0)
                add(ranges) { number in
                    max(0, number - SplittingOptions.window)...min(ranges.count - 1, number + SplittingOptions.window)
                }
            case .hierarchical:
                let size = options.size * SplittingOptions.children
                let cuts = cuts(for: part)
                let parents = merged(
                    atoms(section.range, of: part.text, cuts: cuts, size: options.size), part.text, size: size,
                    overlap: 0)
                for parent in parents {
                    let ranges = merged(
                        atoms(parent, of: part.text, cuts: cuts, size: options.size), part.text, size: options.size,
                        overlap: 0)
                    add(ranges) { _ in 0...max(ranges.count - 1, 0) }
                }
            case .semantic:
                var subjects: [[Atom]] = [[]]
                for sentence in sentences(section.range, of: part.text) {
                    subjects[subjects.count - 1].append(sentence)
                    if changes.next() { subjects.append([]) }
                }
                let ranges = subjects.flatMap { merged($0, part.text, size: options.size, overlap: 0) }
                add(ranges) { max(0, $0 - 1)...min(ranges.count - 1, $0 + 1) }
            case .structure, .recursive, .sentence:
                let ranges = merged(
                    atoms(section.range, of: part.text, cuts: cuts(for: part), size: options.size), part.text,
                    size: options.size, overlap: options.overlap)
                add(ranges) { max(0, $0 - 1)...min(ranges.count - 1, $0 + 1) }
            }
        }
    }

    /// Where a part is cut.
    private func cuts(for part: DocumentPart) -> [TextCut] {
        if options.method == .sentence { return [.sentences, .words, .characters] }
        if options.method == .recursive { return [.paragraphs, .lines, .sentences, .words, .characters] }
        return switch part.structure {
        case .prose, .headed: [.paragraphs, .sentences, .lines, .words, .characters]
        case .code: [.blocks, .paragraphs, .lines, .words, .characters]
        case .records: [.lines, .words, .characters]
        }
    }

    private func sections(of part: DocumentPart) -> [Section] {
        let whole = Section(range: part.text.startIndex..<part.text.endIndex, path: [])
        guard part.structure == .headed, options.method != .recursive, options.method != .sentence else {
            return [whole]
        }
        return Section.sections(of: part.text)
    }

    private struct Atom {
        var range: Range<String.Index>
        var tokens: Int
    }

    /// The coarsest pieces of a range that fit.
    private func atoms(_ range: Range<String.Index>, of text: String, cuts: [TextCut], size: Int) -> [Atom] {
        // Tokens of more than 16 bytes on average are no text.
        if text.utf8.distance(from: range.lowerBound, to: range.upperBound) <= size * 16 {
            let tokens = countTokens(String(text[range]))
            if tokens <= size, cuts.first != .sentences || !options.method.takesEachSentence {
                return [Atom(range: range, tokens: tokens)]
            }
        }
        guard let cut = cuts.first else { return [Atom(range: range, tokens: size)] }
        let pieces = cut.pieces(range, of: text)
        if pieces.count == 1 {
            if cut == .characters { return [Atom(range: range, tokens: size)] }
            if cuts.first == .sentences, options.method.takesEachSentence {
                let tokens = countTokens(String(text[range]))
                if tokens <= size { return [Atom(range: range, tokens: tokens)] }
            }
            return atoms(range, of: text, cuts: Array(cuts.dropFirst()), size: size)
        }
        // Halves are halved until they fit.
        let rest = cut == .characters ? cuts : Array(cuts.dropFirst())
        return pieces.flatMap { atoms($0, of: text, cuts: rest, size: size) }
    }

    /// Neighbouring pieces joined as long as they fit, each passage beginning with the end of the one before.
    private func merged(_ atoms: [Atom], _ text: String, size: Int, overlap: Int) -> [Range<String.Index>] {
        var ranges: [Range<String.Index>] = []
        var start = 0
        while start < atoms.count {
            var (end, total) = (start, 0)
            while end < atoms.count, end == start || total + atoms[end].tokens <= size {
                total += atoms[end].tokens
                end += 1
            }
            if let range = Self.trimmed(atoms[start].range.lowerBound..<atoms[end - 1].range.upperBound, text) {
                ranges.append(range)
            }
            if end == atoms.count { break }
            var (next, shared) = (end, 0)
            while next - 1 > start, shared + atoms[next - 1].tokens <= min(overlap, size - atoms[end].tokens) {
                next -= 1
                shared += atoms[next].tokens
            }
            start = next
        }
        return ranges
    }

    /// A range without white space around it; nil if there is nothing else. The indentation of a first line stays.
    private static func trimmed(_ range: Range<String.Index>, _ text: String) -> Range<String.Index>? {
        var rest = text[range]
        while rest.last?.isWhitespace ?? false { rest.removeLast() }
        guard let first = rest.firstIndex(where: { !$0.isWhitespace }) else { return nil }
        let lineStart = rest[..<first].lastIndex(where: \.isNewline).map { rest.index(after: $0) } ?? rest.startIndex
        return lineStart..<rest.endIndex
    }
}

/// Finds the lines of ranges that come in ascending order of their beginnings.
private struct LineFinder {
    let name: String
    private let starts: [String.Index]
    private let numbers: [Int]?
    private let hasLines: Bool

    init(_ part: DocumentPart) {
        switch part.lines {
        case .none: (hasLines, numbers, name) = (false, nil, "line")
        case .own: (hasLines, numbers, name) = (true, nil, "line")
        case .numbered(let numbers, let name): (hasLines, self.numbers, self.name) = (true, numbers, name)
        }
        var starts = [part.text.startIndex]
        if hasLines {
            let bytes = part.text.utf8
            var place = bytes.startIndex
            while place < bytes.endIndex {
                let next = bytes.index(after: place)
                if bytes[place] == 0x0A { starts.append(next) }
                place = next
            }
        }
        self.starts = starts
    }

    func lines(of range: Range<String.Index>) -> ClosedRange<Int>? {
        guard hasLines else { return nil }
        let (first, last) = (line(at: range.lowerBound), line(before: range.upperBound))
        let upper = max(number(first), number(last))
        return number(first)...upper
    }

    private func number(_ line: Int) -> Int {
        guard let numbers else { return line + 1 }
        return numbers.isEmpty ? 1 : numbers[min(line, numbers.count - 1)]
    }

    private func line(at place: String.Index) -> Int { count { $0 <= place } - 1 }
    private func line(before place: String.Index) -> Int { max(count { $0 < place } - 1, 0) }

    /// How many lines' beginnings fulfil a condition that all before one that does fulfil too.
    private func count(_ holds: (String.Index) -> Bool) -> Int {
        var (low, high) = (0, starts.count)
        while low < high {
            let middle = (low + high) / 2
            if holds(starts[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
