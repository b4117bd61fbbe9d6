/// Takes an answer apart as it arrives: reasoning, text, calls of tools.
///
/// White space around reasoning and calls is not part of the text. What a call is cut off in before its name is known is no
/// part of anything: the answer's end says that it was cut.
public struct AnswerParser: Sendable {
    private enum State: Sendable {
        case reasoning
        case text
        case call(CallReader)
    }

    private let plan: AnswerPlan
    private var state: State
    private var held: ArraySlice<UInt8> = []
    /// White space that is text only if text follows.
    private var blank: [UInt8] = []
    private var hasText = false
    private var hasReasoning = false
    private var calls = 0
    /// What begins a call in a variant of the format, up to the end of its name.
    private let variants: [String: ToolCallFormat]

    init(_ plan: AnswerPlan) {
        self.plan = plan
        variants = Dictionary(
            plan.variantOpenings.map { ($0.opening, $0.variant) }, uniquingKeysWith: { first, _ in first })
        state = plan.reasoning != nil && plan.beginsReasoning ? .reasoning : .text
        // The prompt ends with what begins a call, or a text.
        if case .text = state, callsTools, plan.format.textName != nil {
            state = .call(CallReader(plan.format, hasHead: false))
        }
    }

    private var callsTools: Bool { !plan.callable.isEmpty }

    /// Takes more of the answer and returns what is certain now.
    public mutating func append(_ text: String) -> [AnswerPart] {
        guard callsTools || plan.reasoning != nil else { return text.isEmpty ? [] : [.text(text)] }
        held += Array(text.utf8)
        var parts: [AnswerPart] = []
        while step(&parts) {}
        held = ArraySlice(Array(held))
        return Self.merged(parts)
    }

    /// Ends the answer and returns what was held back.
    public mutating func finish() -> [AnswerPart] {
        var parts: [AnswerPart] = []
        switch state {
        case .reasoning: reason(Array(held), &parts)
        case .text:
            write(Array(held), &parts)
            if calls == 0, hasText || !hasReasoning, !blank.isEmpty {
                parts.append(.text(String(decoding: blank, as: UTF8.self)))
            }
        case .call: break
        }
        (held, blank) = ([], [])
        return Self.merged(parts)
    }

    /// Goes on with what is held; false if that needs more.
    private mutating func step(_ parts: inout [AnswerPart]) -> Bool {
        switch state {
        case .reasoning: stepInReasoning(&parts)
        case .text: stepInText(&parts)
        case .call(var reader): step(in: &reader, &parts)
        }
    }

    private mutating func stepInReasoning(_ parts: inout [AnswerPart]) -> Bool {
        guard let reasoning = plan.reasoning else { return false }
        let found = Marks.first(of: [reasoning.end], in: held)
        reason(Array(held[..<found.start]), &parts)
        held = held[found.end...]
        guard found.mark != nil else { return false }
        blank = []
        state = .text
        return true
    }

    private mutating func stepInText(_ parts: inout [AnswerPart]) -> Bool {
        if callsTools, plan.format.opensAnswersOnly, !hasText, calls == 0 {
            let rest = held.drop { Marks.isBlank($0) }
            let opening = Array(plan.format.opening.utf8)
            if rest.starts(with: opening) {
                held = rest.dropFirst(opening.count)
                state = .call(CallReader(plan.format, hasHead: true))
                return true
            }
            // Reasoning may come first.
            if opening.starts(with: rest), !held.isEmpty { return false }
        }
        var marks = callsTools ? plan.format.hidden : []
        if callsTools, !plan.format.opensAnswersOnly { marks.append(plan.format.opening) }
        marks += variants.keys
        if let reasoning = plan.reasoning {
            if !hasText, calls == 0 { marks.append(reasoning.begin) }
            if !reasoning.link.isEmpty { marks.append(reasoning.link) }
        }
        let found = Marks.first(of: marks, in: held)
        write(Array(held[..<found.start]), &parts)
        let opening = held[found.start...]
        held = held[found.end...]
        guard let mark = found.mark else { return false }
        if let variant = variants[mark] {
            blank = []
            held = opening.dropFirst(variant.opening.utf8.count)
            state = .call(CallReader(variant, hasHead: true))
        } else if mark == plan.reasoning?.begin, !hasText, calls == 0 {
            blank = []
            state = .reasoning
        } else if callsTools, mark == plan.format.opening, !plan.format.opensAnswersOnly {
            blank = []
            state = .call(CallReader(plan.format, hasHead: true))
        }
        return true
    }

