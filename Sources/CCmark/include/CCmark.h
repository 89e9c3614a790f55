#ifndef PITWALL_CCMARK_H
#define PITWALL_CCMARK_H

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>
#include <stddef.h>

/* Makes the extensions known to cmark. Once, before anything else. */
void pitwall_cmark_register(void);

/* Parses GitHub-flavoured Markdown (tables, strikethrough, autolinks) into a tree to be given to cmark_node_free; NULL
   where an extension is missing. */
cmark_node *pitwall_cmark_parse(const char *bytes, size_t length);

/* What a node is, whatever the version of cmark numbers it. */
typedef enum {
    PITWALL_MARKDOWN_OTHER,
    PITWALL_MARKDOWN_DOCUMENT,
    PITWALL_MARKDOWN_QUOTE,
    PITWALL_MARKDOWN_LIST,
    PITWALL_MARKDOWN_ITEM,
    PITWALL_MARKDOWN_CODE_BLOCK,
    PITWALL_MARKDOWN_HTML_BLOCK,
    PITWALL_MARKDOWN_PARAGRAPH,
    PITWALL_MARKDOWN_HEADING,
    PITWALL_MARKDOWN_RULE,
    PITWALL_MARKDOWN_TABLE,
    PITWALL_MARKDOWN_TABLE_ROW,
    PITWALL_MARKDOWN_TABLE_CELL,
    PITWALL_MARKDOWN_TEXT,
    PITWALL_MARKDOWN_SOFT_BREAK,
    PITWALL_MARKDOWN_LINE_BREAK,
    PITWALL_MARKDOWN_CODE,
    PITWALL_MARKDOWN_HTML_INLINE,
    PITWALL_MARKDOWN_EMPHASIS,
    PITWALL_MARKDOWN_STRONG,
    PITWALL_MARKDOWN_STRIKETHROUGH,
    PITWALL_MARKDOWN_LINK,
    PITWALL_MARKDOWN_IMAGE
} pitwall_markdown_kind;

pitwall_markdown_kind pitwall_cmark_kind(cmark_node *node);

/* 'l', 'c', 'r' or 0 for a column of a table. */
char pitwall_cmark_alignment(cmark_node *table, int column);

/* 1 for the first row of a table. */
int pitwall_cmark_is_header(cmark_node *row);

#endif
