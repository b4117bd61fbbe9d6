import Hummingbird
import Inference
import Retrieval

/// The text that Prometheus reads at `GET /metrics`: for each language model what its engine does and has done.
struct Prometheus {
    /// llama-server's header with the second since 1970 at which the process began.
    static let start = HTTPFields.Element.Name("Process-Start-Time-Unix").unsafelyUnwrapped

    let host: ModelHost
    /// How many models have been loaded on demand.
    let loads: Int
    /// What the cache of answers has done, if there is one.
    var cache: CacheStatistics?

    private struct Metric: Sendable {
        let name: String
        let kind: String
        let help: String
        let value: @Sendable (EngineStatistics) -> Double
    }

    private static let metrics = [
        Metric(name: "requests_running", kind: "gauge", help: "Texts that are being worked on.") { Double($0.active) },
        Metric(name: "requests_waiting", kind: "gauge", help: "Requests that have not begun.") { Double($0.waiting) },
        Metric(name: "cache_bytes", kind: "gauge", help: "Bytes of keys, values and states in use.") {
            Double($0.cacheBytes)
        },
        Metric(name: "cache_limit_bytes", kind: "gauge", help: "Bytes that keys, values and states may take.") {
            Double($0.cacheMemory)
        },
        Metric(name: "requests_finished_total", kind: "counter", help: "Requests answered to their end.") {
            Double($0.finished)
        },
        Metric(name: "requests_cancelled_total", kind: "counter", help: "Requests whose clients left.") {
            Double($0.cancelled)
        },
        Metric(name: "requests_refused_total", kind: "counter", help: "Requests refused since too many waited.") {
            Double($0.refused)
        },
        Metric(name: "prompt_tokens_total", kind: "counter", help: "Prompt tokens computed.") {
            Double($0.promptTokens)
        },
        Metric(name: "prompt_tokens_cached_total", kind: "counter", help: "Prompt tokens found in the cache.") {
            Double($0.cachedTokens)
        },
        Metric(name: "generated_tokens_total", kind: "counter", help: "Tokens generated.") {
            Double($0.generatedTokens)
        },
        Metric(name: "prompt_seconds_total", kind: "counter", help: "Seconds that prompts took, of all requests.") {
            $0.promptSeconds
        },
        Metric(name: "generation_seconds_total", kind: "counter", help: "Seconds that answers took, of all requests.") {
            $0.generationSeconds
        },
        Metric(name: "draft_tokens_total", kind: "counter", help: "Tokens guessed ahead.") { Double($0.draftedTokens) },
        Metric(name: "draft_tokens_accepted_total", kind: "counter", help: "Guessed tokens that were right.") {
            Double($0.acceptedTokens)
        },
        Metric(name: "steps_total", kind: "counter", help: "Forward passes.") { Double($0.steps) },
        Metric(name: "step_texts_total", kind: "counter", help: "Texts in all forward passes.") {
            Double($0.stepTexts)
        },
    ]

    private static let histograms:
        [(name: String, help: String, value: @Sendable (EngineStatistics) -> LatencyHistogram)] =
            [
                ("queue_seconds", "Seconds until finished requests began.", { $0.waits }),
                (
                    "time_to_first_token_seconds", "Seconds from a request's arrival to its first token.",
                    { $0.firstTokens }
                ),
                (
                    "time_per_output_token_seconds", "Seconds between two tokens, the mean of each answer.",
                    { $0.tokenGaps }
                ),
                ("request_seconds", "Seconds from a request's arrival to its last token.", { $0.durations }),
            ]

    /// The metrics under Swiftlet's names, and under llama-server's those that it has, of all models together.
    func text() -> String {
        var lines: [String] = []
        let all = host.models.map { (id: $0.id, statistics: $0.statistics) }
        for metric in Self.metrics {
            lines += Self.head("swiftlet_" + metric.name, metric.kind, metric.help)
            for (id, statistics) in all {
                lines.append(
                    "swiftlet_\(metric.name){model=\"\(Self.escaped(id))\"} \(Self.number(metric.value(statistics)))")
            }
        }
        for (name, help, value) in Self.histograms {
            lines += Self.head("swiftlet_" + name, "histogram", help)
            for (id, statistics) in all {
                lines += Self.lines(of: value(statistics), "swiftlet_" + name, model: Self.escaped(id))
            }
        }
        let embedders = host.embedders.map { (id: $0.id, work: $0.work) }
        let sums: [(String, String, KeyPath<EmbeddingWork, Int> & Sendable)] = [
            ("embedded_texts_total", "Texts embedded.", \.texts),
            ("embedded_tokens_total", "Tokens of texts embedded.", \.tokens),
        ]
        for (name, help, value) in sums where !embedders.isEmpty {
            lines += Self.head("swiftlet_" + name, "counter", help)
            lines += embedders.map { "swiftlet_\(name){model=\"\(Self.escaped($0.id))\"} \($0.work[keyPath: value])" }
        }
        lines += Self.head("swiftlet_models_loaded", "gauge", "Models in memory.")
        lines.append("swiftlet_models_loaded \(host.ids.count)")
        lines += Self.head("swiftlet_model_loads_total", "counter", "Models loaded when they were asked for.")
        lines.append("swiftlet_model_loads_total \(loads)")
        if let cache { lines += Self.lines(of: cache) }
        return (lines + llamaServer(all.map(\.statistics), embedders.map(\.work))).joined(separator: "\n") + "\n"
    }

