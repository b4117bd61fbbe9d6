"""Writes flows in the form that Flowise exports into a folder: make_flows.py FOLDER."""
import json
import sys

folder = sys.argv[1]


def node(id, name, inputs, **more):
    return {"id": id, "type": "customNode", "position": {"x": 0, "y": 0}, "data": {"id": id, "name": name, "label": name, "inputs": inputs} | more}


def edge(source, target, output, input=None):
    handle = f"{target}-input-{input}-X" if input else target
    return {"source": source, "target": target, "sourceHandle": f"{source}-output-{output}", "targetHandle": handle}


def write(name, value):
    with open(f"{folder}/{name}.json", "w") as file:
        json.dump(value, file, indent=2)


start = node("startAgentflow_0", "startAgentflow", {"startInputType": "chatInput", "startState": [{"key": "mood", "value": ""}]})
model = node("llmAgentflow_0", "llmAgentflow", {
    "llmModel": "chatOpenAI", "llmModelConfig": {"modelName": "gpt-4o", "temperature": 0.9},
    "llmMessages": [{"role": "system", "content": "<p>Say whether the text has a good or a bad mood.</p>"}],
    "llmStructuredOutput": [{"key": "mood", "type": "enum", "enumValues": "good, bad", "description": "the mood"}],
    "llmUpdateState": [{"key": "mood", "value": "<p>{{ output.mood }}</p>"}]})
condition = node("conditionAgentflow_0", "conditionAgentflow", {
    "conditions": [{"type": "string", "value1": "{{ $flow.state.mood }}", "operation": "equal", "value2": "good"}]})
good = node("directReplyAgentflow_0", "directReplyAgentflow", {"directReplyMessage": "Mood: {{ $flow.state.mood }}, nice"})
bad = node("directReplyAgentflow_1", "directReplyAgentflow", {"directReplyMessage": "Mood: {{ $flow.state.mood }}, oh"})
write("agentflow", {"nodes": [start, model, condition, good, bad], "edges": [
    edge("startAgentflow_0", "llmAgentflow_0", "startAgentflow"),
    edge("llmAgentflow_0", "conditionAgentflow_0", "llmAgentflow"),
    edge("conditionAgentflow_0", "directReplyAgentflow_0", "0"),
    edge("conditionAgentflow_0", "directReplyAgentflow_1", "1")]})
write("code", {"nodes": [start, node("customFunctionAgentflow_0", "customFunctionAgentflow", {
    "customFunctionJavascriptFunction": "return require('child_process').execSync('id')"})],
    "edges": [edge("startAgentflow_0", "customFunctionAgentflow_0", "startAgentflow")]})
write("none", {"hello": "world"})
write("documents", {"nodes": [
    node("chatOpenAI_0", "chatOpenAI", {"modelName": "gpt-4o-mini"}),
    node("textFile_0", "textFile", {}),
    node("pinecone_0", "pinecone", {"pineconeIndex": "house", "topK": "1"}),
    node("conversationalRetrievalQAChain_0", "conversationalRetrievalQAChain", {})],
    "edges": [
        edge("textFile_0", "pinecone_0", "document-Document", "document"),
        edge("chatOpenAI_0", "conversationalRetrievalQAChain_0", "chatOpenAI-X", "model"),
        edge("pinecone_0", "conversationalRetrievalQAChain_0", "retriever-X", "vectorStoreRetriever")]})
