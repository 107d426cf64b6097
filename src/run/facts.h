/* facts.h - what a manifest says: values of JSON under names.
 *
 * A fact stands at the top, or under a name in a section. Facts are kept in
 * byte order, so that a manifest does not depend on the order in which they
 * became known. Sticky: after the memory ran out `failed` is set.
 */
#ifndef RITZ_RUN_FACTS_H
#define RITZ_RUN_FACTS_H

#include "base/text.h"

#include <stdint.h>

typedef struct ritz_fact {
    char *section, *name; /* name NULL: the section is the value's own name */
    char *json;
} ritz_fact;

typedef struct ritz_facts { /* start from {0} */
    ritz_fact *items;
    size_t count, capacity;
    bool failed;
} ritz_facts;

/* Each replaces what is there under the same section and name. */
void ritz_facts_text(ritz_facts *facts, const char *section, const char *name,
                     const char *value);
void ritz_facts_number(ritz_facts *facts, const char *section, const char *name,
                       double value);
void ritz_facts_integer(ritz_facts *facts, const char *section,
                        const char *name, int64_t value);
/* `json` is taken: it is freed here. */
void ritz_facts_json(ritz_facts *facts, const char *section, const char *name,
                     ritz_text *json);

/* All of them as one object, a fact on each line. */
void ritz_facts_write(ritz_text *out, const ritz_facts *facts);
void ritz_facts_free(ritz_facts *facts);

#endif
