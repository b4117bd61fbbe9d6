@testable import SwiftletCommand
import Testing
@Suite struct WidthTests {
    @Test(arguments: [
        ("abc", 3), ("日本", 4), ("e\u{301}", 1), ("👩‍👩‍👧", 2), ("한글", 4), ("", 0), ("\u{200B}", 0), ("ｆ", 2), ("❤️", 2),
        ("é", 1),
    ])
    func `columns of a text`(text: String, width: Int) { #expect(DisplayWidth.of(text) == width) }
}
