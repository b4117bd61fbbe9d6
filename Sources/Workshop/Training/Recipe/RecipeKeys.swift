/// The keys of axolotl's recipes: which are known here, which have no meaning on a CPU, and which ask for what is not here.
enum RecipeKeys {
    static let known = [
        "base_model", "reinit_weights", "chat_template", "chat_template_jinja", "special_tokens", "datasets",
        "pretraining_dataset", "test_datasets", "val_set_size", "sequence_len", "sample_packing",
        "excess_length_strategy", "min_sample_len", "faulty_records", "train_on_inputs", "shuffle",
        "shuffle_merged_datasets",
        "optimizer",
        "learning_rate", "weight_decay", "max_grad_norm", "adam_beta1", "adam_beta2", "adam_epsilon", "lr_scheduler",
        "cosine_min_lr_ratio", "lr_scheduler_kwargs", "neftune_noise_alpha", "embedding_loss", "embedding_scale",
        "embedding_margin", "micro_batch_size",
        "gradient_accumulation_steps", "batch_size", "max_steps", "num_epochs", "warmup_steps", "warmup_ratio",
        "adapter",
        "lora_r", "lora_alpha", "lora_dropout", "lora_target_modules", "lora_target_linear", "peft_use_rslora",
        "peft_use_dora", "lora_model_dir", "unfrozen_parameters", "precision", "bf16", "fp16", "gradient_checkpointing",
        "load_in_4bit", "load_in_8bit", "seed", "output_dir", "eval_steps", "evals_per_epoch", "eval_strategy",
        "save_steps", "saves_per_epoch", "save_strategy", "save_total_limit", "logging_steps",
        "early_stopping_patience", "load_best_model_at_end", "loss_watchdog_threshold", "loss_watchdog_patience",
        "use_tensorboard", "resume_from_checkpoint", "auto_resume_from_checkpoints",
    ]

    static let optimizers: [(String, TrainingRecipe.Optimizer)] =
        TrainingRecipe.Optimizer.allCases.map { ($0.rawValue, $0) } + [
            ("adamw_torch", .adamW), ("adamw_torch_fused", .adamW), ("adamw_hf", .adamW), ("adamw_apex_fused", .adamW),
            ("paged_adamw_32bit", .adamW), ("paged_adamw", .adamW), ("adamw_anyprecision", .adamW),
            ("optimi_adamw", .adamW), ("flash_adamw", .adamW),
            ("adamw_bnb_8bit", .adamW8Bit), ("paged_adamw_8bit", .adamW8Bit), ("adamw_torch_8bit", .adamW8Bit),
            ("ao_adamw_8bit", .adamW8Bit), ("adamw_torch_4bit", .adamW8Bit), ("ao_adamw_4bit", .adamW8Bit),
            ("lion_pytorch", .lion), ("lion_32bit", .lion), ("lion_8bit", .lion), ("paged_lion_32bit", .lion),
            ("paged_lion_8bit", .lion), ("flash_lion", .lion),
        ]

    static let schedules: [(String, TrainingRecipe.Schedule)] =
        TrainingRecipe.Schedule.allCases.map { ($0.rawValue, $0) } + [
            ("constant_with_warmup", .constant), ("cosine_with_min_lr", .cosine), ("wsd", .warmupStableDecay),
        ]

    /// Keys that ask for something that changes what is learned and is not here, with why; harmless when switched off.
    private static let refused: [(String, String)] = [
        ("rl", "preferences and reinforcement are not here yet; datasets of type preference can be read and shown"),
        ("reward_model", "reward models are not trained yet"),
        ("process_reward_model", "reward models are not trained yet"),
        ("trl", "preferences and reinforcement are not here yet"), ("ebft", "is a method that is not here"),
        ("relora", "restarts of adapters are not here yet"),
        ("lisa_n_layers", "training of changing layers is not here"),
        ("qat", "training for quantization is not here"), ("gptq", "name the quantized folder as base_model"),
        ("diffusion", "diffusion models are not here"),
        ("lora_modules_to_save", "whole modules beside adapters are not here"),
        ("lora_target_parameters", "adapters on single parameters are not here"),
        ("peft_layers_to_transform", "adapters on some layers are not here; write lora_target_modules as a pattern"),
        ("lora_rank_pattern", "ranks by module are not here"), ("lora_alpha_pattern", "alphas by module are not here"),
        ("loraplus_lr_ratio", "rates of their own for adapters' halves are not here"),
        ("peft", "settings of PEFT are not read"), ("use_pose", "training on skipped positions is not here"),
        ("tokens", "the vocabulary stays as it is"), ("added_tokens_overrides", "the vocabulary stays as it is"),
        ("overrides_of_model_config", "change the model's own config.json"),
        ("use_eaft", "this loss is not here"), ("num_labels", "classifiers are not trained yet"),
        ("embedding_lr", "rates of their own for embeddings are not here"),
        ("lr_groups", "groups of rates are not here"),
        ("jagged_restart_steps", "write lr_scheduler: cosine_with_restarts"),
        ("eta_min", "write cosine_min_lr_ratio: a share of learning_rate"),
        ("cosine_constant_lr_ratio", "write lr_scheduler: warmup_stable_decay"),
        ("curriculum_sampling", "write shuffle: false"), ("chat_template_kwargs", "put the values into the template"),
        ("peft_init_lora_weights", "adapters begin as PEFT's default: B is zero"),
    ]

