// JSON (RFC 8259), read into a tree. What is read may come from anybody: bounded in depth, and every byte is looked at.

#include "jackfield.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LEVELS = 64 };

typedef struct {
    const uint8_t *at, *end;
} reader;

static jf_json *value(reader *in, int level);

static void skip_space(reader *in) {
    while (in->at < in->end && strchr(" \t\r\n", *in->at) && *in->at) in->at++;
}

static bool take(reader *in, char wanted) {
    if (in->at >= in->end || *in->at != (uint8_t)wanted) return false;
    in->at++;
    return true;
}

static bool take_word(reader *in, const char *word) {
    size_t length = strlen(word);
    if ((size_t)(in->end - in->at) < length || memcmp(in->at, word, length) != 0) return false;
    in->at += length;
    return true;
}

static jf_json *made(jf_kind kind) {
    jf_json *made = calloc(1, sizeof *made);
    if (!made) __builtin_trap();
    made->kind = kind;
    return made;
}

static bool hex(reader *in, uint32_t *code) {
    *code = 0;
    for (int n = 0; n < 4; n++) {
        if (in->at >= in->end) return false;
        uint8_t letter = *in->at++;
        uint32_t digit = letter >= '0' && letter <= '9'   ? letter - '0'
                         : letter >= 'a' && letter <= 'f' ? letter - 'a' + 10u
                         : letter >= 'A' && letter <= 'F' ? letter - 'A' + 10u
                                                          : 16;
        if (digit > 15) return false;
        *code = *code << 4 | digit;
    }
    return true;
}

static uint8_t *put(uint8_t *out, uint32_t code) {
    if (code < 0x80) {
        *out++ = (uint8_t)code;
    } else if (code < 0x800) {
        *out++ = (uint8_t)(0xc0 | code >> 6);
        *out++ = (uint8_t)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *out++ = (uint8_t)(0xe0 | code >> 12);
        *out++ = (uint8_t)(0x80 | (code >> 6 & 0x3f));
        *out++ = (uint8_t)(0x80 | (code & 0x3f));
    } else {
        *out++ = (uint8_t)(0xf0 | code >> 18);
        *out++ = (uint8_t)(0x80 | (code >> 12 & 0x3f));
        *out++ = (uint8_t)(0x80 | (code >> 6 & 0x3f));
        *out++ = (uint8_t)(0x80 | (code & 0x3f));
    }
    return out;
}

