import ArgumentParser
import Inference
import JSONValues

/// `swiftlet embed`.
struct EmbedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embed",
        abstract: "Turn texts into vectors.",
        discussion: """
            Texts are given as arguments, or one a line on standard input, which come first if there are both. Each becomes one line of numbers. MODEL is a \
            sentence encoder, a folder of model2vec, a file of word2vec, GloVe or fastText, or any language model.

              swiftlet embed minilm "How do I bake bread?"
              swiftlet embed minilm --json <sentences.txt
              swiftlet embed vectors.bin "bread and butter"

            Sentence encoders pool as their folder says (modules.json); where no file says so, encoders take the mean of \
            all states, and language models the last one. Of word vectors the mean is taken, of fastText its sentence \
            vector. --pooling chooses among cls, max, mean, mean_sqrt_len_tokens, weightedmean and lasttoken.
            """)

    @Argument(help: "A model of the store, a file, or a folder.") var model: String
    @Argument(help: "The texts; without any, they are read from standard input, one a line.") var texts: [String] = []
    @Flag(help: "Write a JSON array of objects with text, tokens, omitted_tokens and embedding.") var json = false
    @OptionGroup(title: "Embedding") var options: EmbeddingModelOptions

    func run() async throws {
        let model = try options.load(model)
        let texts = try texts.isEmpty ? TextLines.read("-") : TextLines.piped() + texts
        let embeddings = try options.embed(texts, with: model)
        if json {
            let entries = zip(texts, embeddings).map { text, embedding -> JSON in
                [
                    "text": .string(text), "tokens": .integer(embedding.tokens),
                    "omitted_tokens": .integer(embedding.omittedTokens),
                    "embedding": .array(embedding.vector.map { .number(Double("\($0)") ?? Double($0)) }),
                ]
            }
            try Console.write(JSON.array(entries).text() + "\n")
        } else {
            for embedding in embeddings {
                try Console.write(embedding.vector.map { "\($0)" }.joined(separator: " ") + "\n")
            }
        }
    }
}
