/// Which of Jinja's set-ups a template is written for.
package enum TemplateStyle: Sendable, Hashable {
    /// Hugging Face's for chat templates: blocks take the white space around them, the last line break does not count, and an
    /// undefined variable is an empty text.
    case chat
    /// Jinja's own, as lm-evaluation-harness uses it: white space stays, and an undefined variable is an error.
    case plain
}

/// Bounds on what one rendering may use, so that a hostile template ends with an error instead of exhausting the
/// machine.
package struct TemplateLimits: Sendable, Hashable {
    /// The most evaluation steps: expressions, statements, and the work that builtins do on long values.
    package var steps: Int
    /// The most bytes of text, for the output and for any string on the way to it.
    package var outputBytes: Int
    /// The deepest nesting of calls, and of the values a template builds.
    package var depth: Int
    /// The most bytes of the thread's stack that parsing or rendering may use.
    package var stackBytes: Int

    /// Makes limits; the defaults suit conversations of millions of tokens on threads with 512 KB of stack.
    package init(
        steps: Int = 10_000_000, outputBytes: Int = 64 << 20, depth: Int = 128, stackBytes: Int = 320 << 10
    ) {
        self.steps = steps
        self.outputBytes = outputBytes
        self.depth = depth
        self.stackBytes = stackBytes
    }
}

/// Measures how much of the thread's stack is in use since it was made.
///
/// Frame sizes differ between debug and release builds, so that a count of levels alone cannot promise anything.
struct StackGauge {
    private let base: UInt

    init() { base = Self.position() }

    /// The bytes between the frame that made this gauge and the current one.
    var usedBytes: Int {
        let here = Self.position()
        return Int(here > base ? here - base : base - here)
    }

    @inline(never)
    private static func position() -> UInt {
        var marker: UInt8 = 0
        return withUnsafeMutablePointer(to: &marker) { UInt(bitPattern: $0) }
    }
}
