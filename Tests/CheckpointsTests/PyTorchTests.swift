import Files
import Foundation
import JSONValues
import OrderedCollections
import Tensors
import Testing

@testable import Checkpoints

/// Files that `torch.save` wrote are read as torch reads them.
@Suite struct PyTorchTests {
    static let expected = Result { try Fixtures.json("weights/pytorch/expected.json") }

    static func path(_ name: String) -> String { Fixtures.path("weights/pytorch/\(name)") }

    func read(_ bytes: [UInt8]) throws(CheckpointError) -> PyTorchFile {
        try PyTorchFile(MappedFile(contents: bytes, path: "sample.pt"))
    }

    func failure(_ name: String) -> CheckpointError? {
        #expect(throws: CheckpointError.self) { try Checkpoint.open(Self.path(name)) }
    }

    @Test(arguments: [
        "zip.pt", "protocol4.pt", "legacy.pt", "module.pt", "training.pt", "tree.pt", "zip64.pt",
    ])
    func equalsTorch(_ name: String) throws {
        let checkpoint = try Checkpoint.open(Self.path(name))
        let expected = try #require(try Self.expected.get()["tensors"]?[name]).array()
        try expectEqual(Array(checkpoint.tensors.values), expected)
        #expect(checkpoint.format == .pyTorch)
        guard case .bare(parameters: JSON?.none) = checkpoint.metadata else { throw Unexpected() }
    }

    @Test(arguments: ["folder", "sharded"]) func folders(_ name: String) throws {
        let checkpoint = try Checkpoint.open(Self.path(name))
        #expect(checkpoint.format == .huggingFace)
        let expected = try #require(try Self.expected.get()["tensors"]?["folder/pytorch_model.bin"]).array()
        try expectEqual(Array(checkpoint.tensors.values), expected)
        for tensor in checkpoint.tensors.values { #expect(tensor.file.path.hasSuffix(".bin")) }
    }

    @Test func tensorsInOrderStayInTheFile() throws {
        let tensors = try Checkpoint.open(Self.path("zip.pt")).tensors
        let matrix = try #require(tensors["matrix"])
        let tied = try #require(tensors["tied"])
        #expect(matrix.file === tied.file && matrix.byteRange == tied.byteRange)
        #expect(matrix.byteRange.lowerBound % 64 == 0)
        #expect(try #require(tensors["offset"]).file === matrix.file)
        #expect(try #require(tensors["transposed"]).file !== matrix.file)
    }

    @Test func metasParametersAreRead() throws {
        let folder = try TemporaryFolder()
        try folder.copy(fixture: "weights/pytorch/module.pt", as: "consolidated.00.pth")
        try folder.write(#"{"dim": 8}"#, to: "params.json")
        guard case .bare(let parameters) = try Checkpoint.open("\(folder.path)/consolidated.00.pth").metadata else {
            throw Unexpected()
        }
        #expect(parameters == ["dim": 8])
    }

    @Test func refusalsSayWhatToDo() throws {
        #expect(failure("deflated.pt")?.reason == "the entry is compressed (method 8)")
        #expect(failure("big-endian.pt")?.reason == "the numbers are not little-endian")
        #expect(failure("no-tensors.pt")?.reason == "there are no tensors in it; its keys are epoch")
        #expect(failure("folder/pytorch_model.bin")?.remedy == "Open the folder itself")
        #expect(failure("expanded.pt")?.remedy == "Save the tensor with contiguous() applied")
        let code = failure("code.pt")
        #expect(
            code?.reason
                == "the pickle names posix.system, which is no part of a state dict; loading it in Python could run code"
        )
        #expect(code?.remedy == "Get the model as safetensors, or save its state dict alone")
        #expect(failure("whole-module.pt")?.reason.contains("torch.nn.modules.linear.Linear") == true)
        let folder = try TemporaryFolder()
        try folder.write("{}", to: "config.json")
        try folder.write("version https://git-lfs.github.com/spec/v1", to: "pytorch_model.bin")
        #expect(throws: CheckpointError.self) { try Checkpoint.open(folder.path) }
    }

    @Test(arguments: ["module.pt", "zip64.pt"]) func truncationAtEveryByteIsAnError(_ name: String) throws {
        let bytes = try Fixtures.bytes("weights/pytorch/\(name)")
        for length in 0..<bytes.count {
            #expect(throws: CheckpointError.self) { try read(Array(bytes[..<length])) }
        }
    }

    @Test func truncationOfOldFilesIsAnError() throws {
        let bytes = try Fixtures.bytes("weights/pytorch/legacy.pt")
        for length in 0..<bytes.count {
            #expect(throws: CheckpointError.self) { try read(Array(bytes[..<length])) }
        }
    }

    @Test(arguments: ["zip.pt", "legacy.pt", "zip64.pt"]) func damageNeverCrashes(_ name: String) throws {
        let bytes = try Fixtures.bytes("weights/pytorch/\(name)")
        var generator = SplitMix(state: 31)
        for _ in 0..<1000 {
            guard let file = try? read(generator.damage(bytes)) else { continue }
            for tensor in file.tensors.values {
                tensor.withUnsafeBytes { #expect($0.reduce(0, &+) == $0.reduce(0, &+)) }
            }
        }
    }
}
