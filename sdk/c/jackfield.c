#include "jackfield.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *grown(void *memory, size_t size) {
    memory = realloc(memory, size);
    if (!memory) __builtin_trap();
    return memory;
}

// --- Texts ---

jf_text jf_copy(const char *words) {
    jf_text text;
    plugin_string_dup(&text, words);
    return text;
}

static jf_text formatted(const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    if (length < 0) __builtin_trap();
    char *words = grown(NULL, (size_t)length + 1);
    vsnprintf(words, (size_t)length + 1, format, again);
    va_end(again);
    return (jf_text){(uint8_t *)words, (size_t)length};
}

jf_text jf_format(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    jf_text text = formatted(format, arguments);
    va_end(arguments);
    return text;
}

bool jf_is(jf_text text, const char *words) {
    return text.len == strlen(words) && memcmp(text.ptr, words, text.len) == 0;
}

bool jf_begins(jf_text text, jf_text beginning) {
    return text.len >= beginning.len && memcmp(text.ptr, beginning.ptr, beginning.len) == 0;
}

// --- The plugin itself ---

const jf_json *jf_settings(void) {
    static const jf_json *settings;
    if (!settings) {
        jf_text text;
        jackfield_services_settings_read(&text);
        settings = jf_json_read(text);
    }
    return settings;
}

void jf_log(jf_level level, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    jf_text text = formatted(format, arguments);
    va_end(arguments);
    jackfield_services_log_write((jackfield_services_log_level_t)level, &text);
    free(text.ptr);
}

uint64_t jf_now(void) { return jackfield_services_clock_now(); }

// --- Deciding where a call goes ---

#ifdef EXPORTS_JACKFIELD_ROUTING_DECIDE_DECISION_PASS

void jf_ring(jf_answer *answer, const jf_text *targets, size_t count, uint32_t seconds) {
    exports_jackfield_routing_decide_leg_t *legs = grown(NULL, count * sizeof *legs);
    for (size_t at = 0; at < count; at++) {
        legs[at] = (exports_jackfield_routing_decide_leg_t){
            .to = targets[at],
            .ring = seconds * 1000,
            .style = EXPORTS_JACKFIELD_ROUTING_DECIDE_RING_STYLE_USUAL,
        };
    }
    exports_jackfield_routing_decide_list_list_leg_t *groups = &answer->decision.val.ring;
    if (answer->decision.tag != EXPORTS_JACKFIELD_ROUTING_DECIDE_DECISION_RING) {
        answer->decision.tag = EXPORTS_JACKFIELD_ROUTING_DECIDE_DECISION_RING;
        *groups = (exports_jackfield_routing_decide_list_list_leg_t){NULL, 0};
    }
    groups->ptr = grown(groups->ptr, (groups->len + 1) * sizeof *groups->ptr);
    groups->ptr[groups->len++] = (exports_jackfield_routing_decide_list_leg_t){legs, count};
}

void jf_run(jf_answer *answer, const char *entry) {
    answer->decision.tag = EXPORTS_JACKFIELD_ROUTING_DECIDE_DECISION_RUN;
    answer->decision.val.run = (exports_jackfield_routing_decide_script_t){.plugin = jf_copy(""), .entry = jf_copy(entry)};
}

void jf_redirect(jf_answer *answer, jf_text to) {
    answer->decision.tag = EXPORTS_JACKFIELD_ROUTING_DECIDE_DECISION_REDIRECT;
    answer->decision.val.redirect = to;
}

void jf_reject(jf_answer *answer, uint16_t status) {
    answer->decision.tag = EXPORTS_JACKFIELD_ROUTING_DECIDE_DECISION_REJECT;
    answer->decision.val.reject = status;
}

void jf_set(jf_answer *answer, const char *name, jf_text value) {
    plugin_list_tuple2_string_string_t *vars = &answer->set_vars;
    vars->ptr = grown(vars->ptr, (vars->len + 1) * sizeof *vars->ptr);
    vars->ptr[vars->len++] = (plugin_tuple2_string_string_t){jf_copy(name), value};
}

void jf_because(jf_answer *answer, jf_text why) {
    answer->explain.is_some = true;
    answer->explain.val = why;
}

bool exports_jackfield_routing_decide_decide(jf_request *request, jf_answer *answer, plugin_string_t *error) {
    (void)error;
    memset(answer, 0, sizeof *answer);
    jf_decide(request, answer);
    return true;
}

