extension Evaluator {
    func formatPercent(_ text: String, with operand: Value) throws(TemplateError) -> String { text }
    func formatBraces(_ text: String, _ arguments: Arguments) throws(TemplateError) -> String { text }
}
