// Sends callers to whom they will understand, by the country they call from.

#include "jackfield.h"

void jf_decide(const jf_request *request, jf_answer *answer) {
    const jf_json *rules = jf_json_get(jf_settings(), "rules"), *longest = NULL;
    jf_text prefix = {NULL, 0};
    for (const jf_json *rule = rules ? rules->first : NULL; rule; rule = rule->next) {
        jf_text own = jf_json_text(jf_json_get(rule, "prefix"));
        if (jf_begins(request->caller.number, own) && own.len > prefix.len) {
            longest = rule;
            prefix = own;
        }
    }
    if (!longest) return;
    jf_text to = jf_json_text(jf_json_get(longest, "to"));
    jf_text language = jf_json_text(jf_json_get(longest, "language"));
    jf_text targets[] = {jf_format("ext:%.*s", JF_ARG(to))};
    jf_ring(answer, targets, JF_COUNT(targets), 20);
    jf_because(answer, jf_format("callers from %.*s go to %.*s", JF_ARG(prefix), JF_ARG(to)));
    // Scripts that come later in this call speak the caller's language.
    if (language.len) jf_set(answer, "language", language);
}
