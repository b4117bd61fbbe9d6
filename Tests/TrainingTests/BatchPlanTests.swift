import Testing

@testable import Training

@Suite struct BatchPlanTests {
    private func plan(_ count: Int, _ recipe: String) throws -> (plan: BatchPlan, data: TrainingData) {
        let folder = try TemporaryFolder()
        let lines = (0..<count).map { #"{"text": "\#(String(repeating: "q", count: $0 % 9 + 2)) \#($0)"}"# }
        let data = try folder.data(lines.joined(separator: "\n"), type: "completion", recipe: recipe)
        let yaml = "base_model: x\nlearning_rate: 1\ndatasets: [{path: x, type: completion}]\n" + recipe
        return (BatchPlan(data, try TrainingRecipe(text: yaml, path: "r.yaml")), data)
    }

    private func steps(_ plan: BatchPlan) -> [[[TrainingSequence]]] { (0..<plan.totalSteps).map(plan.microBatches) }

    /// Updates are rounded up, and every text is seen (transformers#36297).
    @Test func everyTextOfEveryEpochIsSeen() throws {
        let (plan, data) = try plan(7, "num_epochs: 2\ngradient_accumulation_steps: 4\n")
        #expect(plan.totalSteps == 4)
        let seen = steps(plan).map { $0.flatMap { $0 } }
        #expect(seen.map(\.count) == [4, 3, 4, 3])
        let all = Set((0..<7).map { data.sequence($0) })
        #expect(Set(seen[0] + seen[1]) == all && Set(seen[2] + seen[3]) == all)
    }

    /// Epochs have orders of their own, which the seed decides (transformers#26541), also from the middle on (#40691).
    @Test func ordersAreReproducible() throws {
        let text = "num_epochs: 3\nmicro_batch_size: 2\n"
        let (first, second) = (try plan(10, text).plan, try plan(10, text).plan)
        let whole = steps(first)
        #expect(whole[0..<5] != whole[5..<10])
        #expect((7..<10).map(second.microBatches) == Array(whole[7..<10]))
        let other = try plan(10, text + "seed: 7\n").plan
        #expect(steps(other) != whole)
        let unshuffled = try plan(10, text + "shuffle: false\n")
        let seen = steps(unshuffled.plan)[0..<5].flatMap { $0.flatMap { $0 } }
        #expect(seen == (0..<10).map { unshuffled.data.sequence($0) })
    }

    @Test func stepsAndPartsOfEpochsAreCounted() throws {
        #expect(try plan(10, "max_steps: 25\n").plan.totalSteps == 25)
        #expect(try plan(10, "num_epochs: 1.5\n").plan.totalSteps == 15)
        #expect(try plan(10, "num_epochs: 1.5\n").plan.epoch(ofStep: 12) == 1.2)
        #expect(try plan(10, "max_steps: 25\n").plan.microBatches(step: 24).count == 1)
    }

    @Test func packedRowsHoldEveryTextOnceAndNoMoreThanTheyMay() throws {
        let (plan, data) = try plan(200, "sample_packing: true\nsequence_len: 40\nmicro_batch_size: 2\n")
        let seen = steps(plan)
        #expect(seen.flatMap { $0.flatMap { $0 } }.count == 200)
        #expect(Set(seen.flatMap { $0.flatMap { $0 } }) == Set((0..<200).map { data.sequence($0) }))
        for batch in seen.flatMap({ $0 }) { #expect(batch.reduce(0) { $0 + $1.tokens.count } <= 80) }
        let tokens = data.report.tokens
        #expect(plan.totalSteps <= Int((Double(tokens) / 80 * 1.1).rounded(.up)))
    }

    @Test func weightsMixDatasets() {
        let shares: [(entries: [Int32], weight: Double)] = [(Array(0..<10), 2.5), (Array(10..<20), 0.3)]
        let drawn = EpochOrder.entries(shares, epoch: 0, seed: 1, isShuffled: true)
        #expect(drawn.count { $0 < 10 } == 25)
        #expect(drawn.count { $0 >= 10 } == 3)
        #expect(EpochOrder.entries(shares, epoch: 1, seed: 1, isShuffled: true) != drawn)
    }

    @Test func validationTextsAreKeptApart() throws {
        let (plan, data) = try plan(20, "val_set_size: 0.25\n")
        #expect(data.count == 15 && data.validationCount == 5)
        let held = Set((0..<5).map(data.validationSequence))
        #expect(steps(plan).allSatisfy { $0.allSatisfy { $0.allSatisfy { !held.contains($0) } } })
        #expect(plan.validationBatches.count == 5)
    }
}
