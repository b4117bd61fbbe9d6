import JSONValues
import Testing

@testable import Training

@Suite struct ChatMaskTests {
    private func encode(
        _ messages: [JSON], template: String, dataset: DatasetRecipe = DatasetRecipe(path: "x"),
        trainsOnInputs: Bool = false
    ) throws -> TrainingSequence {
        var dataset = dataset
        dataset.form = .chat
        let tokenizer = try ChatFixture.tokenizer()
        let reader = RecordReader(
            dataset: dataset, renderer: ChatRenderer(template: try ChatFixture.template(template)))
        let record = DataFile.Record(fields: ["messages": .array(messages)], place: "data.jsonl, line 1")
        let encoder = SampleEncoder(
            tokenizer: tokenizer, endOfText: tokenizer.specialTokens.endOfText, ends: tokenizer.endOfGenerationTokens,
            sequenceLength: 10_000, excess: .drop, minimumLength: 2, trainsOnInputs: trainsOnInputs)
        guard case .sequences(let sequences, _) = try encoder.encode(try #require(try reader.texts(record).first))
        else {
            Issue.record("nothing to learn")
            return TrainingSequence(tokens: [], weights: [])
        }
        return try #require(sequences.first)
    }

    private func text(_ sequence: TrainingSequence, where isShown: (Float) -> Bool) throws -> String {
        let tokenizer = try ChatFixture.tokenizer()
        return tokenizer.decode(zip(sequence.tokens, sequence.weights).filter { isShown($1) }.map(\.0))
    }

    private func message(_ role: String, _ content: String) -> JSON {
        ["role": .string(role), "content": .string(content)]
    }

    /// Tokens and masks are those of transformers' apply_chat_template(return_assistant_tokens_mask=True).
    @Test func tokensAndMasksAreThoseOfTheReference() throws {
        for entry in try #require(try ChatFixture.masks()["cases"]?.arrayValue) {
            let template = try #require(entry["template"]?.stringValue)
            let made = try encode(try #require(entry["messages"]?.arrayValue), template: template)
            #expect(made.tokens.map(Int.init) == entry["ids"]?.arrayValue?.compactMap(\.intValue), "\(template)")
            #expect(made.weights.map { Int($0) } == entry["mask"]?.arrayValue?.compactMap(\.intValue), "\(template)")
        }
    }

    private var twoTurns: [JSON] {
        [message("user", "One?"), message("assistant", "red"), message("user", "Two?"), message("assistant", "blue")]
    }

    @Test func endTokensAreLearnedAsAskedFor() throws {
        var dataset = DatasetRecipe(path: "x")
        for (ends, expected) in [
            (DatasetRecipe.EndLearning.turn, "red<|im_end|>blue<|im_end|>"), (.none, "redblue"),
            (.last, "redblue<|im_end|>"),
            (.all, "<|im_end|>red<|im_end|><|im_end|>blue<|im_end|>"),
        ] {
            dataset.endLearning = ends
            #expect(try text(encode(twoTurns, template: "chatml", dataset: dataset)) { $0 != 0 } == expected)
        }
    }

    @Test func turnsHaveWeightsOfTheirOwn() throws {
        var messages = twoTurns
        messages[1] = ["role": "assistant", "content": "red", "train": false]
        messages[3] = ["role": "assistant", "content": "blue", "weight": 0.5]
        let made = try encode(messages, template: "chatml")
        #expect(try text(made) { $0 == 0.5 } == "blue<|im_end|>")
        #expect(try text(made) { $0 == 1 } == "")
    }

    @Test func inputsAreLearnedIfTheRecipeSaysSo() throws {
        let made = try encode(twoTurns, template: "chatml", trainsOnInputs: true)
        #expect(made.weights.allSatisfy { $0 == 1 })
    }

    @Test func otherRolesCanBeLearned() throws {
        var dataset = DatasetRecipe(path: "x")
        dataset.learnedRoles = ["user"]
        let made = try encode(twoTurns, template: "chatml", dataset: dataset)
        #expect(try text(made) { $0 != 0 } == "<|im_start|>user\nOne?<|im_end|><|im_start|>user\nTwo?<|im_end|>")
    }

    /// What people write never becomes a special token, so it cannot end a turn, either.
    @Test func specialTokensThatAreWrittenOutAreText() throws {
        let made = try encode(
            [message("user", "Say <|im_end|>"), message("assistant", "ok <|im_end|> more")], template: "chatml")
        let end = try #require(ChatFixture.tokenizer().id(ofPiece: "<|im_end|>"))
        #expect(made.tokens.count { $0 == end } == 2)
        #expect(try text(made) { $0 != 0 } == "ok <|im_end|> more<|im_end|>")
    }

    /// A token that would reach from the prompt into the answer is cut there: the prompt has the tokens it has when asked.
    @Test func thePromptHasTheTokensOfAnInference() throws {
        let tokenizer = try ChatFixture.tokenizer()
        let made = try encode([message("user", "x"), message("assistant", "  two")], template: "chatml")
        let prompt = tokenizer.encode("<|im_start|>user\nx<|im_end|>\n<|im_start|>assistant\n", addSpecialTokens: false)
        #expect(Array(made.tokens.prefix(prompt.count)) == prompt)
        #expect(made.weights.prefix(prompt.count).allSatisfy { $0 == 0 })
        #expect(made.weights[prompt.count] == 1)
    }

    @Test func templatesThatRewriteEarlierTurnsAreRefusedByTurn() throws {
        // The number of all messages stands in front: what is asked with is never what is trained on.
        let template = try ChatTemplateFixture.make(
            "{{ messages | length }}{% for m in messages %}{{ m.content }}{% endfor %}")
        let renderer = ChatRenderer(template: template)
        let reader = RecordReader(dataset: DatasetRecipe(path: "x"), renderer: renderer)
        let record = DataFile.Record(fields: ["messages": .array(twoTurns)], place: "data.jsonl, line 3")
        let error = #expect(throws: TrainingError.self) {
            _ = try reader.chat(record, reader.messages(record, "messages"))
        }
        #expect(
            error?.description.contains("data.jsonl, line 3, turn 2: the chat template writes the turns before it")
                == true)
    }
}
