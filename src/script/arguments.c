/* arguments.c - what ritz.jit is called with.
 *
 * A tensor that is donated, and met for the first time, is lent to the plan
 * without another reference, so that the plan can see that it is the only
 * owner. All others are retained, so that a finalizer cannot free them.
 */
#include "script/arguments.h"

#include "base/memory.h"
#include "script/tree.h"

#include <lauxlib.h>
#include <math.h>

typedef struct scan {
    ritz_arguments *a;
    int argument;
} scan;

static void add_bytes(ritz_arguments *a, char kind, const void *bytes, size_t n)
{
    ritz_text_add(&a->signature, &kind, 1);
    if (n > 0)
        ritz_text_add(&a->signature, bytes, n);
}

static void add_type(ritz_arguments *a, const ritz_tensor *t)
{
    const ritz_shape *s = ritz_tensor_shape(t);
    const char head[] = {(char)ritz_tensor_dtype(t), (char)s->rank};
    add_bytes(a, 'T', head, sizeof head);
    ritz_text_add(&a->signature, (const char *)s->dim,
                  (size_t)s->rank * sizeof *s->dim);
}

/* Makes room for leaves up to `count`; the new ones are empty. */
static void grow(lua_State *L, ritz_arguments *a, size_t count)
{
    if (!ritz_reserve(&a->input, &a->room, count, sizeof *a->input) ||
        !ritz_reserve(&a->in, &a->in_room, count, sizeof *a->in))
        ritz_refuse(L, "jit: no memory for the arguments");
    for (; a->count < count; a->count++) {
        a->in[a->count] = NULL;
        a->input[a->count] = (ritz_argument){0};
    }
}

void ritz_arguments_begin(lua_State *L, ritz_arguments *a, size_t count)
{
    ritz_arguments_drop(a);
    a->serial = ++ritz_core_of(L)->traces;
    grow(L, a, count);
}

void ritz_arguments_set_tensor(ritz_arguments *a, size_t i, ritz_handle *h,
                               bool donated)
{
    ritz_argument *in = &a->input[i];
    in->handle = h;
    in->donated = donated;
    in->borrowed = donated && h->trace != a->serial;
    h->trace = a->serial;
    a->in[i] = in->borrowed ? h->tensor : ritz_tensor_retain(h->tensor);
}

static void add_tensor(lua_State *L, const scan *s, ritz_handle *h)
{
    ritz_arguments *a = s->a;
    ritz_handle_live(L, h);
    add_type(a, h->tensor);
    grow(L, a, a->count + 1);
    ritz_arguments_set_tensor(a, a->count - 1, h, a->donate[s->argument]);
}

/* Numbers are inputs; whole ones and fractions are told apart because a
 * fraction cannot meet integers. */
static void add_number(lua_State *L, const scan *s)
{
    const double v = lua_tonumber(L, -1);
    add_bytes(s->a, v == floor(v) ? 'I' : 'F', NULL, 0);
    grow(L, s->a, s->a->count + 1);
    s->a->input[s->a->count - 1].number = v;
}

static void add_static(lua_State *L, ritz_arguments *a)
{
    size_t n;
    const char *text;
    lua_Number number;
    lua_Integer integer;
    const void *address;
    switch (lua_type(L, -1)) {
    case LUA_TNIL:
        add_bytes(a, '0', NULL, 0);
        break;
    case LUA_TBOOLEAN:
        add_bytes(a, lua_toboolean(L, -1) ? 't' : 'f', NULL, 0);
        break;
    case LUA_TNUMBER:
        number = lua_tonumber(L, -1);
        integer = lua_tointeger(L, -1);
        if (lua_isinteger(L, -1))
            add_bytes(a, 'i', &integer, sizeof integer);
        else
            add_bytes(a, 'n', &number, sizeof number);
        break;
    case LUA_TSTRING:
        text = lua_tolstring(L, -1, &n);
        add_bytes(a, 's', &n, sizeof n);
        ritz_text_add(&a->signature, text, n);
        break;
    default: /* kept alive by the plan's table, so the address stays its own */
        address = lua_topointer(L, -1);
        add_bytes(a, 'p', &address, sizeof address);
    }
}

