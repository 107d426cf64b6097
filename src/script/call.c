/* call.c - Lua functions made of records: operands, parameters, options.
 *
 * f(x, y, 2, true) gives parameters by position, f(x, y, {axis = 2}) by name.
 * A last table is options when it has string keys; a sequence is a value.
 */
#include "script/call.h"

#include "script/check.h"
#include "script/compute.h"

#include <lauxlib.h>
#include <math.h>
#include <string.h>

/* The arguments of a call, as far as they are read. */
typedef struct reading {
    lua_State *L;
    const ritz_function *f;
    int next, top; /* the next argument, the last one */
    ritz_call call;
} reading;

/* Operands. */

static ritz_operand *read_fixed(reading *r, ritz_operand *room)
{
    const ritz_function *f = r->f;
    for (int i = 0; i < f->tensors; i++) {
        const int type = lua_type(r->L, r->next);
        const bool optional = i >= f->tensors - f->optional;
        room[i] = (ritz_operand){0};
        if (optional && (type <= LUA_TNIL || type == LUA_TTABLE)) {
            r->next += type == LUA_TNIL;
            continue;
        }
        room[i] = ritz_operand_at(r->L, r->next, f->name, i + 1);
        r->next++;
    }
    r->call.nx = f->tensors;
    return room;
}

static ritz_operand *read_list(reading *r)
{
    lua_State *L = r->L;
    if (lua_type(L, 1) != LUA_TTABLE)
        ritz_refuse(L, "%s: argument 1 must be a list of tensors, got %s",
                    r->f->name, ritz_got_at(L, 1).text);
    const lua_Unsigned n = lua_rawlen(L, 1);
    if (n == 0 || n > INT16_MAX)
        ritz_refuse(L, "%s: wanted a list of 1 to %d tensors, got %llu",
                    r->f->name, INT16_MAX, (unsigned long long)n);
    ritz_operand *list = lua_newuserdatauv(L, n * sizeof *list, 0);
    for (int i = 0; i < (int)n; i++) {
        lua_rawgeti(L, 1, i + 1); /* the list keeps it from the collector */
        list[i] = ritz_operand_at(L, -1, r->f->name, i + 1);
        lua_pop(L, 1);
    }
    r->next = 2;
    r->call.nx = (int)n;
    return list;
}

/* Parameters. */

static bool is_allowed(const char *list, const char *word)
{
    const size_t n = strlen(word);
    for (const char *s = list;; s++) {
        const size_t m = strcspn(s, "|");
        if (m == n && memcmp(s, word, n) == 0)
            return true;
        s += m;
        if (!*s)
            return false;
    }
}

static void read_text(reading *r, int index, const ritz_param *p, ritz_value *v)
{
    if (lua_type(r->L, index) != LUA_TSTRING)
        ritz_refuse(r->L, "%s: %s must be a string, got %s", r->f->name,
                    p->name, ritz_got_at(r->L, index).text);
    v->text = lua_tostring(r->L, index);
    if (p->text && strchr(p->text, '|') && !is_allowed(p->text, v->text))
        ritz_refuse(r->L, "%s: %s must be one of %s, got \"%.40s\"", r->f->name,
                    p->name, p->text, v->text);
}

static void read_ints(reading *r, int index, const ritz_param *p, ritz_value *v)
{
    lua_State *L = r->L;
    if (p->text && lua_type(L, index) == LUA_TSTRING) {
        read_text(r, index, p, v);
        return;
    }
    if (lua_type(L, index) != LUA_TTABLE) {
        v->count = 1;
        v->list[0] = ritz_check_integer(L, index, r->f->name, p->name);
        return;
    }
    const lua_Unsigned n = lua_rawlen(L, index);
    if (n > RITZ_MAX_RANK)
        ritz_refuse(L, "%s: %s must have at most %d entries, got %llu",
                    r->f->name, p->name, RITZ_MAX_RANK, (unsigned long long)n);
    v->count = (int)n;
    for (int i = 0; i < v->count; i++) {
        lua_rawgeti(L, index, i + 1);
        v->list[i] = ritz_check_integer(L, -1, r->f->name, p->name);
        lua_pop(L, 1);
    }
}

