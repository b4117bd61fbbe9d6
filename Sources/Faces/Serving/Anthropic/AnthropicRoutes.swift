import Hummingbird
import JSONValues

extension Routes {
    /// Anthropic's API: `POST /v1/messages` and `POST /v1/messages/count_tokens`.
    func addAnthropic(to router: Router<Context>) {
        post("v1/messages", on: router) { fields, context, host in
            let call = try AnthropicCall(fields, host: host).call
            return try await AnthropicReply(call: call).respond(
                with: call.model, to: [call.request], streams: call.options.streams, context: context)
        }
        post("v1/messages/count_tokens", on: router) { fields, _, host in
            let model = try host.model(for: fields)
            let tokens = try AnthropicCall.conversation(fields).0.tokens(for: model)
            try AnthropicCall.refuseOthers(fields)
            return Response(json: ["input_tokens": .integer(tokens.count)])
        }
    }
}
