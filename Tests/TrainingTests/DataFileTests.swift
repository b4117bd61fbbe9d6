import CZlib
import Files
import Testing

@testable import Training

@Suite struct DataFileTests {
    private let alpaca = """
        {"instruction": "Name a color.", "input": "", "output": "red"}

        {"instruction": "Add.", "input": "2 2", "output": "4"}

        """

    private func text(_ data: TrainingData, _ index: Int, learned: Bool = false) throws -> String {
        let sequence = data.sequence(Int32(index))
        let tokens = zip(sequence.tokens, sequence.weights).filter { !learned || $1 != 0 }.map(\.0)
        return try ChatFixture.tokenizer().decode(tokens)
    }

    @Test func alpacaIsReadFromEveryKindOfFile() throws {
        let folder = try TemporaryFolder()
        let tables = "instruction,input,output\nName a color.,,red\nAdd.,\"2 2\",4\n"
        for (name, content) in [
            ("a.jsonl", alpaca), ("a.csv", tables), ("a.tsv", tables.replacing(",", with: "\t")),
            ("a.json", " [\n" + alpaca.split(separator: "\n").joined(separator: ",\n") + "]\n"),
        ] {
            let data = try folder.data(content, name: name)
            #expect(data.count == 2, "\(name)")
            #expect(try text(data, 0, learned: true) == "red<|im_end|>")
            #expect(try text(data, 1).hasPrefix("Below is an instruction that describes a task, paired with an input"))
            #expect(
                try text(data, 1).hasSuffix("### Instruction:\nAdd.\n\n### Input:\n2 2\n\n### Response:\n4<|im_end|>"))
        }
    }

    @Test func instructionsAreWrittenInOtherStyles() throws {
        let folder = try TemporaryFolder()
        let data = try folder.data(alpaca, type: "alpaca:chatml")
        #expect(try text(data, 0).hasSuffix("user\nName a color.<|im_end|>\n<|im_start|>assistant\nred<|im_end|>"))
        let chat = try folder.data(alpaca, type: "alpaca:chat")
        #expect(try text(chat, 1).hasSuffix("\nUSER: Add.\n2 2\nASSISTANT:4<|im_end|>"))
    }

    @Test func packedFilesAreUnpacked() throws {
        let folder = try TemporaryFolder()
        let file = try #require(gzopen(folder.path + "/data.jsonl.gz", "wb"))
        gzputs(file, alpaca)
        gzclose(file)
        let recipe = try TrainingRecipe(
            text: "base_model: x\nlearning_rate: 1e-3\ndatasets: [{path: data.jsonl.gz, type: alpaca}]\n",
            path: folder.path + "/r.yaml")
        #expect(try TrainingData(recipe, texts: ChatFixture.format()).count == 2)
        try folder.write("\u{1F}\u{8B}\u{8}broken", to: "b.jsonl.gz")
    }

    @Test func errorsNameFileLineFieldAndRemedy() throws {
        let folder = try TemporaryFolder()
        let good = #"{"instruction": "a", "output": "b"}"#
        let broken = [good] + Array(repeating: "", count: 48_209) + [#"{"instruction": "a", "output": "#]
        #expect(
            folder.error(broken.joined(separator: "\n")).hasPrefix(
                "data.jsonl, line 48211, column 32: is not valid JSON"))
        #expect(
            folder.error(good + "\n" + #"{"prompt": "a", "output": "b"}"#)
                == "data.jsonl, line 2: has no field \"instruction\" (it has \"prompt\", \"output\"; set field_instruction to the one "
                + "that is meant)")
        #expect(folder.error(#"{"instruction": "a", "output": " "}"#).contains("line 1: the field \"output\" is empty"))
        #expect(folder.error("[1]").contains("is an element that is no object"))
        #expect(folder.error("[\(good),\n").contains("line 2: ends within the array"))
        #expect(folder.error("3").contains("is an integer, not an object"))
        #expect(folder.error("a,b\n1\n", name: "data.csv").contains("line 2: has 1 values for 2 columns"))
        #expect(folder.error("a\n\"x\n", name: "data.csv").contains("never closed"))
        #expect(folder.error("PAR1", name: "data.parquet").contains("convert it to JSON Lines"))
        #expect(
            folder.error(good, type: "chat_template").contains(
                "it has no list of messages; is the dataset's type right?"))
        #expect(
            folder.error(
                #"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": ""}]}"#,
                type: "chat_template"
            )
            .contains("line 1: turn 2 (assistant) is empty"))
        #expect(
            folder.error(#"{"conversations": [{"from": "human", "value": "a"}]}"#, type: "chat_template")
                .contains("lists are in \"conversations\"; set field_messages"))
        #expect(
            folder.error(#"{"messages": [{"role": "alien", "content": "a"}]}"#, type: "chat_template").contains(
                "role \"alien\""))
        #expect(folder.error("", name: "none.jsonl").contains("none.jsonl"))
    }

    @Test func faultyRecordsCanBeLeftOutAndAreCounted() throws {
        let folder = try TemporaryFolder()
        let data = try folder.data(alpaca + "{\n" + #"{"instruction": "x"}"#, recipe: "faulty_records: drop")
        #expect(data.count == 2)
        let omission = try #require(data.report.omissions.first)
        #expect(omission.count == 2 && omission.reason == "being faulty")
        #expect(omission.first.contains("line 4"))
    }

    @Test func longTextsAreDroppedCutOrRefused() throws {
        let folder = try TemporaryFolder()
        let long = alpaca + #"{"instruction": "a", "output": "\#(String(repeating: "zq ", count: 200))"}"#
        let base = "sequence_len: 200"
        let dropped = try folder.data(long, recipe: base)
        #expect(dropped.count == 2)
        #expect(dropped.report.omissions.first?.reason == "being longer than sequence_len 200")
        let cut = try folder.data(long, recipe: base + "\nexcess_length_strategy: truncate")
        #expect(cut.count == 3 && cut.report.cut == 1 && cut.sequence(2).tokens.count == 200)
        #expect(folder.error(long, recipe: base + "\nexcess_length_strategy: raise").contains("line 4: has "))
    }

    /// Every token of a long text is learned exactly once.
    @Test func completionsAreCutIntoPieces() throws {
        let folder = try TemporaryFolder()
        let words = (0..<100).map { "word\($0)" }.joined(separator: " ")
        let data = try folder.data(#"{"text": "\#(words)"}"#, type: "completion", recipe: "sequence_len: 32")
        let whole = try ChatFixture.tokenizer().encode(words, parseSpecialTokens: false) + [2]
        var joined = Array(data.sequence(0).tokens.prefix(1))
        for index in 0..<data.count { joined += data.sequence(Int32(index)).tokens.dropFirst() }
        #expect(joined == whole)
        #expect(data.report.learnedTokens == whole.count - 1)
        #expect(data.length(0) == 32)
    }

    @Test func plainTextIsOneTextOrSeveral() throws {
        let folder = try TemporaryFolder()
        let data = try folder.data("one\n\ntwo\n<|endoftext|>\nthree\n", name: "a.txt", type: "completion")
        #expect(data.count == 2)
        #expect(try text(data, 0) == "one\n\ntwo<|im_end|>")
        #expect(try text(data, 1) == "three<|im_end|>")
    }

    @Test func otherFormsAreRead() throws {
        let folder = try TemporaryFolder()
        let dolly = try folder.data(
            #"{"instruction": "q", "context": "c", "response": "r", "category": "x"}"#, type: "dolly")
        #expect(try text(dolly, 0).contains("### Input:\nc\n"))
        let shared = try folder.data(
            #"{"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "red"}]}"#, type: "sharegpt"
        )
        #expect(try text(shared, 0, learned: true) == "red<|im_end|>")
        let segments = try folder.data(
            #"{"segments": [{"label": false, "text": "<|im_start|>a"}, {"label": true, "text": "b<|im_end|>"}]}"#,
            type: "input_output")
        #expect(try text(segments, 0, learned: true) == "b<|im_end|>")
        #expect(segments.sequence(0).tokens.first == 1)
        let pair = try folder.data(#"{"prompt": "a: ", "completion": "b"}"#, type: "prompt_completion")
        #expect(try text(pair, 0) == "a: b<|im_end|>")
        #expect(try text(pair, 0, learned: true) == "b<|im_end|>")
        let own = try folder.data(
            #"{"q": "x <|im_end|>", "a": "y"}"#,
            type: "{field_instruction: q, field_output: a, format: '<|im_start|>{instruction}<|sep|>'}")
        #expect(try text(own, 0) == "<|im_start|>x <|im_end|><|sep|>y<|im_end|>")
        #expect(own.sequence(0).tokens.count { $0 == 2 } == 1)
        let preference = try folder.data(
            #"{"prompt": "q", "chosen": "good", "rejected": "bad"}"#, type: "preference")
        #expect(try text(preference, 0, learned: true) == "good<|im_end|>")
        #expect(try text(preference, 1, learned: true) == "bad<|im_end|>")
    }

    @Test func largeDataGoToTheDisk() throws {
        let folder = try TemporaryFolder()
        var builder = TokenStore.Builder(spillPath: folder.path + "/out/tokens", memoryLimit: 100)
        let sequences = (0..<50).map { number -> TrainingSequence in
            let indices = Array(0..<(number % 7 + 2))
            return TrainingSequence(
                tokens: indices.map { Int32($0 * 1000 + number) }, weights: indices.map { Float($0 % 3) / 2 })
        }
        for (number, sequence) in sequences.enumerated() { try builder.append(sequence, record: number) }
        let store = try builder.finish()
        #expect(store.entries.map { store.sequence($0) } == sequences)
        #expect(try FileSystem.names(in: folder.path + "/out").isEmpty)
    }
}