    private mutating func step(in reader: inout CallReader, _ parts: inout [AnswerPart]) -> Bool {
        let event = reader.next(&held)
        state = .call(reader)
        switch event {
        case .needsMore: return false
        case .name(let name) where name == plan.format.textName:
            held = held.first == UInt8(ascii: "\n") ? held.dropFirst() : held
            state = .text
        case .name(let name):
            parts.append(.call(index: calls, id: plan.format.makeIdentifier(), name: name))
            calls += 1
        case .arguments(let bytes): parts.append(.arguments(index: calls - 1, String(decoding: bytes, as: UTF8.self)))
        case .end: state = .text
        }
        return true
    }

    private mutating func reason(_ bytes: [UInt8], _ parts: inout [AnswerPart]) {
        guard let text = certain(bytes, hasBegun: hasReasoning) else { return }
        hasReasoning = true
        parts.append(.reasoning(text))
    }

    private mutating func write(_ bytes: [UInt8], _ parts: inout [AnswerPart]) {
        // Of an answer that begins with text all is text.
        guard let text = certain(bytes, hasBegun: hasText || !hasReasoning && calls == 0) else { return }
        hasText = true
        parts.append(.text(text))
    }

    /// Text without the white space before its beginning; that at its end waits for what follows.
    private mutating func certain(_ bytes: [UInt8], hasBegun: Bool) -> String? {
        let all = blank + bytes
        let end = all.lastIndex { !Marks.isBlank($0) }.map { $0 + 1 } ?? 0
        blank = Array(all[end...])
        guard end > 0 else { return nil }
        let start = hasBegun ? 0 : all.firstIndex { !Marks.isBlank($0) } ?? 0
        return String(decoding: all[start..<end], as: UTF8.self)
    }

    private static func merged(_ parts: [AnswerPart]) -> [AnswerPart] {
        parts.reduce(into: []) { merged, part in
            switch (merged.last, part) {
            case (.text(let first)?, .text(let more)): merged[merged.count - 1] = .text(first + more)
            case (.reasoning(let first)?, .reasoning(let more)): merged[merged.count - 1] = .reasoning(first + more)
            case (.arguments(let index, let first)?, .arguments(let other, let more)) where index == other:
                merged[merged.count - 1] = .arguments(index: index, first + more)
            default: merged.append(part)
            }
        }
    }
}

/// Looking for marks in text that is not complete.
enum Marks {
    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    /// The first mark, the longest of those that begin there; without one, `start` and `end` are where the longest end begins
    /// that may become one.
    static func first(
        of marks: [String], in held: ArraySlice<UInt8>
    ) -> (mark: String?, start: Int, end: Int) {
        let ordered = marks.map { (text: $0, bytes: Array($0.utf8)) }.filter { !$0.bytes.isEmpty }
            .sorted { $0.bytes.count > $1.bytes.count }
        let firsts = Set(ordered.compactMap(\.bytes.first))
        for start in held.indices where firsts.contains(held[start]) {
            let rest = held[start...]
            // A longer one may be on its way.
            for mark in ordered {
                if rest.starts(with: mark.bytes) { return (mark.text, start, start + mark.bytes.count) }
                if mark.bytes.starts(with: rest) { return (nil, start, start) }
            }
        }
        return (nil, held.endIndex, held.endIndex)
    }
}
