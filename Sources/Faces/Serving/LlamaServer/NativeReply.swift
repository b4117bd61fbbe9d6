import Decoding
import Inference
import JSONValues

/// The reply to llama-server's `/completion`, in one piece or as events.
struct NativeReply: GenerationReply {
    static let errors = ErrorShape.openAI

    private let call: NativeCall
    /// What each answer has so far.
    private var answers: [Answer]
    private var pace = RunningTimings()

    init(call: NativeCall) {
        self.call = call
        answers = call.requests.map { _ in Answer() }
    }

    func whole(_ answers: [Answer]) -> JSON {
        let replies = answers.enumerated().map { index, answer -> JSON in
            var members = end(index, answer)
            members["content"] = .string(answer.text)
            members["tokens"] = call.returnsTokens ? JSON(tokens: answer.tokens.map(\.id)) : []
            if call.probabilities != nil { members["completion_probabilities"] = probabilities(answer.tokens) }
            return selected(members)
        }
        return call.hasSeveral || replies.count > 1 ? .array(replies) : replies.first ?? .null
    }

    mutating func messages(for next: AnswerEvent) -> [StreamMessage] {
        let index = next.index
        answers[index].append(next.event)
        switch next.event {
        case .prompt:
            pace.begin()
            return []
        case .token(let token):
            pace.count()
            var members: JSON.Object = [
                "index": .integer(index), "content": .string(token.text), "tokens": JSON(tokens: [token.id]),
                "stop": false, "id_slot": -1, "tokens_predicted": .integer(answers[index].tokens.count),
                "tokens_evaluated": .integer(call.prompt(ofAnswer: index).count),
            ]
            if call.probabilities != nil { members["completion_probabilities"] = probabilities([token]) }
            if call.reportsTimings { members["timings"] = pace.json }
            return [StreamMessage(.object(members))]
        case .finished(let completion):
            var members = end(index, answers[index])
            members["content"] = .string(completion.trailingText)
            members["tokens"] = []
            return [StreamMessage(selected(members))]
        }
    }

    private func end(_ index: Int, _ answer: Answer) -> JSON.Object {
        call.note(answer, index)
        let prompt = call.prompt(ofAnswer: index)
        var members: JSON.Object = [
            "index": .integer(index), "content": "", "tokens": [], "id_slot": -1, "stop": true,
            "model": .string(call.model.id), "tokens_predicted": .integer(answer.tokens.count),
            "tokens_evaluated": .integer(prompt.count),
            "generation_settings": .object(
                call.model.nativeSettings(
                    call.options.sampling, request: call.requests[index],
                    ignoresEnd: call.options.ignoresEndOfGeneration)),
            "prompt": .string(call.model.decode(prompt, skipSpecialTokens: false)),
            "has_new_line": .bool(answer.text.contains("\n")), "truncated": false,
        ]
        guard let completion = answer.completion else { return members }
        let isWord = completion.stopString != nil
        members["stop_type"] = completion.finishReason == .length ? "limit" : isWord ? "word" : "eos"
        members["stopping_word"] = .string(completion.stopString ?? "")
        members["tokens_cached"] = .integer(prompt.count + max(0, answer.tokens.count - 1))
        members["timings"] = completion.timings
        let isFull = prompt.count + answer.tokens.count >= call.model.contextLength
        members["truncated"] = .bool(completion.omittedTokens > 0 || completion.finishReason == .length && isFull)
        return members
    }

    private func probabilities(_ tokens: [GeneratedToken]) -> JSON {
        func entry(_ token: Int32, _ logProbability: Float) -> JSON.Object {
            [
                "id": .integer(Int(token)), "token": .string(call.model.text(of: token)),
                "bytes": .array(call.model.bytes(of: token).map { .integer(Int($0)) }),
                "logprob": .number(Double(logProbability)),
            ]
        }
        return .array(
            tokens.compactMap(\.score).map { score in
                var members = entry(score.id, score.logProbability ?? 0)
                members["top_logprobs"] = .array(
                    score.alternatives.prefix(call.probabilities ?? 0)
                        .map { .object(entry($0.id, $0.logProbability)) })
                return .object(members)
            })
    }

    /// The members that the request asks for; a path into an object becomes a member of its own.
    private func selected(_ members: JSON.Object) -> JSON {
        guard !call.responseFields.isEmpty else { return .object(members) }
        var selected: JSON.Object = [:]
        for path in call.responseFields {
            let value = path.split(separator: "/").reduce(JSON.object(members) as JSON?) { $0?[String($1)] }
            if let value { selected[path] = value }
        }
        return .object(selected)
    }
}

extension ServedModel {
    /// llama-server's `generation_settings`: how tokens are chosen, by its names.
    func nativeSettings(
        _ sampling: SamplingParameters, request: GenerationRequest?, ignoresEnd: Bool = false
    ) -> JSON.Object {
        let limit = request?.maximumTokens ?? -1
        let bias = sampling.logitBias.sorted { $0.key < $1.key }.map { token, bias -> JSON in
            ["token": .integer(Int(token)), "bias": bias.isFinite ? .decimal(bias) : .null]
        }
        return [
            "n_predict": .integer(limit), "max_tokens": .integer(limit),
            "seed": sampling.seed.flatMap { Int(exactly: $0) }.map(JSON.integer) ?? .integer(4_294_967_295),
            "temperature": .decimal(sampling.temperature), "top_k": .integer(sampling.topK),
            "top_p": .decimal(sampling.topP), "min_p": .decimal(sampling.minP),
            "typical_p": .decimal(sampling.typicalP), "repeat_last_n": .integer(sampling.penaltyWindow ?? -1),
            "repeat_penalty": .decimal(sampling.repetitionPenalty),
            "presence_penalty": .decimal(sampling.presencePenalty),
            "frequency_penalty": .decimal(sampling.frequencyPenalty),
            "top_n_sigma": .decimal(sampling.topNSigma), "xtc_probability": .decimal(sampling.xtcProbability),
            "xtc_threshold": .decimal(sampling.xtcThreshold), "dynatemp_range": .decimal(sampling.temperatureRange),
            "dynatemp_exponent": .decimal(sampling.temperatureExponent),
            "adaptive_target": .decimal(sampling.adaptiveTarget ?? -1),
            "adaptive_decay": .decimal(sampling.adaptiveDecay),
            "dry_multiplier": .decimal(sampling.dryMultiplier), "dry_base": .decimal(sampling.dryBase),
            "dry_allowed_length": .integer(sampling.dryAllowedLength),
            "dry_penalty_last_n": .integer(sampling.dryWindow ?? -1),
            "stop": .array(request?.stopStrings.map(JSON.string) ?? []), "ignore_eos": .bool(ignoresEnd),
            "logit_bias": .array(
                bias + (ignoresEnd ? endTokens.map { ["token": .integer(Int($0)), "bias": .null] } : [])),
            "n_probs": .integer(request?.logProbabilities ?? 0), "grammar": "",
        ]
    }
}