static void scan_leaf(lua_State *L, const scan *s)
{
    ritz_handle *h = ritz_handle_test(L, -1);
    if (s->a->fixed[s->argument])
        add_static(L, s->a);
    else if (h)
        add_tensor(L, s, h);
    else if (lua_type(L, -1) == LUA_TNUMBER)
        add_number(L, s);
    else
        add_static(L, s->a);
}

static void scan_event(lua_State *L, ritz_tree_event event,
                       const ritz_tree_key *key, void *context)
{
    const scan *s = context;
    if (event == RITZ_TREE_OPEN) {
        add_bytes(s->a, '{', NULL, 0);
    } else if (event == RITZ_TREE_CLOSE) {
        add_bytes(s->a, '}', NULL, 0);
    } else if (event == RITZ_TREE_KEY) {
        add_bytes(s->a, key->bytes ? 'k' : 'i',
                  key->bytes ? (const void *)&key->length : &key->index,
                  sizeof key->index);
        if (key->bytes)
            ritz_text_add(&s->a->signature, key->bytes, key->length);
    } else {
        scan_leaf(L, s);
    }
}

bool ritz_arguments_look_into(lua_State *L, int depth, int *seen)
{
    enum { DEEPEST = 4, MOST = 64 };
    return lua_type(L, -1) == LUA_TFUNCTION && depth <= DEEPEST &&
           ++*seen <= MOST;
}

/* Of the function on top. */
static void scan_upvalues(lua_State *L, ritz_arguments *a, int depth, int *seen)
{
    luaL_checkstack(L, LUA_MINSTACK, "jit");
    add_bytes(a, '(', NULL, 0);
    for (int i = 1; lua_getupvalue(L, -1, i); i++) {
        const int type = lua_type(L, -1);
        if (type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TBOOLEAN)
            add_static(L, a);
        else if (ritz_arguments_look_into(L, depth + 1, seen))
            scan_upvalues(L, a, depth + 1, seen);
        lua_pop(L, 1);
    }
    add_bytes(a, ')', NULL, 0);
}

void ritz_arguments_drop(ritz_arguments *a)
{
    for (size_t i = 0; i < a->count; i++)
        if (!a->input[i].borrowed)
            ritz_tensor_release(a->in[i]);
    a->count = 0;
    a->signature.length = 0;
    a->signature.failed = false;
}

void ritz_arguments_free(ritz_arguments *a)
{
    ritz_arguments_drop(a);
    ritz_text_free(&a->signature);
    ritz_free(a->input);
    ritz_free(a->in);
    *a = (ritz_arguments){0};
}

void ritz_arguments_read(lua_State *L, ritz_arguments *a, int n, int function)
{
    if (n > RITZ_ARGUMENTS)
        ritz_refuse(L, "jit: wanted at most %d arguments, got %d",
                    RITZ_ARGUMENTS, n);
    if (n < a->listed)
        ritz_refuse(
            L, "jit: donate or static lists argument %d, got %d argument%s",
            a->listed, n, n == 1 ? "" : "s");
    scan s = {.a = a};
    ritz_arguments_begin(L, a, 0);
    add_bytes(a, '#', &n, sizeof n);
    for (int i = 0; i < n; i++) {
        s.argument = i;
        ritz_tree_walk(L, i + 1, scan_event, &s);
    }
    int seen = 0;
    lua_pushvalue(L, function);
    if (ritz_arguments_look_into(L, 1, &seen))
        scan_upvalues(L, a, 1, &seen);
    lua_pop(L, 1);
    if (a->signature.failed)
        ritz_refuse(L, "jit: no memory for the arguments");
}

ritz_status ritz_arguments_fill(ritz_arguments *a, ritz_error *err)
{
    static const ritz_shape scalar = {0};
    ritz_status status = RITZ_OK;
    for (size_t i = 0; i < a->count && status == RITZ_OK; i++)
        if (!a->input[i].handle)
            status = ritz_tensor_fill(&a->in[i], RITZ_F64, &scalar,
                                      a->input[i].number, err);
    return status;
}

void ritz_arguments_give_up(lua_State *L, ritz_arguments *a)
{
    ritz_place place = {0};
    for (size_t i = 0; i < a->count; i++) {
        ritz_argument *in = &a->input[i];
        if (!in->donated || !in->handle)
            continue;
        if (in->borrowed && !a->in[i])
            in->handle->tensor = NULL; /* the plan has it */
        if (!place.source)
            place = ritz_place_of(L);
        ritz_handle_give_up(in->handle, &place);
    }
}