#endif

// --- Talking to a caller ---

#ifdef JACKFIELD_CALL_CONTROL_TONE_BEEP

// What is passed to the host for the time of a call.
static plugin_string_t lent(const char *words) {
    plugin_string_t text;
    plugin_string_set(&text, words);
    return text;
}

static jf_text why;

jf_text jf_why(void) { return why; }

static jf_result failed(jackfield_call_control_error_t *error) {
    switch (error->tag) {
    case JACKFIELD_TYPES_TYPES_ERROR_GONE:
        why = lent("the caller has hung up");
        return JF_GONE;
    case JACKFIELD_TYPES_TYPES_ERROR_INVALID:
        why = error->val.invalid;
        return JF_INVALID;
    case JACKFIELD_TYPES_TYPES_ERROR_DENIED:
        why = error->val.denied;
        return JF_DENIED;
    case JACKFIELD_TYPES_TYPES_ERROR_FAILED:
        why = error->val.failed;
        return JF_FAILED;
    default:
        why = error->val.other.f1;
        return JF_FAILED;
    }
}

static jf_result not_reached(jackfield_call_control_dial_failure_t *error) {
    switch (error->tag) {
    case JACKFIELD_CALL_CONTROL_DIAL_FAILURE_BUSY:
        why = lent("busy");
        return JF_BUSY;
    case JACKFIELD_CALL_CONTROL_DIAL_FAILURE_NO_ANSWER:
        why = lent("no answer");
        return JF_NO_ANSWER;
    case JACKFIELD_CALL_CONTROL_DIAL_FAILURE_REJECTED:
        why = lent("rejected");
        return JF_REJECTED;
    case JACKFIELD_CALL_CONTROL_DIAL_FAILURE_UNAVAILABLE:
        why = lent("unavailable");
        return JF_UNAVAILABLE;
    case JACKFIELD_CALL_CONTROL_DIAL_FAILURE_GONE:
        why = lent("the caller has hung up");
        return JF_GONE;
    case JACKFIELD_CALL_CONTROL_DIAL_FAILURE_FAILED:
        why = error->val.failed;
        return JF_FAILED;
    default:
        why = error->val.other.f1;
        return JF_FAILED;
    }
}

jf_prompt jf_file(const char *name) {
    return (jf_prompt){.tag = JACKFIELD_CALL_CONTROL_PROMPT_FILE, .val.file = lent(name)};
}

jf_prompt jf_tone(jackfield_call_control_tone_t tone, uint32_t ms) {
    return (jf_prompt){.tag = JACKFIELD_CALL_CONTROL_PROMPT_TONE, .val.tone = {tone, ms}};
}

jf_prompt jf_silence(uint32_t ms) {
    return (jf_prompt){.tag = JACKFIELD_CALL_CONTROL_PROMPT_SILENCE, .val.silence = ms};
}

static jackfield_call_control_list_prompt_t listed(const jf_prompt *prompts, size_t count) {
    return (jackfield_call_control_list_prompt_t){(jf_prompt *)prompts, count};
}

jf_result jf_answer_call(jf_call call) {
    jackfield_call_control_error_t error;
    return jackfield_call_control_method_call_answer(call, &error) ? JF_OK : failed(&error);
}

jf_result jf_play(jf_call call, const jf_prompt *prompts, size_t count) {
    jackfield_call_control_list_prompt_t list = listed(prompts, count);
    jackfield_call_control_error_t error;
    return jackfield_call_control_method_call_play(call, &list, &error) ? JF_OK : failed(&error);
}

jf_result jf_ask(jf_call call, const jf_prompt *prompts, size_t count, uint8_t max, uint32_t within_ms, char *digits) {
    jackfield_call_control_list_prompt_t list = listed(prompts, count);
    jackfield_call_control_collect_options_t options = {
        .max = max,
        .terminators = lent(""),
        .first_timeout = within_ms,
        .inter_timeout = 3000,
        .barge_in = true,
    };
    jackfield_call_control_collected_t collected;
    jackfield_call_control_error_t error;
    digits[0] = 0;
    if (!jackfield_call_control_method_call_collect(call, &list, &options, &collected, &error)) return failed(&error);
    size_t length = collected.digits.len < max ? collected.digits.len : max;
    memcpy(digits, collected.digits.ptr, length);
    digits[length] = 0;
    jackfield_call_control_collected_free(&collected);
    return JF_OK;
}

