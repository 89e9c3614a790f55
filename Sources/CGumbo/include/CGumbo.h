#ifndef PITWALL_CGUMBO_H
#define PITWALL_CGUMBO_H

#include <gumbo.h>
#include <stddef.h>

/* Parses `length` bytes, which must stay where they are until pitwall_gumbo_free: the tree points into them. Errors are
   not collected (collecting them makes gumbo's time explode). `context` is the element a fragment is parsed in, or
   GUMBO_TAG_LAST for a whole document. */
GumboOutput *pitwall_gumbo_parse(const char *bytes, size_t length, GumboTag context);

void pitwall_gumbo_free(GumboOutput *output);

#endif
