/// The texts of a recipe as tokens, those to train on and those to validate with.
package struct TrainingData: Sendable {
    let store: TokenStore
    /// The entries to train on, by dataset, and how often each is drawn per epoch.
    let shares: [(entries: [Int32], weight: Double)]
    private let validation: [Int32]
    /// What was read and left out.
    package let report: DataReport

    /// The number of sequences to train on, drawn once each.
    package var count: Int { shares.reduce(0) { $0 + $1.entries.count } }
    /// The sequences to validate with.
    package var validationCount: Int { validation.count }
    package func validationSequence(_ index: Int) -> TrainingSequence {
        store.sequence(store.entries[Int(validation[index])])
    }

    /// The first sequences in the order of the data.
    package func first(_ count: Int) -> [TrainingSequence] { store.entries.prefix(count).map(store.sequence) }

    func sequence(_ entry: Int32) -> TrainingSequence { store.sequence(store.entries[Int(entry)]) }
    func length(_ entry: Int32) -> Int { Int(store.entries[Int(entry)].length) }

    /// Reads all data of a recipe.
    ///
    /// - Parameters:
    ///   - limit: the most records to read, for a look at them.
    ///   - progress: called with the number of records now and then.
    /// - Throws: `TrainingError` naming file, line and field of the first record that is not as it should be.
    package init(
        _ recipe: TrainingRecipe, texts: TextFormat, limit: Int = .max, progress: (Int) -> Void = { _ in }
    ) throws(TrainingError) {
        var pass = DataPass(recipe, texts: texts, limit: limit)
        var ranges: [(Range<Int>, Double)] = []
        for dataset in recipe.datasets {
            ranges.append((try pass.read(dataset, progress: progress), dataset.weight))
        }
        let trainEnd = pass.builder.count
        for dataset in recipe.validationDatasets { _ = try pass.read(dataset, progress: progress) }
        report = pass.report
        let store = try pass.builder.finish()
        self.store = store
        let held = Self.held(recipe, store, upTo: trainEnd)
        shares = ranges.map { range, weight in
            (range.filter { !held.contains(store.entries[$0].record) }.map { Int32($0) }, weight)
        }
        validation =
            (0..<trainEnd).filter { held.contains(store.entries[$0].record) }.map { Int32($0) }
            + (trainEnd..<store.entries.count).map { Int32($0) }
        guard shares.contains(where: { !$0.entries.isEmpty }) else {
            throw TrainingError(
                .data, at: recipe.path, "nothing is left to train on: \(report.lines.joined(separator: "; "))",
                remedy: "look at it with swiftlet train --preview")
        }
    }

    /// The records that are kept for validation: drawn by the seed, the same ones whatever the order of training.
    private static func held(_ recipe: TrainingRecipe, _ store: TokenStore, upTo end: Int) -> Set<Int32> {
        var records: [Int32] = []
        for entry in store.entries[..<end] where records.last != entry.record { records.append(entry.record) }
        let size = recipe.validationSize
        let count = size < 1 ? Int((Double(records.count) * size).rounded()) : Int(size)
        guard count > 0, !records.isEmpty else { return [] }
        var generator = EpochOrder.generator(seed: recipe.seed, epoch: -1)
        records.shuffle(using: &generator)
        // At least one is left to train on.
        return Set(records.prefix(min(max(count, 1), records.count - 1)))
    }
}

/// One pass over all data.
private struct DataPass {
    let recipe: TrainingRecipe
    let texts: TextFormat
    let encoder: SampleEncoder
    let limit: Int
    var builder: TokenStore.Builder
    var report = DataReport()

    init(_ recipe: TrainingRecipe, texts: TextFormat, limit: Int) {
        (self.recipe, self.texts, self.limit) = (recipe, texts, limit)
        encoder = SampleEncoder(
            tokenizer: texts.tokenizer, endOfText: texts.endOfText, ends: texts.tokenizer.endOfGenerationTokens,
            sequenceLength: recipe.sequenceLength, excess: recipe.excess, minimumLength: recipe.minimumLength,
            trainsOnInputs: recipe.trainsOnInputs, pairs: texts.pairs)
        builder = TokenStore.Builder(spillPath: recipe.outputFolder + "/tokens.partial")
    }

    /// Reads a dataset; returns the entries that it became.
    mutating func read(_ dataset: DatasetRecipe, progress: (Int) -> Void) throws(TrainingError) -> Range<Int> {
        let first = builder.count
        let template = dataset.chatTemplate.flatMap { texts.templates[$0] } ?? texts.template
        let reader = RecordReader(dataset: dataset, renderer: template.map { ChatRenderer(template: $0) })
        for path in try dataset.dataFiles(recipe: recipe.path) where report.records < limit {
            try DataFile(path: path).forEach { record throws(TrainingError) in
                guard report.records < limit else { return false }
                report.records += 1
                if report.records % 1000 == 0 { progress(report.records) }
                do throws(TrainingError) {
                    let samples = try reader.texts(record.get())
                    guard dataset.form != .pairs else {
                        try addTogether(samples)
                        return true
                    }
                    for sample in samples { try add(sample) }
                } catch {
                    guard recipe.dropsFaultyRecords else { throw error }
                    report.omit("being faulty", at: "\(error)")
                }
                return true
            }
        }
        return first..<builder.count
    }

    private mutating func addTogether(_ samples: [SampleText]) throws(TrainingError) {
        if case .triplet = recipe.sentenceLoss, samples.count < 3 {
            throw TrainingError(
                .data, at: samples.first?.place ?? "", "has no text that is not like the others",
                remedy: "embedding_loss: triplet needs field_negative; multiple_negatives does not")
        }
        let (sequence, wasCut) = encoder.encodeTogether(samples)
        if wasCut { report.cut += 1 }
        try append(sequence)
    }

    private mutating func append(_ sequence: TrainingSequence) throws(TrainingError) {
        try builder.append(sequence, record: report.records)
        report.sequences += 1
        report.tokens += sequence.tokens.count
        report.learnedTokens += sequence.learnedCount
    }

    private mutating func add(_ sample: SampleText) throws(TrainingError) {
        switch try encoder.encode(sample) {
        case .sequences(let sequences, let wasCut):
            if wasCut { report.cut += 1 }
            for sequence in sequences { try append(sequence) }
        case .tooLong:
            report.omit("being longer than sequence_len \(recipe.sequenceLength)", at: sample.place)
        case .tooShort: report.omit("being shorter than min_sample_len \(recipe.minimumLength)", at: sample.place)
        case .nothingToLearn: report.omit("as nothing in them is learned", at: sample.place)
        }
    }
}
