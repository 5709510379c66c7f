// A plugin that is a page: files in ui/, and one function that answers what they ask.

#include "jackfield.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char JSON[] = "application/json", TEXT[] = "text/plain; charset=utf-8";

static void greet(const jf_page_request *request, jf_page_response *response) {
    const char *hello = jf_is(request->language, "fr") ? "Bonjour" : jf_is(request->language, "de") ? "Guten Tag" : "Hello";
    jf_text text = jf_json_quoted(jf_format("%s, %.*s!", hello, JF_ARG(request->user.name)));
    const char *admin = jf_by_admin(request) ? "true" : "false";
    jf_reply(response, 200, JSON, jf_format("{\"text\":%.*s,\"admin\":%s}", JF_ARG(text), admin));
}

static void add(const jf_page_request *request, jf_page_response *response) {
    const jf_json *terms = jf_json_get(jf_json_read(jf_body(request)), "terms");
    if (!terms || terms->kind != JF_LIST) {
        jf_reply(response, 400, TEXT, jf_copy("terms are a list of numbers"));
        return;
    }
    double sum = 0;
    for (const jf_json *term = terms->first; term; term = term->next) {
        if (term->kind != JF_NUMBER) {
            jf_reply(response, 400, TEXT, jf_copy("terms are numbers"));
            return;
        }
        sum += term->number;
    }
    if (isfinite(sum)) jf_reply(response, 200, JSON, jf_format("%.17g", sum));
    else jf_reply(response, 400, TEXT, jf_copy("that is too much"));
}

static void table(jf_page_response *response) {
    jf_text table = jf_copy("n,square\r\n");
    for (int n = 1; n <= 12; n++) table = jf_format("%.*s%d,%d\r\n", JF_ARG(table), n, n * n);
    jf_reply(response, 200, "text/csv; charset=utf-8", table);
}

static uint8_t *put(uint8_t *out, uint32_t value, int bytes) {
    for (int n = 0; n < bytes; n++) *out++ = (uint8_t)(value >> 8 * n);
    return out;
}

static uint8_t *word(uint8_t *out, const char *word) { return (uint8_t *)memcpy(out, word, strlen(word)) + strlen(word); }

// Half a second of 440 Hz as a WAV file: 8,000 samples a second, mono, 16 bits.
static void tone(jf_page_response *response) {
    enum { SAMPLES = 4000, LENGTH = 44 + 2 * SAMPLES };
    uint8_t *wav = malloc(LENGTH), *out = wav;
    if (!wav) __builtin_trap();
    out = put(word(out, "RIFF"), LENGTH - 8, 4);
    out = put(word(out, "WAVEfmt "), 16, 4);
    out = put(put(out, 1, 2), 1, 2);
    out = put(put(out, 8000, 4), 16000, 4);
    out = put(put(out, 2, 2), 16, 2);
    out = put(word(out, "data"), 2 * SAMPLES, 4);
    for (int n = 0; n < SAMPLES; n++) {
        out = put(out, (uint32_t)(int32_t)(sin(n * 440 * 6.283185307179586 / 8000) * 8000), 2);
    }
    jf_reply(response, 200, "audio/wav", (jf_text){wav, LENGTH});
}

void jf_page(const jf_page_request *request, jf_page_response *response) {
    if (jf_asks(request, "GET", "/greeting")) {
        greet(request, response);
    } else if (jf_asks(request, "POST", "/sum")) {
        add(request, response);
    } else if (jf_asks(request, "GET", "/table.csv")) {
        table(response);
    } else if (jf_asks(request, "GET", "/tone.wav")) {
        tone(response);
    } else if (jf_asks(request, "DELETE", "/everything")) {
        if (jf_by_admin(request)) jf_reply(response, 204, NULL, (jf_text){NULL, 0});
        else jf_reply(response, 403, TEXT, jf_copy("Only an admin may do this."));
    }
}
