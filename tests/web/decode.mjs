// A file of sound as a browser hears it: node decode.mjs FILE HERTZ… tells how long it lasts and, for each track, the amplitude of
// each of these tones in its middle, as a line of JSON. Used by tests/interop/recording.rs.
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const [file, ...tones] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
const page = await browser.newPage();
const heard = await page.evaluate(
  async ({ octets, tones }) => {
    const bytes = Uint8Array.from(atob(octets), (one) => one.charCodeAt(0));
    const context = new OfflineAudioContext(2, 1, 48_000);
    const sound = await context.decodeAudioData(bytes.buffer);
    const tracks = Array.from({ length: sound.numberOfChannels }, (_, at) => {
      const all = sound.getChannelData(at);
      const middle = all.subarray(all.length / 4, (all.length * 3) / 4);
      return tones.map((hertz) => {
        const step = (2 * Math.PI * hertz) / 48_000;
        let [real, imaginary] = [0, 0];
        middle.forEach((sample, place) => {
          real += sample * Math.cos(step * place);
          imaginary += sample * Math.sin(step * place);
        });
        return (2 * Math.hypot(real, imaginary)) / middle.length;
      });
    });
    return { milliseconds: Math.round(sound.duration * 1_000), tracks };
  },
  { octets: readFileSync(file).toString("base64"), tones: tones.map(Number) },
);
console.log(JSON.stringify(heard));
await browser.close();
