// What plugins in C are made with, above the bindings that jackfield-plugin makes of the plugin's world (dist/bindings/plugin.h).
//
// A plugin defines a function for each thing that the host asks of it: jf_decide, jf_scripts, jf_page. What it says in plugin.toml
// decides which of them there are. A decision and an answer of a page live in an instance of their own, which is thrown away with all
// its memory: nothing is freed here. A script lives as long as its call.
//
// Everything else of the contract is called by the functions of plugin.h.

#ifndef JACKFIELD_H
#define JACKFIELD_H

#include "plugin.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JF_COUNT(array) (sizeof(array) / sizeof(array)[0])

// --- Texts: UTF-8 with a length, without a 0 at the end ---

typedef plugin_string_t jf_text;

// A copy of a C string.
jf_text jf_copy(const char *words);
// What printf would say.
jf_text jf_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool jf_is(jf_text text, const char *words);
bool jf_begins(jf_text text, jf_text beginning);
// For "%.*s" of printf.
#define JF_ARG(text) (int)(text).len, (const char *)(text).ptr

// --- JSON ---

typedef enum { JF_NULL, JF_FALSE, JF_TRUE, JF_NUMBER, JF_STRING, JF_LIST, JF_OBJECT } jf_kind;

// A value; the members of a list or an object hang on it in their order.
typedef struct jf_json {
    jf_kind kind;
    jf_text name; // in an object
    jf_text text; // of a string
    double number;
    struct jf_json *first, *next;
} jf_json;

// Read a text; NULL when it is no JSON, or has more than 64 levels.
const jf_json *jf_json_read(jf_text text);
// A member of an object; NULL when there is none, or this is none.
const jf_json *jf_json_get(const jf_json *object, const char *name);
// A string's text; empty when this is none.
jf_text jf_json_text(const jf_json *value);
// A text as JSON writes it, with quotes.
jf_text jf_json_quoted(jf_text text);

// --- The plugin itself ---

// Its settings, defaults filled in: an object.
const jf_json *jf_settings(void);
typedef enum { JF_DEBUG, JF_INFO, JF_WARN, JF_ERROR } jf_level;
// Write to its log, which administrators see.
void jf_log(jf_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Milliseconds since 1970 as the host has it, which is virtual in tests; time() asks it too.
uint64_t jf_now(void);

// --- Deciding where a call goes ---

#ifdef EXPORTS_JACKFIELD_ROUTING_DECIDE_DECISION_PASS

typedef exports_jackfield_routing_decide_request_t jf_request;
typedef exports_jackfield_routing_decide_answer_t jf_answer;

// The plugin's: decide by one of the functions below. Nothing said is no opinion.
void jf_decide(const jf_request *request, jf_answer *answer);

// Ring these in parallel for so many seconds: "ext:100", a number, a SIP URI. Once more: when nobody of those before answered.
void jf_ring(jf_answer *answer, const jf_text *targets, size_t count, uint32_t seconds);
// Give the caller to a script of this plugin.
void jf_run(jf_answer *answer, const char *entry);
// Route again with this callee.
void jf_redirect(jf_answer *answer, jf_text to);
// Refuse with a SIP status.
void jf_reject(jf_answer *answer, uint16_t status);
// Set a variable of the call.
void jf_set(jf_answer *answer, const char *name, jf_text value);
// Why, in one sentence for the administrator.
void jf_because(jf_answer *answer, jf_text why);

#endif

// --- Talking to a caller ---

#ifdef JACKFIELD_CALL_CONTROL_TONE_BEEP

typedef jackfield_call_control_borrow_call_t jf_call;
typedef jackfield_call_control_own_call_t jf_leg;
typedef jackfield_call_control_prompt_t jf_prompt;

// Why a verb did not do what it says.
typedef enum {
    JF_OK,
    JF_GONE, // the caller has hung up: return, and the script ends
    JF_INVALID,
    JF_DENIED,
    JF_FAILED,
    JF_BUSY, // this and the next three: of dialling
    JF_NO_ANSWER,
    JF_REJECTED,
    JF_UNAVAILABLE,
} jf_result;

// What the last verb that did not succeed has said.
jf_text jf_why(void);
// Whether dialling failed in a way that another target may mend.
static inline bool jf_unreached(jf_result result) { return result >= JF_BUSY; }

jf_prompt jf_file(const char *name);
jf_prompt jf_tone(jackfield_call_control_tone_t tone, uint32_t ms);
jf_prompt jf_silence(uint32_t ms);

jf_result jf_answer_call(jf_call call);
jf_result jf_play(jf_call call, const jf_prompt *prompts, size_t count);
// Play and collect digits: at most `max` (up to 64), the first within so many ms, each further one after 3 s. `digits` has room for max + 1.
jf_result jf_ask(jf_call call, const jf_prompt *prompts, size_t count, uint8_t max, uint32_t within_ms, char *digits);
// Ring targets in parallel for so many ms; gives the leg of the one who answers.
jf_result jf_dial(jf_call call, const jf_text *targets, size_t count, uint32_t ms, jf_leg *leg);
// Connect the caller with a leg, until one of the two hangs up.
jf_result jf_bridge(jf_call call, jf_leg leg);
// Route the caller as if it had dialled this, and leave the script for good: return when it succeeds.
jf_result jf_transfer(jf_call call, jf_text to);
jf_result jf_hang_up(jf_call call, jackfield_call_control_hang_up_cause_t cause);


typedef struct {
    const char *entry; // one of script.entries in plugin.toml
    jf_result (*script)(jf_call call);
} jf_script;

// The plugin's: its scripts; the last has no entry.
extern const jf_script jf_scripts[];

#endif

// --- Answering the plugin's own pages ---

#ifdef EXPORTS_JACKFIELD_HOOKS_WEB_BODY_BYTES

typedef exports_jackfield_hooks_web_request_t jf_page_request;
typedef exports_jackfield_hooks_web_response_t jf_page_response;

// The plugin's: answer by one of the functions below. Nothing said is a 404.
void jf_page(const jf_page_request *request, jf_page_response *response);

bool jf_asks(const jf_page_request *request, const char *method, const char *path);
bool jf_by_admin(const jf_page_request *request);
void jf_reply(jf_page_response *response, uint16_t status, const char *media_type, jf_text body);
static inline jf_text jf_body(const jf_page_request *request) {
    return (jf_text){request->body.ptr, request->body.len};
}

#endif

#endif
