// Callers to 720 wait in a line and hear their place; whoever calls 721 at the counter is called by the first of them.
//
// The line is a state that the host holds: two counters that call 721 at once get two callers, and a caller who hangs up
// leaves the line, whatever the script was doing.

import { log, router, run, scripts, silence, spoken } from "jackfield-sdk";
import { ask, reducer } from "jackfield-sdk/reducer";
import { join, waitForWord } from "jackfield-sdk/waiting";

// The one line that there is.
const LINE = "line";

export const decide = router(({ callee }) =>
    run(callee.number === "721" ? "next" : "wait").because("720 is the waiting line, 721 the counter"),
);

export const reduce = reducer(
    // Calls, in their order.
    () => ({ waiting: [] }),
    (line, event, effects) => {
        // Everybody from there on has moved up.
        const tellPlaces = (from) =>
            line.waiting.slice(from).forEach((call, at) => effects.send(call, { place: from + at + 1 }));
        if (event.kind === "asked" && event.what?.wait && event.call) {
            effects.reply(line.waiting.push(event.call));
        } else if (event.kind === "asked" && event.what?.next) {
            effects.reply(line.waiting.length > 0);
            const first = line.waiting.shift();
            if (first) {
                effects.send(first, { turn: event.what.next });
                tellPlaces(0);
            }
        } else if (event.kind === "asked") {
            log.warn("a question that makes no sense");
        } else if (event.kind === "call-over") {
            const place = line.waiting.indexOf(event.call);
            if (place >= 0) {
                line.waiting.splice(place, 1);
                tellPlaces(place);
            }
        }
    },
);

export const handler = scripts({
    // Wait in the line.
    wait(call) {
        call.answer();
        const tell = (place) => call.say(silence(0.2), spoken.number(place));
        tell(join(call, LINE, { wait: true }));
        for (;;) {
            const { word } = waitForWord(call, { music: true });
            if (word?.place) tell(word.place);
            if (word?.turn) return call.dial(`ext:${word.turn}`, { music: true }).bridge();
        }
    },

    // Ask for the next one.
    next(call) {
        const { extension } = call.caller;
        if (!extension) return call.hangUp("rejected");
        const somebody = ask(LINE, { next: extension });
        call.answer().play(somebody ? "please-wait" : "goodbye");
        call.hangUp();
    },
});
