#ifndef SDKRELAY_LIBXML2_SHIM_H
#define SDKRELAY_LIBXML2_SHIM_H
// Debian's libxml2 includes ICU headers, which collide with Foundation's own copy of ICU.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/SAX2.h>
#include <libxml/tree.h>
#include <libxml/c14n.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include <libxml/xmlerror.h>
#include <libxml/xmlIO.h>
// xmlFree is a mutable global function pointer, which Swift 6 refuses to read.
static inline void sdk_xmlFree(void *pointer) { xmlFree(pointer); }
#endif
