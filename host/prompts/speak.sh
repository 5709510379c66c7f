#!/bin/sh
# Speaks texts.tsv into sounds/<language>/<name>.ul: µ-law, 8,000 octets a second, as loud as all other prompts.
# Needs espeak-ng and sox (Debian packages). The files are committed, so this runs only after a change of texts.tsv. Real
# voices are better: upload them on the web page under the same names.
set -eu
cd "$(dirname "$0")"
for tool in espeak-ng sox; do
    command -v "$tool" >/dev/null || { echo "speak.sh: $tool is missing: apt-get install espeak-ng sox" >&2; exit 1; }
done
tab=$(printf '\t')

# speak LANGUAGE VOICE SPEED NAME TEXT
speak() {
    mkdir -p "sounds/$1"
    # Silence cut at both ends, a breath left after the words: pieces follow one another without a gap.
    espeak-ng -v "$2" -s "$3" -p 42 -a 120 --stdout -- "$5" |
        sox -V1 -t wav - -r 8000 -c 1 -e u-law -D -t raw "sounds/$1/$4.ul" \
            gain -4 highpass 120 silence 1 0.01 0.5% reverse silence 1 0.01 0.5% reverse pad 0 0.05 norm -4 </dev/stdin
}

grep -v '^#' texts.tsv | while IFS="$tab" read -r name english french german; do
    speak en en-gb 150 "$name" "$english"
    speak fr fr-fr 150 "$name" "$french"
    speak de de 145 "$name" "$german"
done
