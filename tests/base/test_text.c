/* test_text.c - growing, formatting, and staying failed. */
#include "base/memory.h"
#include "base/text.h"
#include "tap.h"

#include <string.h>

static void test_growth(void)
{
    ritz_text text = {0};
    is_text(ritz_text_view(&text), "", "an empty text is \"\"");
    ritz_text_add(&text, "", 0);
    is_text(ritz_text_view(&text), "", "adding nothing leaves it empty");
    ritz_text_puts(&text, "loss ");
    ritz_text_printf(&text, "%.2f at step %d", 0.25, 7);
    ritz_text_add(&text, "!?", 1);
    is_text(ritz_text_view(&text), "loss 0.25 at step 7!", "pieces in order");
    is_int(text.length, strlen("loss 0.25 at step 7!"), "and their length");
    ritz_text_free(&text);
    is_text(ritz_text_view(&text), "", "a freed text is empty");
}

static void test_long(void)
{
    ritz_text text = {0};
    for (int i = 0; i < 1000; i++)
        ritz_text_printf(&text, "%0100d", i);
    is_int(text.length, 100000, "a long text");
    is_text(ritz_text_view(&text) + 99997, "999", "and its end");
    ritz_text_free(&text);
}

static void test_zero_bytes(void)
{
    ritz_text text = {0};
    ritz_text_add(&text, "a\0b", 3);
    is_int(text.length, 3, "a zero byte counts");
    ok(memcmp(text.bytes, "a\0b", 4) == 0, "and is kept, with an end after");
    ritz_text_free(&text);
}

static void test_sticky(void)
{
    ritz_text text = {0};
    ritz_text_puts(&text, "1234567"); /* fills the first 8 bytes */
    ritz_fail_allocation(1);
    ritz_text_puts(&text, "8");
    ritz_fail_allocation(0);
    ok(text.failed, "without memory it has failed");
    ritz_text_puts(&text, "9");
    ritz_text_printf(&text, "%d", 10);
    ok(text.failed, "and stays failed");
    is_text(ritz_text_view(&text), "1234567", "with what it had");
    ritz_text_free(&text);
    ok(!text.failed, "free forgets the failure");
}

int main(void)
{
    tap_run("growth", test_growth);
    tap_run("long", test_long);
    tap_run("zero bytes", test_zero_bytes);
    tap_run("sticky", test_sticky);
    return tap_end();
}