static void read_number(reading *r, int index, const ritz_param *p,
                        ritz_value *v)
{
    const ritz_handle *h = ritz_handle_test(r->L, index);
    if (h && h->node)
        ritz_refuse(r->L,
                    "%s: %s must be a number, got a traced value: list the "
                    "argument that it came from in `static`",
                    r->f->name, p->name);
    v->number = ritz_check_number(r->L, index, r->f->name, p->name);
    if (p->low < p->high && !(v->number >= p->low && v->number <= p->high))
        ritz_refuse(r->L, "%s: %s must be %g to %g, got %.14g", r->f->name,
                    p->name, p->low, p->high, v->number);
}

static void read_integer(reading *r, int index, const ritz_param *p,
                         ritz_value *v)
{
    v->i = ritz_check_integer(r->L, index, r->f->name, p->name);
    v->number = (double)v->i;
    if (p->low < p->high && !(v->number >= p->low && v->number <= p->high))
        ritz_refuse(r->L, "%s: %s must be %g to %g, got %lld", r->f->name,
                    p->name, p->low, p->high, (long long)v->i);
}

static void read_bool(reading *r, int index, const ritz_param *p, ritz_value *v)
{
    if (lua_type(r->L, index) != LUA_TBOOLEAN)
        ritz_refuse(r->L, "%s: %s must be true or false, got %s", r->f->name,
                    p->name, ritz_got_at(r->L, index).text);
    v->i = lua_toboolean(r->L, index);
}

static void read_dtype(reading *r, int index, const ritz_param *p,
                       ritz_value *v)
{
    (void)p;
    v->i = (int64_t)ritz_check_dtype(r->L, index, r->f->name);
}

typedef void read_fn(reading *r, int index, const ritz_param *p, ritz_value *v);

static read_fn *const readers[] = {
    [RITZ_PARAM_AXIS] = read_integer, [RITZ_PARAM_AXES] = read_ints,
    [RITZ_PARAM_SHAPE] = read_ints,   [RITZ_PARAM_INTS] = read_ints,
    [RITZ_PARAM_INT] = read_integer,  [RITZ_PARAM_NUMBER] = read_number,
    [RITZ_PARAM_BOOL] = read_bool,    [RITZ_PARAM_DTYPE] = read_dtype,
    [RITZ_PARAM_TEXT] = read_text,
};

static void read_param(reading *r, int index, int nth)
{
    const ritz_param *p = &r->f->params[nth];
    ritz_value *v = &r->call.v[nth];
    readers[p->kind](r, index, p, v);
    v->given = true;
}

static int count_params(const ritz_function *f)
{
    int n = 0;
    while (n < RITZ_PARAMS && f->params[n].kind != RITZ_PARAM_END)
        n++;
    return n;
}

/* A table with a string key, or an empty one where no list is wanted. */
static bool is_options(const reading *r, int index, int nth, int count)
{
    lua_State *L = r->L;
    if (index != r->top || lua_type(L, index) != LUA_TTABLE ||
        lua_rawlen(L, index) > 0)
        return false;
    lua_pushnil(L);
    if (lua_next(L, index)) {
        lua_pop(L, 2);
        return true;
    }
    const ritz_kind kind = nth < count ? r->f->params[nth].kind : 0;
    return kind != RITZ_PARAM_AXES && kind != RITZ_PARAM_SHAPE &&
           kind != RITZ_PARAM_INTS;
}

