import Files
import JSONValues
import Testing

@testable import Checkpoints

/// Pickles that are no state dict are refused before anything that they say is done.
@Suite struct PickleTests {
    func run(_ bytes: [UInt8]) throws(CheckpointError) -> PickleValue {
        let file = MappedFile(contents: bytes, path: "sample.pt")
        var machine = PickleMachine(file, range: 0..<bytes.count, name: "data.pkl")
        return try machine.run()
    }

    func failure(_ bytes: [UInt8]) -> CheckpointError? {
        #expect(throws: CheckpointError.self) { try run(bytes) }
    }

    @Test func codeIsRefusedByName() throws {
        let samples = try #require(try PyTorchTests.expected.get()["malicious"]).array()
        #expect(samples.count >= 15)
        for sample in samples {
            let global = try #require(sample["global"]).string()
            let bytes = try #require(sample["bytes"]).hexBytes()
            let error = failure(bytes)
            #expect(error?.reason.contains(" \(global), ") == true, "\(sample["name"] ?? nil): \(error?.reason ?? "")")
            #expect(error?.path == "sample.pt" && error?.location?.hasPrefix("data.pkl, offset ") == true)
            for length in 0..<bytes.count { #expect(throws: CheckpointError.self) { try run(Array(bytes[..<length])) } }
        }
    }

    @Test func numbersAreRead() throws {
        func int(_ bytes: [UInt8]) throws -> Int {
            guard case .int(let value) = try run(bytes + [0x2E]) else { throw Unexpected() }
            return value
        }
        #expect(try int([0x4A, 0xFF, 0xFF, 0xFF, 0xFF]) == -1)
        #expect(try int([0x4D, 0x00, 0x80]) == 32768)
        #expect(try int([0x8A, 0]) == 0)
        #expect(try int([0x8A, 1, 0xFE]) == -2)
        #expect(try int([0x8A, 2, 0xFF, 0x00]) == 255)
        #expect(try int([0x8A, 8] + [UInt8](repeating: 0xFF, count: 7) + [0x7F]) == .max)
    }

    @Test func stackAndMemoAreChecked() throws {
        #expect(failure(Array("0.".utf8))?.reason == "the pickle takes a value where there is none")
        #expect(failure(Array("N(0R.".utf8)) != nil)
        #expect(failure(Array("(NR.".utf8)) != nil)
        #expect(failure(Array("t.".utf8))?.reason == "the pickle returns to a mark where there is none")
        #expect(failure([0x68, 5, 0x2E])?.reason == "the pickle recalls 5, which it did not keep")
        #expect(failure(Array("}(Nu.".utf8))?.reason == "a key of a dictionary has no value")
        #expect(failure(Array("NNa.".utf8))?.reason == "None is no list")
        #expect(failure(Array("I1\n.".utf8))?.reason == "the opcode INT is no part of a state dict")
        #expect(failure([0x82, 1, 0x2E])?.reason == "the opcode EXT1 is no part of a state dict")
    }

    @Test func hugeLengthsAreErrors() throws {
        for opcode in [0x54, 0x58, 0x42, 0x8B] as [UInt8] { #expect(failure([opcode, 0xFF, 0xFF, 0xFF, 0xFF]) != nil) }
        for opcode in [0x8D, 0x8E, 0x96, 0x95] as [UInt8] {
            #expect(failure([opcode] + [UInt8](repeating: 0xFF, count: 8)) != nil)
            #expect(failure([opcode] + [UInt8](repeating: 0xFF, count: 7) + [0x7F]) != nil)
        }
        #expect(failure([0x72, 0xFF, 0xFF, 0xFF, 0xFF]) != nil)
    }

    /// A million levels, and values that double with every opcode: neither time nor stack.
    @Test func bombsAreHarmless() throws {
        _ = try run([0x4E] + [UInt8](repeating: 0x85, count: 1_000_000) + [0x2E])
        var doubling: [UInt8] = [0x29]
        for _ in 0..<10_000 { doubling += [0x32, 0x86] }
        _ = try run(doubling + [0x2E])
        // A list that contains itself.
        _ = try run([0x5D, 0x71, 0, 0x68, 0, 0x61, 0x2E])
        // One long list of pairs, made into a dictionary again and again.
        var pairs: [UInt8] = [0x5D, 0x28]
        for _ in 0..<10_000 { pairs += [0x4E, 0x4E, 0x86] }
        pairs += [0x65, 0x71, 0] + Array("ccollections\nOrderedDict\n".utf8) + [0x71, 1]
        for _ in 0..<100_000 { pairs += [0x68, 1, 0x68, 0, 0x85, 0x52] }
        #expect(failure(pairs + [0x2E])?.reason.contains("more than the") == true)
    }

    @Test func dictionariesThatContainThemselvesAreErrors() throws {
        let text = Array("X\u{1}\u{0}\u{0}\u{0}a".utf8)
        let bytes: [UInt8] = [0x7D, 0x71, 0] + text + [0x68, 0, 0x73, 0x2E]
        let file = MappedFile(contents: bytes, path: "sample.pt")
        var machine = PickleMachine(file, range: 0..<bytes.count, name: "data.pkl")
        let value = try machine.run()
        #expect(throws: CheckpointError.self) { try StateDict(value, in: machine) }
    }
}
