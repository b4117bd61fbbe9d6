@testable import Templating

extension TemplateClock {
    /// The time at which the scripts rendered: 9 March 2025, 14:05:07.
    static let fixed = TemplateClock(now: { 1_741_529_107 }, isUTC: true)
}
