import JSONValues

/// A `tokenizer.json` as it is written: its small parts as trees, the vocabulary and the merges as tables.
struct TokenizerJSONFile {
    var root: JSON.Object = [:]
    var model: JSON.Object = [:]
    var pieces = VocabularyBuilder()
    /// The scores of a unigram model; empty for others.
    var scores: [Double] = []
    /// The left and right sides of the merges.
    var mergesLeft = StringTable()
    var mergesRight = StringTable()

    init(_ bytes: [UInt8], source: String) throws(TokenizerError) {
        try JSONReader.readAll(bytes, source: source) { (reader) throws(JSONError) in try read(&reader) }
    }

    private mutating func read(_ reader: inout JSONReader) throws(JSONError) {
        var file = self
        try reader.readObject { (reader, key) throws(JSONError) in
            if key == "model" {
                try reader.readObject { (reader, key) throws(JSONError) in
                    switch key {
                    case "vocab": try file.readVocabulary(&reader)
                    case "merges": try file.readMerges(&reader)
                    default: file.model[key] = try reader.readValue()
                    }
                }
            } else {
                file.root[key] = try reader.readValue()
            }
        }
        self = file
    }

    private mutating func readVocabulary(_ reader: inout JSONReader) throws(JSONError) {
        var pieces = VocabularyBuilder()
        var scores: [Double] = []
        if reader.peek() == UInt8(ascii: "[") {
            try reader.readArray { (reader) throws(JSONError) in
                var index = 0
                try reader.readArray { (reader) throws(JSONError) in
                    switch index {
                    case 0:
                        try reader.readStringBytes { (reader, piece) throws(JSONError) in
                            if let problem = pieces.add(piece, id: scores.count) { throw reader.error(problem) }
                        }
                    case 1: scores.append(try reader.readDouble())
                    default: throw reader.error("expected a piece and its score, found more")
                    }
                    index += 1
                }
                guard index == 2 else { throw reader.error("expected a piece and its score") }
            }
        } else {
            try reader.readObjectBytes { (reader, piece) throws(JSONError) in
                if let problem = pieces.add(piece, id: try reader.readInteger()) { throw reader.error(problem) }
            }
        }
        self.pieces = pieces
        self.scores = scores
    }

    private mutating func readMerges(_ reader: inout JSONReader) throws(JSONError) {
        var left = StringTable()
        var right = StringTable()
        try reader.readArray { (reader) throws(JSONError) in
            if reader.peek() == UInt8(ascii: "[") {
                var index = 0
                try reader.readArray { (reader) throws(JSONError) in
                    try reader.readStringBytes { (_, part) in
                        if index == 0 { left.append(part) } else if index == 1 { right.append(part) }
                    }
                    index += 1
                }
                guard index == 2 else { throw reader.error("a merge has two parts") }
            } else {
                try reader.readStringBytes { (reader, merge) throws(JSONError) in
                    guard let space = merge.firstIndex(of: 0x20) else { throw reader.error("a merge has two parts") }
                    left.append(UnsafeBufferPointer(rebasing: merge[..<space]))
                    right.append(UnsafeBufferPointer(rebasing: merge[(space + 1)...]))
                }
            }
        }
        mergesLeft = left
        mergesRight = right
    }
}
