/*
 * The boundary between Aksara and its plugins, version 1.
 *
 * A plugin is a dynamic library named libaksara_plugin_<name>.so (.dylib, .dll) that exports one function:
 *
 *     const aks_plugin *aksara_plugin_v1_<name>(uint32_t host_abi);
 *
 * It answers a table that stays valid for ever (libraries are never unloaded), or NULL if it cannot work with
 * a host of that version.
 *
 * Structs grow only at the end and are read as far as their `size` reaches. Nothing owned crosses: a request
 * is borrowed for the call, and a reply is written into the receiver's sink, so there is no free(). All bytes
 * are JSON in UTF-8.
 *
 * Rules for a plugin:
 *   - No exception, panic or longjmp leaves a function of the table.
 *   - `describe` has no side effects and needs no instance.
 *   - `invoke` may run on any thread; on several at once only if AKS_FLAG_CONCURRENT is set.
 *   - The host is called only while the call with that `call_id` is running.
 *   - It reads no file, writes none, and starts no process: what it wants to be done is its reply.
 */
#ifndef AKSARA_PLUGIN_H
#define AKSARA_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AKS_MAGIC UINT32_C(0x414b5350) /* "AKSP" */
#define AKS_ABI_VERSION UINT32_C(1)
#define AKS_FLAG_CONCURRENT UINT32_C(1)

/* How a call ended. */
enum aks_status {
    AKS_OK = 0,
    AKS_STEP_ERROR = 1,       /* the step cannot be done; the reply is a diagnostic */
    AKS_PANIC = 2,            /* the plugin failed inside; the instance is not used again */
    AKS_CANCELLED = 3,
    AKS_UNSUPPORTED = 4,      /* the operation or method is not known */
    AKS_BAD_REQUEST = 5,      /* the request made no sense: NULL, not UTF-8, not the expected JSON */
    AKS_HOST_CALL_FAILED = 6,
    AKS_INCOMPATIBLE = 7
};

/* Borrowed bytes, valid for the call. `ptr` may be NULL if `len` is 0. */
typedef struct aks_slice {
    const uint8_t *ptr;
    size_t len;
} aks_slice;

/*
 * Where a reply goes. `write` may be called several times; its parts are joined. An answer other than AKS_OK
 * means that the receiver wants no more.
 */
typedef struct aks_sink {
    void *ctx;
    int32_t (*write)(void *ctx, aks_slice bytes);
} aks_sink;

/* What a host offers to a plugin. */
typedef struct aks_host {
    uint32_t size; /* of this struct */
    uint32_t abi;
    void *ctx;
    /* Answers a host request while the call `call_id` is running; an aks_status. */
    int32_t (*call)(void *ctx, uint64_t call_id, aks_slice request, aks_sink reply);
    /* 1 once the call should be given up. */
    int32_t (*cancelled)(void *ctx, uint64_t call_id);
} aks_host;

/* What a plugin offers. */
typedef struct aks_plugin {
    uint32_t magic; /* AKS_MAGIC */
    uint32_t abi;   /* AKS_ABI_VERSION */
    uint32_t size;  /* of this struct */
    uint32_t flags; /* AKS_FLAG_... */
    /* Writes the plugin's description. */
    int32_t (*describe)(aks_sink reply);
    /* Makes an instance. The host's table stays valid until `close`. */
    int32_t (*open)(const aks_host *host, aks_slice config, void **instance, aks_sink error);
    /* Answers a request; with another status than AKS_OK the reply is a diagnostic. */
    int32_t (*invoke)(void *instance, uint64_t call_id, aks_slice request, aks_sink reply);
    /* Ends an instance. No call follows. */
    void (*close)(void *instance);
} aks_plugin;

/* The type of the exported function. */
typedef const aks_plugin *(*aks_entry)(uint32_t host_abi);

#ifdef __cplusplus
}
#endif

#endif /* AKSARA_PLUGIN_H */
