#include "CGumbo.h"

GumboOutput *pitwall_gumbo_parse(const char *bytes, size_t length, GumboTag context) {
    GumboOptions options = kGumboDefaultOptions;
    options.max_errors = 0;
    options.fragment_context = context;
    return gumbo_parse_with_options(&options, bytes, length);
}

void pitwall_gumbo_free(GumboOutput *output) { gumbo_destroy_output(&kGumboDefaultOptions, output); }
