import ArgumentParser

/// `swiftlet eval`.
struct EvalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Evaluate models: tasks of lm-evaluation-harness, suites of prompts, comparisons of runs.",
        discussion: """
            Without the name of a subcommand, tasks are run (swiftlet eval tasks --help). MODEL is a model of this machine, \
            openai:NAME, anthropic:NAME, gemini:NAME, or http://host/v1#NAME for any server that speaks OpenAI's API; keys are in \
            the environment (OPENAI_API_KEY and so on; SWIFTLET_MODEL_KEY for addresses).

              swiftlet eval tasks/arc_easy.yaml --model smollm2 --limit 100
              swiftlet eval tasks/ --model smollm2 --against http://127.0.0.1:8080/v1#larger --output results/
              swiftlet eval compare results-before/ results-after/
            """,
        subcommands: [
            EvalTasksCommand.self, EvalCompareCommand.self, EvalSuiteCommand.self, EvalNeedleCommand.self,
            EvalCodeCommand.self,
        ],
        defaultSubcommand: EvalTasksCommand.self)
}
