import Testing

@testable import Files

@Suite struct ShardNameTests {
    @Test func `names of sets are taken apart and put together`() {
        let name = ShardName("a/b-c-00002-of-00013.GGUF", ending: ".gguf")
        #expect(name?.prefix == "a/b-c" && name?.number == 2 && name?.count == 13)
        #expect(name?.path(number: 13) == "a/b-c-00013-of-00013.GGUF")
        #expect(ShardName("日本-00001-of-00001.gguf", ending: ".gguf")?.path(number: 1) == "日本-00001-of-00001.gguf")
    }

    @Test(arguments: [
        "a.gguf", "a-00000-of-00002.gguf", "a-00003-of-00002.gguf", "a-1-of-2.gguf", "a-00001-of-0000+.gguf",
        "a-00001-of-00002.safetensors", "a-0000é-of-00002.gguf", "00001-of-00002.gguf", "",
    ])
    func `other names are none`(path: String) { #expect(ShardName(path, ending: ".gguf") == nil) }
}
