// Seeds: Fuzzing/Seeds/requests.jsonl

import Decoding
import Inference
import JSONValues
@testable import Serving

/// Any JSON object is a request that can be worked on, or an error that a client can read.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let object = (try? JSON(parsing: bytes, source: "fuzz"))?.objectValue,
        let host = try? ModelHost([BytesModel()])
    else { return 0 }
    let fields = RequestFields(object)
    if let call = try? CompletionCall(fields, host: host) { check(call.requests, call.model) }
    if let call = try? ChatCall(fields, host: host) { check(call.requests, call.model) }
    return 0
}

private func check(_ requests: [GenerationRequest], _ model: any ServedModel) {
    for request in requests {
        precondition(!request.prompt.isEmpty && request.prompt.count <= model.contextLength)
        precondition(request.prompt.allSatisfy { (0..<Int32(model.vocabularySize)).contains($0) })
        precondition(request.sampling.temperature.isFinite && request.sampling.temperature >= 0)
        precondition(request.sampling.repetitionPenalty > 0 && request.sampling.topK >= 0)
        precondition(request.maximumTokens ?? 0 >= 0)
    }
}

/// A model whose tokens are bytes.
private struct BytesModel: ServedModel {
    let id = "bytes"
    let created = 0
    let contextLength = 512
    let vocabularySize = 256
    let defaultSampling = SamplingParameters()

    func encode(_ text: String, addSpecialTokens: Bool, parseSpecialTokens: Bool) -> [Int32] {
        text.utf8.map(Int32.init)
    }
    func decode(_ tokens: [Int32], skipSpecialTokens: Bool) -> String {
        String(decoding: tokens.flatMap(bytes(of:)), as: UTF8.self)
    }
    func bytes(of token: Int32) -> [UInt8] { [UInt8(truncatingIfNeeded: token)] }
    func render(messages: [JSON], tools: [JSON]?, addGenerationPrompt: Bool, extra: JSON.Object) throws -> String {
        messages.map { $0.text() }.joined()
    }
    func prompt(
        for messages: [JSON], tools: [JSON]?, addGenerationPrompt: Bool, extra: JSON.Object
    ) throws -> [Int32] {
        let text = try render(messages: messages, tools: tools, addGenerationPrompt: addGenerationPrompt, extra: extra)
        return encode(text, addSpecialTokens: false, parseSpecialTokens: false)
    }
    func generate(_ requests: [GenerationRequest]) -> AsyncThrowingStream<AnswerEvent, any Error> {
        AsyncThrowingStream { $0.finish() }
    }
}
