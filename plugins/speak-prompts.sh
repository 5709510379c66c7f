#!/bin/sh
# Speaks a plugin's prompts/texts.tsv into prompts/<language>/<name>.wav, 8 kHz, mono, 16 bit: speak-prompts.sh PLUGIN.
# Needs espeak-ng and sox (Debian packages). The WAV files are committed, so this runs only after a change of texts.tsv. Real voices are better: record the same
# names, and replace the files.
set -eu
cd "$(dirname "$0")/${1:?name the folder of a plugin}/prompts"
for tool in espeak-ng sox; do
    command -v "$tool" >/dev/null || { echo "speak-prompts.sh: $tool is missing: apt-get install espeak-ng sox" >&2; exit 1; }
done
tab=$(printf '\t')

# speak LANGUAGE NAME TEXT
speak() {
    language=$1 name=$2 text=$3
    case $text in
        en:*|fr:*|de:*) voice=${text%%:*} text=${text#*: } ;;
        *) voice=$language ;;
    esac
    mkdir -p "$language"
    out=$language/$name.wav
    if [ "$text" = - ]; then
        sox -n -r 8000 -c 1 -b 16 "$out" trim 0 0.02
        return
    fi
    case $voice in
        en) voice=en-gb speed=150 ;;
        fr) voice=fr-fr speed=150 ;;
        de) voice=de speed=145 ;;
    esac
    # Low enough not to clip, silence cut at both ends, a breath left after the words.
    espeak-ng -v "$voice" -s "$speed" -p 42 -a 120 --stdout -- "$text" |
        sox -t wav - -r 8000 -c 1 -b 16 -D "$out" gain -4 highpass 120 silence 1 0.01 0.5% reverse silence 1 0.01 0.5% reverse pad 0 0.08 norm -6
}

grep -v '^#' texts.tsv | while IFS="$tab" read -r name english french german; do
    [ -n "$name" ] || continue
    speak en "$name" "$english"
    speak fr "$name" "$french"
    speak de "$name" "$german"
done
