// Sound in rows: one at a time, below what it belongs to.

let current;

/** Plays what the plugin has at `path`, in an audio element at the end of `row`. */
export async function play(bridge, row, path, name) {
  stop();
  const audio = document.createElement("audio");
  audio.controls = true;
  audio.setAttribute("aria-label", name);
  const playing = { audio, row };
  current = playing;
  const url = await bridge.audio(path);
  // Something else has been pressed meanwhile, or the row has gone.
  if (current !== playing || !row.isConnected) {
    URL.revokeObjectURL(url);
    return;
  }
  playing.url = url;
  audio.src = url;
  row.append(audio);
  await audio.play();
}

/** Stops what plays, if it is in this row; without a row, whatever plays. */
export function stop(row) {
  if (!current || (row && current.row !== row)) return;
  current.audio.pause();
  current.audio.remove();
  if (current.url) URL.revokeObjectURL(current.url);
  current = undefined;
}
