import Testing

@testable import Training

@Suite struct RecipeTests {
    private let base = """
        base_model: tiny
        learning_rate: 2e-4
        datasets:
          - path: a.jsonl
            type: alpaca

        """

    private func message(_ text: String) -> String {
        do throws(TrainingError) {
            _ = try TrainingRecipe(text: text, path: "r.yaml")
            return ""
        } catch { return error.description }
    }

    @Test func keysAreReadWithTheirDefaults() throws {
        let recipe = try TrainingRecipe(
            text: base
                + "adapter: lora\nlora_r: 16\nbf16: auto\nwarmup_steps: 10\ntf32: true\nwandb_project:\nfp16:\ngradient_checkpointing:\n",
            path: "r.yaml")
        #expect(recipe.learningRate == 2e-4)
        #expect(recipe.adapter?.rank == 16)
        #expect(recipe.precision == .bfloat16)
        #expect(recipe.warmup == .steps(10))
        #expect(recipe.sequenceLength == 512)
        #expect(recipe.notes == ["these keys have no meaning here: tf32"])
    }

    @Test func unknownKeysAreNamedWithLineAndNearestKey() {
        #expect(message(base + "lora_alhpa: 3\n").contains("r.yaml, line 6: lora_alhpa is no key"))
        #expect(message(base + "lora_alhpa: 3\n").contains("did you mean lora_alpha?"))
        // A key that must be there, misspelt.
        #expect(message(base.replacing("learning_rate", with: "learning_rat")).contains("did you mean learning_rate?"))
        #expect(
            message(base.replacing("type: alpaca", with: "type: alpacca")).contains(
                "line 5: datasets[0].type is alpacca"))
        #expect(message(base + "optimizer: adamv\n").contains("did you mean adamw?"))
        #expect(
            message(base + "micro_batch_size: 1.5\n").contains("line 6: micro_batch_size is 1.5, not a whole number"))
    }

    @Test(arguments: [
        ("warmup_steps: 3\nwarmup_ratio: 0.1\n", "line 7: warmup_ratio and warmup_steps"),
        ("save_steps: 3\nsaves_per_epoch: 1\n", "saves_per_epoch and save_steps"),
        ("precision: float32\nbf16: true\n", "line 7: bf16 contradicts precision"),
        ("early_stopping_patience: 3\n", "needs evaluations"),
        ("batch_size: 8\ngradient_accumulation_steps: 2\n", "batch_size and gradient_accumulation_steps"),
        ("load_in_4bit: true\nload_in_8bit: true\n", "contradicts"),
        ("load_in_4bit: true\n", "write adapter: qlora"), ("embedding_scale: 3\n", "type pairs"),
        ("adapter: lora\nreinit_weights: true\n", "reinit_weights contradicts"),
        ("rl: dpo\n", "line 6: rl cannot be done"),
        ("lora_model_dir: x\n", "there is no adapter"),
    ]) func contradictionsAreErrors(extra: String, expected: String) {
        #expect(message(base + extra).contains(expected), "\(message(base + extra))")
    }

    @Test func brokenFilesAreErrors() {
        #expect(message("").contains("is empty"))
        #expect(message("a: [").contains("is not valid YAML"))
        #expect(message("- a\n").contains("is no mapping"))
        #expect(message("a: 1\na: 2\n").contains("r.yaml"))
        #expect(message(base.replacing("learning_rate: 2e-4\n", with: "")).contains("learning_rate is missing"))
    }
}
