/* test_chrome.c - the lines around the panels, at several widths. */
#include "ui/chrome.h"

#include "tap.h"

#include <string.h>

static ritz_chrome sample(void)
{
    ritz_chrome c = {
        .script = "fashion.lua",
        .message = "",
        .last = "accuracy 0.9",
        .seed = 7,
        .threads = 2,
        .bytes = 18000000,
        .seconds = 12.34,
        .view = {.label = "epoch 3/5  step 1422/2345",
                 .detail = "612 µs/step",
                 .subject = "784-128-10  relu  adam 1e-3",
                 .fraction = 0.5,
                 .left = 0.6,
                 .steps = 1422,
                 .figures = 1},
    };
    return c;
}

typedef void drawer(ritz_canvas *canvas, size_t y, const ritz_chrome *c);

/* One drawn row, in UTF-8; valid until the next call. */
static const char *row(drawer *draw, const ritz_chrome *c, size_t width,
                       bool ascii)
{
    static ritz_text text;
    ritz_canvas *canvas;
    if (ritz_canvas_new(&canvas, width, 1, ascii, NULL) != RITZ_OK)
        return "(no memory)";
    draw(canvas, 0, c);
    ritz_text_free(&text);
    ritz_canvas_write(&text, canvas, false);
    ritz_canvas_delete(canvas);
    if (text.length > 0)
        text.bytes[text.length - 1] = '\0'; /* the newline */
    return ritz_text_view(&text);
}

static void test_header(void)
{
    const ritz_chrome c = sample();
    is_text(row(ritz_chrome_header, &c, 90, false),
            " ritz  fashion.lua               784-128-10  relu  adam 1e-3   "
            "seed 7   2 threads   18 MB",
            "all parts");
    is_text(row(ritz_chrome_header, &c, 70, false),
            " ritz  fashion.lua   784-128-10  relu  …   seed 7   2 threads   "
            "18 MB",
            "the subject is cut");
    is_text(row(ritz_chrome_header, &c, 40, false),
            " ritz  fashion.lua   seed 7   2 threads", "or left out");
    is_text(row(ritz_chrome_header, &c, 21, false), " ritz  fashion.lua",
            "no room beside the name");
    is_text(row(ritz_chrome_header, &c, 12, false), " ritz  fash…",
            "a name that is cut");
    is_text(row(ritz_chrome_header, &c, 1, true), "", "one column");
}

static void test_status(void)
{
    ritz_chrome c = sample();
    is_text(row(ritz_chrome_status, &c, 80, false),
            " epoch 3/5  step 1422/2345  ━━━━━━━━━╺───────   50 %   "
            "612 µs/step   left 0.6 s",
            "progress with a bar");
    is_text(row(ritz_chrome_status, &c, 80, true),
            " epoch 3/5  step 1422/2345  =========--------   50 %   "
            "612 us/step   left 0.6 s",
            "the same in ASCII");
    is_text(row(ritz_chrome_status, &c, 64, false),
            " epoch 3/5  step 1422/2345   50 %   612 µs/step   left 0.6 s",
            "no room for a bar");
    c.view.fraction = 1.5;
    matches(row(ritz_chrome_status, &c, 80, false), "━━  100 %",
            "a fraction above 1 is full");
    c.view.fraction = -1;
    is_text(row(ritz_chrome_status, &c, 80, false),
            " epoch 3/5  step 1422/2345   12.3 s", "an unknown fraction");
    c.view.steps = 0;
    is_text(row(ritz_chrome_status, &c, 80, false), " running   12.3 s",
            "no report yet");
    c.end = "done";
    c.seconds = 75;
    is_text(row(ritz_chrome_status, &c, 80, false),
            " done in 1 min 15 s   accuracy 0.9", "minutes, and the last line");
    c.end = "failed";
    c.seconds = 3 * 3600 + 125;
    is_text(row(ritz_chrome_status, &c, 80, false),
            " failed after 3 h 02 min   accuracy 0.9", "hours");
    c.message = "a message";
    is_text(row(ritz_chrome_status, &c, 80, false), " a message",
            "a message goes before all else");
}

static void test_keys(void)
{
    ritz_chrome c = sample();
    for (size_t width = 8; width <= 120; width++)
        if (!strstr(row(ritz_chrome_keys, &c, width, true), "q quit")) {
            ok(false, "q is named at %zu columns", width);
            return;
        }
    ok(true, "q is named at every width");
    ok(!strstr(row(ritz_chrome_keys, &c, 120, true), "f figure"),
       "one figure needs no key for the next");
    c.view.figures = 2;
    matches(row(ritz_chrome_keys, &c, 120, true), "f figure", "two do");
}

static void test_help(void)
{
    for (size_t width = 1; width <= 80; width += 13)
        for (size_t height = 1; height <= 24; height += 5) {
            ritz_canvas *canvas;
            if (ritz_canvas_new(&canvas, width, height, width % 2, NULL) !=
                RITZ_OK)
                continue;
            ritz_chrome_help(canvas);
            ritz_canvas_delete(canvas);
        }
    ritz_canvas *canvas;
    ritz_text text = {0};
    if (!ok(ritz_canvas_new(&canvas, 80, 24, false, NULL) == RITZ_OK,
            "a canvas"))
        return;
    ritz_chrome_help(canvas);
    ritz_canvas_write(&text, canvas, false);
    matches(ritz_text_view(&text), "│ q    leaves", "help names the keys");
    ritz_text_free(&text);
    ritz_canvas_delete(canvas);
}

int main(void)
{
    tap_run("header", test_header);
    tap_run("status", test_status);
    tap_run("keys", test_keys);
    tap_run("help", test_help);
    return tap_end();
}
