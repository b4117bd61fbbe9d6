import Subprocess

/// PDF files, a part for each page, through poppler's `pdftotext`.
enum PDFPages {
    static func read(_ path: String, seconds: Double, limit: Int) async throws -> Document {
        let text = try await withThrowingTaskGroup(of: String.self) { group in
            group.addTask { try await extract(path, limit: limit) }
            group.addTask {
                try await Task.sleep(for: .seconds(seconds))
                throw DocumentError(path, "it takes more than \(Int(seconds)) s to read", remedy: "Split it")
            }
            defer { group.cancelAll() }
            guard let text = try await group.next() else { throw CancellationError() }
            return text
        }
        var pages = text.split(separator: "\u{0C}", omittingEmptySubsequences: false).map(String.init)
        if pages.count > 1, pages.last?.isEmpty ?? false { pages.removeLast() }
        let empty = pages.indices.filter { pages[$0].allSatisfy(\.isWhitespace) }.map { $0 + 1 }
        guard empty.count < pages.count else {
            throw DocumentError(
                path, "none of its \(pages.count) pages holds text: they seem to be scanned",
                remedy: "Recognize the text first, with ocrmypdf for example")
        }
        let parts = pages.enumerated().filter { !empty.contains($0.offset + 1) }
            .map { DocumentPart($0.element, place: "page \($0.offset + 1)") }
        let notes =
            empty.isEmpty
            ? []
            : [
                "\(Ranges.text(empty, "page")) of \(pages.count) \(empty.count == 1 ? "holds" : "hold") no text: scanned, or empty"
            ]
        return Document(parts: parts, notes: notes)
    }

    private static func extract(_ path: String, limit: Int) async throws -> String {
        let result: ExecutionResult<Void, StringOutput<UTF8>, StringOutput<UTF8>>
        do {
            // A path that begins with a dash is none to pdftotext.
            let file = path.hasPrefix("/") ? path : "./" + path
            result = try await run(
                .name("pdftotext"), arguments: ["-enc", "UTF-8", "-eol", "unix", file, "-"],
                output: .string(limit: limit), error: .string(limit: 1 << 20))
        } catch let error as SubprocessError {
            if Task.isCancelled { throw CancellationError() }
            let isMissing = "\(error)".contains("pdftotext") && "\(error)".lowercased().contains("not")
            throw isMissing
                ? DocumentError(
                    path, "pdftotext, which reads PDF files, is missing",
                    remedy: "Install it: apt-get install poppler-utils")
                : DocumentError(path, "pdftotext cannot read it (\(error))")
        }
        guard result.terminationStatus.isSuccess else {
            let report = result.standardError
            let reason = report.split(separator: "\n").last.map(String.init) ?? "\(result.terminationStatus)"
            throw DocumentError(path, "it is no PDF that can be read: \(reason)")
        }
        return result.standardOutput
    }
}
