public import Agents
import Essentials
public import Evaluation

/// Something hidden in long texts, and asked for: at which lengths and depths does a model still find it?
public struct NeedleTest: Sendable {
    /// What is hidden.
    public enum Kind: Sendable, Hashable {
        /// One number (Mohtashami and Jaggi, 2023).
        case passkey
        /// A sentence of one's own, which is found if the answer contains a text, whatever its case (Kamradt, 2023).
        case needle(sentence: String, question: String, expected: String)
        /// Several numbers, spread evenly around the depth; the score is the share that is found.
        case several(Int)

        /// A needle that no text holds by chance.
        public static let usual = Kind.needle(
            sentence: "The botanist Ilse Marwan planted exactly 418 cherry trees behind the old mill.",
            question: "How many cherry trees did Ilse Marwan plant?", expected: "418")
    }

    /// One place in one text.
    public struct Cell: Sendable, Hashable {
        /// The text's length in the model's tokens that was wanted.
        public var length: Int
        /// Where the needle is, in percent of the text.
        public var depth: Double
        /// Which of several tries at that place this is.
        public var attempt: Int
        /// The text's length in tokens that was made of it.
        public var tokens = 0
        /// What was found, 0 to 1; nil if the model could not be asked.
        public var score: Double?
        /// What the model said, or why it could not be asked.
        public var answer = ""
    }

    /// What is hidden.
    public var kind: Kind
    /// The lengths of texts in tokens of the model.
    public var lengths: [Int]
    /// The depths in percent, 0 being the beginning.
    public var depths: [Double]
    /// Tries at each place, each with other numbers and another beginning of the text.
    public var attempts = 1
    /// The seed of numbers and beginnings.
    public var seed = 0
    /// The sentences that the texts are made of; they are repeated if there are too few.
    private let sentences: [String]

    /// Makes a test.
    ///
    /// - Parameter haystack: the texts to hide things in; nil for sentences that say nothing.
    /// - Throws: `EvaluationError` for lengths below 100, depths outside 0 to 100, and a haystack without sentences.
    public init(
        _ kind: Kind, lengths: [Int], depths: [Double], haystack: String? = nil
    ) throws(EvaluationError) {
        guard let shortest = lengths.min(), shortest >= 100 else {
            throw EvaluationError(.parameter, at: "lengths", "want at least 100 tokens each")
        }
        guard !depths.isEmpty, depths.allSatisfy({ (0...100).contains($0) }) else {
            throw EvaluationError(.parameter, at: "depths", "want percents from 0 to 100")
        }
        if case .several(let count) = kind, !(2...Self.people.count).contains(count) {
            throw EvaluationError(.parameter, at: "needles", "is \(count), not 2 to \(Self.people.count)")
        }
        (self.kind, self.lengths, self.depths) = (kind, lengths, depths)
        sentences = haystack.map(Self.sentences) ?? Self.filler
        guard !sentences.isEmpty else { throw EvaluationError(.empty, at: "haystack", "has no sentences") }
        if case .needle(_, _, let expected) = kind, let haystack, haystack.lowercased().contains(expected.lowercased())
        {
            throw EvaluationError(
                .parameter, at: "haystack", "contains the expected answer \(expected) itself",
                remedy: "choose a needle that the text does not answer")
        }
    }

    private static let filler = [
        "The grass was green that day.", "A bus went by and nobody got on.",
        "The river ran under the bridge as always.",
        "Someone closed a window.", "The clouds moved slowly to the east.", "A dog barked twice and lay down again.",
    ]
    private static let people = [
        "Anna", "Bruno", "Clara", "David", "Elena", "Felix", "Greta", "Hugo", "Irene", "Jonas",
    ]

    private static func sentences(_ text: String) -> [String] {
        var (sentences, current) = ([String](), "")
        for character in text {
            current.append(character)
            if ".!?\n".contains(character) {
                let sentence = current.strippedOfSpace
                if !sentence.isEmpty { sentences.append(sentence) }
                current = ""
            }
        }
        let rest = current.strippedOfSpace
        return rest.isEmpty ? sentences : sentences + [rest]
    }

