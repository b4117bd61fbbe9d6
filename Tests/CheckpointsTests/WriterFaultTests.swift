import Files
import Tensors
import Testing

@testable import Checkpoints

/// A disk that is full or broken at any step: the old checkpoint stays, and nothing stands beside it.
@Suite struct WriterFaultTests {
    private let tensors = ["a", "b"].map { name in
        TensorSource(name: name, dataType: .f32, shape: [3], bytes: [UInt8](repeating: 1, count: 12))
    }

    @Test(arguments: ["model.gguf", "model.safetensors"])
    func oldFileSurvives(name: String) async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/\(name)"
        try await FaultPlan.sweep(prepare: { try AtomicFile.write(Array("old".utf8), to: path) }) {
            if name.hasSuffix("gguf") {
                try GGUFWriter.write(tensors, metadata: ["general.architecture": .string("llama")], to: path)
            } else {
                try SafetensorsWriter.write(tensors, to: path)
            }
        } check: { fault, step, error in
            let isOld = try FileSystem.contents(of: path) == Array("old".utf8)
            #expect(isOld == (error != nil), "\(fault as Any) at \(step as Any)")
            if let error {
                #expect((error as? CheckpointError)?.path == path)
            } else {
                let file = try MappedFile(path: path)
                let names =
                    name.hasSuffix("gguf")
                    ? try GGUFReader(file).tensors.keys : try SafetensorsReader(file).tensors.keys
                #expect(Array(names) == ["a", "b"])
            }
            #expect(try FileSystem.names(in: folder.path) == [name])
        }
    }

    @Test func pointersOfGitLFSAreTold() throws {
        let folder = try TemporaryFolder()
        let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"
        for name in ["model.gguf", "model.bin", "model.pth"] {
            try folder.write(pointer, to: name)
            let error = #expect(throws: CheckpointError.self) { try Checkpoint.open("\(folder.path)/\(name)") }
            #expect(error?.reason.hasPrefix("this is a Git LFS pointer, not the file itself") == true)
            try folder.remove(name)
        }
        for name in ["config.json", "model.safetensors"] {
            try folder.write(name == "config.json" ? "{}" : pointer, to: name)
        }
        let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(folder.path) }
        #expect(error?.path.hasSuffix("model.safetensors") == true)
        #expect(error?.reason.hasPrefix("this is a Git LFS pointer") == true)
    }
}
