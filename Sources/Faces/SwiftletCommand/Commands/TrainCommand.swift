import ArgumentParser
import Essentials
import Files
import ModelStore
import Platform
import Training

extension RecipeTemplate: ExpressibleByArgument {}

/// `swiftlet train`.
struct TrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a model, or tune one, by a recipe.",
        discussion: """
            RECIPE is a YAML file with the key names of axolotl; docs/training.md lists them.

              swiftlet train --init lora > recipe.yaml
              swiftlet train recipe.yaml --preview
              swiftlet train recipe.yaml

            Ctrl-C ends training after the step at hand, with a checkpoint to go on from.
            """)

    @Argument(help: "The recipe's file; with --init, where to write.") var recipe: String?
    @Option(
        name: .customLong("init"),
        help: ArgumentHelp(
            "Write a commented recipe to begin with: lora, full, pretrain, continue or embedding; tinystory writes all that a small model needs.",
            valueName: "method"))
    var template: RecipeTemplate?
    @Flag(help: "Show the tokens of the data, and which of them are learned.") var preview = false
    @Option(help: "Texts to show.") var limit = 3
    @Flag(help: "Go on from the newest checkpoint in the recipe's output_dir.") var resume = false
    @OptionGroup var threadOptions: ThreadOptions

    func validate() throws {
        if template == nil, recipe == nil {
            throw ValidationError("name a recipe, or say --init METHOD for one to begin with")
        }
        if template != nil, preview || resume { throw ValidationError("--init writes a recipe and does nothing else") }
        if limit < 1 { throw ValidationError("--limit wants a number from 1, not \(limit)") }
    }

    func run() async throws {
        if let template { return try write(template) }
        guard let path = recipe else { return }
        var recipe = try TrainingRecipe(path: path)
        Console.note(oddities: recipe.notes)
        if !preview { try NetworkTrainer.check(recipe) }
        if resume { recipe.resumption = .newest }
        let model = try Self.model(of: recipe)
        let texts = try TextFormat(recipe, model: model)
        if preview { return try show(recipe, texts) }
        Console.note(oddities: NetworkTrainer.notes(recipe))
        try await TrainingRun(recipe: recipe, texts: texts, model: model, threads: threadOptions.threads).run()
    }

    private func write(_ template: RecipeTemplate) throws {
        if template == .tinystory {
            let folder = recipe ?? "tinystory"
            guard !FileSystem.exists(folder) else {
                throw CommandError("\(folder) is there already; name another folder")
            }
            try TinyStory().write(to: folder)
            Console.note("wrote stories, a model with random weights and \(folder)/recipe.yaml")
            return
        }
        guard let recipe else { return try Console.write(template.text) }
        guard !FileSystem.exists(recipe) else { throw CommandError("\(recipe) is there already; name another file") }
        try AtomicFile.write(Array(template.text.utf8), to: recipe)
        Console.note("wrote \(recipe)")
    }

    /// The path of the model: beside the recipe, or as everywhere.
    private static func model(of recipe: TrainingRecipe) throws -> String {
        let name = FileSystem.expandingTilde(recipe.baseModel)
        let beside = "\(FileSystem.parent(of: recipe.path))/\(name)"
        if !name.hasPrefix("/"), FileSystem.exists(beside) { return beside }
        if FileSystem.isFolder(name) { return name }
        return try ModelOptions.path(of: name)
    }

    private func show(_ recipe: TrainingRecipe, _ texts: TextFormat) throws {
        let data = try TrainingData(recipe, texts: texts, limit: limit)
        let preview = SequencePreview(tokenizer: texts.tokenizer)
        let isColoured = Style(descriptor: STDOUT_FILENO).isEnabled
        for (index, sequence) in data.first(limit).enumerated() {
            let count = "\(sequence.tokens.count) tokens, \(sequence.learnedCount) learned"
            let text = isColoured ? preview.coloured(sequence) + "\n" : preview.table(sequence)
            try Console.write("# text \(index + 1): \(count)\n\(text)\n")
        }
        for line in data.report.lines.dropFirst() { Console.note(line) }
    }
}
