/// Where a dataset is and how its records are read; an entry of a recipe's `datasets`.
package struct DatasetRecipe: Sendable, Hashable {
    /// How a record becomes a text.
    package enum Form: Sendable, Hashable {
        /// A text as it is; `field` holds it. Longer ones are cut into pieces of the sequence length.
        case completion
        /// Instruction, input and output, in the words of Stanford's Alpaca or in those of a format.
        case instruction(InstructionFormat)
        /// Messages, by the model's chat template.
        case chat
        /// Segments with a `label` that says whether each is learned, as they are.
        case segments
        /// A prompt and its completion.
        case promptCompletion
        /// A prompt with a better and a worse answer.
        case preference
        /// Two texts that are alike, and perhaps one that is not like the first, for encoders.
        case pairs
    }

    /// Which end tokens are learned.
    package enum EndLearning: String, Sendable, Hashable, CaseIterable {
        /// Every one, also those of turns that are not learned.
        case all
        /// Those of learned turns.
        case turn
        /// That of the last turn.
        case last
        /// None: the model will not learn to stop.
        case none
    }

    /// A file, a folder, or a pattern with `*`; relative to the recipe's folder or the one the command runs in.
    package var path: String
    /// The files in the folder that are meant; empty for all.
    package var files: [String] = []
    package var form = Form.completion
    /// The field with the text, for completions.
    package var textField = "text"
    /// The field with the messages.
    package var messagesField = "messages"
    /// The field with the tools, if records have one.
    package var toolsField = "tools"
    /// Where messages have what templates read under other names: `role: from`.
    package var messageFields: [String: String] = [:]
    /// The names of roles in the data, and those that templates know.
    package var roles: [String: String] = [
        "human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "model": "assistant",
        "system": "system", "tool": "tool",
    ]
    /// The roles whose turns are learned.
    package var learnedRoles: Set<String> = ["assistant"]
    /// The field of a message that says whether its turn is learned: a Boolean or a weight.
    package var trainingField = "train"
    /// Which end tokens are learned.
    package var endLearning = EndLearning.turn
    /// Whether system messages are left out.
    package var dropsSystemMessage = false
    /// A chat template for this dataset alone.
    package var chatTemplate: String?
    /// The fields of the better and the worse answer.
    package var chosenField = "chosen"
    package var rejectedField = "rejected"
    /// The fields of texts that are to be alike, and of one that is not like the first.
    package var anchorField = "anchor"
    package var positiveField = "positive"
    package var negativeField = "negative"
    /// How often a record is drawn per epoch; 1.5 means once, and half of them once more.
    package var weight = 1.0
    /// The recipe's line, for errors.
    package var line = 0
}

/// The words around an instruction, its input and its answer.
package struct InstructionFormat: Sendable, Hashable {
    package var systemField = "system"
    package var instructionField = "instruction"
    package var inputField = "input"
    package var outputField = "output"
    /// With `{instruction}` and `{input}`, and `{system}`.
    package var format: String
    /// The same for records without an input.
    package var formatWithoutInput: String
    /// What `{system}` stands for where a record has none.
    package var system = ""

    /// The words of Alpaca (https://github.com/tatsu-lab/stanford_alpaca), and the same instructions as conversations in the marks
    /// that some models know.
    package enum Style: String, Sendable, CaseIterable {
        case instruct, chat, chatml, phi
    }

    /// The format of a style.
    package init(_ style: Style) {
        let systems = [
            "Below is an instruction that describes a task, paired with an input that provides further context. Write a "
                + "response that appropriately completes the request.",
            "Below is an instruction that describes a task. Write a response that appropriately completes the request.",
        ]
        let (system, turn, bareTurn) =
            switch style {
            case .instruct:
                (
                    "{system}\n\n", "### Instruction:\n{instruction}\n\n### Input:\n{input}\n\n### Response:\n",
                    "### Instruction:\n{instruction}\n\n### Response:\n"
                )
            case .chat:
                ("SYSTEM: {system}\n", "USER: {instruction}\n{input}\nASSISTANT:", "USER: {instruction}\nASSISTANT:")
            case .chatml:
                (
                    "<|im_start|>system\n{system}<|im_end|>\n",
                    "<|im_start|>user\n{instruction}\n{input}<|im_end|>\n<|im_start|>assistant\n",
                    "<|im_start|>user\n{instruction}<|im_end|>\n<|im_start|>assistant\n"
                )
            case .phi:
                (
                    "<|system|>\n{system}<|end|>\n", "<|user|>\n{instruction}<|end|>{input}<|assistant|>",
                    "<|user|>\n{instruction}<|end|>\n<|assistant|>\n"
                )
            }
        format = system.replacing("{system}", with: systems[0]) + turn
        formatWithoutInput = system.replacing("{system}", with: systems[1]) + bareTurn
    }
}
