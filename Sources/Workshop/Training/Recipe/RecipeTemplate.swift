/// Recipes to begin with, commented.
package enum RecipeTemplate: String, CaseIterable, Sendable {
    /// A low-rank adapter on conversations or instructions.
    case lora
    /// All weights on conversations or instructions.
    case full
    /// A new model from scratch on texts.
    case pretrain
    /// A trained model on more texts.
    case continued = "continue"
    /// A sentence encoder on pairs of texts that are alike.
    case embedding
    /// A small model from scratch on stories that are made for it (``TinyStory``).
    case tinystory

    /// The recipe's text.
    package var text: String {
        if self == .tinystory { return TinyStory.recipe }
        return """
            # \(title)
            # swiftlet train recipe.yaml --preview   shows the data as the model will see them
            # swiftlet train recipe.yaml             trains

            \(model)
            \(data)
            \(steps)
            # Where everything goes: the model, checkpoints, metrics.jsonl, and tensorboard/ for TensorBoard.
            output_dir: ./\(rawValue)-out
            saves_per_epoch: 1
            save_total_limit: 2
            logging_steps: 1
            seed: 42
            # Go on from the newest checkpoint in output_dir, if there is one:
            auto_resume_from_checkpoints: true

            """
    }

    private var title: String {
        switch self {
        case .lora: "Tunes a model by a low-rank adapter: little memory, and the model itself stays as it is."
        case .full: "Tunes all weights of a model on instructions or conversations."
        case .pretrain: "Trains a new model from random weights on texts."
        case .embedding: "Tunes a sentence encoder, so that texts which belong together get vectors that are alike."
        case .continued, .tinystory: "Goes on training a model on texts of your own."
        }
    }

    private var model: String {
        switch self {
        case .lora:
            """
            # A model of the store, a GGUF file or a Hugging Face folder.
            base_model: smollm2

            adapter: lora
            lora_r: 16          # the rank: more of it learns more
            lora_alpha: 32      # the adapter's strength; twice the rank is usual
            lora_dropout: 0.05
            lora_target_linear: true
            # lora_target_modules: [q_proj, v_proj]   # in its place: these alone

            """
        case .full, .continued, .tinystory:
            """
            # A model of the store, a GGUF file or a Hugging Face folder.
            base_model: smollm2

            """
        case .embedding:
            """
            # A sentence encoder of the store, or a folder of sentence-transformers.
            base_model: minilm

            """
        case .pretrain:
            """
            # A folder with config.json and tokenizer.json; weights need not be in it.
            base_model: ./model
            reinit_weights: true

            """
        }
    }

    private var data: String {
        switch self {
        case .lora, .full:
            """
            datasets:
              - path: data.jsonl   # JSON Lines, JSON, CSV or TSV, also with .gz; a folder, or a pattern such as data/*.jsonl
                type: chat_template   # {"messages": [{"role": "user", "content": ...}, {"role": "assistant", ...}]}
                # type: alpaca        # {"instruction": ..., "input": ..., "output": ...}
                # type: sharegpt      # {"conversations": [{"from": "human", "value": ...}, ...]}
                # roles_to_train: [assistant]
            val_set_size: 0.05     # a share that is kept to measure with, or from 1 on a number of records
            evals_per_epoch: 2
            # early_stopping_patience: 3

            sequence_len: 512
            sample_packing: true   # several texts in a row, none of which sees another
            train_on_inputs: false # answers alone are learned
            # excess_length_strategy: truncate   # longer texts are dropped otherwise, and counted

            """
        case .embedding:
            """
            datasets:
              - path: pairs.jsonl  # {"anchor": ..., "positive": ...}, and a "negative" where you have one
                type: pairs
                # field_anchor: question
                # field_positive: answer
            val_set_size: 0.1
            evals_per_epoch: 2

            embedding_loss: multiple_negatives   # the other texts of a batch are the wrong answers; or triplet
            embedding_scale: 20
            sequence_len: 256      # longer texts are cut

            """
        case .pretrain, .continued, .tinystory:
            """
            datasets:
              - path: texts.txt    # text, or JSON Lines with a field; also with .gz; a folder, or a pattern
                type: completion
                field: text
            val_set_size: 0.01
            evals_per_epoch: 4

            sequence_len: 512      # longer texts become several pieces
            sample_packing: true

            """
        }
    }

    private var steps: String {
        let rate =
            switch self {
            case .lora: "2e-4"
            case .full, .continued, .tinystory, .embedding: "2e-5"
            case .pretrain: "1e-3"
            }
        return """
            micro_batch_size: \(self == .embedding ? 32 : 2)    # rows that are computed together: more take more memory
            gradient_accumulation_steps: \(self == .embedding ? 1 : 4)   # micro-batches for each step of the optimizer
            num_epochs: \(self == .lora ? 3 : 1)
            # max_steps: 1000

            optimizer: adamw
            learning_rate: \(rate)
            lr_scheduler: \(self == .pretrain ? "warmup_stable_decay" : "cosine")
            warmup_ratio: 0.03
            weight_decay: \(self == .pretrain ? "0.1" : "0.0")
            max_grad_norm: 1.0
            precision: float32

            """
    }
}
