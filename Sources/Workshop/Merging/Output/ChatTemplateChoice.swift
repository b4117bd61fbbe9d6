import JSONValues

/// The chat template that a configuration asks for.
enum ChatTemplateChoice {
    /// The template's text; nil to keep the donor's.
    static func template(_ configuration: MergeConfiguration, _ plan: MergePlan) throws(MergeError) -> String? {
        guard let wanted = configuration.chatTemplate else { return nil }
        if wanted == "auto" {
            var counts: [(text: String, count: Int)] = []
            for template in plan.models.values.compactMap(\.configuration.chatTemplate) {
                if let place = counts.firstIndex(where: { $0.text == template }) {
                    counts[place].count += 1
                } else {
                    counts.append((template, 1))
                }
            }
            let most = counts.map(\.count).max()
            return counts.first { $0.count == most }?.text
        }
        if wanted == "chatml" { return chatML }
        guard wanted.count >= 20, wanted.contains("{") else {
            throw MergeError(
                path: configuration.path, location: "chat_template", reason: "there is no template \(wanted)",
                remedy: "Write auto, chatml or the template itself")
        }
        return wanted
    }

    private static let chatML = """
        {% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}\
        {% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}
        """
}
