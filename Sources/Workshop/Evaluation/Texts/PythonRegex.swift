import CPCRE2

/// A regular expression as Python's `re` reads it, matched by PCRE2.
///
/// Unchecked because of the pointer: compiled code is immutable and safe to share; what a match writes to is made for each search.
package final class PythonRegex: @unchecked Sendable {
    private let code: OpaquePointer
    private let context: OpaquePointer?
    let groupCount: Int

    /// Compiles an expression; `place` names it in errors.
    package init(_ pattern: String, at place: String) throws(EvaluationError) {
        var text = Self.translated(pattern)
        var (status, offset): (Int32, Int) = (0, 0)
        let compiled = text.withUTF8 {
            pcre2_compile_8(
                $0.baseAddress, $0.count, PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &status, &offset, nil)
        }
        guard let compiled else {
            throw EvaluationError(
                .task, at: place, "the regular expression \(pattern) is not valid at byte \(offset)",
                remedy: "see Python's re for the syntax")
        }
        code = compiled
        context = pcre2_match_context_create_8(nil)
        // An expression that backtracks without end gives up.
        pcre2_set_match_limit_8(context, 5_000_000)
        var count: UInt32 = 0
        pcre2_pattern_info_8(compiled, UInt32(PCRE2_INFO_CAPTURECOUNT), &count)
        groupCount = Int(count)
    }

    deinit {
        pcre2_code_free_8(code)
        pcre2_match_context_free_8(context)
    }

    /// Python's `\Z` is the very end; its scalars are written `\u0041`.
    private static func translated(_ pattern: String) -> String {
        var (result, scalars) = (Scalars(), pattern.scalars[...])
        while let scalar = scalars.popFirst() {
            guard scalar == "\\", let next = scalars.popFirst() else {
                result.append(scalar)
                continue
            }
            if next == "Z" {
                result += ["\\", "z"]
            } else if next == "u", scalars.count >= 4 {
                result += "\\x{".scalars + scalars.prefix(4) + ["}"]
                scalars = scalars.dropFirst(4)
            } else {
                result += ["\\", next]
            }
        }
        return String(result)
    }

    /// All matches from the left without overlaps: the whole and the groups, nil for groups that took no part.
    package func matches(in text: String) -> [[String?]] {
        var found: [[String?]] = []
        forEachMatch(in: Array(text.utf8)) { bytes, ranges in
            found.append(ranges.map { range in range.map { String(decoding: bytes[$0], as: UTF8.self) } })
        }
        return found
    }

    /// The text without all matches.
    func removingMatches(in text: String) -> String {
        var (result, end) = ([UInt8](), 0)
        let bytes = Array(text.utf8)
        forEachMatch(in: bytes) { bytes, ranges in
            guard let range = ranges.first ?? nil else { return }
            result += bytes[end..<range.lowerBound]
            end = range.upperBound
        }
        return String(decoding: result + bytes[end...], as: UTF8.self)
    }

    private func forEachMatch(in bytes: [UInt8], _ body: ([UInt8], [Range<Int>?]) -> Void) {
        guard let data = pcre2_match_data_create_from_pattern_8(code, nil) else { return }
        defer { pcre2_match_data_free_8(data) }
        var (position, previousEnd) = (0, -1)
        while position <= bytes.count {
            let count = bytes.withUnsafeBufferPointer {
                pcre2_match_8(code, $0.baseAddress, $0.count, position, 0, data, context)
            }
            guard count > 0, let vector = pcre2_get_ovector_pointer_8(data) else { return }
            let ranges = (0...groupCount).map { group -> Range<Int>? in
                let (start, end) = (vector[2 * group], vector[2 * group + 1])
                return start >= 0 && start <= end && end <= bytes.count ? start..<end : nil
            }
            guard let whole = ranges[0] else { return }
            if !whole.isEmpty || whole.lowerBound != previousEnd {
                body(bytes, ranges)
                previousEnd = whole.upperBound
            }
            position = whole.upperBound
            guard whole.isEmpty else { continue }
            position += 1
            while position < bytes.count, bytes[position] & 0xC0 == 0x80 { position += 1 }
        }
    }
}
