import Files
import JSONValues
import Quantization
import Tensors
import Testing

@testable import Checkpoints

/// Blocks, kinds and whole files as llama.cpp's quantizer makes them (`scripts/make_quantization_fixtures.py`).
@Suite struct QuantizationTests {
    static func floats(_ name: String) throws -> [Float] {
        try Fixtures.bytes("quantization/\(name)").withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }

    @Test(arguments: BlockEncoder.types.filter { $0.blockSize > 1 }, [false, true])
    func blocksEqualTheReference(type: DataType, isWeighted: Bool) throws {
        let name = "quantization/\(type.name)\(isWeighted ? ".weighted" : "")"
        guard Fixtures.exists(name) else { return #expect(isWeighted) }
        let expected = try Fixtures.bytes(name)
        let (values, importance) = (try Self.floats("values.f32"), try Self.floats("importance.f32"))
        let encoder = try #require(BlockEncoder(type))
        let rowBytes = try #require(type.byteCount(elements: 512))
        var output = [UInt8](repeating: 0, count: expected.count)
        output.withUnsafeMutableBytes { bytes in
            for row in 0..<10 {
                values.withUnsafeBufferPointer { values in
                    importance.withUnsafeBufferPointer { importance in
                        encoder.encode(
                            values.baseAddress! + 512 * row, count: 512,
                            importance: isWeighted ? importance.baseAddress : nil,
                            to: bytes.baseAddress! + rowBytes * row)
                    }
                }
            }
        }
        #expect(output == expected)
    }

    @Test(arguments: ["plain", "grouped", "experts", "narrow", "falcon"])
    func kindsEqualTheReference(name: String) throws {
        let fixture = try Fixtures.json("quantization/kinds.json")
        let model = try #require(fixture["models"]?[name])
        let contents = try Self.contents(model)
        for (key, letters) in try #require(model["mixes"]?.objectValue) {
            guard let mix = QuantizationMix(key.replacing("+", with: "")) else { continue }
            var quantizer = ModelQuantizer(mix)
            if key.hasSuffix("+") { quantizer.importance = ImportanceMatrix() }
            let expected = try #require(letters.stringValue).map { fixture["letters"]?[String($0)]?.stringValue }
            #expect(try quantizer.kinds(of: contents).map(\.kind.name) == expected, "\(key)")
        }
    }

