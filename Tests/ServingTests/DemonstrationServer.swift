import Foundation
import Serving
import Testing

/// Serves a scripted model for the scripts that drive the page in a browser and the API with other clients:
/// `SWIFTLET_SCRIPTED_PORT=8090 swift test --filter DemonstrationServer`, ended with Ctrl-C.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["SWIFTLET_SCRIPTED_PORT"] != nil))
struct DemonstrationServer {
    @Test func serve() async throws {
        let port = Int(ProcessInfo.processInfo.environment["SWIFTLET_SCRIPTED_PORT"] ?? "") ?? 8090
        let model = ScriptedModel { prompt in
            let turn = prompt.split(separator: "user:", omittingEmptySubsequences: false).last ?? ""
            if turn.contains("fail") { return .init(text: "This will not ", delay: 5, fails: true) }
            if turn.contains("slow") { return .init(text: String(repeating: "Still talking. ", count: 200), delay: 8) }
            if turn.contains("hostile") { return .init(text: hostile, delay: 1) }
            if turn.contains("markdown") { return .init(text: markdown, delay: 2) }
            return .init(text: "You said: \(turn.split(separator: "\n").first ?? "")", delay: 5)
        }
        let other = ScriptedModel(id: "another-model") { _ in .init(text: "I am another model.", delay: 5) }
        try await Server(models: [model, other], options: ServerOptions(host: "127.0.0.1", port: port)).run()
    }
}

private let hostile = """
    <img src=x onerror="document.title='owned'"> <script>document.title='owned'</script>
    [click](javascript:alert(1)) ![pic](https://example.org/x.png) **<b>bold</b>**
    """

private let markdown = """
    ## How a kettle works

    A kettle turns **electricity** into *heat*, and heat into `steam`:

    1. Water is poured in.
    2. A coil heats it:
       - to 80 °C for green tea,
       - to 100 °C for black tea.
    3. A thermostat ends it.

    | Tea | Temperature | Minutes |
    |:----|-----------:|:-------:|
    | Green | 80 °C | 2 |
    | Black | 100 °C | 4 |

    > Watched pots do boil, only later than one hopes.

    ```swift
    /// Heats water until it boils.
    func boil(_ water: Water) async throws -> Steam {
        while water.temperature < 100 {  // degrees
            try await heat(water, by: 1.5)
        }
        return Steam("hot")
    }
    ```

    ---
    More at [the museum](https://example.org/kettles).
    """
