import Testing

@testable import SwiftletCommand

/// The names of models that are served by their paths, and further ones.
struct ServedNamesTests {
    @Test func pathsAreNamedByTheirFiles() {
        var names = ServedNames()
        #expect(names.add("/nowhere/a/tiny.Q4_0.gguf", path: "/nowhere/a/tiny.Q4_0.gguf") == "tiny.Q4_0")
        #expect(
            names.add("/nowhere/b/tiny.Q4_0.gguf", path: "/nowhere/b/tiny.Q4_0.gguf") == "/nowhere/b/tiny.Q4_0.gguf")
        #expect(names.add("c", path: "/nowhere/c/big-00001-of-00003.gguf") == "big")
        let snapshot = "/cache/models--org--Some-Model/snapshots/0123abcd"
        #expect(names.add(snapshot, path: snapshot) == "Some-Model")
    }

    @Test func aliasesStandForModels() throws {
        var names = ServedNames()
        let ids = [names.add("/x/a.gguf", path: "/x/a.gguf"), names.add("/x/b.gguf", path: "/x/b.gguf")]
        #expect(
            try names.aliases(["gpt-4o", "small=b", "other=/x/b.gguf"], ids: ids) == [
                "gpt-4o": "a", "small": "b", "other": "b",
            ])
        #expect(try names.aliases(["b=/x/b.gguf"], ids: ids).isEmpty)
        for wrong in ["", "=a", "x=c", "b", "b=a"] {
            #expect(throws: CommandError.self, "\(wrong)") { try names.aliases([wrong], ids: ids) }
        }
        #expect(throws: CommandError.self) { try names.aliases(["x", "x=b"], ids: ids) }
    }
}
