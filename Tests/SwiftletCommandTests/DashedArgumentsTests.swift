import ArgumentParser
import Testing

@testable import SwiftletCommand

/// Words and numbers that begin with a dash, on the command line.
struct DashedArgumentsTests {
    private func run(_ arguments: String...) throws -> RunCommand {
        try #require(try Swiftlet.parse(arguments) as? RunCommand)
    }

    private func message(_ arguments: String...) -> String {
        do {
            _ = try Swiftlet.parse(arguments)
            return ""
        } catch {
            return Swiftlet.message(for: error)
        }
    }

    @Test func promptsMayBeginWithADash() throws {
        #expect(try run("run", "m", "-5 + 3 = ?").prompt == "-5 + 3 = ?")
        #expect(try run("run", "m", "- a list").prompt == "- a list")
        #expect(try run("run", "m", "-1").prompt == "-1")
        #expect(try run("run", "m", "-").prompt == "-")
        let command = try run("run", "m", "--raw", "-5 + 3 = ?", "--temperature", "0", "-m", "4")
        #expect(command.prompt == "-5 + 3 = ?" && command.raw && command.maxTokens == 4)
        #expect(command.samplingOptions.temperature == 0)
        #expect(try run("run", "m", "--", "-raw").prompt == "-raw")
    }

    @Test func valuesMayBeginWithADash() throws {
        let command = try run("run", "m", "--system", "- be brief", "-5 + 3", "--presence-penalty", "-1.5")
        #expect(command.system == "- be brief" && command.prompt == "-5 + 3")
        #expect(command.samplingOptions.presencePenalty == -1.5)
    }

    @Test func severalTextsKeepTheirOrder() throws {
        let command = try #require(try Swiftlet.parse(["embed", "m", "--json", "-1 a", "b", "-2 c"]) as? EmbedCommand)
        #expect(command.texts == ["-1 a", "b", "-2 c"] && command.json)
        #expect(throws: (any Error).self) { try Swiftlet.parse(["embed", "m", "-1 a", "b", "--json"]) }
    }

    @Test func refusalsNameTheOption() {
        #expect(message("run", "m", "x", "-t", "-1") == "--threads wants a number from 1 to 1024, not -1")
        #expect(message("run", "m", "x", "--temperature", "-1").contains("temperature wants a number from 0"))
        #expect(message("run", "m", "x", "--wrong").hasPrefix("Unknown option '--wrong'"))
        #expect(message("run", "m", "-x").contains("Unknown option"))
        #expect(message("run", "m", "x", "-t", "99999999999999999999").contains("99999999999999999999"))
    }
}
