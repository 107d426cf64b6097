/* params.c - the parameters of a run, in the format that others read. */
#include "base/memory.h"
#include "run/run.h"
#include "tensor/formats.h"

ritz_status ritz_run_save_params(ritz_run *run, const ritz_bundle *params,
                                 ritz_error *err)
{
    char *path;
    ritz_status status = ritz_run_path(&path, run, "params.safetensors", err);
    if (status == RITZ_OK)
        status = ritz_safetensors_write(path, params, err);
    ritz_free(path);
    return status;
}