    /// A model of zeros with the names and shapes of a fixture.
    private static func contents(_ model: JSON) throws -> GGUFContents {
        let settings = try #require(model["settings"]?.arrayValue)
        let architecture = try #require(settings[0].stringValue)
        let keys = [
            "block_count", "embedding_length", "attention.head_count", "attention.head_count_kv", "expert_count",
        ]
        var contents = GGUFContents(metadata: ["general.architecture": .string(architecture)], tensors: [])
        for (index, key) in keys.enumerated() {
            contents.metadata["\(architecture).\(key)"] = .uint32(UInt32(try #require(settings[index + 1].intValue)))
        }
        for (name, shape) in try #require(model["tensors"]?.objectValue) {
            contents.tensors.append(
                TensorRows(
                    name: name, dataType: .f32, shape: shape.arrayValue?.compactMap(\.intValue) ?? [], origin: name,
                    decode: { rows, values in values.initialize(repeating: 0, count: rows.count) }))
        }
        return contents
    }

    /// A type that numbers are too large for does not make them infinite.
    @Test(arguments: [DataType.f16, .q8x0, .q4K], [1e6, 1e35] as [Float])
    func numbersThatATypeCannotHoldAreRefused(type: DataType, size: Float) throws {
        let values = (0..<512).map { $0 % 256 == 9 ? size : 0.5 }
        let rows = TensorRows(name: "x", numbers: values, shape: [2, 256], origin: "model, tensor x")
        let isHeld = type != .f16 && size < 1e7
        let source = rows.source(as: type, pool: ThreadPool(threads: 1))
        let folder = try TemporaryFolder()
        let write = { try GGUFWriter.write([source], metadata: [:], to: "\(folder.path)/a.gguf") }
        guard !isHeld else { return try write() }
        let error = #expect(throws: CheckpointError.self, performing: write)
        #expect(error?.reason == "it holds numbers that \(type.name) cannot hold", "\(error as Any)")
        #expect(error?.path == "model, tensor x")
    }

    private static func model(_ values: [Float], type: DataType = .f32) -> GGUFContents {
        let tensor = TensorRows(
            name: "blk.0.attn_q.weight", dataType: type, shape: [values.count / 32, 32], origin: "model, tensor q"
        ) { rows, output in
            for index in 0..<rows.count * 32 { output[index] = values[rows.lowerBound * 32 + index] }
        }
        return GGUFContents(metadata: ["general.architecture": .string("llama")], tensors: [tensor])
    }

    @Test func reportTellsTheError() throws {
        let folder = try TemporaryFolder()
        let values = (0..<32 * 300).map { Float($0 % 32) / 31 }
        let mix = try #require(QuantizationMix("q4_k_m"))
        let report = try ModelQuantizer(mix).write(Self.model(values), to: "\(folder.path)/a.gguf")
        // 32 columns are no blocks of 256.
        #expect(report.map(\.kind) == [.q5x0] && report.map(\.wanted) == [.q4K])
        let file = try Checkpoint.open("\(folder.path)/a.gguf")
        let stored = try #require(file.tensors.values.first)
        let matrix = try #require(
            MatrixSource(
                dataType: stored.dataType, rows: 300, columns: 32,
                bytes: UnsafeRawBufferPointer(rebasing: stored.file.bytes[stored.byteRange]), owner: stored.file))
        var (squares, reference) = (0.0, 0.0)
        for (value, back) in zip(values, matrix.decoded()) {
            squares += Double((value - back) * (value - back))
            reference += Double(value * value)
        }
        #expect(abs((report[0].error ?? 0) - (squares / reference).squareRoot()) < 1e-6)
        guard case .gguf(let metadata) = file.metadata else { return }
        #expect(try metadata.int("general.file_type") == 15)
    }

