import JSONValues
import Testing

@testable import Flows

struct FlowCheckTests {
    private func check(_ text: String) throws -> FlowCheck {
        FlowCheck(try FlowFile(JSON(parsing: text, source: "flow.json"), source: "flow.json"))
    }

    @Test func aChainIsKnown() throws {
        let result = try check(
            """
            {"nodes": [
              {"id": "m", "data": {"name": "chatMistralAI", "inputs": {}}},
              {"id": "p", "data": {"name": "promptTemplate", "inputs": {"template": "{a}"}}},
              {"id": "n", "type": "stickyNote", "data": {"name": "stickyNote"}},
              {"id": "c", "data": {"name": "llmChain", "inputs":
                {"model": "{{m.data.instance}}", "prompt": "{{p.data.instance}}"}}}],
             "edges": [
              {"source": "m", "target": "c", "sourceHandle": "m-output-x-Y", "targetHandle": "c-input-model-Z"},
              {"source": "p", "target": "c", "sourceHandle": "p-output-x-Y", "targetHandle": "c-input-prompt-Z"}]}
            """)
        #expect(result.nodes == 4 && result.known == 4)
        #expect(result.unknown.isEmpty && result.problems.isEmpty)
        #expect(result.form == .chatFlow)
        #expect(result.needs == ["m: chatMistralAI is any model, by --model"])
    }

    @Test func customCodeIsRefusedByName() throws {
        let result = try check(
            """
            {"nodes": [
              {"id": "a", "data": {"name": "startAgentflow", "label": "Start", "inputs": {}}},
              {"id": "b", "data": {"name": "customFunctionAgentflow", "label": "Clean up", "inputs":
                {"customFunctionJavascriptFunction": "return 1"}}}], "edges": []}
            """)
        #expect(result.known == 1 && result.unknown == ["customFunctionAgentflow"])
        #expect(
            result.problems == [
                "b (Clean up): customFunctionAgentflow is custom JavaScript, which is never run"
            ])
    }

    @Test func codeInSettingsIsRefusedWhereItIsChosen() throws {
        func flow(_ tab: String) -> String {
            """
            {"nodes": [{"id": "c", "data": {"name": "seqCondition", "inputs": {"conditionFunction": "return 'A'",
              "conditionUI": "[]", "selectedConditionFunctionTab_c": "\(tab)"}}}], "edges": []}
            """
        }
        #expect(
            try check(flow("conditionFunction")).problems.contains { $0.contains("conditionFunction is custom Java") })
        #expect(try !check(flow("conditionUI")).problems.contains { $0.contains("JavaScript") })
    }

    @Test func whatDoesNotHangTogetherIsNamed() throws {
        let result = try check(
            """
            {"nodes": [
              {"id": "a", "data": {"name": "startAgentflow", "inputs": {}}},
              {"id": "a", "data": {"name": "agentAgentflow", "inputs": {"agentModel": "chatOpenAI",
                "agentTools": [{"agentSelectedTool": "gmail"}, {"agentSelectedTool": "calculator"}]}}},
              {"id": "l", "data": {"name": "loopAgentflow", "inputs": {"loopBackToNode": "z-Nowhere"}}},
              {"id": "q", "data": {"name": "llmAgentflow", "inputs": {"llmModel": ""}}}],
             "edges": [{"source": "a", "target": "gone"}]}
            """)
        for part in [
            "another node has the same id", "there is no node gone", "loops back to z", "has no llmModel",
            "its tool gmail is a service",
        ] {
            #expect(result.problems.contains { $0.contains(part) }, "\(part) in \(result.problems)")
        }
        #expect(result.problems.count == 5)
    }

    @Test func circlesAreFound() throws {
        let result = try check(
            """
            {"nodes": [{"id": "a", "data": {"name": "chainTool", "inputs": {"baseChain": "x"}}},
              {"id": "b", "data": {"name": "llmChain", "inputs": {"model": "x", "prompt": "x"}}}],
             "edges": [{"source": "a", "target": "b"}, {"source": "b", "target": "a"}]}
            """)
        #expect(result.problems == ["a: is wired to itself in a circle"])
    }

    @Test(arguments: ["[]", "{}", "{\"nodes\": [{}]}", "{\"nodes\": [{\"id\": \"a\"}]}", "{\"nodes\": [7]}"])
    func whatIsNoFlowIsAnError(_ text: String) {
        #expect(throws: FlowError.self) { try check(text) }
    }

    @Test func aStoredFlowIsRead() throws {
        let inner = #"{"nodes":[{"id":"n","data":{"name":"stickyNote"}}],"edges":[]}"#
        let text = JSON.object(["name": "x", "flowData": .string(inner)]).text()
        #expect(try check(text).nodes == 1)
    }
}
