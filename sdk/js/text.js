// UTF-8, which an engine in a component has no TextEncoder for.

/** The bytes of a text. */
export function encode(text) {
    const escaped = encodeURIComponent(text.toWellFormed());
    const bytes = [];
    for (let at = 0; at < escaped.length; at += 1) {
        if (escaped[at] === "%") {
            bytes.push(Number.parseInt(escaped.slice(at + 1, at + 3), 16));
            at += 2;
        } else {
            bytes.push(escaped.charCodeAt(at));
        }
    }
    return new Uint8Array(bytes);
}

/** The text of bytes. Throws a URIError when they are none. */
export function decode(bytes) {
    let escaped = "";
    for (const byte of bytes) escaped += `%${byte.toString(16).padStart(2, "0")}`;
    return decodeURIComponent(escaped);
}