    @Test func numbersThatAreNoneAreRefused() throws {
        let folder = try TemporaryFolder()
        for bad in [Float.nan, .infinity, -.infinity] {
            var values = [Float](repeating: 1, count: 32 * 40)
            values[777] = bad
            let error = #expect(throws: CheckpointError.self) {
                try ModelQuantizer(QuantizationMix("Q8_0")!).write(Self.model(values), to: "\(folder.path)/a.gguf")
            }
            #expect(error?.path == "model, tensor q")
            #expect(try FileSystem.names(in: folder.path) == [])
        }
    }

    /// 70144 is no number of f16: a tensor with it stays wider.
    @Test func whatF16CannotHoldStaysWide() throws {
        let folder = try TemporaryFolder()
        var values = [Float](repeating: 1, count: 64)
        let mix = try #require(QuantizationMix("F16"))
        #expect(try ModelQuantizer(mix).write(Self.model(values), to: "\(folder.path)/a.gguf")[0].kind == .f16)
        values[40] = -70144
        let report = try ModelQuantizer(mix).write(Self.model(values), to: "\(folder.path)/b.gguf")
        #expect(report[0].kind == .f32 && report[0].wanted == .f16 && report[0].error == 0)
    }

    @Test func fullDisksLeaveTheOldFile() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/a.gguf"
        let model = Self.model([Float](repeating: 1, count: 32 * 64))
        let mix = try #require(QuantizationMix("Q4_0"))
        try await FaultPlan.sweep(prepare: { try AtomicFile.write(Array("old".utf8), to: path) }) {
            _ = try ModelQuantizer(mix).write(model, to: path)
        } check: { fault, step, error in
            let isOld = try FileSystem.contents(of: path) == Array("old".utf8)
            #expect(isOld == (error != nil), "\(fault as Any) at \(step as Any)")
            #expect(try FileSystem.names(in: folder.path) == ["a.gguf"])
        }
    }

    /// Both forms of llama.cpp's importance matrices; an expert that saw nothing counts as one.
    @Test func importanceMatricesAreRead() throws {
        let folder = try TemporaryFolder()
        let matrix = ImportanceMatrix(
            entries: [
                "blk.0.attn_q.weight": .init(sums: [2, 4, 6], counts: [2]),
                "blk.0.ffn_up_exps.weight": .init(sums: [3, 6, 0, 0], counts: [3, 0]),
            ], datasets: ["text.txt"], chunks: (3, 512))
        try matrix.write(to: "\(folder.path)/a.gguf")
        let back = try ImportanceMatrix(path: "\(folder.path)/a.gguf")
        #expect(back.entries == matrix.entries && back.datasets == ["text.txt"] && back.chunks == (3, 512))
        #expect(back.entries["blk.0.ffn_up_exps.weight"]?.means == [1, 2, 1, 1])
        var bytes: [UInt8] = []
        func put<T>(_ value: T) { withUnsafeBytes(of: value) { bytes += $0 } }
        put(Int32(1))
        put(Int32(1))
        bytes += Array("q".utf8)
        put(Int32(2))
        put(Int32(2))
        put(Float(3))
        put(Float(5))
        put(Int32(7))
        put(Int32(4))
        bytes += Array("text".utf8)
        try folder.write(bytes, to: "old.dat")
        let old = try ImportanceMatrix(path: "\(folder.path)/old.dat")
        #expect(old.entries["q"]?.means == [1.5, 2.5] && old.chunks.count == 7 && old.datasets == ["text"])
        for count in [0, 3, 9, 15] {
            try folder.write(Array(bytes[..<count]) + (count == 0 ? [1, 0] : []), to: "cut.dat")
            #expect(throws: CheckpointError.self) { try ImportanceMatrix(path: "\(folder.path)/cut.dat") }
        }
    }

    /// A matrix that is hard to round gets more bits than one that is easy; more bytes never make errors larger.
    @Test func mixesAreSearched() throws {
        func rows(_ name: String, _ value: @escaping @Sendable (Int) -> Float) -> TensorRows {
            TensorRows(name: name, dataType: .f32, shape: [8, 256], origin: "model, tensor \(name)") { rows, output in
                for index in 0..<rows.count * 256 { output[index] = value(rows.lowerBound * 256 + index) }
            }
        }
        let easy = rows("blk.0.attn_q.weight") { Float($0 % 2) }
        let hard = rows("blk.0.attn_k.weight") { Float(($0 &* 7919) % 997) / 997 * ($0 % 13 == 0 ? 9 : 1) }
        let model = GGUFContents(metadata: ["general.architecture": .string("llama")], tensors: [easy, hard])
        let search = MixSearch(threads: 1)
        var last = Double.infinity
        for bits in [3, 5, 7, 9] {
            let kinds = try search.kinds(of: model, byteCount: 4096 * bits / 8)
            var quantizer = ModelQuantizer(try #require(QuantizationMix("Q4_K_M")))
            quantizer.assigned = kinds
            let folder = try TemporaryFolder()
            let report = try quantizer.write(model, to: "\(folder.path)/a.gguf")
            #expect(report.reduce(0) { $0 + $1.byteCount } <= 4096 * bits / 8)
            #expect(report[0].byteCount <= report[1].byteCount)
            let error = report.reduce(0.0) { $0 + ($1.error ?? 0) * ($1.error ?? 0) }
            #expect(error <= last)
            last = error
        }
        let error = #expect(throws: CheckpointError.self) { try search.kinds(of: model, byteCount: 100) }
        #expect(error?.reason == "100 bytes are asked for, the smallest kinds take 1344")
    }
}
