/// Finds JavaScript in the settings of nodes that would otherwise run.
enum CodeSettings {
    /// Settings that hold code where the tab that shows it is chosen.
    private static let tabs = ["conditionFunction", "stateMemoryCode", "updateStateMemoryCode", "messageHistoryCode"]

    static func problems(_ node: FlowNode, _ kind: NodeKind) -> [String] {
        var found: [String] = []
        for tab in tabs where node.text(tab) != nil && isChosen(tab, node) { found.append(tab) }
        // Steps with a history of messages have nothing but code for it.
        if [.sequentialAgent, .sequentialModel].contains(kind), node.text("messageHistory") != nil {
            found.append("messageHistory")
        }
        return found.map { "\(node.title): its \($0) is custom JavaScript, which is never run" }
    }

    /// Code that nobody chose to use is left behind in files by default.
    private static func isChosen(_ tab: String, _ node: FlowNode) -> Bool {
        let choice = node.inputs.first { key, value in
            key.hasPrefix("selected") && key.contains("Tab") && value.stringValue != nil
        }
        return choice?.value.stringValue == tab
    }
}
