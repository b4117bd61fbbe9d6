import ArgumentParser
import Evaluation
import Files

/// `swiftlet arena`.
struct ArenaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "arena",
        abstract: "Rate models by votes between pairs of them.",
        discussion: """
            VOTES has model_a, model_b and winner (model_a, model_b, tie, or tie (bothbad)) a line, as FastChat keeps them and \
            swiftlet judge --output writes them; JSON lines, a JSON list, or CSV. Ratings are Bradley and Terry's, around 1000, with \
            95% intervals over samples of the votes, beside Elo's; each player also has --prior games that it half wins, so that \
            one without a defeat has a rating too.

              swiftlet arena votes.jsonl --output arena/
            """)

    @Argument(help: "The file of votes.") var votes: String
    @Option(help: "Games, half of them won, that each player has besides, against one of rating 1000.") var prior = 0.1
    @Option(help: "Samples of the votes for intervals.") var bootstrap = 100
    @Option(help: "The seed of the samples.") var seed: UInt32 = 0
    @Option(help: ArgumentHelp("A folder for arena.json, .md and .html.", valueName: "folder")) var output: String?
    @Flag(help: "Write one JSON object.") var json = false

    func validate() throws {
        if prior <= 0 { throw ValidationError("--prior wants a number above 0, not \(prior)") }
        if bootstrap < 1 { throw ValidationError("--bootstrap wants a number from 1, not \(bootstrap)") }
    }

    func run() throws {
        let table = try ArenaTable(try VoteFile.read(votes), prior: prior, samples: bootstrap, seed: seed)
        if let output {
            try FileSystem.createFolder(output)
            try EvaluationOutput.write(
                [
                    ("arena.json", table.json.text(.pretty) + "\n"), ("arena.md", table.markdown),
                    ("arena.html", table.html),
                ], to: output)
        }
        try Console.write(json ? table.json.text() + "\n" : table.markdown)
    }
}
