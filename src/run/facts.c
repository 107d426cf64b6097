/* facts.c - a sorted list that is written as JSON. */
#include "run/facts.h"

#include "base/memory.h"
#include "run/json.h"

#include <string.h>

static void free_fact(ritz_fact *fact)
{
    ritz_free(fact->section);
    ritz_free(fact->name);
    ritz_free(fact->json);
}

static int compare(const ritz_fact *fact, const char *section, const char *name)
{
    const int order = strcmp(fact->section, section);
    if (order != 0 || !fact->name || !name)
        return order ? order : (fact->name != NULL) - (name != NULL);
    return strcmp(fact->name, name);
}

/* An empty place for the fact, in order; NULL when there is no memory. */
static ritz_fact *insert(ritz_facts *facts, const char *section,
                         const char *name)
{
    size_t at = facts->count;
    while (at > 0 && compare(&facts->items[at - 1], section, name) > 0)
        at--;
    if (at > 0 && compare(&facts->items[at - 1], section, name) == 0)
        return &facts->items[at - 1];
    ritz_fact fresh = {.section = ritz_copy_text(section),
                       .name = name ? ritz_copy_text(name) : NULL};
    if (!fresh.section || (name && !fresh.name) ||
        !ritz_reserve(&facts->items, &facts->capacity, facts->count + 1,
                      sizeof *facts->items)) {
        free_fact(&fresh);
        return NULL;
    }
    ritz_fact *place = &facts->items[at];
    memmove(place + 1, place, (facts->count - at) * sizeof *place);
    *place = fresh;
    facts->count++;
    return place;
}

void ritz_facts_json(ritz_facts *facts, const char *section, const char *name,
                     ritz_text *json)
{
    ritz_fact *fact = json->failed ? NULL : insert(facts, section, name);
    if (!fact) {
        facts->failed = true;
        ritz_text_free(json);
        return;
    }
    ritz_free(fact->json);
    fact->json = json->bytes;
    *json = (ritz_text){0};
}

void ritz_facts_text(ritz_facts *facts, const char *section, const char *name,
                     const char *value)
{
    ritz_text json = {0};
    ritz_json_text(&json, value);
    ritz_facts_json(facts, section, name, &json);
}

void ritz_facts_number(ritz_facts *facts, const char *section, const char *name,
                       double value)
{
    ritz_text json = {0};
    ritz_json_number(&json, value);
    ritz_facts_json(facts, section, name, &json);
}

void ritz_facts_integer(ritz_facts *facts, const char *section,
                        const char *name, int64_t value)
{
    ritz_text json = {0};
    ritz_text_printf(&json, "%lld", (long long)value);
    ritz_facts_json(facts, section, name, &json);
}

void ritz_facts_write(ritz_text *out, const ritz_facts *facts)
{
    const char *open = NULL; /* the section that is being written */
    ritz_text_puts(out, "{");
    for (size_t i = 0; i < facts->count; i++) {
        const ritz_fact *fact = &facts->items[i];
        const bool goes_on = open && strcmp(open, fact->section) == 0;
        if (open && !goes_on)
            ritz_text_puts(out, "\n  }");
        ritz_text_puts(out, i ? "," : "");
        if (!goes_on) {
            ritz_text_puts(out, "\n  ");
            ritz_json_text(out, fact->section);
            ritz_text_puts(out, fact->name ? ": {" : ": ");
            open = fact->name ? fact->section : NULL;
        }
        if (fact->name) {
            ritz_text_puts(out, "\n    ");
            ritz_json_text(out, fact->name);
            ritz_text_puts(out, ": ");
        }
        ritz_text_puts(out, fact->json);
    }
    ritz_text_puts(out, open ? "\n  }\n}\n" : "\n}\n");
}

void ritz_facts_free(ritz_facts *facts)
{
    for (size_t i = 0; i < facts->count; i++)
        free_fact(&facts->items[i]);
    ritz_free(facts->items);
    *facts = (ritz_facts){0};
}
