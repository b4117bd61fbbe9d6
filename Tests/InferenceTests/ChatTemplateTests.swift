import Foundation
import Inference
import JSONValues
import Templating
import Testing

/// Models whose chat template does not parse, and templates given in place of a model's own.
struct ChatTemplateTests {
    private static let family = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "ArchitecturesTests/Fixtures/families/llama")
    private static let question: [JSON] = [["role": "user", "content": "1 2 3"]]

    /// Loads a model without a tokenizer, whose texts are token ids, with this template beside it.
    private func load(_ template: String, given: ChatTemplateSource? = nil) throws -> LanguageModel {
        try load(bytes: Array(template.utf8), given: given)
    }

    private func load(bytes: [UInt8], given: ChatTemplateSource? = nil) throws -> LanguageModel {
        let folder = FileManager.default.temporaryDirectory.appending(path: "swiftlet-\(UUID().uuidString)")
        try FileManager.default.copyItem(at: Self.family, to: folder)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(bytes).write(to: folder.appending(path: "chat_template.jinja"))
        var options = LanguageModel.LoadingOptions()
        options.threads = 1
        options.chatTemplate = given
        return try LanguageModel.load(folder.path, options: options)
    }

    @Test func aModelWithABrokenTemplateLoadsAndSaysSoWhenAsked() throws {
        let model = try load("{{ messages }}\n{% for")
        #expect(model.chatTemplate == nil)
        #expect(model.tokenizer.encode("1 2 3", addSpecialTokens: false) == [1, 2, 3])
        let error = #expect(throws: InferenceError.self) { try model.prompt(for: Self.question) }
        #expect(error?.description.contains("line 2") == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("--chat-template") == true)
        #expect(throws: InferenceError.self) { try model.render(messages: Self.question) }
    }

    @Test func aTemplateThatIsNoTextIsNoted() throws {
        let model = try load(bytes: [0x7B, 0xFF, 0xFE])
        #expect(model.notes.count == 1 && model.notes[0].contains("chat_template.jinja is not UTF-8 text"))
        #expect(model.chatTemplate == nil)
        let error = #expect(throws: InferenceError.self) { try model.prompt(for: Self.question) }
        #expect(error?.description.contains("--chat-template") == true)
        let given = ChatTemplateSource(name: "mine.jinja", text: "4 {{ messages[0].content }}")
        #expect(try load(bytes: [0xFF], given: given).prompt(for: Self.question) == [4, 1, 2, 3])
    }

    @Test func anotherTemplateTakesItsPlace() throws {
        let given = ChatTemplateSource(name: "mine.jinja", text: "4 {{ messages[0].content }}")
        for own in ["{% for", "5 5"] {
            #expect(try load(own, given: given).prompt(for: Self.question) == [4, 1, 2, 3])
        }
        let error = #expect(throws: TemplateError.self) {
            try load("5", given: ChatTemplateSource(name: "mine.jinja", text: "{{"))
        }
        #expect(error?.template == "mine.jinja" && error?.line == 1)
    }

    @Test func chatMLWritesTurns() throws {
        let template = try ChatTemplate(
            source: ChatTemplateSource.chatML.text, name: "chatml", beginOfText: nil, endOfText: nil)
        #expect(
            try template.render(messages: Self.question)
                == "<|im_start|>user\n1 2 3<|im_end|>\n<|im_start|>assistant\n")
    }
}
