import Files
import Platform
import Testing

@testable import Documents

@Suite struct FileTests {
    @Test func whatCannotBeReadIsNamedAndTheRestFound() throws {
        let folder = "/tmp/swiftlet-walk-\(UInt64.random(in: 0 ... .max))"
        try FileSystem.createFolder(folder + "/inner")
        defer { try? FileSystem.remove(folder) }
        try AtomicFile.write(Array("one".utf8), to: folder + "/inner/a.txt")
        try AtomicFile.write([1, 2, 3], to: folder + "/b.png")
        try AtomicFile.write([1, 2, 3], to: folder + "/.hidden.txt")
        #expect(symlink("loop.txt", folder + "/loop.txt") == 0)
        #expect(symlink("..", folder + "/inner/up") == 0)
        let walk = FileWalk([folder, folder + "/inner/a.txt", folder + "/none"])
        #expect(walk.files.count == 1 && walk.files[0].hasSuffix("/inner/a.txt"))
        #expect(walk.skipped == ["png": 1])
        #expect(walk.problems.map(\.path) == [folder + "/loop.txt", folder + "/none"])
    }

    @Test func largeFilesAreNotRead() async throws {
        let path = "/tmp/swiftlet-large-\(UInt64.random(in: 0 ... .max)).txt"
        try AtomicFile.write([], to: path)
        defer { unlink(path) }
        #expect(truncate(path, 2 << 30) == 0)
        await #expect(throws: DocumentError.self) { try await DocumentLoader().load(path) }
    }

    @Test func pagesOfPDF() async throws {
        guard FileSystem.exists("/usr/bin/pdftotext") else { return }
        let path = "/tmp/swiftlet-\(UInt64.random(in: 0 ... .max)).pdf"
        defer { unlink(path) }
        try AtomicFile.write(Array(Self.pdf(pages: ["The fee is 40 EUR.", nil, nil, "The end."]).utf8), to: path)
        let document = try await DocumentLoader().load(path)
        #expect(document.parts.map(\.place) == ["page 1", "page 4"])
        #expect(document.parts[0].text.trimmed == "The fee is 40 EUR.")
        #expect(document.notes == ["pages 2-3 of 4 hold no text: scanned, or empty"])
        try AtomicFile.write(Array(Self.pdf(pages: [nil]).utf8), to: path)
        await #expect(throws: DocumentError.self) { try await DocumentLoader().load(path) }
        try AtomicFile.write(Array("%PDF-1.4\nbroken".utf8), to: path)
        await #expect(throws: DocumentError.self) { try await DocumentLoader().load(path) }
    }

    /// A file with a line on each page, or none.
    static func pdf(pages: [String?]) -> String {
        let kids = pages.indices.map { "\(4 + 2 * $0) 0 R" }.joined(separator: " ")
        var objects = [
            "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[\(kids)]/Count \(pages.count)>>",
            "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        ]
        for (number, page) in pages.enumerated() {
            objects.append(
                "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Resources<</Font<</F 3 0 R>>>>/Contents \(5 + 2 * number) 0 R>>"
            )
            let content = page.map { "BT /F 12 Tf 20 200 Td (\($0)) Tj ET" } ?? ""
            objects.append("<</Length \(content.utf8.count)>>\nstream\n\(content)\nendstream")
        }
        var (text, places) = ("%PDF-1.4\n", [Int]())
        for (number, object) in objects.enumerated() {
            places.append(text.utf8.count)
            text += "\(number + 1) 0 obj\n\(object)\nendobj\n"
        }
        let table = text.utf8.count
        text += "xref\n0 \(objects.count + 1)\n0000000000 65535 f \n"
        for place in places { text += String(repeating: "0", count: 10 - "\(place)".count) + "\(place) 00000 n \n" }
        return text + "trailer\n<</Size \(objects.count + 1)/Root 1 0 R>>\nstartxref\n\(table)\n%%EOF\n"
    }
}
