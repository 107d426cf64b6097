/* canvas.c - cells, UTF-8 text in cells, and cells as text. */
#include "plot/canvas.h"

#include "base/memory.h"
#include "plot/utf8.h"

#include <string.h>

const uint32_t ritz_palette[RITZ_COLOURS] = {
    0x000000, 0xE69F00, 0x56B4E9, 0x009E73,
    0xD55E00, 0xCC79A7, 0x0072B2, 0xF0E442,
};

const uint8_t ritz_palette_256[RITZ_COLOURS] = {0,   214, 74, 36,
                                                166, 175, 25, 227};

uint8_t ritz_series_colour(size_t order)
{
    return (uint8_t)(1 + order % (RITZ_COLOURS - 1));
}

ritz_status ritz_canvas_new(ritz_canvas **out, size_t width, size_t height,
                            bool ascii, ritz_error *err)
{
    size_t cells;
    if (__builtin_mul_overflow(width, height, &cells))
        return ritz_fail_memory(err, "canvas");
    ritz_canvas *canvas = ritz_new(1, sizeof *canvas);
    ritz_cell *cell = ritz_new(cells, sizeof *cell);
    if (!canvas || !cell) {
        ritz_free(canvas);
        ritz_free(cell);
        return ritz_fail_memory(err, "canvas");
    }
    *canvas = (ritz_canvas){width, height, ascii, cell};
    ritz_canvas_blank(canvas);
    *out = canvas;
    return RITZ_OK;
}

void ritz_canvas_delete(ritz_canvas *canvas)
{
    if (!canvas)
        return;
    ritz_free(canvas->cell);
    ritz_free(canvas);
}

void ritz_canvas_blank(ritz_canvas *canvas)
{
    for (size_t i = 0; i < canvas->width * canvas->height; i++)
        canvas->cell[i] = (ritz_cell){' ', 0, RITZ_CELL_PLAIN};
}

void ritz_canvas_put(ritz_canvas *canvas, size_t x, size_t y, ritz_cell cell)
{
    if (x < canvas->width && y < canvas->height)
        canvas->cell[y * canvas->width + x] = cell;
}

ritz_cell ritz_canvas_at(const ritz_canvas *canvas, size_t x, size_t y)
{
    if (x < canvas->width && y < canvas->height)
        return canvas->cell[y * canvas->width + x];
    return (ritz_cell){' ', 0, RITZ_CELL_PLAIN};
}

static bool between(uint32_t code, uint32_t lo, uint32_t hi)
{
    return code >= lo && code <= hi;
}

/* Columns of a code point. The C library's answer depends on the locale, and
 * a figure must look the same in all of them: the usual blocks are enough. */
static size_t columns_of(uint32_t code)
{
    if (between(code, 0x300, 0x36F) || between(code, 0x200B, 0x200F) ||
        between(code, 0xFE00, 0xFE0F) || between(code, 0x20D0, 0x20FF))
        return 0;
    if (between(code, 0x1100, 0x115F) || between(code, 0x2E80, 0xA4CF) ||
        between(code, 0xAC00, 0xD7A3) || between(code, 0xF900, 0xFAFF) ||
        between(code, 0xFE30, 0xFE6F) || between(code, 0xFF00, 0xFF60) ||
        between(code, 0x1F300, 0x1FAFF) || between(code, 0x20000, 0x3FFFD))
        return 2;
    return 1;
}

size_t ritz_text_columns(const char *text)
{
    size_t columns = 0;
    while (*text)
        columns += columns_of(ritz_utf8_next(&text));
    return columns;
}

/* How ASCII spells what labels use. */
static uint32_t ascii_of(uint32_t code)
{
    static const struct {
        uint32_t code;
        char spelling;
    } table[] = {{0xB5, 'u'},    {0x3BC, 'u'},   {0xD7, 'x'},   {0xB7, '.'},
                 {0x2013, '-'},  {0x2014, '-'},  {0x2212, '-'}, {0x2026, '~'},
                 {0x2018, '\''}, {0x2019, '\''}, {0x3B7, 'n'},  {0x3BB, 'l'}};
    if (code < 0x80)
        return code;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].code == code)
            return (uint32_t)table[i].spelling;
    return '?';
}

static uint32_t printable(const ritz_canvas *canvas, uint32_t code)
{
    if (code < 0x20 || between(code, 0x7F, 0x9F))
        code = '?';
    return canvas->ascii ? ascii_of(code) : code;
}

size_t ritz_canvas_text(ritz_canvas *canvas, size_t x, size_t y, size_t room,
                        const char *text, ritz_cell look)
{
    const bool cut = ritz_text_columns(text) > room;
    const size_t limit = cut && room > 0 ? room - 1 : room;
    size_t used = 0;
    while (*text) {
        const uint32_t code = ritz_utf8_next(&text);
        const size_t columns = columns_of(code);
        if (used + columns > limit)
            break;
        look.code = printable(canvas, code);
        for (size_t i = 0; i < columns; i++) {
            ritz_canvas_put(canvas, x + used + i, y, look);
            look.code = canvas->ascii ? '?' : 0;
        }
        used += columns;
    }
    if (cut && room > 0) {
        look.code = printable(canvas, 0x2026);
        ritz_canvas_put(canvas, x + used++, y, look);
    }
    return used;
}

static void write_look(ritz_text *out, ritz_cell cell)
{
    ritz_text_puts(out, "\033[0");
    if (cell.style & RITZ_CELL_DIM)
        ritz_text_puts(out, ";2");
    if (cell.style & RITZ_CELL_BOLD)
        ritz_text_puts(out, ";1");
    if (cell.colour)
        ritz_text_printf(out, ";38;5;%d", ritz_palette_256[cell.colour]);
    ritz_text_puts(out, "m");
}

static size_t row_end(const ritz_canvas *canvas, size_t y)
{
    size_t end = canvas->width;
    while (end > 0 && ritz_canvas_at(canvas, end - 1, y).code == ' ')
        end--;
    return end;
}

void ritz_canvas_write(ritz_text *out, const ritz_canvas *canvas, bool colours)
{
    ritz_cell now = {' ', 0, RITZ_CELL_PLAIN};
    for (size_t y = 0; y < canvas->height; y++) {
        const size_t end = row_end(canvas, y);
        for (size_t x = 0; x < end; x++) {
            const ritz_cell cell = ritz_canvas_at(canvas, x, y);
            if (colours &&
                (cell.colour != now.colour || cell.style != now.style))
                write_look(out, cell);
            now = cell;
            if (cell.code)
                ritz_utf8_add(out, cell.code);
        }
        if (colours && (now.colour || now.style)) {
            ritz_text_puts(out, "\033[0m");
            now = (ritz_cell){' ', 0, RITZ_CELL_PLAIN};
        }
        ritz_text_puts(out, "\n");
    }
}
