// A voice menu without a voice: one beep asks, two beeps say “not that key”.

import { router, run, scripts, silence, tone } from "jackfield-sdk";

export const decide = router(() => run("menu").because("700 is the hello IVR"));

const beep = tone("beep", 0.2);

export const handler = scripts({
    menu(call) {
        call.answer().play(silence(0.4));
        for (let question = 0; question < 3; question += 1) {
            switch (call.ask(beep, { max: 1, within: 5 })) {
                // Leave for good: the caller is routed on as if it had dialled this.
                case "1":
                    return call.transfer("ext:100");
                // Stay: ring somebody, and be there when nobody answers.
                case "2":
                    try {
                        return call.dial(["ext:101", "ext:102"], { forAtMost: 20 }).bridge();
                    } catch (error) {
                        if (!error.isUnreached) throw error;
                        call.play(tone("busy", 2));
                    }
                    break;
                default:
                    call.play(beep, silence(0.1), beep);
            }
        }
        call.hangUp();
    },
});
