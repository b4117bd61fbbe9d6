import Foundation

/// The time that `strftime_now` prints.
struct TemplateClock: Sendable {
    var now: @Sendable () -> Date = { Date() }
    var calendar = Calendar(identifier: .gregorian)

    func text(format: String) -> String { format }
}
