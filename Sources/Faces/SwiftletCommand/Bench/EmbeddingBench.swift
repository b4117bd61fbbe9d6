import ArgumentParser
import Inference
import JSONValues

/// Measures how fast texts become vectors.
struct EmbeddingBench {
    let model: any TextEmbedder
    let texts: [String]
    /// Whether texts are given one by one rather than all together.
    let isOneByOne: Bool
    let runs: Int

    /// Texts per second of each run, after one to warm up; and the tokens of all texts.
    func measure() throws -> (speed: Spread, tokens: Int) {
        let clock = ContinuousClock()
        var speeds: [Double] = []
        var tokens = 0
        for run in 0...runs {
            let duration = try clock.measure {
                let inputs = texts.map(EmbeddingInput.text)
                tokens = 0
                for batch in isOneByOne ? inputs.map({ [$0] }) : [inputs] {
                    let embeddings = try model.embed(batch, options: EmbeddingOptions())
                    tokens += embeddings.reduce(0) { $0 + $1.tokens }
                }
            }
            if run > 0 { speeds.append(Double(texts.count) / (duration / .seconds(1))) }
        }
        return (Spread(speeds), tokens)
    }

    /// Measures and writes the result.
    func report(asJSON: Bool) throws {
        let (speed, tokens) = try measure()
        if asJSON {
            let test: JSON = [
                "test": "embedding", "texts": .integer(texts.count), "tokens": .integer(tokens),
                "per_second": .number(speed.median), "per_second_runs": .array(speed.values.map(JSON.number)),
            ]
            let result: JSON = ["model": .string(model.name), "runs": .integer(runs), "tests": .array([test])]
            return try Console.write(result.text() + "\n")
        }
        var table = Table(["TEST", "MEDIAN", "MIN", "MAX"], rightAligned: [1, 2, 3])
        table.add(
            ["embedding \(texts.count) texts\(isOneByOne ? " one by one" : ""), \(tokens) tokens"]
                + [speed.median, speed.minimum, speed.maximum].map { Quantities.decimals($0, 1) })
        try Console.write("\(model.name), texts per second, \(runs) runs\n" + table.text)
    }
}
