#!/bin/sh
# Makes .venv-bench with llama.cpp built for this CPU, which compare.py compares Swiftlet with. Needs a C++ compiler.
set -eu
cd "$(dirname "$0")/.."

if .venv-bench/bin/python -c 'import llama_cpp' 2>/dev/null; then
    echo ".venv-bench is ready"
    exit 0
fi
command -v c++ >/dev/null || { echo "error: no C++ compiler; on Debian: apt-get install g++" >&2; exit 1; }
python3 -m venv .venv-bench || { echo "error: python3 cannot make .venv-bench; on Debian: apt-get install python3-venv" >&2; exit 1; }
# The build takes some minutes. numpy is needed by the measurement, the first three by the build.
.venv-bench/bin/python -m pip install --quiet 'scikit-build-core[pyproject]' cmake ninja numpy
CMAKE_ARGS="-DGGML_NATIVE=ON" PATH="$PWD/.venv-bench/bin:$PATH" .venv-bench/bin/python -m pip install \
    --no-build-isolation --no-binary llama-cpp-python llama-cpp-python==0.3.36
.venv-bench/bin/python -c 'import llama_cpp'
echo ".venv-bench is ready"
