// A voice menu without a voice: one beep asks, two beeps say “not that key”.

#include "jackfield.h"

// What does not succeed ends the script.
#define TRY(verb) \
    do { \
        jf_result result = (verb); \
        if (result != JF_OK) return result; \
    } while (0)

void jf_decide(const jf_request *request, jf_answer *answer) {
    (void)request;
    jf_run(answer, "menu");
    jf_because(answer, jf_copy("700 is the hello IVR"));
}

// Ring two, and be there when nobody answers.
static jf_result ring_pair(jf_call call, bool *talked) {
    jf_text pair[] = {jf_copy("ext:101"), jf_copy("ext:102")};
    jf_leg leg;
    jf_result dialled = jf_dial(call, pair, JF_COUNT(pair), 20000, &leg);
    if (jf_unreached(dialled)) {
        jf_prompt busy = jf_tone(JACKFIELD_CALL_CONTROL_TONE_BUSY, 2000);
        return jf_play(call, &busy, 1);
    }
    *talked = dialled == JF_OK;
    return dialled == JF_OK ? jf_bridge(call, leg) : dialled;
}

static jf_result menu(jf_call call) {
    jf_prompt beep = jf_tone(JACKFIELD_CALL_CONTROL_TONE_BEEP, 200);
    jf_prompt pause = jf_silence(400);
    jf_prompt not_that_key[] = {beep, jf_silence(100), beep};
    TRY(jf_answer_call(call));
    TRY(jf_play(call, &pause, 1));
    for (int question = 0; question < 3; question++) {
        char key[2];
        bool talked = false;
        TRY(jf_ask(call, &beep, 1, 1, 5000, key));
        switch (key[0]) {
        case '1':
            // Leave for good: the caller is routed on as if it had dialled this.
            return jf_transfer(call, jf_copy("ext:100"));
        case '2':
            TRY(ring_pair(call, &talked));
            if (talked) return JF_OK;
            break;
        default:
            TRY(jf_play(call, not_that_key, JF_COUNT(not_that_key)));
        }
    }
    return jf_hang_up(call, JACKFIELD_CALL_CONTROL_HANG_UP_CAUSE_NORMAL);
}

const jf_script jf_scripts[] = {{"menu", menu}, {NULL, NULL}};
