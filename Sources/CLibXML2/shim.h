#ifndef SDKRELAY_LIBXML2_SHIM_H
#define SDKRELAY_LIBXML2_SHIM_H
// Debian's libxml2 includes ICU headers, which collide with Foundation's own copy of ICU.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/SAX2.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>
#include <libxml/xmlIO.h>
// Errors that have no way to the parser's own callback, such as a decoder's, would be printed. xmlGenericErrorFunc is
// variadic, which Swift does not import. Both settings belong to the thread.
static void sdk_ignore_text(void *context, const char *format, ...) { (void)context; (void)format; }
static void sdk_ignore_error(void *context, xmlErrorPtr error) { (void)context; (void)error; }
static inline void sdk_silence(void) {
  xmlSetGenericErrorFunc(NULL, sdk_ignore_text);
  xmlSetStructuredErrorFunc(NULL, sdk_ignore_error);
}
// For the tests' oracle alone: libxml2's own canonicalization, and xmlFree, which is a mutable global function pointer
// that Swift 6 refuses to read.
#include <libxml/c14n.h>
static inline void sdk_xmlFree(void *pointer) { xmlFree(pointer); }
#endif
