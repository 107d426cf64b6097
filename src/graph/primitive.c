/* primitive.c - the table of primitives. */
#include "graph/primitive.h"

#include <string.h>

static const ritz_primitive *const table[] = {
#define PRIMITIVE(name) &ritz_primitive_##name,
#include "graph/primitives.def"
#undef PRIMITIVE
};

int ritz_primitive_count(void)
{
    return (int)(sizeof table / sizeof *table);
}

const ritz_primitive *ritz_primitive_at(int i)
{
    return table[i];
}

const ritz_primitive *ritz_primitive_find(const char *name)
{
    for (int i = 0; i < ritz_primitive_count(); i++)
        if (strcmp(table[i]->function.name, name) == 0)
            return table[i];
    return NULL;
}