jf_result jf_dial(jf_call call, const jf_text *targets, size_t count, uint32_t ms, jf_leg *leg) {
    plugin_list_string_t list = {(plugin_string_t *)targets, count};
    jackfield_call_control_dial_options_t options = {.timeout = ms};
    jackfield_call_control_dial_failure_t error;
    return jackfield_call_control_method_call_dial(call, &list, &options, leg, &error) ? JF_OK : not_reached(&error);
}

jf_result jf_bridge(jf_call call, jf_leg leg) {
    jackfield_call_control_error_t error;
    return jackfield_call_control_method_call_bridge(call, leg, &error) ? JF_OK : failed(&error);
}

jf_result jf_transfer(jf_call call, jf_text to) {
    jackfield_call_control_dial_failure_t error;
    return jackfield_call_control_method_call_transfer(call, &to, &error) ? JF_OK : not_reached(&error);
}

jf_result jf_hang_up(jf_call call, jackfield_call_control_hang_up_cause_t cause) {
    jackfield_call_control_error_t error;
    return jackfield_call_control_method_call_hang_up(call, cause, &error) ? JF_OK : failed(&error);
}

static void said(jackfield_types_types_error_t *error, uint8_t tag, jf_text text) {
    error->tag = tag;
    // What is returned is freed, so it is a copy.
    error->val.failed = jf_format("%.*s", JF_ARG(text));
}

bool exports_jackfield_script_handler_handle(
    plugin_string_t *entry,
    exports_jackfield_script_handler_own_call_t call,
    plugin_list_tuple2_string_string_t *args,
    exports_jackfield_script_handler_error_t *error) {
    (void)args;
    for (const jf_script *script = jf_scripts; script->entry; script++) {
        if (!jf_is(*entry, script->entry)) continue;
        jf_result result = script->script(jackfield_call_control_borrow_call(call));
        jackfield_call_control_call_drop_own(call);
        switch (result) {
        case JF_OK:
            return true;
        case JF_GONE:
            error->tag = JACKFIELD_TYPES_TYPES_ERROR_GONE;
            return false;
        case JF_INVALID:
            said(error, JACKFIELD_TYPES_TYPES_ERROR_INVALID, why);
            return false;
        case JF_DENIED:
            said(error, JACKFIELD_TYPES_TYPES_ERROR_DENIED, why);
            return false;
        default:
            said(error, JACKFIELD_TYPES_TYPES_ERROR_FAILED, why);
            return false;
        }
    }
    said(error, JACKFIELD_TYPES_TYPES_ERROR_INVALID, jf_format("there is no script “%.*s”", JF_ARG(*entry)));
    return false;
}

#endif

// --- Answering the plugin's own pages ---

#ifdef EXPORTS_JACKFIELD_HOOKS_WEB_BODY_BYTES

bool jf_asks(const jf_page_request *request, const char *method, const char *path) {
    return jf_is(request->method, method) && jf_is(request->path, path);
}

bool jf_by_admin(const jf_page_request *request) {
    for (size_t at = 0; at < request->user.roles.len; at++) {
        if (jf_is(request->user.roles.ptr[at], "admin")) return true;
    }
    return false;
}

void jf_reply(jf_page_response *response, uint16_t status, const char *media_type, jf_text body) {
    memset(response, 0, sizeof *response);
    response->status = status;
    if (media_type) {
        response->headers.ptr = grown(NULL, sizeof *response->headers.ptr);
        response->headers.ptr[0] = (plugin_tuple2_string_string_t){jf_copy("content-type"), jf_copy(media_type)};
        response->headers.len = 1;
    }
    response->body.tag = EXPORTS_JACKFIELD_HOOKS_WEB_BODY_BYTES;
    response->body.val.bytes.ptr = body.ptr;
    response->body.val.bytes.len = body.len;
}

bool exports_jackfield_hooks_web_handle(jf_page_request *request, jf_page_response *response, plugin_string_t *error) {
    (void)error;
    jf_reply(response, 404, "text/plain; charset=utf-8", jf_copy("There is nothing here."));
    jf_page(request, response);
    return true;
}

#endif
