#pragma once
// PCRE2 exists once per width of a code unit; this module is the one over UTF-8.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
