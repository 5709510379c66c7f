// Callers to 720 wait in a line and hear their place; whoever calls 721 at the counter is called by the first of them.
//
// The line is a state that the host holds, here the ids of calls, each with a line break after it. Two counters that call 721 at
// once get two callers, and a caller who hangs up leaves the line, whatever the script was doing.

#include "jackfield.h"

#include <stdlib.h>
#include <string.h>

#define TRY(verb) \
    do { \
        jf_result result = (verb); \
        if (result != JF_OK) return result; \
    } while (0)

// The one line that there is.
static const char LINE[] = "line";

void jf_decide(const jf_request *request, jf_answer *answer) {
    jf_run(answer, jf_is(request->callee.number, "721") ? "next" : "wait");
    jf_because(answer, jf_copy("720 is the waiting line, 721 the counter"));
}

// The first call of a line, without its break; what follows is left in `rest`.
static jf_text first_of(jf_text line, jf_text *rest) {
    const uint8_t *end = line.len ? memchr(line.ptr, '\n', line.len) : NULL;
    size_t length = end ? (size_t)(end - line.ptr) : 0;
    *rest = end ? (jf_text){line.ptr + length + 1, line.len - length - 1} : (jf_text){NULL, 0};
    return (jf_text){line.ptr, length};
}

// Everybody from there on has moved up.
static void tell_places(jf_text line, int from, jf_effects *effects) {
    for (int place = 1; line.len; place++) {
        jf_text call = first_of(line, &line);
        if (place >= from) jf_send(effects, call, jf_format("place %d", place));
    }
}

static int length_of(jf_text line) {
    int count = 0;
    for (; line.len; count++) first_of(line, &line);
    return count;
}

static void leave(jf_text line, jf_text who, jf_effects *effects) {
    jf_text before = {NULL, 0}, rest = line;
    for (int place = 1; rest.len; place++) {
        jf_text call = first_of(rest, &rest);
        if (call.len == who.len && jf_begins(call, who)) {
            jf_text changed = jf_format("%.*s%.*s", JF_ARG(before), JF_ARG(rest));
            jf_hold(effects, changed);
            tell_places(changed, place, effects);
            return;
        }
        before = (jf_text){line.ptr, line.len - rest.len};
    }
}

void jf_reduce(jf_text key, jf_text line, const jf_input *input, jf_effects *effects) {
    (void)key;
    if (input->event.tag == EXPORTS_JACKFIELD_REDUCER_REDUCE_EVENT_CALL_OVER) {
        leave(line, input->event.val.call_over, effects);
        return;
    }
    if (input->event.tag != EXPORTS_JACKFIELD_REDUCER_REDUCE_EVENT_ASKED) return;
    jf_text what = {input->event.val.asked.f1.ptr, input->event.val.asked.f1.len};
    plugin_option_string_t call = input->event.val.asked.f0;
    jf_text next = {(uint8_t *)"next ", 5};
    if (jf_is(what, "wait") && call.is_some) {
        jf_text longer = jf_format("%.*s%.*s\n", JF_ARG(line), JF_ARG(call.val));
        jf_hold(effects, longer);
        jf_reply_to_asker(effects, jf_format("%d", length_of(longer)));
    } else if (jf_begins(what, next)) {
        jf_text rest, first = first_of(line, &rest);
        jf_reply_to_asker(effects, jf_copy(first.len ? "yes" : "no"));
        if (!first.len) return;
        jf_send(effects, first, jf_format("turn %.*s", (int)(what.len - next.len), (const char *)what.ptr + next.len));
        jf_text shorter = jf_format("%.*s", JF_ARG(rest));
        jf_hold(effects, shorter);
        tell_places(shorter, 1, effects);
    } else {
        jf_log(JF_WARN, "a question that makes no sense");
    }
}

static jf_result tell(jf_call call, jf_text place) {
    char digits[12] = "";
    memcpy(digits, place.ptr, place.len < sizeof digits ? place.len : sizeof digits - 1);
    jf_spoken what[] = {jf_spoken_prompt(jf_silence(200)), jf_spoken_number(atoi(digits))};
    return jf_say(call, what, JF_COUNT(what));
}

// Wait in the line.
static jf_result wait(jf_call call) {
    static const size_t AFTER_WORD = 6;
    jf_text place, word;
    TRY(jf_answer_call(call));
    TRY(jf_join(call, LINE, jf_copy("wait"), &place));
    TRY(tell(call, place));
    for (;;) {
        TRY(jf_wait_for_word(call, true, 3600000, &word));
        if (word.len < AFTER_WORD) continue;
        if (word.ptr[0] == 'p') {
            TRY(tell(call, (jf_text){word.ptr + AFTER_WORD, word.len - AFTER_WORD}));
            continue;
        }
        // “turn ” is a letter shorter than “place ”.
        jf_text target = jf_format("ext:%.*s", (int)(word.len - AFTER_WORD + 1), (const char *)word.ptr + AFTER_WORD - 1);
        jf_leg leg;
        TRY(jf_dial(call, &target, 1, 30000, &leg));
        return jf_bridge(call, leg);
    }
}

// Ask for the next one.
static jf_result next(jf_call call) {
    jackfield_call_control_party_t caller;
    jackfield_call_control_method_call_caller(call, &caller);
    if (!caller.extension.is_some) return jf_hang_up(call, JACKFIELD_CALL_CONTROL_HANG_UP_CAUSE_REJECTED);
    jf_text somebody;
    TRY(jf_ask_state(LINE, jf_format("next %.*s", JF_ARG(caller.extension.val)), &somebody));
    TRY(jf_answer_call(call));
    jf_prompt prompt = jf_file(jf_is(somebody, "yes") ? "please-wait" : "goodbye");
    TRY(jf_play(call, &prompt, 1));
    return jf_hang_up(call, JACKFIELD_CALL_CONTROL_HANG_UP_CAUSE_NORMAL);
}

const jf_script jf_scripts[] = {{"wait", wait}, {"next", next}, {NULL, NULL}};
