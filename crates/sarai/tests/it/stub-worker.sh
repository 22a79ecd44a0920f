#!/bin/sh
# Stands in for the model worker where a test only asks it what it is.
case "$1" in
--version) echo "sarai-llama ${STUB_VERSION:-0.1.0}" ;;
build-info) echo "llama.cpp stub | CPU : ${STUB_FEATURES:-AVX2 = 1 | FMA = 1 | AVX512 = 1 | AVX512_VNNI = 1 | NEON = 1 | DOTPROD = 1 | MATMUL_INT8 = 1} |" ;;
*) exit 1 ;;
esac
