// Where statements end: at a newline, unless the statement goes on. As src/syntax/layout.rs of the compiler decides it.
//
// The parser asks for a newline only where a statement may end: so not in parentheses, behind commas or behind operators.
// What is left is the next line that holds something: does it go on?
//
// It also reads the words that begin an expression unless they stand before a certain word, where they are the language's.

#include "tree_sitter/parser.h"

enum { NEWLINE, MISSING_BRACE, STABLE, AT, APPROVAL, CONFIRMED, TIME, ERROR_SENTINEL };

enum { LONGEST = 11 };

void *tree_sitter_chaos_external_scanner_create(void) { return NULL; }
void tree_sitter_chaos_external_scanner_destroy(void *payload) { (void)payload; }

unsigned tree_sitter_chaos_external_scanner_serialize(void *payload, char *buffer) {
  (void)payload;
  (void)buffer;
  return 0;
}

void tree_sitter_chaos_external_scanner_deserialize(void *payload, const char *buffer, unsigned length) {
  (void)payload;
  (void)buffer;
  (void)length;
}

static bool is_blank(int32_t c) { return c == ' ' || c == '\t' || c == '\r' || c == 0xFEFF; }

static bool in_word(int32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static bool same(const char *left, const char *right) {
  while (*left && *left == *right) left++, right++;
  return *left == *right;
}

static bool among(const char *word, const char *const words[], unsigned count) {
  for (unsigned at = 0; at < count; at++) {
    if (same(word, words[at])) return true;
  }
  return false;
}

// Goes to the first line that holds something besides comments.
static void to_next_text(TSLexer *lexer) {
  for (;;) {
    while (is_blank(lexer->lookahead) || lexer->lookahead == '\n') lexer->advance(lexer, false);
    if (lexer->lookahead != '#') return;
    while (lexer->lookahead != '\n' && !lexer->eof(lexer)) lexer->advance(lexer, false);
  }
}

// The word at which the text is read, if it is short enough to be of interest; else an empty one.
static void read_word(TSLexer *lexer, char word[LONGEST + 1]) {
  unsigned length = 0;
  while (in_word(lexer->lookahead)) {
    if (length < LONGEST) word[length] = (char)lexer->lookahead;
    length++;
    lexer->advance(lexer, false);
  }
  word[length > LONGEST ? 0 : length] = 0;
}

// Whether a line that begins with this word goes on the statement before it. `holding(…)` uses a scenario of that name.
static bool goes_on(const char *word, int32_t next) {
  static const char *const reserved[] = {"for", "until", "within", "after"};
  static const char *const others[] = {"else", "holding", "because"};
  return among(word, reserved, 4) || (among(word, others, 3) && next != '(');
}

// Whether this word, in column one, declares something: with a name or a path behind it. A test uses a `model` likewise.
static bool declares(TSLexer *lexer, const char *word) {
  static const char *const declaring[] = {"use",    "let",  "system",   "environment", "experiment", "scenario",
                                          "policy", "test", "schedule", "fault",       "probe"};
  if (!among(word, declaring, 11) || !is_blank(lexer->lookahead)) return false;
  while (is_blank(lexer->lookahead)) lexer->advance(lexer, false);
  return lexer->lookahead == '"' || (in_word(lexer->lookahead) && lexer->lookahead != '-');
}

// The word that is at hand, if it is the language's: it stands before the word that says so. Only `stable` stands alone.
static bool read_special(TSLexer *lexer, const bool *valid) {
  static const struct {
    int symbol;
    const char *word, *before;
  } specials[] = {{AT, "at", "least"}, {APPROVAL, "approval", "from"}, {CONFIRMED, "confirmed", "on"}, {TIME, "time", "outside"}};
  char word[LONGEST + 1];
  while (is_blank(lexer->lookahead) || lexer->lookahead == '\n') lexer->advance(lexer, true);
  read_word(lexer, word);
  lexer->mark_end(lexer);
  if (valid[STABLE] && same(word, "stable") && lexer->lookahead != '.') {
    lexer->result_symbol = STABLE;
    return true;
  }
  for (unsigned at = 0; at < sizeof specials / sizeof *specials; at++) {
    if (!valid[specials[at].symbol] || !same(word, specials[at].word)) continue;
    to_next_text(lexer);
    read_word(lexer, word);
    lexer->result_symbol = (TSSymbol)specials[at].symbol;
    return same(word, specials[at].before);
  }
  return false;
}

bool tree_sitter_chaos_external_scanner_scan(void *payload, TSLexer *lexer, const bool *valid) {
  (void)payload;
  // While it looks for a way out of an error the parser asks for everything; a brace that is missing would not help it.
  bool brace = valid[MISSING_BRACE] && !valid[ERROR_SENTINEL];
  bool special = valid[STABLE] || valid[AT] || valid[APPROVAL] || valid[CONFIRMED] || valid[TIME];
  if (special && !valid[ERROR_SENTINEL]) return read_special(lexer, valid);
  if (!valid[NEWLINE] && !brace) return false;
  while (is_blank(lexer->lookahead)) lexer->advance(lexer, true);
  lexer->mark_end(lexer);
  if (brace && lexer->eof(lexer)) {
    lexer->result_symbol = MISSING_BRACE;
    return true;
  }
  if (lexer->lookahead != '\n') return false;
  lexer->advance(lexer, false);
  if (!brace) lexer->mark_end(lexer);
  to_next_text(lexer);
  if (lexer->lookahead == '{') return false;
  bool first = lexer->get_column(lexer) == 0;
  char word[LONGEST + 1];
  read_word(lexer, word);
  if (goes_on(word, lexer->lookahead)) return false;
  if (brace && first && declares(lexer, word)) {
    lexer->result_symbol = MISSING_BRACE;
    return true;
  }
  if (!valid[NEWLINE]) return false;
  lexer->result_symbol = NEWLINE;
  return true;
}
