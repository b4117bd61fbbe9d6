import Hummingbird
import JSONValues
import NIOCore

extension Response {
    init(status: HTTPResponse.Status = .ok, json: JSON) {
        self.init(
            status: status,
            headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: json.text())))
    }
}

extension Request {
    /// Reads the body as a JSON object. The request keeps its body, so that its end can be watched afterwards.
    mutating func readFields(maximumSize: Int) async throws -> RequestFields {
        let bytes: ByteBuffer
        do {
            bytes = try await collectBody(upTo: maximumSize)
        } catch is NIOTooManyBytesError {
            throw APIError(
                .contentTooLarge, "The request's body has more than the \(maximumSize) bytes that this server takes.",
                code: "body_too_large")
        }
        let json: JSON
        do {
            json = try JSON(parsing: Array(bytes.readableBytesView), source: "the request's body")
        } catch {
            throw APIError(.badRequest, "Malformed JSON: \(error)", code: "invalid_json")
        }
        guard let object = json.objectValue else {
            throw APIError(
                .badRequest, "The request's body must be a JSON object, not \(json.kind).", code: "invalid_json")
        }
        return RequestFields(object)
    }
}