static int find_param(const reading *r, const char *name, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(r->f->params[i].name, name) == 0)
            return i;
    ritz_nearest n = {.name = name};
    for (int i = 0; i < count; i++)
        ritz_nearest_try(&n, r->f->params[i].name);
    ritz_refuse(r->L, "%s: unknown option \"%.40s\"%s", r->f->name, name,
                ritz_nearest_hint(&n).text);
    return 0;
}

static void read_options(reading *r, int index, int count)
{
    lua_State *L = r->L;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            ritz_refuse(L, "%s: options have names, got the key %s", r->f->name,
                        ritz_got_at(L, -2).text);
        const int nth = find_param(r, lua_tostring(L, -2), count);
        if (r->call.v[nth].given)
            ritz_refuse(L, "%s: %s is given twice", r->f->name,
                        r->f->params[nth].name);
        /* A text lives on as a field of the table. */
        read_param(r, lua_gettop(L), nth);
    }
}

/* The defaults of what was not given; texts are pushed, to stay alive. */
static void fill_defaults(reading *r, int count)
{
    for (int i = 0; i < count; i++) {
        const ritz_param *p = &r->f->params[i];
        ritz_value *v = &r->call.v[i];
        if (v->given)
            continue;
        if (p->required)
            ritz_refuse(r->L, "%s: %s is missing: %s", r->f->name, p->name,
                        r->f->signature);
        v->number = p->fallback;
        v->i = (int64_t)p->fallback;
        if (p->text)
            v->text = lua_pushlstring(r->L, p->text, strcspn(p->text, "|"));
    }
}

static void read_params(reading *r, int first)
{
    const int count = count_params(r->f);
    for (int nth = first; r->next <= r->top; nth++, r->next++) {
        if (is_options(r, r->next, nth, count)) {
            read_options(r, r->next, count);
            break;
        }
        if (nth == count)
            ritz_refuse(r->L, "%s: wanted %s, got %d arguments", r->f->name,
                        r->f->signature, r->top);
        if (!lua_isnil(r->L, r->next))
            read_param(r, r->next, nth);
    }
    fill_defaults(r, count);
}

/* A call. */

static void build_record(ritz_graph *g, ritz_node *const *x,
                         const void *context, ritz_node **out)
{
    ritz_call call = *(const ritz_call *)context;
    call.x = x;
    call.function->build(g, &call, out);
}

int ritz_call_function(lua_State *L, const ritz_function *f)
{
    reading r = {.L = L, .f = f, .next = 1, .top = lua_gettop(L)};
    luaL_checkstack(L, 2 * LUA_MINSTACK, f->name);
    ritz_operand room[RITZ_MAX_OPERANDS];
    ritz_node *nodes[RITZ_MAX_OPERANDS];
    ritz_node **x = nodes;
    const int leading = f->leads && r.top > 0;
    if (leading)
        read_param(&r, r.next++, 0);
    const ritz_operand *operand =
        f->tensors < 0 ? read_list(&r) : read_fixed(&r, room);
    if (f->tensors < 0)
        x = lua_newuserdatauv(L, (size_t)r.call.nx * sizeof(void *), 0);
    read_params(&r, leading);
    r.call.function = f;
    const ritz_computation c = {
        .operand = operand,
        .x = x,
        .operands = r.call.nx,
        .results = f->results > 0 ? f->results : 1,
        .build = build_record,
        .context = &r.call,
    };
    return ritz_compute(L, &c);
}

static int call_upvalue(lua_State *L)
{
    return ritz_call_function(L, lua_touserdata(L, lua_upvalueindex(1)));
}

void ritz_push_function(lua_State *L, const ritz_function *f)
{
    lua_pushlightuserdata(L, (void *)(uintptr_t)f);
    lua_pushcclosure(L, call_upvalue, 1);
}

const ritz_function *ritz_function_of(lua_State *L, int index)
{
    if (lua_tocfunction(L, index) != call_upvalue ||
        !lua_getupvalue(L, index, 1))
        return NULL;
    const ritz_function *f = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return f;
}
