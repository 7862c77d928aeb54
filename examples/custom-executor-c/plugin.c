/*
 * A plugin for Aksara in C, without any library but C's own: it has one step type, `add_line`, for every stack.
 *
 * The functions below are the whole boundary; aksara_plugin.h says what each must keep to. Requests and replies are
 * JSON, as in `aksara_protocol::wire`.
 */
#include "aksara_plugin.h"
#include "json.h"

#define PLUGIN "custom_c"
#define STEP_TYPE "add_line"

/* What the plugin says of itself. `aksara plugin check` runs the example. */
static const char DESCRIPTION[] =
    "{\"name\":\"" PLUGIN "\",\"version\":\"0.1.0\",\"protocol\":\"1.0.0\",\"stacks\":[],\"executors\":[{"
    "\"stack\":\"*\",\"type\":\"" STEP_TYPE "\",\"effects\":[\"edit\"],"
    "\"summary\":\"Adds a line to a text file, if it is not there.\","
    "\"params\":{\"type\":\"object\",\"required\":[\"file\",\"line\"],\"additionalProperties\":false,\"properties\":{"
    "\"file\":{\"type\":\"string\",\"minLength\":1,\"description\":\"The file, from the top of the repository.\"},"
    "\"line\":{\"type\":\"string\",\"minLength\":1,\"description\":\"The line, without its end.\"}}},"
    "\"examples\":[{\"title\":\"A line behind the last one\","
    "\"params\":{\"file\":\"NOTES.md\",\"line\":\"- written by a plugin\"},"
    "\"files\":{\"NOTES.md\":\"# Notes\\n\"}}]}]}";

/* An opened plugin: it needs nothing but a way to ask the host. */
typedef struct instance {
    const aks_host *host;
} instance;

static int32_t answer(aks_sink reply, int32_t status, const char *text, size_t len) {
    aks_slice bytes = {(const uint8_t *)text, len};
    reply.write(reply.ctx, bytes);
    return status;
}

/* Answers a diagnostic: a stable word, a sentence, and what to do next. */
static int32_t refuse(aks_sink reply, int32_t status, const char *code, const char *message, const char *help) {
    buffer out = {0};
    put(&out, "{\"code\":");
    put_text(&out, code, strlen(code));
    put(&out, ",\"message\":");
    put_text(&out, message, strlen(message));
    if (help) {
        put(&out, ",\"help\":");
        put_text(&out, help, strlen(help));
    }
    put(&out, "}");
    answer(reply, status, out.text, out.failed ? 0 : out.len);
    free(out.text);
    return status;
}

static int32_t collect(void *ctx, aks_slice bytes) {
    put_bytes(ctx, (const char *)bytes.ptr, bytes.len);
    return AKS_OK;
}

/* Whether the file has the line already. */
static int has_line(const char *text, size_t len, const char *line, size_t line_len) {
    for (size_t at = 0; at <= len;) {
        const char *found = memchr(text + at, '\n', len - at);
        size_t end = found ? (size_t)(found - text) : len;
        size_t own = end - at;
        if (own > 0 && text[at + own - 1] == '\r') own--;
        if (own == line_len && memcmp(text + at, line, own) == 0) return 1;
        at = end + 1;
    }
    return 0;
}

/* The outcome for a file as the host gave it: no edit, an edit of its end, or a new file. */
static int32_t outcome(aks_sink reply, const char *file, size_t file_len, json there, const char *line, size_t line_len) {
    buffer out = {0};
    int32_t status = AKS_OK;
    if (json_is(json_get(there, "is"), "absent")) {
        put(&out, "{\"edits\":[{\"kind\":\"create\",\"path\":");
        put_text(&out, file, file_len);
        put(&out, ",\"text\":");
        buffer text = {0};
        put_bytes(&text, line, line_len);
        put(&text, "\n");
        put_text(&out, text.text, text.len);
        free(text.text);
        put(&out, "}]}");
    } else if (json_is(json_get(there, "is"), "text")) {
        size_t len, blob_len;
        char *text = json_text(json_get(there, "text"), &len);
        char *blob = json_text(json_get(there, "blob"), &blob_len);
        if (!text || !blob) {
            out.failed = 1;
        } else if (has_line(text, len, line, line_len)) {
            put(&out, "{\"notes\":[{\"level\":\"info\",\"text\":\"the line is there already\"}]}");
        } else {
            char at[32];
            snprintf(at, sizeof at, "%zu", len);
            put(&out, "{\"edits\":[{\"kind\":\"update\",\"path\":");
            put_text(&out, file, file_len);
            put(&out, ",\"base\":");
            put_text(&out, blob, blob_len);
            put(&out, ",\"splices\":[{\"at\":");
            put(&out, at);
            put(&out, ",\"text\":");
            buffer added = {0};
            if (len > 0 && text[len - 1] != '\n') put(&added, "\n");
            put_bytes(&added, line, line_len);
            put(&added, "\n");
            put_text(&out, added.text, added.len);
            free(added.text);
            put(&out, "}]}]}");
        }
        free(text);
        free(blob);
    } else {
        free(out.text);
        return refuse(reply, AKS_STEP_ERROR, "refused", "the file cannot be read as text", "choose another file");
    }
    if (out.failed)
        status = refuse(reply, AKS_HOST_CALL_FAILED, "host_call_failed", "the host's answer makes no sense", NULL);
    else
        answer(reply, status, out.text, out.len);
    free(out.text);
    return status;
}

