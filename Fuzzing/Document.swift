// Seeds: README.md Package.swift Tests/JSONValuesTests/JSONTests.swift

@testable import Documents

/// Any bytes are a document of any kind, whose passages lie in its parts, or none.
///
/// The first byte chooses the kind, and for kinds that are packed whether the rest is what is packed: no fuzzer would find an
/// archive around it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 0 else { return 0 }
    let kinds = DocumentKind.allCases.filter { $0 != .pdf }
    let kind = kinds[Int(start[0] & 0x7F) % kinds.count]
    var bytes = Array(UnsafeBufferPointer(start: start + 1, count: count - 1))
    if start[0] & 0x80 == 0, let names = names[kind] { bytes = archive(names, bytes) }
    var loader = DocumentLoader()
    loader.maximumUnpackedSize = 1 << 20
    guard let document = try? loader.read(bytes, kind),
        let splitter = try? PassageSplitter(SplittingOptions(size: 64), countTokens: { $0.utf8.count / 4 + 1 })
    else { return 0 }
    for passage in splitter.split(document) {
        precondition(document.parts.contains { $0.text.utf8.count >= passage.text.utf8.count })
        precondition(passage.context.contains(passage.number))
    }
    _ = HTMLLinks(bytes)
    return 0
}

private let names: [DocumentKind: [String]] = [
    .word: ["word/document.xml", "word/footnotes.xml", "word/numbering.xml", "word/styles.xml"],
    .presentation: ["ppt/presentation.xml", "ppt/slides/slide1.xml", "ppt/notesSlides/notesSlide1.xml"],
    .spreadsheet: [
        "xl/workbook.xml", "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "xl/_rels/workbook.xml.rels",
    ],
    .openDocument: ["content.xml", "meta.xml"], .book: ["META-INF/container.xml", "content.opf", "a.xhtml"],
]

/// An archive in which each name has the same content, unpacked.
private func archive(_ names: [String], _ content: [UInt8]) -> [UInt8] {
    func number(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    var (bytes, directory): ([UInt8], [UInt8]) = ([], [])
    for name in names {
        let sizes = number(0, 4) + number(content.count, 4) + number(content.count, 4) + number(name.utf8.count, 2)
        directory += number(0x0201_4B50, 4) + number(20, 2) + number(20, 2) + number(0, 8) + sizes
        directory += [UInt8](repeating: 0, count: 12) + number(bytes.count, 4) + Array(name.utf8)
        bytes +=
            number(0x0403_4B50, 4) + number(20, 2) + number(0, 8) + sizes + number(0, 2) + Array(name.utf8) + content
    }
    let end = number(0x0605_4B50, 4) + number(0, 4) + number(names.count, 2) + number(names.count, 2)
    return bytes + directory + end + number(directory.count, 4) + number(bytes.count, 4) + number(0, 2)
}
