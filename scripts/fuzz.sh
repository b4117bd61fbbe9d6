#!/bin/sh
# Fuzzes every reader in Fuzzing/ with libFuzzer and the address sanitizer, for a bounded time each.
#
#   scripts/fuzz.sh [-t seconds] [NAME ...]      20 seconds and every file in Fuzzing/ unless told otherwise
#
# To add one: write Fuzzing/Name.swift with LLVMFuzzerTestOneInput, import what it needs from Sources/, and name its
# first inputs in a "// Seeds:" line, or those that a JSON file has in base64 under "data" in a "// Seeds in data:" line.
# What is found is kept in .build-fuzz/found; turn it into a test case.
set -eu
cd "$(dirname "$0")/.."

# Swift's own crash reporter would hide the sanitizer's report.
export SWIFT_BACKTRACE=enable=no
seconds=20
while getopts t: option; do
    case $option in
        t) seconds=$OPTARG ;;
        *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
if [ $# -eq 0 ]; then set -- $(basename -s .swift Fuzzing/*.swift); fi
targets=
for name; do
    for module in $(sed -n 's/^\(@testable \)\{0,1\}import //p' "Fuzzing/$name.swift"); do
        if ls -d Sources/*/"$module" >/dev/null 2>&1; then targets="$targets $module"; fi
    done
done
targets=$(printf '%s\n' $targets | sort -u)

linker=
# The default linker on Linux warns about every symbol of the sanitizer.
if [ "$(uname)" = Linux ]; then linker=-use-ld=lld; fi
scratch=.build-fuzz
products=$scratch/release
mkdir -p $scratch/found
for target in $targets; do
    ASAN_OPTIONS=detect_leaks=0 swift build -c release --scratch-path $scratch --target "$target" \
        -Xswiftc -enable-testing -Xswiftc -sanitize=address \
        -Xswiftc -sanitize-coverage=edge,indirect-calls,trace-cmp,inline-8bit-counters,pc-table
done
# Some names of object files have spaces. The package's plugins are built too: they bring a second copy of their
# own modules.
find $products/ -name '*.o' -not -path '*ArgumentParser*' -not -path '*-tool.build/*' | sed 's/.*/"&"/' > $scratch/arguments
# Those of the two packages that starting processes stands on lie with their sources.
find $products/ Sources $scratch/checkouts/swift-system $scratch/checkouts/swift-subprocess -name module.modulemap -not -path '*ArgumentParser*' -not -path '*-tool.build/*' | sed 's/.*/-Xcc "-fmodule-map-file=&"/' >> $scratch/arguments
# Declarations of the package are for those who give its name, which SwiftPM takes from the folder's.
package=$(sed -n '/"-module-name","JSONValues"/s/.*"-package-name","\([^"]*\)".*/\1/p' $scratch/release.yaml | head -1)
for name; do
    source=Fuzzing/$name.swift
    swiftc -O -parse-as-library -sanitize=fuzzer,address -package-name "${package:?}" -I $products/Modules "$source" \
        @$scratch/arguments $linker -o "$scratch/fuzz-$name"
    corpus=$scratch/corpus/$name
    mkdir -p "$corpus"
    for seed in $(sed -n 's/^\/\/ Seeds: //p' "$source"); do
        cp "$seed" "$corpus/$(echo "$seed" | tr / -)"
    done
    for seed in $(sed -n 's/^\/\/ Seeds in data: //p' "$source"); do
        sed 's/.*"data":"\([^"]*\)".*/\1/' "$seed" | base64 -d > "$corpus/$(echo "$seed" | tr / -)"
    done
    echo "$name: $seconds seconds"
    # Pointers of enums have marks in bits that are free, by which the leak checker does not know them.
    ASAN_OPTIONS=detect_leaks=0 "$scratch/fuzz-$name" -detect_leaks=0 -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
        -print_final_stats=1 -artifact_prefix="$scratch/found/$name-" "$corpus" 2> "$scratch/$name.log" || {
        tail -n 60 "$scratch/$name.log"
        exit 1
    }
    grep -E 'cov:.*DONE|DONE.*cov:|stat::(number_of|average_exec)' "$scratch/$name.log" || true
done
