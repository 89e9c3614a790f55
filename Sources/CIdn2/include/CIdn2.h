#ifndef PITWALL_CIDN2_H
#define PITWALL_CIDN2_H

/* The ASCII ("xn--") form of a UTF-8 domain by IDNA 2008 with UTS 46 non-transitional mapping, in a buffer to be given
   to pitwall_idn2_free; NULL when the name is not allowed. */
char *pitwall_idn2_to_ascii(const char *domain);

/* The UTF-8 form of an ASCII domain, to be given to pitwall_idn2_free; NULL when it does not decode. */
char *pitwall_idn2_to_unicode(const char *domain);

void pitwall_idn2_free(char *text);

#endif
