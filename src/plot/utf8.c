/* utf8.c - code points in and out of UTF-8. */
#include "plot/utf8.h"

/* The bytes of a sequence that begins with `lead`; 0 when none does. */
static int sequence_length(unsigned char lead)
{
    return lead < 0x80                   ? 1
           : lead >= 0xC2 && lead < 0xE0 ? 2
           : lead >= 0xE0 && lead < 0xF0 ? 3
           : lead >= 0xF0 && lead < 0xF5 ? 4
                                         : 0;
}

uint32_t ritz_utf8_next(const char **text)
{
    const unsigned char *s = (const unsigned char *)*text;
    const int n = sequence_length(*s);
    uint32_t code = n == 1 ? *s : *s & (0x7Fu >> n);
    (*text)++;
    if (n == 0)
        return 0xFFFD;
    for (int i = 1; i < n; i++) {
        if ((s[i] & 0xC0) != 0x80) /* the end of the text, too */
            return 0xFFFD;
        code = code << 6 | (s[i] & 0x3Fu);
    }
    *text += n - 1;
    return code;
}

size_t ritz_utf8_put(char out[4], uint32_t code)
{
    static const uint32_t limit[] = {0x80, 0x800, 0x10000};
    static const uint32_t lead[] = {0, 0xC0, 0xE0, 0xF0};
    size_t more = 0; /* bytes after the first, of six bits each */
    while (more < 3 && code >= limit[more])
        more++;
    for (size_t i = more; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3F));
    out[0] = (char)(lead[more] | code);
    return more + 1;
}

void ritz_utf8_add(ritz_text *out, uint32_t code)
{
    char bytes[4];
    ritz_text_add(out, bytes, ritz_utf8_put(bytes, code));
}