/* Carries a step out; only checks its params if `check` is set. */
static int32_t step(const instance *self, uint64_t call_id, json params, int check, aks_sink reply) {
    size_t file_len, line_len;
    char *file = json_text(json_get(params, "file"), &file_len);
    char *line = json_text(json_get(params, "line"), &line_len);
    int32_t status;
    if (!file || !file_len || !line || !line_len || memchr(line, '\n', line_len) || memchr(line, '\r', line_len)) {
        status = refuse(reply, AKS_STEP_ERROR, "bad_params", "`file` and `line` must be texts, each in one line", NULL);
    } else if (check) {
        status = answer(reply, AKS_OK, "null", 4);
    } else {
        buffer question = {0}, there = {0};
        put(&question, "{\"method\":\"read\",\"paths\":[");
        put_text(&question, file, file_len);
        put(&question, "]}");
        aks_slice bytes = {(const uint8_t *)question.text, question.len};
        aks_sink sink = {&there, collect};
        status = self->host->call(self->host->ctx, call_id, bytes, sink);
        if (status == AKS_OK)
            status = outcome(reply, file, file_len, json_item(json_parse(there.text, there.len), 0), line, line_len);
        else /* the host's own diagnostic says why */
            answer(reply, status, there.text, there.len);
        free(question.text);
        free(there.text);
    }
    free(file);
    free(line);
    return status;
}

static int32_t describe(aks_sink reply) { return answer(reply, AKS_OK, DESCRIPTION, sizeof DESCRIPTION - 1); }

static int32_t open_plugin(const aks_host *host, aks_slice config, void **self, aks_sink error) {
    (void)config;
    instance *own = malloc(sizeof *own);
    if (!own) return refuse(error, AKS_PANIC, "no_memory", "there is no memory", NULL);
    own->host = host;
    *self = own;
    return AKS_OK;
}

static int32_t invoke(void *self, uint64_t call_id, aks_slice request, aks_sink reply) {
    json all = json_parse((const char *)request.ptr, request.len);
    json op = json_get(all, "op"), own = json_get(all, "step");
    int execute = json_is(op, "execute"), check = json_is(op, "check_step");
    if (!json_get(all, "op").at || *op.at != '"')
        return refuse(reply, AKS_BAD_REQUEST, "bad_request", "this is no request", NULL);
    if ((!execute && !check) || !json_is(json_get(own, "type"), STEP_TYPE))
        return refuse(reply, AKS_UNSUPPORTED, "unsupported", "this plugin has `" STEP_TYPE "` only", NULL);
    return step(self, call_id, json_get(own, "params"), check, reply);
}

static void close_plugin(void *self) { free(self); }

static const aks_plugin TABLE = {
    .magic = AKS_MAGIC,
    .abi = AKS_ABI_VERSION,
    .size = sizeof(aks_plugin),
    .flags = 0, /* one call at a time */
    .describe = describe,
    .open = open_plugin,
    .invoke = invoke,
    .close = close_plugin,
};

const aks_plugin *aksara_plugin_v1_custom_c(uint32_t host_abi);

const aks_plugin *aksara_plugin_v1_custom_c(uint32_t host_abi) {
    return host_abi < AKS_ABI_VERSION ? NULL : &TABLE;
}
