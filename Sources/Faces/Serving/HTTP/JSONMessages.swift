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
    /// Reads the body as a JSON object.
    func readFields(maximumSize: Int) async throws -> RequestFields {
        let json = try await readJSON(maximumSize: maximumSize)
        guard let object = json.objectValue else {
            throw APIError(
                .badRequest, "The request's body must be a JSON object, not \(json.kind).", code: "invalid_json")
        }
        return RequestFields(object)
    }

    /// Reads the body as JSON.
    func readJSON(maximumSize: Int) async throws -> JSON {
        if let type = headers[.contentType], type.lowercased().hasPrefix("multipart/") {
            throw Self.notJSON(type)
        }
        // What is too large is refused before it is sent, or before it is read if it comes all the same.
        if let size = headers[.contentLength].flatMap({ Int($0) }), size > maximumSize {
            throw Self.tooLarge(maximumSize)
        }
        if headers[.expect]?.lowercased() == "100-continue" { Peer.current?.sendContinue() }
        let bytes: ByteBuffer
        do {
            bytes = try await body.collect(upTo: maximumSize)
        } catch is NIOTooManyBytesError {
            throw Self.tooLarge(maximumSize)
        } catch let error where !Peer.hasLeft(error) {
            throw APIError(.badRequest, "The request's body cannot be read: \(error)", code: "incomplete_body")
        }
        do {
            return try JSON(parsing: Array(bytes.readableBytesView), source: "the request's body")
        } catch {
            // curl calls everything a form unless it is told otherwise, so only what is one is refused.
            if let type = headers[.contentType], type.lowercased().hasPrefix("application/x-www-form-urlencoded") {
                throw Self.notJSON(type)
            }
            throw APIError(.badRequest, "Malformed JSON: \(error)", code: "invalid_json")
        }
    }

    private static func notJSON(_ type: String) -> APIError {
        APIError(
            .unsupportedMediaType, "The request's body is \(type); send a JSON object as application/json.",
            code: "unsupported_media_type")
    }

    private static func tooLarge(_ limit: Int) -> APIError {
        var error = APIError(
            .contentTooLarge, "The request's body has more than the \(limit) bytes that this server takes.",
            code: "body_too_large")
        // What is left of it is not read.
        error.headers[.connection] = "close"
        return error
    }
}
