import JSONValues

/// The fields that clients send and that change nothing in an answer here.
enum AcceptedFields {
    /// Who asks, what for, and how a service is to keep, bill, cache or schedule it.
    private static let remarks: Set<String> = [
        "user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key", "prompt_cache_retention",
        "request_id", "priority", "cache_prompt", "id_slot", "slot_id", "n_keep", "extra_body", "keep_alive",
        // Hints that models of other services follow.
        "reasoning_effort", "verbosity", "prediction",
    ]

    /// Fields of samplers and outputs that are not here, with the values that mean that they are off.
    private static let neutral: [String: [JSON]] = [
        "mirostat_mode": [0], "tfs": [1], "tfs_z": [1], "top_a": [0], "epsilon_cutoff": [0], "eta_cutoff": [0],
        "smoothing_factor": [0], "length_penalty": [1], "no_repeat_ngram_size": [0], "diversity_penalty": [0],
        "modalities": [["text"]], "skip_special_tokens": [true], "spaces_between_special_tokens": [true],
        "include_stop_str_in_output": [false], "return_tokens_as_token_ids": [false], "echo": [false], "n_probs": [0],
        "best_of": [1], "timings_per_token": [false], "return_progress": [false], "post_sampling_probs": [false],
        "t_max_predict_ms": [-1, 0], "add_special_tokens": [false], "penalize_nl": [false], "lora": [[]],
        "web_search_options": [[:]],
    ]

    /// Settings of samplers that are off, each with the field that would switch it on.
    private static let settings: Set<String> = ["smoothing_curve"]

    /// Whether a field of a chat or a completion may be left unread.
    static func inGeneration(_ key: String, _ value: JSON) -> Bool {
        remarks.contains(key) || settings.contains(key) || neutral[key]?.contains { isEqual($0, value) } ?? false
    }

    /// Whether a field of an embedding or a reranking may be left unread.
    static func inComparison(_ key: String, _ value: JSON) -> Bool { remarks.contains(key) }

    private static func isEqual(_ neutral: JSON, _ value: JSON) -> Bool {
        if let number = neutral.doubleValue, let other = value.doubleValue { return number == other }
        return neutral == value
    }
}
