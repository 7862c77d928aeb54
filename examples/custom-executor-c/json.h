/*
 * Just enough JSON for a small plugin: finding a value in a request, reading and writing texts.
 *
 * Nothing is copied and nothing is allocated until a text is read. Nesting is bounded, so that no request can
 * overflow the stack. For more than this take a JSON library of your choice.
 */
#ifndef JSON_H
#define JSON_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JSON_DEPTH = 64 };

/* A value inside a text that somebody else keeps; `at` is NULL if there is none. */
typedef struct json {
    const char *at;
    const char *end;
} json;

static const char *json_blank(const char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) at++;
    return at;
}

/* The place behind the value at `at`, or NULL if there is no whole value. */
static const char *json_skip(const char *at, const char *end, int depth) {
    at = json_blank(at, end);
    if (at >= end || depth > JSON_DEPTH) return NULL;
    if (*at == '"') {
        for (at++; at < end && *at != '"'; at++) {
            if ((unsigned char)*at < 0x20) return NULL;
            if (*at == '\\') at++;
        }
        return at < end ? at + 1 : NULL;
    }
    if (*at == '{' || *at == '[') {
        int is_object = *at == '{';
        char close = is_object ? '}' : ']';
        at = json_blank(at + 1, end);
        if (at < end && *at == close) return at + 1;
        for (;;) {
            if (is_object) {
                at = json_blank(at, end);
                if (at >= end || *at != '"' || !(at = json_skip(at, end, depth + 1))) return NULL;
                at = json_blank(at, end);
                if (at >= end || *at++ != ':') return NULL;
            }
            if (!(at = json_skip(at, end, depth + 1))) return NULL;
            at = json_blank(at, end);
            if (at >= end) return NULL;
            if (*at == close) return at + 1;
            if (*at++ != ',') return NULL;
        }
    }
    /* A number, true, false or null. */
    const char *start = at;
    while (at < end && strchr("+-.0123456789abcdefghijklmnopqrstuvwxyzE", *at) && *at) at++;
    return at > start ? at : NULL;
}

/* The whole text as a value. */
static json json_parse(const char *text, size_t len) {
    json none = {NULL, NULL};
    const char *end = text + len;
    const char *start = json_blank(text, end);
    const char *behind = json_skip(start, end, 0);
    if (!behind || json_blank(behind, end) != end) return none;
    json value = {start, behind};
    return value;
}

/* The value of `key` in an object. Keys with escapes are not looked for. */
static json json_get(json object, const char *key) {
    json none = {NULL, NULL};
    if (!object.at || *object.at != '{') return none;
    const char *at = json_blank(object.at + 1, object.end);
    size_t len = strlen(key);
    while (at && at < object.end && *at == '"') {
        const char *name = at + 1;
        const char *behind = json_skip(at, object.end, 0);
        if (!behind) return none;
        int found = (size_t)(behind - name) == len + 1 && memcmp(name, key, len) == 0;
        at = json_blank(behind, object.end) + 1; /* the colon */
        at = json_blank(at, object.end);
        const char *next = json_skip(at, object.end, 0);
        if (!next) return none;
        if (found) {
            json value = {at, next};
            return value;
        }
        at = json_blank(next, object.end);
        if (at < object.end && *at == ',') at = json_blank(at + 1, object.end);
    }
    return none;
}

/* The item `index` of a list. */
static json json_item(json list, size_t index) {
    json none = {NULL, NULL};
    if (!list.at || *list.at != '[') return none;
    const char *at = json_blank(list.at + 1, list.end);
    while (at && at < list.end && *at != ']') {
        const char *next = json_skip(at, list.end, 0);
        if (!next) return none;
        if (index-- == 0) {
            json value = {at, next};
            return value;
        }
        at = json_blank(next, list.end);
        if (at < list.end && *at == ',') at = json_blank(at + 1, list.end);
    }
    return none;
}

static unsigned json_hex4(const char *at, const char *end) {
    unsigned value = 0;
    for (int i = 0; i < 4; i++, at++) {
        if (at >= end) return 0xfffd;
        int digit = *at >= '0' && *at <= '9' ? *at - '0' : (*at | 32) >= 'a' && (*at | 32) <= 'f' ? (*at | 32) - 'a' + 10 : -1;
        if (digit < 0) return 0xfffd;
        value = value * 16 + (unsigned)digit;
    }
    return value;
}

/* A text, without its escapes, ended by a 0 that does not count to `len`; free() it. NULL if the value is none. */
static char *json_text(json value, size_t *len) {
    if (!value.at || *value.at != '"') return NULL;
    char *text = malloc((size_t)(value.end - value.at) + 1), *out = text;
    if (!text) return NULL;
    for (const char *at = value.at + 1; at < value.end - 1; at++) {
        if (*at != '\\') {
            *out++ = *at;
            continue;
        }
        at++;
        switch (*at) {
        case 'n': *out++ = '\n'; break;
        case 't': *out++ = '\t'; break;
        case 'r': *out++ = '\r'; break;
        case 'b': *out++ = '\b'; break;
        case 'f': *out++ = '\f'; break;
        case 'u': {
            uint32_t c = json_hex4(at + 1, value.end);
            at += 4;
            if (c >= 0xd800 && c < 0xdc00 && at + 6 < value.end && at[1] == '\\' && at[2] == 'u') {
                c = 0x10000 + ((c - 0xd800) << 10) + (json_hex4(at + 3, value.end) - 0xdc00);
                at += 6;
            }
            if (c < 0x80) *out++ = (char)c;
            else if (c < 0x800) *out++ = (char)(0xc0 | c >> 6), *out++ = (char)(0x80 | (c & 63));
            else if (c < 0x10000)
                *out++ = (char)(0xe0 | c >> 12), *out++ = (char)(0x80 | (c >> 6 & 63)), *out++ = (char)(0x80 | (c & 63));
            else
                *out++ = (char)(0xf0 | c >> 18), *out++ = (char)(0x80 | (c >> 12 & 63)),
                *out++ = (char)(0x80 | (c >> 6 & 63)), *out++ = (char)(0x80 | (c & 63));
            break;
        }
        default: *out++ = *at;
        }
    }
    *out = 0;
    *len = (size_t)(out - text);
    return text;
}

/* Whether the value is this text. */
static int json_is(json value, const char *text) {
    size_t len;
    char *own = json_text(value, &len);
    int is = own && len == strlen(text) && memcmp(own, text, len) == 0;
    free(own);
    return is;
}

/* A text that grows; begin with {0}. After a failed allocation `failed` is set and nothing is added. */
typedef struct buffer {
    char *text;
    size_t len, room;
    int failed;
} buffer;

static void put_bytes(buffer *to, const char *bytes, size_t len) {
    if (to->failed) return;
    if (to->len + len > to->room) {
        size_t room = (to->len + len) * 2 + 64;
        char *text = realloc(to->text, room);
        if (!text) {
            to->failed = 1;
            return;
        }
        to->text = text;
        to->room = room;
    }
    memcpy(to->text + to->len, bytes, len);
    to->len += len;
}

static void put(buffer *to, const char *text) { put_bytes(to, text, strlen(text)); }

/* Adds a text as a JSON string. */
static void put_text(buffer *to, const char *text, size_t len) {
    put(to, "\"");
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        char escape[8];
        if (c == '"' || c == '\\') snprintf(escape, sizeof escape, "\\%c", c);
        else if (c < 0x20) snprintf(escape, sizeof escape, "\\u%04x", c);
        else {
            put_bytes(to, text + i, 1);
            continue;
        }
        put(to, escape);
    }
    put(to, "\"");
}

#endif
