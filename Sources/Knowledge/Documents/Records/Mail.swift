/// A message (RFC 5322 and MIME): who wrote to whom, and what; attachments are named.
struct Mail {
    private(set) var text = ""
    private(set) var attachments: [String] = []

    /// Reads a message; bytes that say nothing make no text.
    init(_ bytes: [UInt8]) {
        let message = MailPart(bytes)
        for name in ["from", "to", "cc", "subject", "date"] {
            if let value = message.headers[name] {
                text += "\(name.prefix(1).uppercased())\(name.dropFirst()): \(MailText.decodedWords(value))\n"
            }
        }
        guard !message.headers.isEmpty else { return }
        if let body = body(message, depth: 0) { text += "\n" + body }
    }

    /// The text of a part: of alternatives the plain one. Messages nest, but not for ever.
    private mutating func body(_ part: MailPart, depth: Int) -> String? {
        guard depth < 16 else { return nil }
        if let name = part.fileName {
            attachments.append(name)
            return nil
        }
        switch part.type {
        case "text/plain": return part.text
        case "text/html": return HTMLText.text(part.text)
        case "message/rfc822":
            let inner = Mail(part.content)
            attachments += inner.attachments
            return inner.text
        case let type where type.hasPrefix("multipart/"):
            let parts = part.parts
            if type == "multipart/alternative" {
                let best = parts.first { $0.type == "text/plain" } ?? parts.last
                return best.flatMap { body($0, depth: depth + 1) }
            }
            let texts = parts.compactMap { body($0, depth: depth + 1) }
            return texts.isEmpty ? nil : texts.joined(separator: "\n\n")
        default:
            attachments.append(part.type)
            return nil
        }
    }
}

/// A part of a message: headers and what follows them.
private struct MailPart {
    var headers: [String: String] = [:]
    private var raw: ArraySlice<UInt8> = []

    init(_ bytes: [UInt8]) { self.init(bytes[...]) }

    init(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        var last: String?
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            var line = rest[rest.startIndex..<end]
            rest = rest[(end + 1)...]
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            if line.isEmpty { break }
            let text = String(validating: line, as: UTF8.self) ?? TextDecoding.windows1252(line)
            if let name = last, text.first?.isWhitespace ?? false {
                headers[name, default: ""] += " " + text.trimmed
            } else if let colon = text.firstIndex(of: ":") {
                let name = text[..<colon].lowercased()
                headers[name] = text[text.index(after: colon)...].trimmed
                last = name
            } else if !text.hasPrefix("From ") {
                // No header: this is no message, or the empty line is missing.
                break
            }
        }
        raw = rest
    }

    /// The type without parameters, in lower case.
    var type: String { headers["content-type"]?.prefix { $0 != ";" }.trimmed.lowercased() ?? "text/plain" }

    /// The name of an attachment; nil if this is something to read.
    var fileName: String? {
        let disposition = headers["content-disposition"] ?? ""
        guard disposition.lowercased().hasPrefix("attachment") else { return nil }
        return Self.parameter("filename", of: disposition).map(MailText.decodedWords) ?? "an attachment"
    }

    private static func parameter(_ name: String, of header: String) -> String? {
        for piece in header.split(separator: ";").dropFirst() {
            let sides = piece.split(separator: "=", maxSplits: 1).map { $0.trimmed }
            guard sides.count == 2, sides[0].lowercased() == name else { continue }
            return sides[1].hasPrefix("\"") ? String(sides[1].dropFirst().prefix { $0 != "\"" }) : sides[1]
        }
        return nil
    }

    /// The bytes behind the headers, decoded.
    var content: [UInt8] {
        switch headers["content-transfer-encoding"]?.trimmed.lowercased() {
        case "base64": MailText.base64(raw)
        case "quoted-printable": MailText.quotedPrintable(raw)
        default: Array(raw)
        }
    }

    var text: String {
        let set = headers["content-type"].flatMap { Self.parameter("charset", of: $0) }?.lowercased()
        let bytes = content
        let decoded = MailText.text(bytes, characterSet: set) ?? ""
        return TextDecoding.text(Array(decoded.utf8)) ?? decoded
    }

    /// What stands between the boundaries.
    var parts: [MailPart] {
        guard let boundary = headers["content-type"].flatMap({ Self.parameter("boundary", of: $0) }) else { return [] }
        let mark = Array("--\(boundary)".utf8)
        var parts: [MailPart] = []
        var (start, line): (Int?, ArraySlice<UInt8>) = (nil, raw)
        while !line.isEmpty {
            let end = line.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? line.endIndex
            if line.starts(with: mark) {
                if let start { parts.append(MailPart(raw[start..<line.startIndex])) }
                start = end
                if line.dropFirst(mark.count).starts(with: Array("--".utf8)) { return parts }
            }
            line = line[end...]
        }
        if let start { parts.append(MailPart(raw[start...])) }
        return parts
    }
}

/// A file of many messages, each behind a line that begins with `From `.
enum Mailbox {
    static func read(_ bytes: [UInt8]) -> Document {
        var document = Document(parts: [])
        let mark = Array("From ".utf8)
        var (start, line, number): (Int?, ArraySlice<UInt8>, Int) = (nil, bytes[...], 0)
        func take(_ end: Int) {
            guard let start else { return }
            number += 1
            document = document.appending(Mail(Array(bytes[start..<end])), place: "message \(number)")
        }
        var isAfterEmpty = true
        while !line.isEmpty {
            let end = line.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? line.endIndex
            if isAfterEmpty, line.starts(with: mark) {
                take(line.startIndex)
                start = end
            }
            isAfterEmpty = line[line.startIndex..<end].allSatisfy { $0 <= 0x20 }
            line = line[end...]
        }
        take(bytes.count)
        return document
    }
}

extension Document {
    /// With a message as one more part.
    func appending(_ mail: Mail, place: String?) -> Document {
        var document = self
        if !mail.text.trimmed.isEmpty { document.parts.append(DocumentPart(mail.text, place: place)) }
        if !mail.attachments.isEmpty {
            document.notes.append(
                "not read: \((place.map { [$0 + ":"] } ?? []).joined() + mail.attachments.joined(separator: ", "))")
        }
        return document
    }
}