    /// Keys for other machines' memory, kernels, processes and services; a word ending in `_` stands for all that begin so.
    private static let meaningless = [
        "accelerat", "activation_offloading", "attn_implementation", "axolotl_config", "base_model_config",
        "base_model_ignore", "batch_flattening", "bench_", "bnb_", "center_rewards", "chunked_cross", "comet_",
        "cls_model",
        "context_par", "cut_cross", "data_seed", "dataloader_", "dataset_exact", "dataset_keep", "dataset_num",
        "dataset_prepared", "dataset_processes", "dataset_shard", "ddp", "debug", "deepcompile", "deepspeed",
        "default_system_message", "device", "do_bench", "do_causal", "dp_", "dsv4_", "eager_", "eot_tokens",
        "eval_batch",
        "eval_causal", "eval_max", "eval_sample", "eval_sequence", "eval_table", "expert", "fix_untrained", "flash_",
        "flex_", "float32", "fp32_", "fp8", "freeze_mm", "fsdp", "full_finetune", "fused_", "gc_", "gemma4_",
        "generat", "gptq_", "gpu", "gradient_checkpointing_", "gradio_", "greater_is", "group_by_length", "heads_k",
        "hf_", "hub_", "include_", "is_", "large_head", "layer_offloading", "liger_", "llama4_", "llmcompressor",
        "load_best", "local_rank", "loftq", "lora_embedding_k", "lora_fan_in", "lora_mlp_k", "lora_o_k", "lora_on_cpu",
        "lora_qkv_k", "low_cpu", "max_memory", "max_packed", "mean_resizing", "merge_", "metric_for", "mlflow_",
        "model_config", "model_quant", "model_type", "multipack", "nvfp4_", "num_dataset", "num_generation", "optim_",
        "otel_", "pad_to", "plugins", "pretrain_multi", "pretraining_sample", "processor_", "profiler_", "project_name",
        "push_dataset", "qlora_", "quantiz", "ray_", "relora_", "remove_unused", "resize_token", "resources_",
        "revision",
        "ring_", "rope_scaling", "sage_", "sample_packing_", "save_first", "save_only", "save_safe", "scaling_soft",
        "sdp",
        "secrets", "selective_", "sequence_parallel", "skip_prepare", "streaming", "strict", "swanlab_", "tensor_par",
        "test_value", "tf32", "tiled_mlp", "tokenizer_", "torch", "total_", "trackio_", "trainer_cls", "trust_remote",
        "type_of_model", "unsloth_", "use_comet", "use_dsv4", "use_glm", "use_kernels", "use_mlflow", "use_onebit",
        "use_otel", "use_ray", "use_scatter", "use_sonic", "use_swanlab", "use_trackio", "use_wandb", "vllm", "wandb_",
        "world_size", "xformers_", "experimental_", "timeout", "volumes", "provider", "memory", "branch", "dockerfile",
        "node_count", "gpu_", "hf_use", "shrink_emb", "preprocess_it", "lr_quadratic", "context_parap",
        "noisy_embedding",
    ]

    /// Throws if the recipe asks for a method that is not here.
    static func refuse(in section: RecipeSection) throws(TrainingError) {
        for (key, reason) in refused where section.unread.contains(key) {
            guard section.has(key) else {
                section.pass(key)
                continue
            }
            if !section.isNested(key), let text = try section.text(key), ["false", "0", ""].contains(text.lowercased())
            {
                continue
            }
            throw section.error(key, "cannot be done", reason)
        }
    }

    /// Passes over keys without a meaning here; those that are set are named in one note.
    static func passMeaningless(in section: RecipeSection) -> [String] {
        var named: [String] = []
        for key in section.unread where meaningless.contains(where: { key.hasPrefix($0) }) {
            if section.has(key) { named.append(key) }
            section.pass(key)
        }
        return named.isEmpty ? [] : ["these keys have no meaning here: \(named.joined(separator: ", "))"]
    }
}