    // MARK: Texts

    /// What is hidden in one text, what is asked, and which texts an answer should contain.
    struct Hidden {
        var needles: [String]
        var question: String
        var expected: [String]
    }

    func hidden(_ generator: inout MersenneTwister) -> Hidden {
        func number() -> String { String(10_000 + generator.below(90_000)) }
        switch kind {
        case .passkey:
            let key = number()
            return Hidden(
                needles: ["The pass key is \(key). Remember it."], question: "What is the pass key?", expected: [key])
        case .needle(let sentence, let question, let expected):
            return Hidden(needles: [sentence], question: question, expected: [expected])
        case .several(let count):
            let names = generator.sample(count, of: Self.people.count).map { Self.people[$0] }
            let numbers = names.map { _ in number() }
            return Hidden(
                needles: zip(names, numbers).map { "The locker code of \($0) is \($1)." },
                question: "What are the locker codes of \(names.joined(separator: ", "))?", expected: numbers)
        }
    }

    /// A text of about so many tokens with what is hidden in it.
    func text(
        _ needles: [String], length: Int, depth: Double, start: Int, count: (String) -> Int
    ) -> String {
        let room = length - needles.reduce(0) { $0 + count($1) + 1 }
        var (chosen, sizes, total) = ([String](), [Int](), 0)
        while total < room {
            let sentence = sentences[(start + chosen.count) % sentences.count]
            let size = count(" " + sentence)
            guard total + size <= room || chosen.isEmpty else { break }
            (chosen, sizes, total) = (chosen + [sentence], sizes + [size], total + size)
        }
        // Several needles are spread over a fifth of the text around the depth.
        for (number, needle) in needles.enumerated().reversed() {
            let spread = needles.count > 1 ? 20 * (Double(number) / Double(needles.count - 1) - 0.5) : 0
            let target = Double(total) * min(max(depth + spread, 0), 100) / 100
            var (before, place) = (0, 0)
            while place < sizes.count, Double(before) + Double(sizes[place]) / 2 <= target {
                before += sizes[place]
                place += 1
            }
            chosen.insert(needle, at: place)
            sizes.insert(0, at: place)
        }
        return chosen.joined(separator: " ")
    }

    // MARK: Asking

    /// Asks a model everything.
    ///
    /// - Parameter progress: called with the done and all places after each.
    public func run(
        on model: any ChatModel, concurrency: Int = 1, maximumTokens: Int = 64,
        progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) async throws -> NeedleReport {
        var cells: [Cell] = []
        for length in lengths {
            for depth in depths {
                cells += (0..<max(1, attempts)).map { Cell(length: length, depth: depth, attempt: $0) }
            }
        }
        let done = try await inParallel(Array(cells.enumerated()), width: concurrency, progress: progress) {
            place, cell in
            try await ask(model, cell, place: place, maximumTokens: maximumTokens)
        }
        return NeedleReport(model: model.name, cells: done)
    }

    private func ask(_ model: any ChatModel, _ cell: Cell, place: Int, maximumTokens: Int) async throws -> Cell {
        var (cell, generator) = (cell, MersenneTwister(pythonSeed: seed &* 1_000_003 &+ place))
        let hidden = hidden(&generator)
        let text = text(
            hidden.needles, length: cell.length, depth: cell.depth, start: generator.below(sentences.count),
            count: model.tokenCount)
        cell.tokens = model.tokenCount(of: text)
        let question =
            "Read this text. A question about it follows.\n\n\(text)\n\n\(hidden.question) Answer in one short sentence."
        do {
            let options = ChatOptions(temperature: 0, maximumTokens: maximumTokens)
            cell.answer = try await model.answer([.user(question)], options).text
            let said = cell.answer.lowercased()
            let found = hidden.expected.count { said.contains($0.lowercased()) }
            cell.score = Double(found) / Double(hidden.expected.count)
        } catch let error as CancellationError {
            throw error
        } catch { cell.answer = "\(error)" }
        return cell
    }
}
