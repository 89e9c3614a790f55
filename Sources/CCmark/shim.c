#include "CCmark.h"
#include <stdint.h>
#include <string.h>

void pitwall_cmark_register(void) { cmark_gfm_core_extensions_ensure_registered(); }

cmark_node *pitwall_cmark_parse(const char *bytes, size_t length) {
    static const char *const names[] = {"table", "strikethrough", "autolink"};
    cmark_parser *parser = cmark_parser_new(CMARK_OPT_UNSAFE | CMARK_OPT_STRIKETHROUGH_DOUBLE_TILDE);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        cmark_syntax_extension *extension = cmark_find_syntax_extension(names[i]);
        if (extension == NULL) {
            cmark_parser_free(parser);
            return NULL;
        }
        cmark_parser_attach_syntax_extension(parser, extension);
    }
    cmark_parser_feed(parser, bytes, length);
    cmark_node *document = cmark_parser_finish(parser);
    cmark_parser_free(parser);
    return document;
}

pitwall_markdown_kind pitwall_cmark_kind(cmark_node *node) {
    switch (cmark_node_get_type(node)) {
    case CMARK_NODE_DOCUMENT: return PITWALL_MARKDOWN_DOCUMENT;
    case CMARK_NODE_BLOCK_QUOTE: return PITWALL_MARKDOWN_QUOTE;
    case CMARK_NODE_LIST: return PITWALL_MARKDOWN_LIST;
    case CMARK_NODE_ITEM: return PITWALL_MARKDOWN_ITEM;
    case CMARK_NODE_CODE_BLOCK: return PITWALL_MARKDOWN_CODE_BLOCK;
    case CMARK_NODE_HTML_BLOCK: return PITWALL_MARKDOWN_HTML_BLOCK;
    case CMARK_NODE_PARAGRAPH: return PITWALL_MARKDOWN_PARAGRAPH;
    case CMARK_NODE_HEADING: return PITWALL_MARKDOWN_HEADING;
    case CMARK_NODE_THEMATIC_BREAK: return PITWALL_MARKDOWN_RULE;
    case CMARK_NODE_TEXT: return PITWALL_MARKDOWN_TEXT;
    case CMARK_NODE_SOFTBREAK: return PITWALL_MARKDOWN_SOFT_BREAK;
    case CMARK_NODE_LINEBREAK: return PITWALL_MARKDOWN_LINE_BREAK;
    case CMARK_NODE_CODE: return PITWALL_MARKDOWN_CODE;
    case CMARK_NODE_HTML_INLINE: return PITWALL_MARKDOWN_HTML_INLINE;
    case CMARK_NODE_EMPH: return PITWALL_MARKDOWN_EMPHASIS;
    case CMARK_NODE_STRONG: return PITWALL_MARKDOWN_STRONG;
    case CMARK_NODE_LINK: return PITWALL_MARKDOWN_LINK;
    case CMARK_NODE_IMAGE: return PITWALL_MARKDOWN_IMAGE;
    default: break;
    }
    const char *name = cmark_node_get_type_string(node);
    if (strcmp(name, "table") == 0) return PITWALL_MARKDOWN_TABLE;
    if (strcmp(name, "table_row") == 0 || strcmp(name, "table_header") == 0) return PITWALL_MARKDOWN_TABLE_ROW;
    if (strcmp(name, "table_cell") == 0) return PITWALL_MARKDOWN_TABLE_CELL;
    if (strcmp(name, "strikethrough") == 0) return PITWALL_MARKDOWN_STRIKETHROUGH;
    return PITWALL_MARKDOWN_OTHER;
}

char pitwall_cmark_alignment(cmark_node *table, int column) {
    uint8_t *alignments = cmark_gfm_extensions_get_table_alignments(table);
    if (alignments == NULL || column < 0 || column >= cmark_gfm_extensions_get_table_columns(table)) return 0;
    return (char)alignments[column];
}

int pitwall_cmark_is_header(cmark_node *row) { return cmark_gfm_extensions_get_table_row_is_header(row); }
