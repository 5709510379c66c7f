// What plugins in JavaScript are made with: `router`, `scripts`, `page` wrap an author's functions into what the host calls.
//
// A plugin exports them by the names of the contract:
//
//     export const decide = router((request) => ring("ext:100"));
//     export const handler = scripts({ menu(call) { call.answer(); } });
//     export const web = page((request) => json({ hello: request.user.name }));
//
// Capabilities beyond these are imported by their interfaces, `import kv from "jackfield:services/kv@0.1.0"`, with the types of
// contract.d.ts. A component has those that its plugin.toml names.

import clockOfHost from "jackfield:services/clock@0.1.0";
import logOfHost from "jackfield:services/log@0.1.0";
import settingsOfHost from "jackfield:services/settings@0.1.0";

export * from "./decision.js";
export * from "./call.js";
export * from "./web.js";

/** The plugin's settings, defaults filled in. */
export const settings = () => JSON.parse(settingsOfHost.read());

const write = (level) => (...words) => logOfHost.write(level, words.map(String).join(" "));

/** The plugin's log, which administrators see. */
export const log = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };

/** Time as the host has it, which is virtual in tests. `new Date()` and `Date.now()` ask it too. */
export const clock = {
    now: () => clockOfHost.now(),
    local: (zone, at = clockOfHost.now()) => clockOfHost.local(zone, at),
};

// The engine has no clock of its own in a plugin.
const PlainDate = Date;
globalThis.Date = class Date extends PlainDate {
    constructor(...when) {
        super(...(when.length > 0 ? when : [clockOfHost.now()]));
    }
    static now() {
        return clockOfHost.now();
    }
};
