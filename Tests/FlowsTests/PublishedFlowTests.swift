import Agents
import Foundation
import JSONValues
import Testing

@testable import Flows

private let folder = ProcessInfo.processInfo.environment["SWIFTLET_FLOWS"]

/// Flowise's published templates, where they are at hand: `SWIFTLET_FLOWS` names the folder.
struct PublishedFlowTests {
    private static func flows() throws -> [FlowFile] {
        guard let folder else { return [] }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".json") }
        return try names.sorted().map { try FlowFile(path: "\(folder)/\($0)") }
    }

    @Test(.enabled(if: folder != nil)) func mostNodesAreKnown() throws {
        let checks = try Self.flows().map(FlowCheck.init)
        let (nodes, known) = (checks.reduce(0) { $0 + $1.nodes }, checks.reduce(0) { $0 + $1.known })
        #expect(nodes > 0 && Double(known) >= 0.85 * Double(nodes), "\(known) of \(nodes)")
    }

    /// Every template without a problem runs to an answer, with a model that says whatever fits the form it is asked for.
    @Test(.enabled(if: folder != nil)) func flowsWithoutProblemsRun() async throws {
        let file = FileManager.default.temporaryDirectory.path + "/published-\(UUID().uuidString).txt"
        try "The house has a garden.".write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let database = file + ".sqlite"
        defer { try? FileManager.default.removeItem(atPath: database) }
        _ = FileManager.default.createFile(atPath: database, contents: nil)
        var ran = 0
        for flow in try Self.flows() where FlowCheck(flow).problems.isEmpty {
            let model = ScriptedModel { messages, options in
                // Choices go to the first at first, and to the last once there has been something.
                let isLate = messages.count > 3
                guard let schema = options.schema else { return ChatAnswer(text: "fine") }
                return ChatAnswer(text: Self.example(schema, isLate: isLate).text())
            }
            var setup = FlowSetup(store: try MemoryStore()) { _ in model }
            setup.documents = ["": file]
            setup.searchEndpoint = "http://127.0.0.1:1/{query}"
            setup.database = database
            setup.passages = { _, _ in
                ListedPassages([FoundPassage(text: "A garden.", source: "a", score: 1)], encoder: nil)
            }
            setup.human = { _ in (true, "") }
            do {
                let runner = try FlowRunner(flow, setup: setup)
                let result = try await Budget(steps: 200, seconds: 20).run { try await runner.run("Hello") }
                #expect(!result.text.isEmpty, "\(flow.source)")
                ran += 1
            } catch { Issue.record("\(flow.source): \(error)") }
        }
        #expect(ran > 0)
    }

    private static func example(_ schema: JSON, isLate: Bool) -> JSON {
        if let form = schema["anyOf"]?.arrayValue { return example(form.last ?? [:], isLate: isLate) }
        if let constant = schema["const"] { return constant }
        if let values = schema["enum"]?.arrayValue { return (isLate ? values.last : values.first) ?? "" }
        switch schema["type"]?.stringValue {
        case "object":
            return .object((schema["properties"]?.objectValue ?? [:]).mapValues { example($0, isLate: isLate) })
        case "array": return .array([example(schema["items"] ?? [:], isLate: isLate)])
        case "integer", "number": return schema["minimum"] ?? 1
        case "boolean": return true
        default: return "fine"
        }
    }
}
