/* test_json.c - texts and numbers come back from jansson as they went. */
#include "run/json.h"

#include "base/random.h"
#include "run/facts.h"
#include "tap.h"

#include <float.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

static const char *number(double value)
{
    static ritz_text text;
    ritz_text_free(&text);
    ritz_json_number(&text, value);
    return ritz_text_view(&text);
}

static double read_back(const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    const double x = json_number_value(value);
    json_decref(value);
    return x;
}

static void test_numbers(void)
{
    is_text(number(0.1), "0.1", "a tenth");
    is_text(number(0.1 + 0.2), "0.30000000000000004", "three tenths, nearly");
    is_text(number(-0.0), "-0", "minus zero");
    is_text(number(128.0), "128", "a whole number");
    is_text(number(1e22), "1e+22", "a large one");
    is_text(number(-DBL_MAX), "-1.7976931348623157e+308", "the longest");
    is_text(number(NAN), "\"nan\"", "not a number");
    is_text(number(INFINITY), "\"inf\"", "infinity");
    is_text(number(-INFINITY), "\"-inf\"", "minus infinity");
    const ritz_key key = ritz_key_from_seed(1);
    int wrong = 0, tried = 0;
    for (uint64_t i = 0; i < 20000; i++) {
        uint32_t word[4];
        double x;
        ritz_random_block(key, i, word);
        memcpy(&x, word, sizeof x);
        if (!isfinite(x))
            continue;
        tried++;
        wrong += read_back(number(x)) != x;
    }
    ok(tried > 19000 && wrong == 0, "%d numbers of random bits", tried);
}

static void text_is(const char *given, const char *want)
{
    ritz_text text = {0};
    ritz_json_text(&text, given);
    json_t *value = json_loads(text.bytes, JSON_DECODE_ANY, NULL);
    is_text(json_string_value(value), want, "%s", text.bytes);
    json_decref(value);
    ritz_text_free(&text);
}

static void test_texts(void)
{
    text_is("", "");
    text_is("a\"\\/\b\t\n\x01\x1f\x7f", "a\"\\/\b\t\n\x01\x1f\x7f");
    text_is("\xce\xbb \xe2\x82\xac \xf0\x9d\x84\x9e", /* 2, 3 and 4 bytes */
            "\xce\xbb \xe2\x82\xac \xf0\x9d\x84\x9e");
    text_is("a\x80z", "a\xef\xbf\xbdz");
    text_is("cut \xe2\x82", "cut \xef\xbf\xbd\xef\xbf\xbd");
    text_is("\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd"); /* overlong */
    text_is("\xe0\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    text_is("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"); /* D800 */
    text_is("\xf4\x90\x80\x80",
            "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    text_is("\xff", "\xef\xbf\xbd");
}

static void test_facts(void)
{
    ritz_facts facts = {0};
    ritz_text text = {0};
    ritz_facts_write(&text, &facts);
    is_text(text.bytes, "{\n}\n", "no facts");
    text.length = 0;
    ritz_facts_integer(&facts, "b", "y", 2);
    ritz_facts_text(&facts, "c", NULL, "top");
    ritz_facts_integer(&facts, "b", "x", 9);
    ritz_facts_number(&facts, "a", NULL, 0.5);
    ritz_facts_integer(&facts, "b", "x", 1);
    ritz_facts_integer(&facts, "d", "z", 3);
    ritz_facts_write(&text, &facts);
    is_text(text.bytes,
            "{\n  \"a\": 0.5,\n  \"b\": {\n    \"x\": 1,\n    \"y\": 2\n  },\n"
            "  \"c\": \"top\",\n  \"d\": {\n    \"z\": 3\n  }\n}\n",
            "sorted, replaced, nested");
    ok(!facts.failed, "no failure");
    ritz_text_free(&text);
    ritz_facts_free(&facts);
}

int main(void)
{
    tap_run("numbers", test_numbers);
    tap_run("texts", test_texts);
    tap_run("facts", test_facts);
    return tap_end();
}
