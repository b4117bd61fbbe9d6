extension TrainingRecipe {
    init(_ section: RecipeSection) throws(TrainingError) {
        path = section.path
        try RecipeKeys.refuse(in: section)
        try readModel(section)
        try readData(section)
        try readOptimizer(section)
        try readSteps(section)
        try readAdapter(section)
        try readPrecision(section)
        try readRun(section)
        notes += RecipeKeys.passMeaningless(in: section)
        try section.finish(known: RecipeKeys.known)
        try checkAgreement(section)
    }

    private mutating func readModel(_ section: RecipeSection) throws(TrainingError) {
        guard let model = try section.text("base_model") else {
            throw section.missing("base_model", "name a model of the store, a file or a folder")
        }
        baseModel = model
        isFromScratch = try section.flag("reinit_weights") ?? false
        let jinja = try section.text("chat_template_jinja")
        chatTemplate = try section.text("chat_template")
        if let jinja { chatTemplate = jinja }
        if let tokens = try section.section("special_tokens") {
            beginOfText = try tokens.text("bos_token")
            endOfText = try tokens.text("eos_token")
            // Nothing is padded here, and what is unknown is the tokenizer's business.
            for key in ["pad_token", "unk_token", "sep_token", "cls_token", "mask_token"] { tokens.pass(key) }
            if let more = try tokens.list("additional_special_tokens"), !more.isEmpty {
                notes.append(
                    "line \(tokens.line): additional_special_tokens are not added; those that the tokenizer has are used"
                )
            }
            try tokens.finish(known: ["bos_token", "eos_token", "pad_token", "unk_token", "additional_special_tokens"])
        }
    }

    private mutating func readData(_ section: RecipeSection) throws(TrainingError) {
        for entry in try section.sections("datasets") ?? [] { datasets.append(try DatasetRecipe(entry, notes: &notes)) }
        if section.isNested("pretraining_dataset") {
            for entry in try section.sections("pretraining_dataset") ?? [] {
                datasets.append(try DatasetRecipe(entry, pretraining: true, notes: &notes))
            }
        } else if let path = try section.text("pretraining_dataset") {
            datasets.append(DatasetRecipe(path: path))
        }
        guard !datasets.isEmpty else {
            throw section.missing("datasets", "list at least one, with path and type")
        }
        for entry in try section.sections("test_datasets") ?? [] {
            validationDatasets.append(try DatasetRecipe(entry, notes: &notes))
        }
        validationSize = try section.number("val_set_size", 0...1e9) ?? 0
        sequenceLength = try section.integer("sequence_len", 2...(1 << 22)) ?? sequenceLength
        isPacked = try section.flag("sample_packing") ?? false
        excess = try section.choice("excess_length_strategy", Excess.allCases.map { ($0.rawValue, $0) }) ?? excess
        minimumLength = try section.integer("min_sample_len", 1...(1 << 22)) ?? minimumLength
        dropsFaultyRecords = try section.choice("faulty_records", [("raise", false), ("drop", true)]) ?? false
        trainsOnInputs = try section.flag("train_on_inputs") ?? false
        let (shuffles, shufflesMerged) = (try section.flag("shuffle"), try section.flag("shuffle_merged_datasets"))
        isShuffled = shuffles ?? shufflesMerged ?? true
    }

    private mutating func readOptimizer(_ section: RecipeSection) throws(TrainingError) {
        optimizer = try section.choice("optimizer", RecipeKeys.optimizers) ?? optimizer
        guard let rate = try section.number("learning_rate", 0...100), rate > 0 else {
            throw section.has("learning_rate")
                ? section.error("learning_rate", "is not above 0") : section.missing("learning_rate")
        }
        learningRate = rate
        weightDecay = try section.number("weight_decay", 0...10) ?? weightDecay
        maximumGradientNorm =
            try section.number("max_grad_norm", 0...(.greatestFiniteMagnitude)) ?? maximumGradientNorm
        beta1 = try section.number("adam_beta1", 0...0.999999) ?? beta1
        beta2 = try section.number("adam_beta2", 0...0.999999) ?? (optimizer == .lion ? 0.99 : beta2)
        let (long, short) = (try section.number("adam_epsilon", 0...1), try section.number("adam_eps", 0...1))
        epsilon = long ?? short ?? epsilon
        schedule = try section.choice("lr_scheduler", RecipeKeys.schedules) ?? schedule
        minimumRateRatio = try section.number("cosine_min_lr_ratio", 0...1) ?? 0
        if let settings = try section.section("lr_scheduler_kwargs") {
            cycles = try settings.integer("num_cycles", 1...100_000) ?? cycles
            decayShare = try settings.number("decay_ratio", 0...1) ?? decayShare
            minimumRateRatio = try settings.number("min_lr_ratio", 0...1) ?? minimumRateRatio
            try settings.finish(known: ["num_cycles", "decay_ratio", "min_lr_ratio"])
        }
        noiseAlpha = try section.number("neftune_noise_alpha", 0...1000) ?? 0
        try readSentenceLoss(section)
    }

    private mutating func readSentenceLoss(_ section: RecipeSection) throws(TrainingError) {
        let kinds = [
            ("multiple_negatives", false), ("multiple_negatives_ranking", false), ("infonce", false), ("triplet", true),
        ]
        let isTriplet = try section.choice("embedding_loss", kinds) ?? false
        let scale = try section.number("embedding_scale", 0.001...1e6)
        let margin = try section.number("embedding_margin", 0...1e6)
        if let other = isTriplet ? scale.map({ _ in "embedding_scale" }) : margin.map({ _ in "embedding_margin" }) {
            throw section.error(
                other, "is for another embedding_loss than \(isTriplet ? "triplet" : "multiple_negatives")")
        }
        sentenceLoss = isTriplet ? .triplet(margin: margin ?? 5) : .multipleNegatives(scale: scale ?? 20)
        for key in ["embedding_loss", "embedding_scale", "embedding_margin"] where section.has(key) && !trainsOnPairs {
            throw section.error(key, "is for datasets of the type pairs, of which there are none")
        }
    }

    private mutating func readSteps(_ section: RecipeSection) throws(TrainingError) {
        microBatchSize = try section.integer("micro_batch_size", 1...65_536) ?? 1
        let accumulation = try section.integer("gradient_accumulation_steps", 1...1_000_000)
        if let total = try section.integer("batch_size", 1...1_000_000) {
            if accumulation != nil {
                throw section.error(
                    "batch_size", "and gradient_accumulation_steps say the same thing", "give one of them")
            }
            guard total % microBatchSize == 0 else {
                throw section.error(
                    "batch_size", "is \(total), which micro_batch_size \(microBatchSize) does not divide")
            }
            accumulationSteps = total / microBatchSize
        } else {
            accumulationSteps = accumulation ?? 1
        }
        maximumSteps = try section.integer("max_steps", 1...1_000_000_000)
        epochs = try section.number("num_epochs", 0.001...1_000_000) ?? epochs
        let steps = try section.integer("warmup_steps", 0...1_000_000_000)
        let ratio = try section.number("warmup_ratio", 0...1)
        if steps != nil, ratio != nil {
            throw section.error("warmup_ratio", "and warmup_steps say the same thing", "give one of them")
        }
        if let steps { warmup = .steps(steps) } else if let ratio { warmup = .ratio(ratio) }
    }

    private mutating func readAdapter(_ section: RecipeSection) throws(TrainingError) {
        let kind = try section.choice("adapter", [("lora", "lora"), ("qlora", "qlora")])
        var adapter = Adapter()
        adapter.rank = try section.integer("lora_r", 1...65_536) ?? adapter.rank
        adapter.alpha = try section.number("lora_alpha", 0...1e6) ?? adapter.alpha
        adapter.dropout = try section.number("lora_dropout", 0...0.99) ?? 0
        let targets = try section.list("lora_target_modules") ?? []
        let isLinear = try section.flag("lora_target_linear") ?? false
        adapter.targets = isLinear ? [] : targets
        adapter.isRankStabilized = try section.flag("peft_use_rslora") ?? false
        adapter.isWeightDecomposed = try section.flag("peft_use_dora") ?? false
        adapter.start = try section.text("lora_model_dir")
        unfrozen = try section.list("unfrozen_parameters") ?? []
        guard let kind else {
            if let start = adapter.start {
                throw section.error("lora_model_dir", "is \(start), but there is no adapter", "write adapter: lora")
            }
            return
        }
        adapter.keepsStored = kind == "qlora"
        self.adapter = adapter
        if !unfrozen.isEmpty {
            throw section.error("unfrozen_parameters", "contradicts adapter: \(kind), which trains the adapter alone")
        }
        if isFromScratch {
            throw section.error("reinit_weights", "contradicts adapter: \(kind)", "an adapter is for a trained model")
        }
    }

    private mutating func readPrecision(_ section: RecipeSection) throws(TrainingError) {
        let given = try section.choice("precision", Precision.allCases.map { ($0.rawValue, $0) })
        var halves = false
        for key in ["bf16", "bfloat16", "fp16", "float16"] where section.has(key) {
            let text = try section.text(key) ?? ""
            guard !["false", "no", "off"].contains(text.lowercased()) else { continue }
            guard ["true", "auto", "full", "yes", "on"].contains(text.lowercased()) else {
                throw section.error(key, "is \(text), not true, false or auto")
            }
            if given == .float32, text != "auto" {
                throw section.error(key, "contradicts precision: float32", "give one of them")
            }
            if key.hasSuffix("16"), key.hasPrefix("f") { notes.append("\(key): bfloat16 is used in its place") }
            halves = true
        }
        precision = given ?? (halves ? .bfloat16 : .float32)
        if section.has("gradient_checkpointing") {
            let text = try section.text("gradient_checkpointing") ?? ""
            recomputesActivations = !["false", "no", "off"].contains(text.lowercased())
        }
        let fourBits = try section.flag("load_in_4bit") ?? false
        let eightBits = try section.flag("load_in_8bit") ?? false
        if fourBits, eightBits { throw section.error("load_in_8bit", "contradicts load_in_4bit: true") }
        guard fourBits || eightBits else { return }
        let key = "load_in_\(fourBits ? 4 : 8)bit"
        if adapter == nil {
            throw section.error(key, "is for adapters: quantized weights are not trained", "write adapter: qlora")
        }
        adapter?.keepsStored = true
        notes.append("\(key): the model's weights stay as its file holds them; swiftlet quantize makes them fewer bits")
    }

    private mutating func readRun(_ section: RecipeSection) throws(TrainingError) {
        seed = try section.integer("seed", 0...Int(Int32.max)) ?? seed
        outputFolder = try section.text("output_dir") ?? outputFolder
        evaluation = try interval(
            section, steps: "eval_steps", perEpoch: "evals_per_epoch",
            strategies: ["eval_strategy", "evaluation_strategy"],
            standard: .perEpoch(1))
        if validationSize == 0, validationDatasets.isEmpty { evaluation = .never }
        saving = try interval(
            section, steps: "save_steps", perEpoch: "saves_per_epoch", strategies: ["save_strategy"],
            standard: .perEpoch(1))
        saveLimit = try section.integer("save_total_limit", 1...1_000_000)
        loggingSteps = try section.integer("logging_steps", 1...1_000_000) ?? 1
        patience = try section.integer("early_stopping_patience", 1...1_000_000)
        keepsBest = try section.flag("load_best_model_at_end") ?? false
        lossLimit = try section.number("loss_watchdog_threshold", 0...1e6)
        lossPatience = try section.integer("loss_watchdog_patience", 1...1_000_000) ?? lossPatience
        writesTensorBoard = try section.flag("use_tensorboard") ?? true
        if let from = try section.text("resume_from_checkpoint") {
            switch from.lowercased() {
            case "false", "no", "off": break
            case "true", "yes", "on": resumption = .newest
            default: resumption = .from(from)
            }
        }
        if try section.flag("auto_resume_from_checkpoints") ?? false, resumption == .never { resumption = .newest }
    }

    private func interval(
        _ section: RecipeSection, steps: String, perEpoch: String, strategies: [String], standard: Interval
    ) throws(TrainingError) -> Interval {
        // Shares of all steps, as transformers takes them, are no whole numbers.
        let count = try section.integer(steps, 0...1_000_000_000)
        let epochs = try section.integer(perEpoch, 0...1_000_000)
        if let count, count > 0, let epochs, epochs > 0 {
            throw section.error(perEpoch, "and \(steps) say the same thing", "give one of them")
        }
        for key in strategies {
            switch try section.choice(key, [("no", 0), ("steps", 1), ("epoch", 2), ("best", 2)]) {
            case 0: return .never
            case 2 where count == nil: return .perEpoch(1)
            default: break
            }
        }
        if let count, count > 0 { return .steps(count) }
        if let epochs { return epochs > 0 ? .perEpoch(epochs) : .never }
        return count == 0 ? .never : standard
    }

    private func checkAgreement(_ section: RecipeSection) throws(TrainingError) {
        if evaluation == .never {
            for (key, isSet) in [("early_stopping_patience", patience != nil), ("load_best_model_at_end", keepsBest)]
            where isSet {
                throw section.error(
                    key, "needs evaluations, and there are none",
                    "set val_set_size or test_datasets, and eval_steps or evals_per_epoch")
            }
        }
        if case .steps(let count) = warmup, let maximumSteps, count > maximumSteps {
            throw section.error("warmup_steps", "is \(count), more than max_steps \(maximumSteps)")
        }
        if minimumLength > sequenceLength {
            throw section.error("min_sample_len", "is \(minimumLength), more than sequence_len \(sequenceLength)")
        }
        let kinds = Set((datasets + validationDatasets).map { $0.form == .preference })
        if kinds.count > 1 { throw section.error("datasets", "mix preferences with texts") }
        try checkPairs(section)
    }

    private func checkPairs(_ section: RecipeSection) throws(TrainingError) {
        guard trainsOnPairs else { return }
        if (datasets + validationDatasets).contains(where: { $0.form != .pairs }) {
            throw section.error("datasets", "mix pairs with other texts")
        }
        if isPacked { throw section.error("sample_packing", "is not for pairs: each is a row by itself") }
        if adapter != nil {
            throw section.error(
                "adapter", "is not for encoders", "leave it out; unfrozen_parameters chooses among the weights")
        }
        if noiseAlpha > 0 { throw section.error("neftune_noise_alpha", "is not for pairs") }
        if isFromScratch { throw section.error("reinit_weights", "is not for pairs: begin with a trained encoder") }
    }
}
