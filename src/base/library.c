/* library.c - dlopen, once, with every symbol found before the first call. */
#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

static ritz_status refuse(const ritz_library *l, ritz_error *err)
{
    const char *why = dlerror();
    return ritz_fail(err, RITZ_EIO,
                     "%s: wanted the library %s (apt-get install %s), got: %s",
                     l->name, l->file, l->package, why ? why : "nothing");
}

static ritz_status load(ritz_library *l, ritz_error *err)
{
    void *handle = dlopen(l->file, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return refuse(l, err);
    for (size_t i = 0; i < l->symbols; i++) {
        void *address = dlsym(handle, l->symbol[i].name);
        if (!address) {
            const ritz_status status = refuse(l, err);
            dlclose(handle);
            return status;
        }
        memcpy((char *)l->table + l->symbol[i].offset, &address,
               sizeof address);
    }
    if (l->prepare)
        l->prepare();
    return RITZ_OK;
}

bool ritz_library_ready(const ritz_library *l)
{
    return atomic_load_explicit(&l->ready, memory_order_acquire);
}

ritz_status ritz_library_load(ritz_library *l, ritz_error *err)
{
    if (ritz_library_ready(l))
        return RITZ_OK;
    pthread_mutex_lock(&l->lock);
    ritz_status status = RITZ_OK;
    if (!ritz_library_ready(l)) {
        status = load(l, err);
        atomic_store_explicit(&l->ready, status == RITZ_OK,
                              memory_order_release);
    }
    pthread_mutex_unlock(&l->lock);
    return status;
}
