import Files
import Hummingbird
import ModelStore
import Platform

/// `HEAD` and `POST /api/blobs/{digest}`: files that models are made of.
struct BlobRoute: Sendable {
    let store: LocalStore

    func find(_ digest: String) throws -> Response {
        guard let path = store.blob(digest), FileSystem.isFile(path) else {
            throw APIError(.notFound, "There is no file \(digest).", code: "not_found")
        }
        return Response(status: .ok)
    }

    /// Takes a file in as it comes; what does not have the digest is not kept.
    func receive(_ digest: String, _ request: Request) async throws -> Response {
        guard let path = store.blob(digest) else {
            throw APIError.invalid("digest", "must be sha256: and 64 hexadecimal digits")
        }
        try store.makeBlobFolder()
        let partial = "\(path).\(UInt64.random(in: 0 ... .max)).partial"
        defer { try? FileSystem.remove(partial) }
        do {
            let file = try OutputFile(path: partial, at: .new)
            var hash = SHA256()
            for try await buffer in request.body {
                try buffer.withUnsafeReadableBytes { bytes in
                    hash.update(bytes)
                    try file.write(bytes)
                }
            }
            let actual = "sha256:" + hash.finish()
            guard actual == digest.replacing("-", with: ":") else {
                throw APIError(
                    .badRequest, "The file's digest is \(actual), not \(digest).", param: "digest",
                    code: "wrong_digest")
            }
            try file.synchronize()
            try FileSystem.move(partial, to: path)
        } catch let error as FileError where error.isDiskFull {
            throw APIError(.diskFull, "\(error)", code: "disk_full")
        }
        return Response(status: .created)
    }
}
