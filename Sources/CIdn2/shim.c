#include "CIdn2.h"
#include <idn2.h>
#include <stddef.h>

char *pitwall_idn2_to_ascii(const char *domain) {
    char *ascii = NULL;
    if (idn2_to_ascii_8z(domain, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK) return NULL;
    return ascii;
}

char *pitwall_idn2_to_unicode(const char *domain) {
    char *text = NULL;
    if (idn2_to_unicode_8z8z(domain, &text, 0) != IDN2_OK) return NULL;
    return text;
}

void pitwall_idn2_free(char *text) { idn2_free(text); }