    private static func lines(of histogram: LatencyHistogram, _ name: String, model: String) -> [String] {
        var (lines, count): ([String], Int) = ([], 0)
        for (bound, inBucket) in zip(LatencyHistogram.bounds.map(number) + ["+Inf"], histogram.counts) {
            count += inBucket
            lines.append("\(name)_bucket{model=\"\(model)\",le=\"\(bound)\"} \(count)")
        }
        return lines + [
            "\(name)_sum{model=\"\(model)\"} \(number(histogram.sum))", "\(name)_count{model=\"\(model)\"} \(count)",
        ]
    }

    private static func lines(of cache: CacheStatistics) -> [String] {
        var lines = head("swiftlet_semantic_cache_total", "counter", "Chats looked for in the cache of answers.")
        for (result, count) in [("exact", cache.exactHits), ("similar", cache.similarHits), ("miss", cache.misses)] {
            lines.append("swiftlet_semantic_cache_total{result=\"\(result)\"} \(count)")
        }
        lines += head(
            "swiftlet_semantic_cache_refused_total", "counter", "Near questions that differ, by what differs.")
        for (difference, count) in cache.refused.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            lines.append("swiftlet_semantic_cache_refused_total{difference=\"\(difference.rawValue)\"} \(count)")
        }
        let values: [(String, String, Double)] = [
            ("lookup_seconds_total", "Seconds spent looking.", cache.lookupSeconds),
            ("saved_seconds_total", "Seconds that found answers once took.", cache.savedSeconds),
            ("evicted_total", "Answers that have left.", Double(cache.evicted)),
        ]
        return lines
            + values.flatMap { name, help, value in
                head("swiftlet_semantic_cache_\(name)", "counter", help)
                    + ["swiftlet_semantic_cache_\(name) \(number(value))"]
            }
    }

    private func llamaServer(_ all: [EngineStatistics], _ embedded: [EmbeddingWork]) -> [String] {
        func sum(_ value: (EngineStatistics) -> Double) -> Double { all.reduce(0) { $0 + value($1) } }
        func rate(_ count: Double, _ total: Double) -> Double { total > 0 ? count / total : 0 }
        let (read, cached) = (sum { Double($0.promptTokens) }, sum { Double($0.cachedTokens) })
        let written = sum { Double($0.generatedTokens) }
        let (readSeconds, writtenSeconds) = (sum(\.promptSeconds), sum(\.generationSeconds))
        let steps = sum { Double($0.steps) }
        let embeddedTokens = Double(embedded.reduce(0) { $0 + $1.tokens })
        let passes = Double(embedded.reduce(0) { $0 + $1.passes })
        let values: [(String, String, String, Double)] = [
            ("prompt_tokens_total", "counter", "Prompt tokens computed.", read + embeddedTokens),
            ("prompt_tokens_cached_total", "counter", "Prompt tokens found in the cache.", cached),
            ("prompt_seconds_total", "counter", "Seconds that prompts took.", readSeconds),
            ("tokens_predicted_total", "counter", "Tokens generated.", written),
            ("tokens_predicted_seconds_total", "counter", "Seconds that answers took.", writtenSeconds),
            ("n_decode_total", "counter", "Forward passes.", steps + passes),
            (
                "spec_decode_num_draft_tokens_total", "counter", "Tokens guessed ahead.",
                sum { Double($0.draftedTokens) }
            ),
            (
                "spec_decode_num_accepted_tokens_total", "counter", "Guessed tokens that were right.",
                sum { Double($0.acceptedTokens) }
            ),
            ("prompt_tokens_seconds", "gauge", "Prompt tokens per second.", rate(read, readSeconds)),
            ("predicted_tokens_seconds", "gauge", "Generated tokens per second.", rate(written, writtenSeconds)),
            ("requests_processing", "gauge", "Texts that are being worked on.", sum { Double($0.active) }),
            ("requests_deferred", "gauge", "Requests that have not begun.", sum { Double($0.waiting) }),
            (
                "n_busy_slots_per_decode", "gauge", "Texts in a forward pass.",
                rate(sum { Double($0.stepTexts) }, steps)
            ),
        ]
        return values.flatMap { name, kind, help, value in
            Self.head("llamacpp:" + name, kind, help) + ["llamacpp:\(name) \(Self.number(value))"]
        }
    }

    private static func head(_ name: String, _ kind: String, _ help: String) -> [String] {
        ["# HELP \(name) \(help)", "# TYPE \(name) \(kind)"]
    }

    private static func number(_ value: Double) -> String {
        Int(exactly: value).map(String.init) ?? "\(value)"
    }

    private static func escaped(_ label: String) -> String {
        label.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
