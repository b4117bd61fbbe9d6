import JSONValues

/// A repository of the hub at one commit, as its interface lists it.
struct HubRepository: Sendable {
    struct File: Sendable, Hashable {
        var path: String
        var size: Int
        /// The SHA-256 digest, which the hub knows of large files only.
        var sha256: String?
        /// The git object, which changes with the content.
        var blob: String
    }

    var commit: String
    var files: [File]

    /// Reads the answer of `/api/models/ORG/REPO/revision/REVISION?blobs=true`.
    init(json: JSON, url: String) throws(ModelStoreError) {
        func unexpected(_ reason: String) -> ModelStoreError { .unexpectedAnswer(url: url, reason: reason) }
        guard let commit = json["sha"]?.stringValue, !commit.isEmpty, commit.utf8.allSatisfy(Self.isHexadecimal)
        else { throw unexpected("it names no commit (\"sha\")") }
        guard let siblings = json["siblings"]?.arrayValue else {
            throw unexpected("it lists no files (\"siblings\")")
        }
        self.commit = commit
        files = []
        for sibling in siblings {
            guard let path = sibling["rfilename"]?.stringValue else { throw unexpected("a file has no name") }
            // A path that would leave the folder cannot belong to a model; it is as good as not listed.
            guard ModelLayout.isSafe(path) else { continue }
            let sha256 = sibling["lfs"]?["sha256"]?.stringValue?.lowercased()
            guard let size = sibling["lfs"]?["size"]?.intValue ?? sibling["size"]?.intValue, size >= 0 else {
                throw unexpected("the size of \(path) is missing")
            }
            if let sha256, sha256.utf8.count != 64 || !sha256.utf8.allSatisfy(Self.isHexadecimal) {
                throw unexpected("the SHA-256 of \(path) is none")
            }
            let blob = sibling["blobId"]?.stringValue ?? ""
            files.append(
                File(
                    path: path, size: size, sha256: sha256,
                    blob: blob.utf8.allSatisfy(Self.isHexadecimal) ? blob : ""))
        }
    }

    /// The files that make up what was asked for.
    ///
    /// Without `wanted` that is the Hugging Face folder, or the repository's only GGUF model, or the one quantized
    /// as Q4_K_M. `wanted` is a path, a pattern with `*` and `?`, or a part of a name such as `Q8_0`.
    func selection(_ wanted: String?, source: String) throws(ModelStoreError) -> [File] {
        let layout = ModelLayout(files: files.map(\.path))
        let models = layout.ggufModels
        guard let wanted else {
            if layout.isHuggingFaceFolder {
                if let missing = layout.missingTokenizer { throw .notAModel(path: source, reason: missing) }
                return files(layout.files.filter(ModelLayout.isPartOfFolder))
            }
            if models.isEmpty {
                throw .notAModel(
                    path: source, reason: "there is neither a GGUF file nor a config.json with weights in safetensors")
            }
            if models.count == 1 { return try whole(models[0], layout) }
            let usual = models.filter { Self.hasTag($0, "Q4_K_M") }
            guard usual.count == 1 else {
                throw .ambiguous(source: source, choices: models.map { "\(source):\($0)" })
            }
            return try whole(usual[0], layout)
        }
        if layout.files.contains(wanted) { return try whole(wanted, layout) }
        let isPattern = wanted.contains("*") || wanted.contains("?")
        let found = models.filter {
            isPattern ? Self.matches(Array($0.utf8), pattern: Array(wanted.utf8)) : Self.hasTag($0, wanted)
        }
        guard let first = found.first else {
            throw .nothingMatches(source: source, wanted: wanted, choices: models.map { "\(source):\($0)" })
        }
        guard found.count == 1 else {
            throw .ambiguous(source: "\(source):\(wanted)", choices: found.map { "\(source):\($0)" })
        }
        return try whole(first, layout)
    }

    private func whole(_ file: String, _ layout: ModelLayout) throws(ModelStoreError) -> [File] {
        if let missing = layout.missingShards(of: file) { throw .notAModel(path: file, reason: missing) }
        return files(layout.shards(of: file))
    }

    private func files(_ paths: [String]) -> [File] {
        let wanted = Set(paths)
        return files.filter { wanted.contains($0.path) }
    }

    /// Whether a quantization stands in a file's name, between signs or at the end: `Q4_0` is not part of `Q4_0_4_4`.
    static func hasTag(_ path: String, _ tag: String) -> Bool {
        let path = path.lowercased()
        let tag = tag.lowercased()
        return path.ranges(of: tag).contains { range in
            let before = range.lowerBound == path.startIndex ? nil : path[path.index(before: range.lowerBound)]
            let after = range.upperBound == path.endIndex ? nil : path[range.upperBound]
            func isWord(_ character: Character?) -> Bool {
                character.map { $0.isLetter || $0.isNumber || $0 == "_" } ?? false
            }
            return !isWord(before) && !isWord(after)
        }
    }

    /// Matches `*` (anything) and `?` (one byte), with the last `*` as the only place to come back to.
    static func matches(_ text: [UInt8], pattern: [UInt8]) -> Bool {
        var (position, place) = (0, 0)
        var star: (place: Int, position: Int)?
        while position < text.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                star = (place, position)
                place += 1
            } else if place < pattern.count, pattern[place] == text[position] || pattern[place] == UInt8(ascii: "?") {
                (position, place) = (position + 1, place + 1)
            } else if let last = star {
                star = (last.place, last.position + 1)
                (position, place) = (last.position + 1, last.place + 1)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