static bool escaped(reader *in, uint8_t **out) {
    static const char names[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
    if (in->at >= in->end) return false;
    uint8_t name = *in->at++;
    const char *known = name ? strchr(names, name) : NULL;
    if (known) {
        *(*out)++ = (uint8_t)bytes[known - names];
        return true;
    }
    uint32_t code, low;
    if (name != 'u' || !hex(in, &code)) return false;
    if (code >= 0xd800 && code < 0xdc00) {
        if (!take(in, '\\') || !take(in, 'u') || !hex(in, &low) || low < 0xdc00 || low > 0xdfff) return false;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xdc00 && code < 0xe000) {
        return false;
    }
    *out = put(*out, code);
    return true;
}

static bool string(reader *in, jf_text *text) {
    if (!take(in, '"')) return false;
    // What is escaped is never shorter than what it means.
    uint8_t *out = malloc((size_t)(in->end - in->at) + 1);
    if (!out) __builtin_trap();
    text->ptr = out;
    while (in->at < in->end) {
        uint8_t byte = *in->at++;
        if (byte == '"') {
            text->len = (size_t)(out - text->ptr);
            return true;
        }
        if (byte < 0x20) return false;
        if (byte != '\\') {
            *out++ = byte;
        } else if (!escaped(in, &out)) {
            return false;
        }
    }
    return false;
}

static bool digits(reader *in, double *number, int *count) {
    for (*count = 0; in->at < in->end && *in->at >= '0' && *in->at <= '9'; in->at++, ++*count) {
        *number = *number * 10 + (*in->at - '0');
    }
    return *count > 0;
}

static jf_json *number(reader *in) {
    jf_json *read = made(JF_NUMBER);
    bool negative = take(in, '-');
    bool zero = in->at < in->end && *in->at == '0';
    int count, places = 0;
    if (!digits(in, &read->number, &count) || (zero && count > 1)) return NULL;
    if (take(in, '.') && !digits(in, &read->number, &places)) return NULL;
    double exponent = 0;
    if (take(in, 'e') || take(in, 'E')) {
        bool less = take(in, '-');
        if (!less) take(in, '+');
        if (!digits(in, &exponent, &count)) return NULL;
        if (less) exponent = -exponent;
    }
    // A power of ten that is exact divides more exactly than its inverse multiplies.
    exponent -= places;
    read->number = exponent < 0 ? read->number / pow(10, -exponent) : read->number * pow(10, exponent);
    if (negative) read->number = -read->number;
    return isfinite(read->number) ? read : NULL;
}

static jf_json *members(reader *in, jf_kind kind, int level) {
    jf_json *read = made(kind), **last = &read->first;
    char end = kind == JF_LIST ? ']' : '}';
    skip_space(in);
    if (take(in, end)) return read;
    do {
        jf_text name = {NULL, 0};
        skip_space(in);
        if (kind == JF_OBJECT) {
            if (!string(in, &name)) return NULL;
            skip_space(in);
            if (!take(in, ':')) return NULL;
        }
        jf_json *member = value(in, level + 1);
        if (!member) return NULL;
        member->name = name;
        *last = member;
        last = &member->next;
        skip_space(in);
    } while (take(in, ','));
    return take(in, end) ? read : NULL;
}

static jf_json *value(reader *in, int level) {
    skip_space(in);
    if (level > MOST_LEVELS || in->at >= in->end) return NULL;
    switch (*in->at) {
    case '{':
        in->at++;
        return members(in, JF_OBJECT, level);
    case '[':
        in->at++;
        return members(in, JF_LIST, level);
    case '"': {
        jf_json *read = made(JF_STRING);
        return string(in, &read->text) ? read : NULL;
    }
    case 't':
        return take_word(in, "true") ? made(JF_TRUE) : NULL;
    case 'f':
        return take_word(in, "false") ? made(JF_FALSE) : NULL;
    case 'n':
        return take_word(in, "null") ? made(JF_NULL) : NULL;
    default:
        return number(in);
    }
}

const jf_json *jf_json_read(jf_text text) {
    reader in = {text.ptr, text.ptr + text.len};
    jf_json *read = value(&in, 0);
    skip_space(&in);
    return in.at == in.end ? read : NULL;
}

const jf_json *jf_json_get(const jf_json *object, const char *name) {
    if (!object || object->kind != JF_OBJECT) return NULL;
    const jf_json *member = object->first;
    while (member && !jf_is(member->name, name)) member = member->next;
    return member;
}

jf_text jf_json_text(const jf_json *value) {
    return value && value->kind == JF_STRING ? value->text : (jf_text){(uint8_t *)"", 0};
}

jf_text jf_json_quoted(jf_text text) {
    static const char hexes[] = "0123456789abcdef";
    uint8_t *quoted = malloc(text.len * 6 + 2), *out = quoted;
    if (!quoted) __builtin_trap();
    *out++ = '"';
    for (size_t at = 0; at < text.len; at++) {
        uint8_t byte = text.ptr[at];
        if (byte < 0x20) {
            memcpy(out, "\\u00", 4);
            out[4] = (uint8_t)hexes[byte >> 4];
            out[5] = (uint8_t)hexes[byte & 15];
            out += 6;
            continue;
        }
        if (byte == '"' || byte == '\\') *out++ = '\\';
        *out++ = byte;
    }
    *out++ = '"';
    return (jf_text){quoted, (size_t)(out - quoted)};
}
