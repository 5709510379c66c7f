// A plugin that is a page: files in ui/, and one function that answers what they ask.

import { denied, done, file, json, notFound, page, refuse } from "jackfield-sdk";

const HELLO = { fr: "Bonjour", de: "Guten Tag" };

export const web = page((request) => {
    const { user } = request;
    switch (request.route) {
        case "GET /greeting":
            return json({ text: `${HELLO[request.language] ?? "Hello"}, ${user.name}!`, admin: user.isAdmin });
        case "POST /sum": {
            const { terms } = request.json();
            if (!Array.isArray(terms) || !terms.every((term) => typeof term === "number")) refuse("terms are numbers");
            return json(terms.reduce((sum, term) => sum + term, 0));
        }
        case "GET /table.csv": {
            const rows = Array.from({ length: 12 }, (_, at) => `${at + 1},${(at + 1) ** 2}\r\n`);
            return file("text/csv; charset=utf-8", `n,square\r\n${rows.join("")}`);
        }
        case "GET /tone.wav":
            return file("audio/wav", toneWav());
        case "DELETE /everything":
            return user.isAdmin ? done() : denied("Only an admin may do this.");
        default:
            return notFound();
    }
});

// Half a second of 440 Hz as a WAV file: 8,000 samples a second, mono, 16 bits.
function toneWav() {
    const samples = 4_000;
    const view = new DataView(new ArrayBuffer(44 + 2 * samples));
    const word = (at, word) => [...word].forEach((letter, n) => view.setUint8(at + n, letter.charCodeAt(0)));
    word(0, "RIFF");
    view.setUint32(4, 36 + 2 * samples, true);
    word(8, "WAVEfmt ");
    view.setUint32(16, 16, true);
    view.setUint16(20, 1, true);
    view.setUint16(22, 1, true);
    view.setUint32(24, 8_000, true);
    view.setUint32(28, 16_000, true);
    view.setUint16(32, 2, true);
    view.setUint16(34, 16, true);
    word(36, "data");
    view.setUint32(40, 2 * samples, true);
    for (let n = 0; n < samples; n += 1) {
        view.setInt16(44 + 2 * n, Math.sin((n * 440 * 2 * Math.PI) / 8_000) * 8_000, true);
    }
    return new Uint8Array(view.buffer);
}
