import CPCRE2

/// A regular expression compiled by PCRE2, for the patterns without a scanner.
///
/// Unchecked because of the pointers: PCRE2's compiled code and match context are immutable once made here and safe to
/// share between threads; what a match writes to is made for each search.
final class CompiledRegex: @unchecked Sendable {
    private let code: OpaquePointer
    private let context: OpaquePointer?

    /// How much work one search may do before it is given up, in PCRE2's units.
    private static let matchLimit: UInt32 = 5_000_000

    init(_ regex: String) throws(SplitPatternError) {
        var pattern = RegexTranslation(regex).text
        var status: Int32 = 0
        var offset = 0
        let options = PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C
        let settings = pcre2_compile_context_create_8(nil)
        pcre2_set_newline_8(settings, UInt32(PCRE2_NEWLINE_LF))
        defer { pcre2_compile_context_free_8(settings) }
        let compiled = pattern.withUTF8 {
            pcre2_compile_8($0.baseAddress, $0.count, options, &status, &offset, settings)
        }
        guard let compiled else {
            throw SplitPatternError(regex: regex, offset: offset, reason: Self.message(status))
        }
        code = compiled
        context = pcre2_match_context_create_8(nil)
        pcre2_set_match_limit_8(context, Self.matchLimit)
        // Without it, or where just-in-time compilation is forbidden, PCRE2 interprets.
        pcre2_jit_compile_8(code, PCRE2_JIT_COMPLETE)
    }

    /// Whether PCRE2 itself takes an expression: how a script's name is told from another property's.
    static func compiles(_ expression: String) -> Bool {
        var expression = expression
        var status: Int32 = 0
        var offset = 0
        let code = expression.withUTF8 {
            pcre2_compile_8($0.baseAddress, $0.count, PCRE2_UTF | PCRE2_UCP, &status, &offset, nil)
        }
        pcre2_code_free_8(code)
        return code != nil
    }

    deinit {
        pcre2_code_free_8(code)
        pcre2_match_context_free_8(context)
    }

    /// The non-overlapping matches within a range of well-formed UTF-8, which is searched as a text of its own. Ends
    /// early where the matcher gives up.
    func forEachMatch(in bytes: UnsafePointer<UInt8>, _ range: Range<Int>, _ body: (Range<Int>) -> Void) {
        guard let found = pcre2_match_data_create_8(1, nil) else { return }
        defer { pcre2_match_data_free_8(found) }
        let subject = bytes + range.lowerBound
        var position = 0
        var previousEnd = -1
        while position <= range.count {
            var count = pcre2_match_8(code, subject, range.count, position, PCRE2_NO_UTF_CHECK, found, context)
            if count == PCRE2_ERROR_JIT_STACKLIMIT {
                let options = PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT
                count = pcre2_match_8(code, subject, range.count, position, options, found, context)
            }
            guard count >= 0, let bounds = pcre2_get_ovector_pointer_8(found) else { return }
            let (start, end) = (bounds[0], bounds[1])
            guard start >= position, end >= start, end <= range.count else { return }
            if end > start || start != previousEnd {
                body(range.lowerBound + start..<range.lowerBound + end)
                previousEnd = end
            }
            position = end
            if end == start {
                guard start < range.count else { return }
                position += decodeScalar(subject, at: start, end: range.count).length
            }
        }
    }

    private static func message(_ status: Int32) -> String {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { buffer in
            let length = pcre2_get_error_message_8(status, buffer.baseAddress, buffer.count)
            return length > 0 ? String(decoding: buffer.prefix(Int(length)), as: UTF8.self) : "error \(status)"
        }
    }
}
